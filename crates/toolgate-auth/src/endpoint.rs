//! Where to ask: said, or found in the issuer's metadata.

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri, header::ACCEPT};
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::Trouble;
use crate::{
    fetch::Fetch,
    jwt::source::{is_safe, places},
};

/// Largest metadata document that is read, in bytes.
const MAX_DOCUMENT: usize = 512 * 1024;

/// Found once, and then kept. A failure is not.
pub(super) struct Endpoint {
    found: OnceCell<Uri>,
    /// Whether the issuer is on loopback: only then may its document point there in the clear.
    loopback: bool,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    introspection_endpoint: Option<String>,
}

impl Endpoint {
    pub(super) fn new(said: Option<Uri>, loopback: bool) -> Self {
        Self { found: OnceCell::new_with(said), loopback }
    }

    pub(super) async fn uri(&self, issuer: &str, fetch: &dyn Fetch) -> Result<Uri, Trouble> {
        self.found.get_or_try_init(|| self.discover(issuer, fetch)).await.cloned()
    }

    /// Asks the places for metadata in turn. One that does not answer ends the search, since the
    /// others are on the same host.
    async fn discover(&self, issuer: &str, fetch: &dyn Fetch) -> Result<Uri, Trouble> {
        for place in places(issuer) {
            let mut request = Request::new(Bytes::new());
            *request.uri_mut() = place;
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
            let answer = fetch.fetch(request).await.map_err(Trouble::Fetch)?;
            if answer.status() != StatusCode::OK || answer.body().len() > MAX_DOCUMENT {
                continue;
            }
            if let Some(uri) = self.named(answer.body(), issuer) {
                return Ok(uri);
            }
        }
        Err(Trouble::NoEndpoint)
    }

    /// What a document says. One of another issuer says nothing (RFC 8414, section 3.3).
    fn named(&self, document: &[u8], issuer: &str) -> Option<Uri> {
        let metadata: Metadata = serde_json::from_slice(document).ok()?;
        let uri: Uri = metadata.introspection_endpoint?.parse().ok()?;
        (metadata.issuer == issuer && is_safe(&uri, self.loopback)).then_some(uri)
    }
}
