//! A session's own stream (2025-11-25, transports, "Listening for messages"): opened by GET, and
//! with it the way back to any stream that was lost.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use http::{HeaderName, Response, StatusCode, request::Parts};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use toolgate_core::{
    Caller, Context, Denial, Error, Refused,
    legacy::{Conversation, EventId, SessionKey, SessionRecord, StreamKind, Watch},
    protocol::{RequestMeta, code, legacy::Revision},
};

use super::{
    super::{
        accept::Accepts,
        admission::Permit,
        answer::{self, Problem, RETRY},
        body::Body,
        endpoint::Endpoint,
        evidence::Head,
        message::{Admitted, bad},
        mirror, shape,
        sse::{self, Span},
    },
    live::{LiveSession, Reading},
    outlive::{AHEAD, missed, streamed},
    readers::Return,
    session::unavailable,
    talk::Talk,
};
use crate::{
    legacy::{Listen, TooMuch},
    run::Failure,
};

static LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// A GET of a session's owner.
struct Opens<'a> {
    head: &'a Head,
    caller: Caller,
    key: SessionKey,
    record: Arc<SessionRecord>,
    deadline: Instant,
}

impl Endpoint {
    /// Answers a GET.
    pub(crate) async fn open_stream(
        &self,
        head: &Head,
        caller: Caller,
        deadline: Instant,
    ) -> Result<Response<Body>, Box<Problem>> {
        let fields = &head.parts.headers;
        let version = mirror::version(fields).map_err(bad)?;
        if version.is_some_and(|name| Revision::parse(name).is_none()) {
            // Later revisions have no streams but answers.
            return Err(shape::not_served(self.past.methods()));
        }
        self.required(head, &caller)?;
        if !Accepts::read(fields).is_some_and(|accepts| accepts.stream) {
            let message = "the stream is text/event-stream";
            return Err(Problem::new(StatusCode::NOT_ACCEPTABLE, message));
        }
        let (key, record) = self.session(&head.parts, &caller, deadline).await?;
        if self.stopping.is_requested() {
            return Err(unavailable("the server stops"));
        }
        let after = last_event(&head.parts)?;
        let opens = Opens { head, caller, key, record, deadline };
        match after {
            None => self.own_stream(opens, None).await,
            Some(after) => self.come_back(opens, after).await,
        }
    }

    /// The stream that belongs to no request, with what was missed of it.
    async fn own_stream(
        &self,
        opens: Opens<'_>,
        after: Option<EventId>,
    ) -> Result<Response<Body>, Box<Problem>> {
        let Opens { head, caller, key, record, deadline } = opens;
        let live = self.live(&key, &caller);
        let live = live.ok_or_else(|| self.busy(head, &caller).remedy("limits: streams"))?;
        let permit = self.enter_in_place(head, &caller, &live)?;
        self.watch_lists(&live, &record.conversation, &caller, deadline).await?;
        // Nobody is told anything new from here on, so that nothing is told between what was missed
        // and what comes. Where this one fails, whoever reads goes on.
        let held = live.hold();
        live.all_kept().await;
        // A comment first, for those in between who send no head before its body.
        let mut ready = VecDeque::from([sse::KEEP_ALIVE]);
        if let (Some(after), Some(keep)) = (after, &self.past.keep) {
            let replay = keep.replay(&key, after).await.ok_or_else(forgotten)?;
            live.go_on(after.stream);
            ready.extend(missed(replay));
        }
        let stream = live.give(Reading::new(permit, &caller, ready));
        drop(held);
        Ok(answer::events(Body::own(stream)))
    }

    /// Room for a session's stream; where there is none, the one of whoever reads it.
    fn enter_in_place(
        &self,
        head: &Head,
        caller: &Caller,
        live: &LiveSession,
    ) -> Result<Arc<Permit>, Box<Problem>> {
        let entered = self.room_to_stream(head, caller).map(Arc::new);
        let entered = entered.or_else(|| live.permit());
        entered.ok_or_else(|| self.too_many_streams(head, caller))
    }

    /// Has a session told when lists change.
    pub(super) async fn watch_lists(
        &self,
        live: &LiveSession,
        conversation: &Conversation,
        caller: &Caller,
        deadline: Instant,
    ) -> Result<(), Box<Problem>> {
        if live.room(None, 0).is_ok() {
            let cx = self.listening(live, conversation, caller);
            match Listen::begin(&self.service, Watch::Lists, cx, deadline).await {
                // Another request may have come meanwhile, with the same.
                Ok(listen) => drop(live.add(listen, 0)),
                Err(failure) if failure.is_answer() => {}
                Err(failure) => return Err(self.failed(&failure, caller)),
            }
        }
        Ok(())
    }

