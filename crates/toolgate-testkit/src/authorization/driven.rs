//! What a test in another process may say: what time it is.

use std::time::Duration;

use http::{Method, StatusCode, request::Parts};

use super::{
    form::Fields,
    respond::{self, Answer},
    state::State,
};

/// Answers what is asked at no place of the server's.
pub(super) fn answer(state: &State, head: &Parts) -> Answer {
    let path = head.uri.path();
    if !state.settings().driven || head.method != Method::POST {
        return respond::bare(StatusCode::NOT_FOUND);
    }
    let query = Fields::read(head.uri.query().unwrap_or_default());
    let seconds = query.one("seconds").ok().flatten().and_then(|seconds| seconds.parse().ok());
    let by = Duration::from_secs(seconds.unwrap_or_default());
    match path {
        "/test/advance" => state.advance(by),
        "/test/age" => state.age_next(by),
        _ => return respond::bare(StatusCode::NOT_FOUND),
    }
    respond::bare(StatusCode::NO_CONTENT)
}
