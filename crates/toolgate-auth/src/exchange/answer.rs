//! What an authorization server says to a request for a token: read, and judged without IO.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, header::CONTENT_TYPE};
use serde_json::{Map, Value};

use super::{
    error::Wanted,
    grant::{ACCESS_TOKEN, ID_JAG, JWT},
};
use crate::{bearer::Token, claims::Members, jose::MAX_TOKEN};

/// Largest answer that is read, in bytes, whatever the fetch lets through.
const MAX_ANSWER: usize = 64 * 1024;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    AccessToken,
    /// A grant for another authorization server, no token for anybody else.
    Assertion,
}

/// What came.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) token: Token,
    pub(super) lifetime: Option<Duration>,
}

/// Why nothing came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// By a code of OAuth's, and what it means.
    Said(Code, Meaning),
    Status(u16),
    NotJson,
    TooLarge,
    /// JSON, but no answer to the question.
    NoAnswer,
    /// A token of another kind than was asked for.
    OtherKind,
}

/// What the authorization server means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The subject's token is no good.
    Subject,
    /// The subject's token, or the request: one code stands for both (RFC 8693, section 2.2.2; RFC 6749,
    /// section 5.2).
    SubjectOrRequest,
    Consent,
    StepUp(Wanted),
    Denied,
    /// Not now.
    Later,
    /// The request, or who sent it.
    Request,
}

/// A code as it may stand in a log: letters and underscores, and not many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code(String);

impl Code {
    fn of(text: &str) -> Self {
        let plain = text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        Self(if plain { text } else { "another code" }.to_owned())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// Reads an answer.
pub(super) fn read(answer: &Response<Bytes>, kind: Kind) -> Result<Issued, Denied> {
    let status = answer.status();
    if status == StatusCode::OK {
        return issued(&members(answer)?, kind);
    }
    // An error has 400 (RFC 6749, section 5.2), 401 where the client is unknown, and elsewhere also others.
    let error = if status.is_client_error() { members(answer).ok() } else { None };
    let said = error.as_ref().and_then(|it| it.get("error")).and_then(Value::as_str);
    match (&error, said) {
        (Some(error), Some(code)) => Err(Denied::Said(Code::of(code), meaning(code, error))),
        _ => Err(Denied::Status(status.as_u16())),
    }
}

fn issued(members: &Map<String, Value>, kind: Kind) -> Result<Issued, Denied> {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let issued = text("issued_token_type");
    let right = match kind {
        // Who exchanges names the type; other grants have no such member.
        Kind::AccessToken => {
            let bearer = text("token_type").is_some_and(|it| it.eq_ignore_ascii_case("bearer"));
            bearer && issued.is_none_or(|it| [ACCESS_TOKEN, JWT].contains(&it))
        }
        Kind::Assertion => issued == Some(ID_JAG),
    };
    let token = text("access_token").ok_or(Denied::NoAnswer)?;
    if !right {
        return Err(Denied::OtherKind);
    }
    if token.len() > MAX_TOKEN {
        return Err(Denied::TooLarge);
    }
    let token = Token::read(token).ok_or(Denied::OtherKind)?;
    Ok(Issued { token, lifetime: members.get("expires_in").and_then(seconds) })
}

/// Some write the number as a text.
fn seconds(value: &Value) -> Option<Duration> {
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(text).map(Duration::from_secs)
}

/// What an error means. Codes are those of RFC 6749 (5.2), RFC 8693 (2.2.2), RFC 8707 (2), RFC 9470 (3)
/// and OpenID Connect Core (3.1.2.6); `suberror` and `claims` are Entra's.
fn meaning(code: &str, error: &Map<String, Value>) -> Meaning {
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    match (code, text("suberror")) {
        ("consent_required", _)
        | ("interaction_required" | "invalid_grant", "consent_required") => Meaning::Consent,
        ("invalid_grant", "bad_token" | "token_expired") | ("invalid_token", _) => Meaning::Subject,
        ("interaction_required" | "login_required" | "insufficient_user_authentication", _)
        | ("invalid_grant", "basic_action" | "additional_action") => Meaning::StepUp(wanted(error)),
        ("invalid_grant", _) if !text("claims").is_empty() => Meaning::StepUp(wanted(error)),
        ("invalid_grant" | "invalid_request", _) => Meaning::SubjectOrRequest,
        ("invalid_scope" | "insufficient_scope" | "invalid_target" | "access_denied", _) => {
            Meaning::Denied
        }
        ("temporarily_unavailable" | "server_error" | "slow_down", _) => Meaning::Later,
        _ => Meaning::Request,
    }
}

fn wanted(error: &Map<String, Value>) -> Wanted {
    let acr = error.get("acr_values").and_then(Value::as_str);
    Wanted {
        max_age: error.get("max_age").and_then(seconds),
        acr: acr.filter(|acr| (1..=256).contains(&acr.len())).map(str::to_owned),
    }
}

fn members(answer: &Response<Bytes>) -> Result<Map<String, Value>, Denied> {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Err(Denied::NotJson);
    }
    if answer.body().len() > MAX_ANSWER {
        return Err(Denied::TooLarge);
    }
    let read = Members::read(answer.body()).ok_or(Denied::NotJson)?;
    // Two readers of a member that comes twice may read two things.
    if read.twice { Err(Denied::NoAnswer) } else { Ok(read.map) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_nothing_that_is_no_code() {
        assert_eq!(Code::of("invalid_grant").text(), "invalid_grant");
        for text in ["eyJhbGciOiJub25lIn0", "a\nb", "user ann", &"x".repeat(41)] {
            assert_eq!(Code::of(text).text(), "another code", "{text}");
        }
    }
}
