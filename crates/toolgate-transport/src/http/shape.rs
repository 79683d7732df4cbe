//! Whether a request is one that can be served, told from its head and its parameters.

use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use toolgate_core::{
    Card, Error, era,
    protocol::{Json, Params, RequestMeta, meta::BadMeta},
};

use super::{
    accept::{self, Accepts},
    answer::Problem,
    mirror,
    read::Unread,
};

/// Judges method and media types.
pub(crate) fn head(head: &Parts) -> Result<Accepts, Box<Problem>> {
    if head.method != Method::POST {
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "only POST is served here");
        return Err(problem.field(header::ALLOW, "POST"));
    }
    if !accept::is_json(&head.headers) {
        let message = "the body has to be application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    if !accept::is_plain(&head.headers) {
        let message = "the body has to be sent uncompressed";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    Accepts::read(&head.headers).ok_or_else(|| {
        let message = "answers are application/json or text/event-stream";
        Problem::new(StatusCode::NOT_ACCEPTABLE, message)
    })
}

/// Judges a request against its own headers; says what it tells of itself.
///
/// The order is the specification's: what the body lacks, then where headers and body differ, then
/// a version that both name and nobody serves.
pub(crate) fn request(
    headers: &HeaderMap,
    card: &Card,
    method: &str,
    params: &Json,
) -> Result<RequestMeta, Error> {
    let bad = |bad: BadMeta| Error::invalid_params(bad.message);
    let params = Params::split(params).map_err(bad)?;
    let meta = params.meta().map_err(bad)?;
    let version = era::required(method, &params, &meta)?;
    mirror::request(headers, card, method, version, &params)?;
    era::supported(version)?;
    Ok(meta)
}

/// Judges a notification likewise. It has to tell nothing of itself.
pub(crate) fn notification(
    headers: &HeaderMap,
    method: &str,
    params: &Json,
) -> Result<RequestMeta, Error> {
    let meta = RequestMeta::read(Some(params)).map_err(|bad| Error::invalid_params(bad.message))?;
    mirror::notification(headers, method, meta.version.as_deref())?;
    meta.version.as_deref().map_or(Ok(()), era::supported)?;
    Ok(meta)
}

/// Why a body could not be read.
pub(crate) fn unread(why: Unread) -> Box<Problem> {
    match why {
        Unread::TooLarge => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")
            .remedy("limits: body, TOOLGATE_MAX_BODY"),
        Unread::TooSlow => Problem::new(StatusCode::REQUEST_TIMEOUT, "the body came too slowly")
            .remedy("limits: body_timeout"),
        Unread::Broken => Problem::new(StatusCode::BAD_REQUEST, "the body broke off"),
    }
}
