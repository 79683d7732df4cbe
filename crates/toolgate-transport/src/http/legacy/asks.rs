//! Asking a session's client (2025-11-25, transports: a stream that answers a POST may carry requests
//! of the server's, and their answers come in POSTs of the same session).

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use tokio::time::Instant;
use toolgate_core::{
    Caller, Denial, Error, Refused, Request,
    legacy::{Asking, SessionKey, SessionStore, may_ask},
    protocol::{Incoming, RequestId, RequestMeta, code, envelope},
};

use super::{
    super::{
        admission::{Admission, Bucket, Permit, Place},
        answer::{self, Problem, RETRY},
        body::Body,
        endpoint::Endpoint,
        evidence::Head,
        message::{Admitted, bad},
    },
    store::{PATIENCE, kept},
    talk::Talk,
};
use crate::audited::Later;
use crate::legacy::{Asks, Farewell, Frame, OpenQuestions, Side};

/// The questions that sessions have open.
pub(super) type Open = OpenQuestions<Arc<SessionKey>, Bearer>;

/// A call of a session that may ask.
pub(crate) type SessionAsks = Asks<Arc<SessionKey>, Seat>;

/// Who brings an answer.
pub(crate) struct Bearer {
    caller: Caller,
    /// Their place among the running calls, where the answer came alone: the call takes it.
    permit: Option<Permit>,
}

/// Where a call is counted: among the running ones, or while it waits for its client, among what goes
/// on for long. Answers need a place to come in, so waiting calls must not have all of them.
pub(crate) struct Seat {
    place: Place,
    calls: Arc<Admission>,
    streams: Arc<Admission>,
    bucket: Bucket,
    key: Arc<SessionKey>,
    /// Where its session is kept; none where that ends with the stream.
    store: Option<Arc<dyn SessionStore>>,
    told: Later,
}

impl Seat {
    /// Takes over the place of a call that is running. The reply keeps it, too.
    pub(crate) fn take(&mut self, permit: Option<Permit>) -> Place {
        self.place = Place::new(permit);
        self.place.clone()
    }
}

impl Side for Seat {
    type By = Bearer;

    fn waits(&mut self) -> Result<(), Error> {
        let permit = self.streams.enter(self.bucket.clone()).ok_or_else(|| {
            tracing::info!(remedy = "limits: streams_per_caller, streams", "too many calls wait");
            Error::denied(Denial::Busy(RETRY))
        })?;
        self.place.put(permit);
        Ok(())
    }

    fn turned_away(&self) {
        self.told.refused(&Refused::Busy { retry: RETRY });
    }

    async fn goes_on(&mut self, by: Bearer) -> Result<Caller, Error> {
        let Bearer { caller, permit } = by;
        // A spare place is none to run in.
        let permit = match permit.filter(|permit| permit.is_of(&self.calls)) {
            Some(permit) => permit,
            // It is counted where it waited until there is room.
            None => self.calls.entered(self.bucket.clone()).await,
        };
        self.place.put(permit);
        Ok(caller)
    }

    /// Asking for a session is use of it, so it does not idle away under an open question.
    async fn lives(&self) -> bool {
        let Some(store) = &self.store else { return true };
        let find = || store.find(&self.key.id, &self.key.owner);
        !matches!(kept(Instant::now() + PATIENCE, find).await, Ok(None))
    }
}

impl Endpoint {
    /// What a request says of itself, its client's capabilities where that can be asked.
    pub(super) fn said_of(&self, one: &Admitted<'_>, talk: &Talk, own: RequestMeta) -> RequestMeta {
        match self.reaches(one, talk) {
            true => talk.conversation().asking(own),
            false => talk.conversation().meta(own),
        }
    }

