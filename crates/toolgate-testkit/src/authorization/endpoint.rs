//! A request that is whole, and the place that answers it.

use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use serde_json::Value;

use super::{
    authorize, documents, dpop,
    fault::Endpoint,
    form::Fields,
    grant, introspect,
    refusal::Refusal,
    register,
    respond::{self, Answer},
    revoke,
    state::State,
};

/// A request with parameters.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) head: &'a HeaderMap,
    pub(super) fields: Fields,
}

pub(super) fn answer(place: Endpoint, head: &Parts, body: &[u8], state: &Arc<State>) -> Answer {
    match place {
        Endpoint::Metadata => respond::document(&documents::metadata(state)),
        Endpoint::Jwks => match state.keys().published() {
            Ok(keys) => respond::document(&keys),
            Err(_) => respond::bare(StatusCode::INTERNAL_SERVER_ERROR),
        },
        Endpoint::Authorize => {
            let fields = match head.method {
                Method::POST => form(head, body).unwrap_or_default(),
                _ => Fields::read(head.uri.query().unwrap_or_default()),
            };
            authorize::answer(state, &head.method, &head.headers, &fields)
        }
        Endpoint::Token => {
            let mut answer = told(head, body, |ask| grant::answer(state, ask));
            dpop::give_nonce(state, &mut answer);
            answer
        }
        Endpoint::Introspect => told(head, body, |ask| introspect::answer(state, ask)),
        Endpoint::Revoke => told(head, body, |ask| revoke::answer(state, ask)),
        Endpoint::Register => match register::answer(state, body) {
            Ok(client) => respond::secret(StatusCode::CREATED, &client),
            Err(refusal) => respond::refused(&refusal, false),
        },
    }
}

/// Reads a form, and tells what became of it.
fn told(
    head: &Parts,
    body: &[u8],
    decide: impl FnOnce(&Ask<'_>) -> Result<Value, Refusal>,
) -> Answer {
    let basic = head.headers.contains_key(header::AUTHORIZATION);
    let decided = form(head, body).and_then(|fields| decide(&Ask { head: &head.headers, fields }));
    match decided {
        Ok(value) => respond::secret(StatusCode::OK, &value),
        Err(refusal) => respond::refused(&refusal, basic),
    }
}

fn form(head: &Parts, body: &[u8]) -> Result<Fields, Refusal> {
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::request("the body is no form"));
    }
    let text = std::str::from_utf8(body).map_err(|_| Refusal::request("the body is no text"))?;
    Ok(Fields::read(text))
}
