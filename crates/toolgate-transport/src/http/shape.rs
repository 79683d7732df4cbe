//! Whether a request is one that can be served, told from its head and its parameters.

use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use toolgate_core::{
    Card, Error, era,
    legacy::{Era, Signs, classify},
    protocol::{Params, RequestMeta, code},
};

use super::{
    accept::{self, Accepts},
    answer::Problem,
    mirror,
    read::Unread,
};

/// Judges method and media types.
pub(crate) fn head(head: &Parts, allow: &'static str) -> Result<Accepts, Box<Problem>> {
    if head.method != Method::POST {
        return Err(not_served(allow));
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

/// A method that is not served, beside those that are.
pub(crate) fn not_served(allow: &'static str) -> Box<Problem> {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this method is not served here");
    problem.field(header::ALLOW, HeaderValue::from_static(allow))
}

/// The era of a message.
pub(crate) fn era(
    headers: &HeaderMap,
    method: Option<&str>,
    meta: &RequestMeta,
) -> Result<Era, Error> {
    let named = meta.version.is_some() || meta.client_capabilities.is_some();
    // Where the body tells the era, the header is looked at when it is compared with the body.
    let header = if named { None } else { mirror::version(headers)? };
    Ok(classify(Signs { method, named, header }))
}

/// Whether what has no method of its own, and so tells no era, may be of the old one.
pub(crate) fn old(headers: &HeaderMap) -> Result<(), Error> {
    match era(headers, None, &RequestMeta::default())? {
        Era::Legacy => Ok(()),
        _ => Err(Error::new(code::INVALID_REQUEST, "one request or notification is expected")),
    }
}

/// Judges a request of the modern era against its own headers.
///
/// The order is the specification's: what the body lacks, then where headers and body differ, then
/// a version that both name and nobody serves.
pub(crate) fn request(
    headers: &HeaderMap,
    card: &Card,
    method: &str,
    params: &Params<'_>,
    meta: &RequestMeta,
) -> Result<(), Error> {
    let version = era::required(method, params, meta)?;
    mirror::request(headers, card, method, version, params)?;
    era::supported(version)
}

/// Judges a notification likewise. It has to tell nothing of itself.
pub(crate) fn notification(
    headers: &HeaderMap,
    method: &str,
    meta: &RequestMeta,
) -> Result<(), Error> {
    mirror::notification(headers, method, meta.version.as_deref())?;
    meta.version.as_deref().map_or(Ok(()), era::supported)
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
