//! What can be wrong with a server, and where.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

/// A place where requests are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Endpoint {
    /// Both metadata documents (RFC 8414, and that of OpenID Connect Discovery 1.0).
    Metadata,
    /// Keys (RFC 7517).
    Jwks,
    /// Where people log in and consent (RFC 6749, section 3.1).
    Authorize,
    /// Where grants are redeemed (RFC 6749, section 3.2).
    Token,
    /// Where it is asked what a token says (RFC 7662).
    Introspect,
    /// Where tokens are taken back (RFC 7009).
    Revoke,
    /// Where clients register themselves (RFC 7591).
    Register,
}

/// What is wrong with the answers of a place.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// This status, without a body. One that HTTP does not know counts as 500.
    Status(u16),
    /// This status, with this as JSON: an error that only some servers know.
    Answer(u16, Value),
    /// 200, and a body that is no JSON.
    Garbage,
    /// The connection is closed without an answer.
    HangUp,
    /// The connection stays open and nothing comes, not even after the fault is mended.
    Silence,
    /// The answer is the right one, and comes when the fault is mended.
    Held,
}

/// What is wrong with the answers to requests for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JwksFault {
    /// 200, and a body that is no JSON.
    Garbage,
    /// 200, and a set without keys.
    Empty,
    /// This status, without a body. One that HTTP does not know counts as 500.
    Status(u16),
    /// The connection stays open and nothing comes, not even after the server has come back.
    Silence,
}

impl From<JwksFault> for Fault {
    fn from(fault: JwksFault) -> Self {
        match fault {
            JwksFault::Garbage => Self::Garbage,
            JwksFault::Empty => Self::Answer(200, serde_json::json!({ "keys": [] })),
            JwksFault::Status(status) => Self::Status(status),
            JwksFault::Silence => Self::Silence,
        }
    }
}

/// All that is wrong at the moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Outage {
    pub(super) down: bool,
    pub(super) at: BTreeMap<Endpoint, Fault>,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Served,
    /// Answered with this in place of what is right.
    Told(StatusCode, Bytes),
    HangUp,
    Silence,
    Held,
}

impl Outage {
    pub(super) fn fate(&self, place: Option<Endpoint>) -> Fate {
        if self.down {
            return Fate::HangUp;
        }
        match place.and_then(|place| self.at.get(&place)) {
            None => Fate::Served,
            Some(Fault::Status(code)) => Fate::Told(status(*code), Bytes::new()),
            Some(Fault::Answer(code, body)) => Fate::Told(status(*code), body.to_string().into()),
            Some(Fault::Garbage) => Fate::Told(StatusCode::OK, Bytes::from("<html>\u{fffd}")),
            Some(Fault::HangUp) => Fate::HangUp,
            Some(Fault::Silence) => Fate::Silence,
            Some(Fault::Held) => Fate::Held,
        }
    }
}

/// A final one: what is below 200 would leave the client waiting for more.
fn status(code: u16) -> StatusCode {
    let known = StatusCode::from_u16(code).ok().filter(|status| !status.is_informational());
    known.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_for_their_place_and_an_outage_for_everything() {
        let garbage = Fate::Told(StatusCode::OK, Bytes::from("<html>\u{fffd}"));
        let bare = |status| Fate::Told(status, Bytes::new());
        let rows = [
            (JwksFault::Garbage.into(), garbage),
            (JwksFault::Empty.into(), Fate::Told(StatusCode::OK, Bytes::from(r#"{"keys":[]}"#))),
            (Fault::Status(503), bare(StatusCode::SERVICE_UNAVAILABLE)),
            (Fault::Status(7), bare(StatusCode::INTERNAL_SERVER_ERROR)),
            (Fault::Status(100), bare(StatusCode::INTERNAL_SERVER_ERROR)),
            (JwksFault::Silence.into(), Fate::Silence),
            (Fault::HangUp, Fate::HangUp),
            (Fault::Held, Fate::Held),
        ];
        for (fault, fate) in rows {
            let mut outage = Outage { down: false, at: [(Endpoint::Jwks, fault)].into() };
            assert_eq!(outage.fate(Some(Endpoint::Jwks)), fate);
            for place in [Some(Endpoint::Metadata), None] {
                assert_eq!(outage.fate(place), Fate::Served);
            }
            outage.down = true;
            for place in [Some(Endpoint::Jwks), Some(Endpoint::Metadata), None] {
                assert_eq!(outage.fate(place), Fate::HangUp);
            }
        }
    }
}
