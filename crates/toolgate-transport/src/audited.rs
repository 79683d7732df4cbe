//! Tells the service's sink of requests that are refused before the service hears of them.

use std::{
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::time::Instant;
use toolgate_core::{
    Audit, Caller, Refusal, Refused,
    audit::{Action, Decision, Event},
};

/// Who is told; nobody where the service wants nothing told.
#[derive(Clone)]
pub(crate) struct Audited(pub(crate) Option<Arc<dyn Audit>>);

/// What is known of a request before it is judged.
pub(crate) struct Asked<'a> {
    /// The method of HTTP, or what stands for it.
    pub(crate) method: &'a str,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) since: Instant,
}

/// A request that may be refused when nothing is left of it but its call.
#[cfg(feature = "http")]
pub(crate) struct Later {
    pub(crate) audited: Audited,
    pub(crate) method: http::Method,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) since: Instant,
    pub(crate) who: Caller,
}

#[cfg(feature = "http")]
impl Later {
    pub(crate) fn refused(&self, refused: &Refused) {
        let Self { audited, method, peer, since, who } = self;
        let asked = Asked { method: method.as_str(), peer: *peer, since: *since };
        audited.refused(Action::Request, &asked, Some(who), refused);
    }
}

impl Audited {
    /// Tells of a refusal, of somebody who is known or of nobody.
    pub(crate) fn refused(
        &self,
        action: Action,
        asked: &Asked<'_>,
        who: Option<&Caller>,
        refused: &Refused,
    ) {
        let Some(sink) = self.0.as_deref() else { return };
        let (decision, reason) = told(refused);
        let mut event = Event::new(action, asked.method, decision);
        event.reason = reason.into();
        event.who = who.and_then(Caller::identity).map(|identity| &identity.key);
        event.peer = asked.peer;
        event.latency = asked.since.elapsed();
        // A refusal stands, whatever becomes of its record.
        if catch_unwind(AssertUnwindSafe(|| sink.record(&event))).is_err() {
            tracing::error!(
                remedy = "the sink of `audit`",
                "a sink panicked, and a record is lost"
            );
        }
    }
}

/// What a refusal is called, and why it was: what the log is told too, so nothing that was sent.
fn told(refused: &Refused) -> (Decision, &str) {
    let why = refused.refusal().map(Refusal::logged);
    match refused {
        Refused::Unauthenticated(_) | Refused::Forbidden(_) => {
            (Decision::Refused, why.unwrap_or_default())
        }
        Refused::Scopes(_) => (Decision::Scopes, "the token lacks a scope"),
        Refused::StepUp { .. } => (Decision::StepUp, "a fresher or stronger login is required"),
        Refused::Busy { .. } => (Decision::Throttled, "too many requests"),
        Refused::Unavailable { .. } => (Decision::Unavailable, "it could not be decided"),
        // `Failed`, and what may come: the log has the cause.
        _ => (Decision::Failed, "the authenticator failed"),
    }
}
