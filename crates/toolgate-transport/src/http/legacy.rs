//! The era before 2026-07-28 at this endpoint: what is a conversation there becomes requests that
//! stand for themselves, and their replies become answers of that era.

mod asks;
mod batch;
mod session;
mod store;
mod talk;

mod line;
mod lines;

pub(crate) mod mirrored;

mod keep;
mod outlive;
mod readers;

pub(super) mod live;
mod own;
mod recheck;
mod sessions;
mod tenure;

use std::sync::Arc;

use http::{Response, StatusCode};
use toolgate_core::{
    Error, Note, Reply, Request, Running, Shutdown,
    legacy::{
        EventStore, Lowered, SessionId, SessionKey, SessionStore, Turn, introduced, introduction,
    },
    protocol::{
        Params, RequestId, RequestMeta, code,
        legacy::{INITIALIZE, INITIALIZED, Revision, handshake::Initialize},
        method,
    },
    wire::Wire,
};

use self::{
    asks::Open,
    keep::Keep,
    lines::Lines,
    readers::Readers,
    session::SESSION,
    sessions::{Ends, LiveSessions},
    talk::Talk,
};
pub(crate) use self::{asks::SessionAsks, outlive::Lasting};
use super::{
    admission::Admission,
    answer::{self, Problem},
    body::Body,
    endpoint::Endpoint,
    limits::Limits,
    message::Admitted,
    reply,
};
use crate::{
    calls::{self, Calls},
    revoking::Revoking,
    run::{Failure, contain},
};

/// Answers that one caller may bring at once beside as many calls as they may have.
const SPARE: usize = 2;

/// A call that its session's owner can cancel.
pub(crate) type Entry = calls::Entry<(SessionId, RequestId)>;

/// What a call of a session has beside its request.
#[derive(Default)]
pub(crate) struct Held {
    /// Where its client can cancel it other than by going away.
    pub(crate) entry: Option<Entry>,
    /// Where going away does not cancel it.
    pub(crate) lasting: Option<Lasting>,
    /// Where it can ask.
    pub(crate) asks: Option<Box<SessionAsks>>,
}

/// What the old era keeps.
pub(crate) struct Past {
    /// Where its sessions are; none where every request stands for itself.
    sessions: Option<Arc<dyn SessionStore>>,
    /// Where events are; none where whoever goes away cancels.
    keep: Option<Keep>,
    /// Sessions that stream; none where there are no sessions.
    live: Option<LiveSessions>,
    readers: Readers,
    lines: Lines,
    calls: Calls<(SessionId, RequestId)>,
    /// What sessions are asked.
    open: Open,
    /// Places for answers of those whose running calls have all others.
    spare: Arc<Admission>,
    lowered: Arc<Lowered>,
}

impl Past {
    pub(crate) fn new(
        sessions: Option<Arc<dyn SessionStore>>,
        events: Option<Arc<dyn EventStore>>,
        limits: &Limits,
        stopping: &Shutdown,
        revoking: Option<&Revoking>,
    ) -> Self {
        let keep = events.map(Keep::new);
        let ends = Ends { stopping: stopping.clone(), revoking: revoking.cloned() };
        let live = sessions
            .clone()
            .map(|store| LiveSessions::new(limits, keep.clone(), Some(store), ends.clone()));
        Self {
            sessions,
            keep,
            live,
            readers: Readers::default(),
            lines: Lines::new(limits, ends),
            calls: Calls::default(),
            open: Open::new(limits.questions),
            spare: Admission::new(SPARE, usize::MAX),
            lowered: Arc::default(),
        }
    }

    /// Ends the calls that outlived their connections.
    pub(crate) fn cut_off(&self) {
        self.calls.cancel_all();
    }

    pub(crate) fn has_sessions(&self) -> bool {
        self.sessions.is_some()
    }

    /// The methods of HTTP that are served, as `Allow` names them.
    pub(crate) fn methods(&self) -> &'static str {
        if self.has_sessions() { "POST, GET, DELETE" } else { "POST" }
    }

    fn wire(&self, talk: &Talk, request: &Request) -> Wire {
        Wire::Legacy {
            revision: talk.conversation().revision,
            method: request.method.clone(),
            lowered: self.lowered.clone(),
        }
    }

    /// Enters a call where its client can cancel it.
    fn enter(&self, talk: &Talk, id: &RequestId) -> Result<Option<Entry>, Error> {
        let Some(session) = talk.id() else { return Ok(None) };
        let entry = self.calls.enter((session.clone(), id.clone()));
        entry.map(Some).ok_or_else(|| Error::new(code::INVALID_REQUEST, "the id is in use"))
    }

    /// What lets a call outlive its connection: a session to come back to, and events that are kept.
    fn lasting(&self, talk: &Talk) -> Option<Lasting> {
        Some(Lasting {
            of: talk.key()?.clone(),
            revision: talk.conversation().revision,
            keep: self.keep.clone()?,
            readers: self.readers.clone(),
        })
    }

    /// A session is over, whoever said so.
    async fn over(&self, key: &SessionKey) {
        if let Some(live) = &self.live {
            live.end(key);
        }
        self.open.end(key);
        if let Some(keep) = &self.keep {
            keep.forget(key).await;
        }
    }

    /// Cancels what a notification names.
    ///
    /// Without a session nobody can say whose call an id means: two clients of one owner count
    /// alike.
    fn cancel(&self, talk: &Talk, note: &Note) {
        let named = Params::split(&note.params).ok().and_then(|params| params.value("requestId"));
        let id = named.and_then(|id| id.parse().ok());
        if let (Some(session), Some(id)) = (talk.id(), id) {
            self.calls.cancel(&(session.clone(), id));
        }
    }
}

