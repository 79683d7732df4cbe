//! Answers as HTTP.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{fault::Endpoint, pages, refusal::Refusal};

pub(super) type Answer = Response<Full<Bytes>>;

pub(super) fn bare(status: StatusCode) -> Answer {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// A document that may be kept if it is asked about again.
pub(super) fn document(value: &Value) -> Answer {
    let mut response = raw(StatusCode::OK, value.to_string().into());
    put(&mut response, header::CACHE_CONTROL, "no-cache");
    response
}

/// An answer that nobody may keep (RFC 6749, section 5.1).
pub(super) fn secret(status: StatusCode, value: &Value) -> Answer {
    let mut response = raw(status, value.to_string().into());
    put(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

/// Said to be JSON, whether it is or not.
pub(super) fn raw(status: StatusCode, body: Bytes) -> Answer {
    let mut response = bare(status);
    if !body.is_empty() {
        put(&mut response, header::CONTENT_TYPE, "application/json");
    }
    *response.body_mut() = Full::new(body);
    response
}

/// Something that a person reads, and nobody keeps, frames or learns the address of.
pub(super) fn page(status: StatusCode, html: String) -> Answer {
    let mut response = bare(status);
    *response.body_mut() = Full::new(html.into());
    put(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    put(&mut response, header::CACHE_CONTROL, "no-store");
    put(&mut response, header::CONTENT_SECURITY_POLICY, pages::POLICY);
    put(&mut response, header::REFERRER_POLICY, "no-referrer");
    response
}

/// The way back to a client.
pub(super) fn redirect(status: StatusCode, to: &str) -> Answer {
    let Ok(to) = HeaderValue::from_str(to) else {
        return page(StatusCode::BAD_REQUEST, pages::dead_end("That address is no good."));
    };
    let mut response = bare(status);
    response.headers_mut().insert(header::LOCATION, to);
    put(&mut response, header::CACHE_CONTROL, "no-store");
    put(&mut response, header::REFERRER_POLICY, "no-referrer");
    response
}

/// A refusal, which repeats the scheme that the client proved itself by (RFC 6749, section 5.2).
pub(super) fn refused(refusal: &Refusal, basic: bool) -> Answer {
    let body = json!({ "error": refusal.error, "error_description": refusal.description });
    let mut response = secret(refusal.status, &body);
    if basic && refusal.status == StatusCode::UNAUTHORIZED {
        put(&mut response, header::WWW_AUTHENTICATE, "Basic realm=\"clients\"");
    }
    response
}

/// Pages that send headers or JSON ask first. `*` is everything but `Authorization`.
pub(super) fn preflight(place: Endpoint) -> Answer {
    let mut response = bare(StatusCode::NO_CONTENT);
    put(&mut response, header::ACCESS_CONTROL_ALLOW_METHODS, place.methods());
    put(&mut response, header::ACCESS_CONTROL_ALLOW_HEADERS, "*, Authorization");
    response
}

/// Lets pages of every origin read it.
pub(super) fn open(response: &mut Answer) {
    put(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    put(response, header::ACCESS_CONTROL_EXPOSE_HEADERS, "DPoP-Nonce, WWW-Authenticate");
}

pub(super) fn put(response: &mut Answer, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}