    /// Whether the client of a conversation can be asked while it waits for an answer. Questions go
    /// out on the stream that the answer becomes, or on the one that there is.
    fn reaches(&self, one: &Admitted<'_>, talk: &Talk) -> bool {
        let streams = match talk {
            Talk::Session(..) => one.accepts.stream,
            Talk::Line(..) => true,
            Talk::Alone(_) | Talk::Begun(_) => false,
        };
        streams && self.limits.questions > 0
    }

    /// What a call needs so that it can ask; none where it cannot.
    pub(super) fn asks(
        &self,
        one: &Admitted<'_>,
        talk: &Talk,
        id: &RequestId,
        request: &Request,
        meta: &RequestMeta,
    ) -> Option<Box<SessionAsks>> {
        let (key, conversation) = (talk.key()?, talk.conversation());
        if !(self.reaches(one, talk) && may_ask(&request.method) && conversation.can_answer()) {
            return None;
        }
        let key = key.clone();
        let store = self.past.sessions.clone().filter(|_| matches!(talk, Talk::Session(..)));
        let bucket = Bucket::of(&one.caller, one.head.address);
        let (calls, streams) = (self.admission.clone(), self.streams.clone());
        let told = self.later(one.head, &one.caller);
        Some(Box::new(Asks {
            frame: Frame {
                service: self.service.clone(),
                id: id.clone(),
                meta: meta.clone(),
                life: self.life.clone(),
                stopping: self.stopping.clone(),
                answer: self.limits.answer,
            },
            asking: Asking::new(conversation.revision, request.clone(), self.limits.body),
            questions: self.past.open.clone(),
            of: key.clone(),
            side: Seat { place: Place::default(), calls, streams, bucket, key, store, told },
            farewell: Farewell::default(),
        }))
    }

    /// Takes an answer. Whether anybody waited for it, the client is not told.
    pub(crate) async fn past_response(
        &self,
        one: Admitted<'_>,
        response: envelope::Response,
    ) -> Result<Response<Body>, Box<Problem>> {
        let talk = self.talk(&one).await?;
        let Some(key) = talk.key() else {
            let message = "the server asks nothing, so nothing can be answered";
            return Err(bad(Error::new(code::INVALID_REQUEST, message)));
        };
        self.take_answer(one, key, response);
        Ok(answer::empty(StatusCode::ACCEPTED))
    }

    /// A place among the running calls; where there is none, a spare one for an answer, and that it
    /// is one. Clients do not send an answer again that was refused.
    pub(crate) fn enter_or_answer(
        &self,
        head: &Head,
        caller: &Caller,
    ) -> Result<(Permit, bool), Box<Problem>> {
        if let Some(permit) = self.room(head, caller) {
            return Ok((permit, false));
        }
        let spare = || self.past.spare.enter(Bucket::of(caller, head.address));
        let spare = (!self.past.open.is_empty()).then(spare).flatten();
        spare.map(|permit| (permit, true)).ok_or_else(|| self.full(head, caller))
    }

    /// Lets nothing but an answer have a spare place.
    pub(crate) fn only_answers(
        &self,
        head: &Head,
        caller: &Caller,
        body: &Bytes,
    ) -> Result<(), Box<Problem>> {
        match envelope::parse(body, self.limits.json_depth) {
            Ok(Incoming::Response(_)) => Ok(()),
            _ => Err(self.full(head, caller)),
        }
    }

    /// Takes an answer for a session whose owner brings it.
    pub(super) fn take_answer(
        &self,
        one: Admitted<'_>,
        key: &SessionKey,
        response: envelope::Response,
    ) {
        let Admitted { caller, permit, .. } = one;
        self.past.open.bring(key, response, Bearer { caller, permit: Some(permit) });
    }

    /// Takes an answer out of a batch.
    pub(super) fn brought(&self, one: &Admitted<'_>, talk: &Talk, response: envelope::Response) {
        if let Some(key) = talk.key() {
            let caller = one.caller.clone();
            self.past.open.bring(key, response, Bearer { caller, permit: None });
        }
    }
}
