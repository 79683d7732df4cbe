//! Sessions: begun by a handshake, found by the owner alone, ended by the owner or by time.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Response, StatusCode, header, request::Parts};
use tokio::time::Instant;
use toolgate_core::{
    Caller, Error, Refused,
    error::incident_id,
    legacy::{Owner, SessionId, SessionKey, SessionRecord, Turn},
    protocol::{
        code,
        legacy::{Revision, SESSION_NOT_FOUND},
    },
};

use super::{
    super::{
        answer::{self, Problem, RETRY},
        body::Body,
        endpoint::Endpoint,
        evidence::Head,
        message::{Admitted, bad},
        mirror,
    },
    store::{Unkept, kept},
    talk::Talk,
};

pub(super) static SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

impl Endpoint {
    /// The conversation that a request belongs to. With sessions that is one of the caller's own;
    /// to anybody else it is unknown.
    pub(super) async fn talk(&self, one: &Admitted<'_>) -> Result<Talk, Box<Problem>> {
        self.required(one.head, &one.caller)?;
        if self.past.sessions.is_none() {
            let named = mirror::version(&one.head.parts.headers).map_err(bad)?;
            let revision = named.and_then(Revision::parse).unwrap_or(Revision::ASSUMED);
            return Ok(Talk::alone(revision));
        }
        let (key, record) = self.session(&one.head.parts, &one.caller, one.deadline).await?;
        Ok(Talk::Session(Arc::new(key), record))
    }

    /// The session that a request names, if it is the caller's. Its streams go on with the
    /// credentials that this request brought.
    pub(super) async fn session(
        &self,
        head: &Parts,
        caller: &Caller,
        deadline: Instant,
    ) -> Result<(SessionKey, Arc<SessionRecord>), Box<Problem>> {
        let Some(store) = self.past.sessions.as_deref() else { return Err(unknown()) };
        let key = named(head, caller)?;
        let found = kept(deadline, || store.find(&key.id, &key.owner)).await?;
        // A store that forgot to ask whose it is opens no door.
        let found = found.filter(|record| record.owner == key.owner);
        match (found, &self.past.live) {
            (Some(record), Some(live)) => {
                live.renew(&key, caller);
                Ok((key, record))
            }
            (Some(record), None) => Ok((key, record)),
            (None, _) => {
                self.past.over(&key).await;
                Err(unknown())
            }
        }
    }

    /// What every request needs. The service sees to that for what it is asked itself; this is for
    /// what it never hears of.
    pub(super) fn required(&self, head: &Head, caller: &Caller) -> Result<(), Box<Problem>> {
        let card = self.service.card();
        let Some(needed) = card.lacking(caller) else { return Ok(()) };
        let refused = self.unserved(head, caller, &Refused::Scopes(needed.clone()));
        Err(refused.remedy("the scopes of the client's token"))
    }

    /// Keeps what a handshake began. The id to name it by, where it is kept.
    pub(super) async fn begin(
        &self,
        one: &Admitted<'_>,
        talk: Talk,
    ) -> Result<Option<HeaderValue>, Box<Problem>> {
        let (Some(store), Talk::Begun(record)) = (self.past.sessions.as_deref(), talk) else {
            return Ok(None);
        };
        let id = kept(one.deadline, || store.create(record)).await?;
        let value = HeaderValue::try_from(id.as_str());
        value.map(Some).map_err(|_| broken("the session store made an id that is no header"))
    }

    /// Keeps what a request changes in its conversation.
    pub(super) async fn remember(
        &self,
        one: &Admitted<'_>,
        talk: &Talk,
        turn: &Turn,
    ) -> Result<(), Box<Problem>> {
        let Turn::SetLevel(level) = turn else { return Ok(()) };
        let (Talk::Session(_, record) | Talk::Line(_, record)) = talk else { return Ok(()) };
        let mut record = SessionRecord::clone(record);
        record.conversation.log_level = *level;
        let (store, key) = match (talk, self.past.sessions.as_deref()) {
            (Talk::Session(key, _), Some(store)) => (store, key),
            (Talk::Line(line, _), _) => {
                line.keep(record);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let found = kept(one.deadline, || store.replace(&key.id, record)).await?;
        if found { Ok(()) } else { Err(unknown()) }
    }

    /// Ends the caller's session.
    pub(crate) async fn end_session(
        &self,
        head: &Head,
        caller: &Caller,
        deadline: Instant,
    ) -> Result<Response<Body>, Box<Problem>> {
        self.required(head, caller)?;
        let Some(store) = self.past.sessions.as_deref() else { return Err(unknown()) };
        let key = named(&head.parts, caller)?;
        let version = mirror::version(&head.parts.headers).map_err(bad)?;
        if version.is_some_and(|name| Revision::parse(name).is_none()) {
            return Err(bad(Error::new(code::INVALID_REQUEST, "no such revision has sessions")));
        }
        let found = kept(deadline, || store.end(&key.id, &key.owner)).await?;
        self.past.over(&key).await;
        if found { Ok(answer::empty(StatusCode::NO_CONTENT)) } else { Err(unknown()) }
    }
}

/// The session that a request names, and who has to own it.
pub(super) fn named(head: &Parts, caller: &Caller) -> Result<SessionKey, Box<Problem>> {
    let mut values = head.headers.get_all(&SESSION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        let message = "one `mcp-session-id` is needed; it comes with the answer to the handshake";
        return Err(Problem::new(StatusCode::BAD_REQUEST, message));
    };
    let id = value.to_str().ok().and_then(SessionId::parse).ok_or_else(unknown)?;
    Ok(SessionKey::new(id, Owner::of(caller)))
}

/// Whether it never was, has ended or is somebody else's: the same answer.
pub(super) fn unknown() -> Box<Problem> {
    Problem::of(StatusCode::NOT_FOUND, Error::new(SESSION_NOT_FOUND, "session not found"))
}

impl From<Unkept> for Box<Problem> {
    fn from(why: Unkept) -> Self {
        match why {
            Unkept::Full => unavailable("there are too many sessions")
                .remedy("sessions: MemorySessions::all, or the store's own bound"),
            Unkept::Broken(reason) => broken(&reason),
        }
    }
}

pub(super) fn broken(reason: &str) -> Box<Problem> {
    let problem = unavailable("sessions are unavailable");
    problem.reason(format!("incident {}: {reason}", incident_id())).remedy("sessions: the store")
}

pub(super) fn unavailable(message: &'static str) -> Box<Problem> {
    let retry = HeaderValue::from(RETRY.as_secs());
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, message).field(header::RETRY_AFTER, retry)
}
