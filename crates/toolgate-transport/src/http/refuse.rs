//! Turning requests away so that the client sees why.

use std::time::Duration;

use http::{HeaderValue, Response, StatusCode, Version, header, request::Parts};
use toolgate_core::{
    Caller, Denial, Error, Refusal, Refused,
    authenticate::Challenge,
    error::incident_id,
    protocol::{Incoming, RequestId, envelope},
    refused::{Realm, outcome},
};

use super::{
    answer::{self, Problem},
    body::Body,
    endpoint::Endpoint,
    metadata::known_scopes,
    read::Inbound,
};
use crate::{ask, run::Failure};

/// Bodies up to this many bytes are read for the sake of the id alone, and for how long.
const SMALL: u64 = 64 * 1024;
const SHORTLY: Duration = Duration::from_secs(1);

impl Endpoint {
    /// Answers a request that goes no further.
    ///
    /// Of a small body the id is read, so that the answer finds its request. Of any other the rest
    /// is read in a task while the answer is on its way, and then the connection closes.
    pub(crate) async fn turn_away(
        &self,
        mut problem: Box<Problem>,
        head: &Parts,
        mut body: Inbound,
    ) -> Response<Body> {
        problem.log(&head.method);
        // A client that waits for leave to send its body has not sent it.
        let waits = head.headers.contains_key(header::EXPECT);
        if problem.id.is_none() && body.is_small(SMALL) && !body.is_ended() && !waits {
            let read = body.read(SMALL as usize, SHORTLY).await.ok();
            let read = read.filter(|_| problem.names_request);
            problem.id = read.and_then(|bytes| id(&bytes, self.limits.json_depth));
        }
        let mut response = problem.response();
        answer::add(&mut response, &problem.answer);
        if !body.is_ended() {
            if head.version <= Version::HTTP_11 {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            if !waits {
                self.discards.take(body);
            }
        }
        response
    }

    /// A refusal by the authenticator, by a guard or by a bound.
    pub(crate) fn refused(&self, refused: &Refused, caller: &Caller) -> Box<Problem> {
        if let Refused::Failed(error) = refused {
            let incident = incident_id();
            let mut reason = format!("incident {incident}: authentication failed: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                reason.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            let error = Error::internal_with_id(&incident);
            return Problem::of(StatusCode::INTERNAL_SERVER_ERROR, error).reason(reason);
        }
        let card = self.service.card();
        let mut realm = Realm::default();
        realm.metadata_url = self.site.metadata_url.as_deref();
        realm.scope_prefix = self.site.scope_prefix.as_deref();
        realm.required = card.required.clone();
        // A scope that contains others may be named nowhere else, and must not be lost.
        realm.known = known_scopes(&card).union(&card.hierarchy.names());
        if let Some(identity) = caller.identity() {
            realm.held = identity.scopes.clone();
        }
        realm.challenges = self.challenges(refused);
        let problem = Problem::from_outcome(outcome(refused, &realm));
        let Some(refusal) = refused.refusal() else { return problem };
        let mut problem = problem.reason(refusal.logged().to_owned());
        problem.answer = refusal.answered().clone();
        problem
    }

    /// How to ask for other credentials.
    fn challenges(&self, refused: &Refused) -> Vec<Challenge> {
        let Some(auth) = self.auth.as_deref() else { return Vec::new() };
        let missing = Refusal::missing();
        ask::challenges(auth, refused.refusal().unwrap_or(&missing))
    }

    /// A call that failed before anything of its answer went out.
    pub(crate) fn failed(&self, failure: &Failure, caller: &Caller) -> Box<Problem> {
        let error = failure.error();
        match (failure.status(), Refused::of(&error)) {
            (Some(status), _) => Problem::of(status, error),
            (None, Some(refused)) => {
                let problem = self.refused(&refused, caller);
                let remedy = remedy(error.denial());
                let told = problem.error.clone().with_data(error.data().cloned());
                Box::new(Problem { error: told, ..*problem }).remedy(remedy)
            }
            (None, None) => Problem::of(StatusCode::FORBIDDEN, error),
        }
    }
}

fn remedy(denial: Option<&Denial>) -> &'static str {
    match denial {
        Some(Denial::Unauthenticated) => "auth",
        Some(Denial::Scopes(_)) => "the scopes of the client's token",
        _ => "the server's guards",
    }
}

fn id(body: &bytes::Bytes, depth: usize) -> Option<RequestId> {
    match envelope::parse(body, depth) {
        Ok(Incoming::Request { id, .. }) => Some(id),
        Ok(_) => None,
        Err(bad) => bad.id,
    }
}
