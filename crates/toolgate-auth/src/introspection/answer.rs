//! What an authorization server says of a token (RFC 7662, section 2.2): read, and not yet judged.

use bytes::Bytes;
use http::{Response, StatusCode, header::CONTENT_TYPE};
use serde_json::{Map, Value};

use crate::claims::{Claims, Members};

/// Largest answer that is read, in bytes, whatever the fetch lets through.
const MAX_ANSWER: usize = 64 * 1024;

/// In which words it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// RFC 7662.
    Standard,
    /// Google's `tokeninfo`: no `active`, numbers as texts, status 400 for a token that is none.
    Google,
}

/// What it is.
#[derive(Debug)]
pub(super) enum Said {
    Active(Claims),
    Inactive,
}

/// Why it is nothing to go by. None of it lets anybody in, and none of it means a bad token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unclear {
    /// This server was not let in: its own credentials are wrong.
    Unwelcome,
    Status(u16),
    NotJson,
    TooLarge,
    /// JSON, but no answer to the question.
    NoAnswer,
}

/// Reads an answer.
pub(super) fn read(answer: &Response<Bytes>, dialect: Dialect) -> Result<Said, Unclear> {
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(Unclear::Unwelcome),
        StatusCode::BAD_REQUEST if dialect == Dialect::Google => {
            let none = is_no_token(&members(answer)?);
            return if none { Ok(Said::Inactive) } else { Err(Unclear::NoAnswer) };
        }
        // How oidc-provider refuses to look at a JWT, in the words of RFC 7009, section 2.2.1: it says
        // nothing of this server or of others' tokens, and whoever sends one may as well log in.
        StatusCode::BAD_REQUEST if is_of_no_kind(answer) => return Ok(Said::Inactive),
        status => return Err(Unclear::Status(status.as_u16())),
    }
    let mut claims = members(answer)?;
    match dialect {
        Dialect::Standard => match claims.get("active") {
            // Nothing else is: neither `"true"` nor 1.
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => return Ok(Said::Inactive),
            _ => return Err(Unclear::NoAnswer),
        },
        Dialect::Google => {
            let end = claims.get("exp").and_then(Value::as_str);
            let end = end.and_then(|end| end.parse::<u64>().ok()).ok_or(Unclear::NoAnswer)?;
            claims.insert("exp".to_owned(), end.into());
        }
    }
    Ok(Said::Active(Claims(claims)))
}

/// How `tokeninfo` says that a token is none; in the second form at `www.googleapis.com`, as seen by
/// others, and described nowhere.
fn is_no_token(body: &Map<String, Value>) -> bool {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    match text("error") {
        Some(error) => matches!(error, "invalid_token" | "invalid_grant" | "invalid_request"),
        None => body.len() == 1 && text("error_description") == Some("Invalid Value"),
    }
}

fn is_of_no_kind(answer: &Response<Bytes>) -> bool {
    let error = members(answer).ok().and_then(|body| body.get("error").cloned());
    error.is_some_and(|error| error == "unsupported_token_type")
}

fn members(answer: &Response<Bytes>) -> Result<Map<String, Value>, Unclear> {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Err(Unclear::NotJson);
    }
    if answer.body().len() > MAX_ANSWER {
        return Err(Unclear::TooLarge);
    }
    let read = Members::read(answer.body()).ok_or(Unclear::NotJson)?;
    // Two readers of a member that comes twice may read two things.
    if read.twice { Err(Unclear::NoAnswer) } else { Ok(read.map) }
}