    /// Any stream, from an event on.
    async fn come_back(
        &self,
        opens: Opens<'_>,
        after: EventId,
    ) -> Result<Response<Body>, Box<Problem>> {
        let Some(keep) = &self.past.keep else { return Err(forgotten()) };
        if let Some(door) = self.past.readers.door(&opens.key, after.stream) {
            let permit = self.enter_stream(opens.head, &opens.caller)?;
            let ((reader, events), (tell, told)) = (mpsc::channel(AHEAD), oneshot::channel());
            let back = Return { after, reader, missed: tell };
            // Where the call ends just now, the store has all of it.
            if door.send(back).await.is_ok()
                && let Ok(missed) = told.await
            {
                // A call that asks has no point in time at which it is over.
                let span = Span::WhileRead(self.limits.call);
                let response = streamed(missed.ok_or_else(forgotten)?, events, span);
                return Ok(response.map(|body| body.holding(permit)));
            }
        }
        let replay = keep.replay(&opens.key, after).await.ok_or_else(forgotten)?;
        if replay.kind == StreamKind::Session {
            return self.own_stream(opens, Some(after)).await;
        }
        // A stream that has not ended and runs nowhere here may do so elsewhere.
        let again = (!replay.ended).then(|| sse::retry(RETRY));
        let events: Vec<u8> = missed(replay).chain(again).flatten().collect();
        Ok(answer::events(Body::from(Bytes::from(events))))
    }

    /// Has a session told when a resource changes.
    pub(super) async fn watch(
        &self,
        one: &Admitted<'_>,
        talk: &Talk,
        uri: &str,
    ) -> Result<(), Failure> {
        let most = self.limits.subscriptions;
        let Some(key) = talk.key() else {
            // Without a session there is no stream that could tell.
            return Err(Failure::Error(Error::method_not_found()));
        };
        let live = match talk {
            Talk::Line(line, _) => line.live.clone(),
            _ => self.live(key, &one.caller).ok_or_else(|| self.crowded(one))?,
        };
        if let Err(why) = live.room(Some(uri), most) {
            return self.too_much(one, why);
        }
        let cx = self.listening(&live, talk.conversation(), &one.caller);
        let listen = Listen::to(&self.service, uri, cx, one.deadline).await?;
        live.add(listen, most).or_else(|why| self.too_much(one, why))
    }

    /// What is beyond a bound is told to the sink, whatever the client is told of it.
    fn too_much(&self, one: &Admitted<'_>, why: TooMuch) -> Result<(), Failure> {
        if let TooMuch::Full = why {
            self.crowded(one);
        }
        why.told()
    }

    /// Too many sessions have something that is told.
    fn crowded(&self, one: &Admitted<'_>) -> Failure {
        self.later(one.head, &one.caller).refused(&Refused::Busy { retry: RETRY });
        Failure::Error(Error::denied(Denial::Busy(RETRY)))
    }

    /// Takes that back. What was not watched is not watched then, either.
    pub(super) fn unwatch(&self, talk: &Talk, uri: &str) -> Result<(), Failure> {
        let live = match (talk, &self.past.live) {
            (Talk::Line(line, _), _) => Some(line.live.clone()),
            (Talk::Session(key, _), Some(sessions)) => sessions.find(key),
            _ => return Err(Failure::Error(Error::method_not_found())),
        };
        if let Some(live) = live {
            live.remove(uri);
        }
        Ok(())
    }

    fn live(&self, key: &SessionKey, caller: &Caller) -> Option<Arc<LiveSession>> {
        self.past.live.as_ref().and_then(|sessions| sessions.of(key, caller))
    }

    /// What a session listens with: no deadline, and the credentials that last longest.
    fn listening(
        &self,
        live: &LiveSession,
        conversation: &Conversation,
        caller: &Caller,
    ) -> Context {
        let meta = conversation.meta(RequestMeta::default());
        Context::with(caller.clone(), meta, Some(live.tenure.clone())).with_id(live.next_id())
    }
}

/// The event that a client has seen last.
fn last_event(head: &Parts) -> Result<Option<EventId>, Box<Problem>> {
    let mut values = head.headers.get_all(&LAST_EVENT).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let id = value.to_str().ok().and_then(EventId::parse).filter(|_| values.next().is_none());
    id.map(Some).ok_or_else(forgotten)
}

/// Whether it never was, is gone or is of another session: the same answer. Not 404, which would
/// tell the client that its session has ended.
fn forgotten() -> Box<Problem> {
    bad(Error::new(code::INVALID_REQUEST, "nothing is known of the event in `last-event-id`"))
}