impl Endpoint {
    /// Answers a request of the old era. `turn` is what it asks, or why that cannot be told.
    pub(crate) async fn past_request(
        &self,
        one: Admitted<'_>,
        id: RequestId,
        request: Request,
        own: RequestMeta,
        turn: Result<Turn, Error>,
    ) -> Result<Response<Body>, Box<Problem>> {
        let turn = match turn {
            Ok(Turn::Handshake(asked)) => return self.handshake(one, id, asked).await,
            // It needs no session, so the lack of one is not what is wrong with it.
            Err(error) if request.method == INITIALIZE => {
                let wire = self.past.wire(&Talk::alone(Revision::LATEST), &request);
                return Ok(reply::failure(&wire, &id, one.accepts, &Failure::Error(error)));
            }
            turn => turn,
        };
        let talk = self.talk(&one).await.map_err(|problem| problem.id(id.clone()))?;
        let wire = self.past.wire(&talk, &request);
        let entry = match turn {
            Ok(Turn::Call) => self.past.enter(&talk, &id),
            Ok(turn) => {
                let done = self.change(&one, &talk, &turn).await;
                let done = done.map_err(|problem| problem.id(id.clone()))?;
                return match done {
                    Ok(()) => Ok(reply::whole(self.call(one, id, wire, None), &Reply::empty())),
                    Err(failure) => self.unanswered(&failure, id, &wire, one.accepts, &one.caller),
                };
            }
            Err(error) => Err(error),
        };
        match entry {
            Ok(entry) => {
                let meta = self.said_of(&one, &talk, own);
                let asks = self.asks(&one, &talk, &id, &request, &meta);
                let held = Held { entry, lasting: self.past.lasting(&talk), asks };
                self.run(one, id, request, meta, wire, held).await
            }
            Err(error) => Ok(reply::failure(&wire, &id, one.accepts, &Failure::Error(error))),
        }
    }

    /// Does what only changes the conversation, and is answered with nothing.
    async fn change(
        &self,
        one: &Admitted<'_>,
        talk: &Talk,
        turn: &Turn,
    ) -> Result<Result<(), Failure>, Box<Problem>> {
        match turn {
            Turn::Subscribe(uri) => Ok(self.watch(one, talk, uri).await),
            Turn::Unsubscribe(uri) => Ok(self.unwatch(talk, uri)),
            turn => self.remember(one, talk, turn).await.map(Ok),
        }
    }

    /// Takes a notification of the old era.
    pub(crate) async fn past_notification(
        &self,
        one: Admitted<'_>,
        note: Note,
        own: RequestMeta,
    ) -> Result<Response<Body>, Box<Problem>> {
        let talk = self.talk(&one).await?;
        self.noted(&one, &talk, note, own).await
    }

    async fn noted(
        &self,
        one: &Admitted<'_>,
        talk: &Talk,
        note: Note,
        own: RequestMeta,
    ) -> Result<Response<Body>, Box<Problem>> {
        match &*note.method {
            INITIALIZED => {}
            method::CANCELLED => self.past.cancel(talk, &note),
            _ => return self.tell(one, note, talk.conversation().meta(own)).await,
        }
        Ok(answer::empty(StatusCode::ACCEPTED))
    }

    /// Begins a conversation. Whom the service refuses begins nothing.
    async fn handshake(
        &self,
        one: Admitted<'_>,
        id: RequestId,
        asked: Initialize,
    ) -> Result<Response<Body>, Box<Problem>> {
        let talk = Talk::begun(&one.caller, asked);
        let wire = self.past.wire(&talk, &introduction());
        let begun = self.introduced(&one, &talk).await;
        let reply = match begun {
            Ok(reply) => reply,
            Err(failure) if failure.is_answer() => {
                return Ok(reply::failure(&wire, &id, one.accepts, &failure));
            }
            Err(failure) => return Err(self.failed(&failure, &one.caller).id(id)),
        };
        let session = self.begin(&one, talk).await.map_err(|problem| problem.id(id.clone()))?;
        let mut response = reply::whole(self.call(one, id, wire, None), &reply);
        if let Some(session) = session {
            response.headers_mut().insert(SESSION.clone(), session);
        }
        Ok(response)
    }

    async fn introduced(&self, one: &Admitted<'_>, talk: &Talk) -> Result<Reply, Failure> {
        let meta = talk.conversation().meta(RequestMeta::default());
        let reply = self.reply(one, introduction(), meta).await?;
        let revision = talk.conversation().revision;
        introduced(revision, &self.service.card(), &reply, self.past.has_sessions())
            .map_err(Failure::Error)
    }

    /// Waits for a reply without its notes.
    async fn reply(
        &self,
        one: &Admitted<'_>,
        request: Request,
        meta: RequestMeta,
    ) -> Result<Reply, Failure> {
        let cx = self.context(&one.caller, meta, one.deadline);
        match contain(one.deadline, || self.service.call(request, cx)).await? {
            Running::Done(reply) => Ok(reply),
            running => contain(one.deadline, || running.reply()).await,
        }
    }
}
