//! An issuer's metadata as it is published: where it is, and the document for those who show it to others.

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri, header::ACCEPT};
use serde::Deserialize;
use toolgate_core::protocol::Json;

use crate::{
    claims::object,
    fetch::{Fetch, chain},
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
        let named = object::<Named>(answer.body());
        if named.is_some_and(|named| named.issuer == issuer) {
            return Json::from_text(answer.into_body()).ok();
        }
    }
    None
}

/// Where an issuer's metadata may be: RFC 8414 section 3.1, then the same place for OpenID Connect
/// (RFC 8414 section 5), then OpenID Connect's own (Discovery 1.0, section 4).
pub(crate) fn places(issuer: &str) -> Vec<Uri> {
    let trimmed = issuer.strip_suffix('/').unwrap_or(issuer);
    let start = trimmed.find("://").map_or(0, |at| at + 3);
    let slash = trimmed.get(start..).and_then(|rest| rest.find('/')).map(|at| start + at);
    let (origin, path) = trimmed.split_at(slash.unwrap_or(trimmed.len()));
    let mut places = vec![
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        places.push(format!("{trimmed}/.well-known/openid-configuration"));
    }
    places.iter().filter_map(|place| place.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_looked_for_where_the_specifications_say() {
        let at = |issuer| places(issuer).iter().map(Uri::to_string).collect::<Vec<_>>();
        assert_eq!(
            at("https://h.example"),
            [
                "https://h.example/.well-known/oauth-authorization-server",
                "https://h.example/.well-known/openid-configuration",
            ]
        );
        assert_eq!(at("https://h.example/"), at("https://h.example"));
        assert_eq!(
            at("https://h.example/realms/a/"),
            [
                "https://h.example/.well-known/oauth-authorization-server/realms/a",
                "https://h.example/.well-known/openid-configuration/realms/a",
                "https://h.example/realms/a/.well-known/openid-configuration",
            ]
        );
    }
}
