//! What can come of a step, and how it is read from an answer.

use axum::body::{Bytes, to_bytes};
use http::{HeaderMap, Response};
use serde_json::{Value, json};
use toolgate_transport::http::Body;

pub(crate) const SESSION: &str = "mcp-session-id";

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing was asked.
    Passed,
    /// 200, and a session's id.
    Begun,
    /// 204.
    Ended,
    /// 200, and an empty result.
    Empty,
    /// 200, and what a tool said.
    Said(String),
    /// 200, and the tools that there are, in alphabetical order.
    Listed(Vec<String>),
    /// 200, and several answers.
    Each(Vec<Self>),
    /// One of those that says that a scope is missing.
    Refused,
    /// 400: no session is named.
    Unnamed,
    /// 400: one message at a time.
    NoBatch,
    /// 401, without an error.
    NoToken,
    /// 401, `invalid_token`.
    BadToken,
    /// 403, `insufficient_scope`, and the scopes that are needed.
    Lacks(String),
    /// 404, in words that are the same for whatever is not the caller's.
    Unknown,
    /// 503, to be tried again.
    Full,
    /// None of these.
    Odd(String),
}

impl Outcome {
    pub(crate) fn is_begun(&self) -> bool {
        *self == Self::Begun
    }

    /// What an answer says, with the id of the session that it begins.
    pub(crate) async fn read(response: Response<Body>) -> (Self, Option<String>) {
        let (head, body) = response.into_parts();
        let body = to_bytes(axum::body::Body::new(body), usize::MAX).await.expect("a whole body");
        let read = answer(head.status.as_u16(), &head.headers, &body);
        let session = text_of(&head.headers, SESSION);
        let outcome = match read {
            Some(outcome) if outcome.is_begun() == session.is_some() => outcome,
            _ => Self::Odd(format!("{} {:?} {body:?}", head.status, head.headers)),
        };
        (outcome, session)
    }
}

fn answer(status: u16, headers: &HeaderMap, body: &Bytes) -> Option<Outcome> {
    if status == 204 {
        return body.is_empty().then_some(Outcome::Ended);
    }
    let message: Value = serde_json::from_slice(body).ok()?;
    let challenge = text_of(headers, "www-authenticate");
    let says = |words| message["error"]["message"].as_str().is_some_and(|it| it.contains(words));
    match (status, challenge) {
        (200, None) => match message {
            Value::Array(parts) => parts.iter().map(part).collect::<Option<_>>().map(Outcome::Each),
            message => result(message.get("result")?),
        },
        (400, None) if says(SESSION) => Some(Outcome::Unnamed),
        (400, None) if says("one JSON-RPC message") => Some(Outcome::NoBatch),
        (401, Some(challenge)) if !challenge.contains("error=") => Some(Outcome::NoToken),
        (401, Some(challenge)) if challenge.contains(r#"error="invalid_token""#) => {
            Some(Outcome::BadToken)
        }
        (403, Some(challenge)) if challenge.contains(r#"error="insufficient_scope""#) => {
            let scopes = challenge.split_once(r#"scope=""#)?.1.split('"').next()?;
            Some(Outcome::Lacks(scopes.to_owned()))
        }
        (404, None) => {
            let error = json!({"code": -32001, "message": "session not found"});
            let said = message.as_object()?.iter().filter(|(name, _)| *name != "id");
            let whole = json!({"jsonrpc": "2.0", "error": error});
            let same = said.map(|(name, it)| (name.clone(), it.clone())).collect::<Value>();
            (same == whole).then_some(Outcome::Unknown)
        }
        (503, None) => headers.contains_key("retry-after").then_some(Outcome::Full),
        _ => None,
    }
}

fn result(result: &Value) -> Option<Outcome> {
    let members = result.as_object()?;
    if let Some(tools) = members.get("tools") {
        let names = tools.as_array()?.iter().map(|tool| tool["name"].as_str().map(str::to_owned));
        let mut names: Vec<String> = names.collect::<Option<_>>()?;
        names.sort();
        return Some(Outcome::Listed(names));
    }
    if let Some(content) = members.get("content") {
        return content[0]["text"].as_str().map(|text| Outcome::Said(text.to_owned()));
    }
    if members.contains_key("protocolVersion") {
        return Some(Outcome::Begun);
    }
    members.is_empty().then_some(Outcome::Empty)
}

/// One answer of several.
fn part(message: &Value) -> Option<Outcome> {
    let Some(error) = message.get("error") else { return result(message.get("result")?) };
    let lacks = json!({"code": -32000, "message": "the token lacks a scope"});
    (*error == lacks).then_some(Outcome::Refused)
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| value.to_str().expect("visible ASCII").to_owned())
}
