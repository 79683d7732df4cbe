//! Where to ask an authorization server: said, or found in its metadata.

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri, header::ACCEPT};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::{
    claims::Members,
    fetch::{Fetch, FetchError},
    jwt::source::{is_safe, places},
};

/// Largest metadata document that is read, in bytes.
const MAX_DOCUMENT: usize = 512 * 1024;

/// Found once, and then kept. A failure is not.
pub(crate) struct Endpoint {
    found: OnceCell<Uri>,
    /// The member of the metadata that names it.
    member: &'static str,
    /// Whether the issuer is on loopback: only then may its document point there in the clear.
    loopback: bool,
}

/// Why it is not known where to ask.
#[derive(Debug)]
pub(crate) enum Nowhere {
    Fetch(FetchError),
    /// No metadata of the issuer's names it.
    Unnamed,
}

impl Endpoint {
    pub(crate) fn new(member: &'static str, said: Option<Uri>, loopback: bool) -> Self {
        Self { found: OnceCell::new_with(said), member, loopback }
    }

    pub(crate) async fn uri(&self, issuer: &str, fetch: &dyn Fetch) -> Result<Uri, Nowhere> {
        self.found.get_or_try_init(|| self.discover(issuer, fetch)).await.cloned()
    }

    /// Asks the places for metadata in turn. One that does not answer ends the search, since the
    /// others are on the same host.
    async fn discover(&self, issuer: &str, fetch: &dyn Fetch) -> Result<Uri, Nowhere> {
        for place in places(issuer) {
            let mut request = Request::new(Bytes::new());
            *request.uri_mut() = place;
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
            let answer = fetch.fetch(request).await.map_err(Nowhere::Fetch)?;
            if answer.status() != StatusCode::OK || answer.body().len() > MAX_DOCUMENT {
                continue;
            }
            if let Some(uri) = self.named(answer.body(), issuer) {
                return Ok(uri);
            }
        }
        Err(Nowhere::Unnamed)
    }

    /// What a document says. One of another issuer says nothing (RFC 8414, section 3.3).
    fn named(&self, document: &[u8], issuer: &str) -> Option<Uri> {
        let metadata = Members::read(document)?;
        let text = |name: &str| metadata.map.get(name).and_then(Value::as_str);
        let uri: Uri = text(self.member)?.parse().ok()?;
        let usable = text("issuer") == Some(issuer) && is_safe(&uri, self.loopback);
        (usable && !metadata.twice).then_some(uri)
    }
}
