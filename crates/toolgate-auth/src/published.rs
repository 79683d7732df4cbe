//! An issuer's metadata as it is published, for those who show it to others.

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header::ACCEPT};
use serde::Deserialize;
use toolgate_core::protocol::Json;

use crate::{
    fetch::{Fetch, chain},
    jwt::source::places,
};

/// Largest document that is read, in bytes.
const MAX_DOCUMENT: usize = 512 * 1024;

#[derive(Deserialize)]
struct Named {
    issuer: String,
}

/// Asks the places for metadata in turn. One that does not answer ends the search, since the others
/// are on the same host; a document of another issuer says nothing (RFC 8414, section 3.3).
pub(crate) async fn metadata(issuer: &str, fetch: &dyn Fetch) -> Option<Json> {
    for place in places(issuer) {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = place;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let answer = match fetch.fetch(request).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(issuer, error = %chain(&error), "the issuer's metadata was not had");
                return None;
            }
        };
        if answer.status() != StatusCode::OK || answer.body().len() > MAX_DOCUMENT {
            continue;
        }
        let named = serde_json::from_slice::<Named>(answer.body());
        if named.is_ok_and(|named| named.issuer == issuer) {
            return Json::from_text(answer.into_body()).ok();
        }
    }
    None
}
