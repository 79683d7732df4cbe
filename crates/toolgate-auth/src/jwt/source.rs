//! Where an issuer's keys are, and getting them: discovery and download, without any memory.

use std::{error::Error, fmt, sync::Arc};

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header::ACCEPT};
use serde::Deserialize;

use crate::{
    claims::object,
    fetch::{Fetch, FetchError, address::is_safe},
    jose::KeySet,
    published::places,
    rules::Rules,
};

/// Largest document that is parsed, in bytes, whatever the [`Fetch`] lets through.
const MAX_DOCUMENT: usize = 512 * 1024;

/// An issuer's keys at their origin.
pub(super) struct Source {
    pub(super) issuer: String,
    /// Where the keys are, when that was said and need not be discovered.
    pub(super) jwks_uri: Option<Uri>,
    /// Whether the issuer itself is on loopback: only then may its document point there in the clear.
    pub(super) loopback: bool,
    pub(super) fetch: Arc<dyn Fetch>,
    pub(super) rules: Rules,
}

/// Why there are no keys.
#[derive(Debug)]
pub(super) enum SourceError {
    Fetch(FetchError),
    Status(StatusCode),
    NotMetadata,
    OtherIssuer,
    BadKeysUri,
    NotKeys,
    NoUsableKey(usize),
    TooSlow,
}

impl Source {
    /// Downloads the keys, from `known` where an earlier download has found them.
    pub(super) async fn load(&self, known: Option<Uri>) -> Result<(Uri, KeySet), SourceError> {
        let uri = match self.jwks_uri.clone().or(known) {
            Some(uri) => uri,
            None => self.discover().await?,
        };
        let document = self.download(uri.clone()).await?;
        let keys = KeySet::read(&document, self.rules).ok_or(SourceError::NotKeys)?;
        // An empty set in place of a good one would lock everybody out; it counts as an outage.
        if keys.len() == 0 {
            return Err(SourceError::NoUsableKey(keys.skipped.values().sum()));
        }
        Ok((uri, keys))
    }

    /// Asks the places for metadata in turn. A place that answers something else is passed by; one
    /// that does not answer ends the search, since the others are on the same host.
    async fn discover(&self) -> Result<Uri, SourceError> {
        let mut first = None;
        for place in places(&self.issuer) {
            let found = match self.download(place).await {
                Err(error @ SourceError::Fetch(_)) => return Err(error),
                Err(error) => Err(error),
                Ok(document) => keys_uri(&document, &self.issuer, self.loopback),
            };
            match found {
                Ok(uri) => return Ok(uri),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or(SourceError::NotMetadata))
    }

    async fn download(&self, uri: Uri) -> Result<Bytes, SourceError> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri;
        let accepted = http::HeaderValue::from_static("application/json, application/jwk-set+json");
        request.headers_mut().insert(ACCEPT, accepted);
        let answer = self.fetch.fetch(request).await.map_err(SourceError::Fetch)?;
        match answer.status() {
            StatusCode::OK if answer.body().len() <= MAX_DOCUMENT => Ok(answer.into_body()),
            StatusCode::OK => Err(SourceError::NotMetadata),
            status => Err(SourceError::Status(status)),
        }
    }
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: Option<String>,
}

/// What a metadata document says of the keys. One of another issuer says nothing of this one's
/// (RFC 8414, section 3.3).
fn keys_uri(document: &[u8], issuer: &str, loopback: bool) -> Result<Uri, SourceError> {
    let metadata: Metadata = object(document).ok_or(SourceError::NotMetadata)?;
    if metadata.issuer != issuer {
        return Err(SourceError::OtherIssuer);
    }
    let uri: Option<Uri> = metadata.jwks_uri.and_then(|uri| uri.parse().ok());
    uri.filter(|uri| is_safe(uri, loopback)).ok_or(SourceError::BadKeysUri)
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetch(_) => f.write_str("the request failed"),
            Self::Status(status) => write!(f, "the answer has status {}", status.as_u16()),
            Self::NotMetadata => f.write_str("no metadata document was found"),
            Self::OtherIssuer => f.write_str("the metadata document names another issuer"),
            Self::BadKeysUri => f.write_str("the metadata document has no usable `jwks_uri`"),
            Self::NotKeys => f.write_str("the answer is no set of keys"),
            Self::TooSlow => f.write_str("the issuer took too long"),
            Self::NoUsableKey(skipped) => {
                write!(f, "none of the {skipped} published keys can be used")
            }
        }
    }
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Fetch(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_counts_for_the_issuer_it_names_and_no_other() {
        let read = |text: &str| keys_uri(text.as_bytes(), "https://h.example", false);
        let good = r#"{"issuer":"https://h.example","jwks_uri":"https://k.example/keys","x":1}"#;
        assert_eq!(read(good).unwrap(), "https://k.example/keys");
        let other = r#"{"issuer":"https://h.example/","jwks_uri":"https://k.example/keys"}"#;
        assert!(matches!(read(other), Err(SourceError::OtherIssuer)));
        for uri in ["http://k.example/keys", "http://localhost/keys", "/keys", "file:///keys", ""] {
            let text = format!(r#"{{"issuer":"https://h.example","jwks_uri":"{uri}"}}"#);
            assert!(matches!(read(&text), Err(SourceError::BadKeysUri)), "{uri}");
        }
        let array = r#"["https://h.example","https://k.example/keys"]"#;
        for none in ["{}", array] {
            assert!(matches!(read(none), Err(SourceError::NotMetadata)), "{none}");
        }
    }
}
