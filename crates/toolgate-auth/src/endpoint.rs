//! Where to ask an authorization server: said, or found in its metadata.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header::ACCEPT};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::{
    claims::Members,
    fetch::{Fetch, FetchError, FetchErrorKind},
    jwt::source::{is_safe, places},
};

/// Largest metadata document that is read, in bytes.
const MAX_DOCUMENT: usize = 512 * 1024;

/// Found once, and then kept until nobody is there. A failure is not.
pub(crate) struct Endpoint {
    said: Option<Uri>,
    /// Held while it is looked for: one looks for all.
    found: Mutex<Option<Uri>>,
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
        Self { said, found: Mutex::default(), member, loopback }
    }

    pub(crate) async fn uri(&self, issuer: &str, fetch: &dyn Fetch) -> Result<Uri, Nowhere> {
        if let Some(said) = &self.said {
            return Ok(said.clone());
        }
        let mut found = self.found.lock().await;
        if let Some(found) = &*found {
            return Ok(found.clone());
        }
        let uri = self.discover(issuer, fetch).await?;
        Ok(found.insert(uri).clone())
    }

    /// Asks there. Where nobody is, or nothing any more, it is looked for anew the next time: an
    /// authorization server may have moved it.
    pub(crate) async fn ask(
        &self,
        request: Request<Bytes>,
        fetch: &dyn Fetch,
    ) -> Result<Response<Bytes>, FetchError> {
        let uri = request.uri().clone();
        let answer = fetch.fetch(request).await;
        let gone = match &answer {
            Ok(answer) => matches!(answer.status(), StatusCode::NOT_FOUND | StatusCode::GONE),
            Err(error) => error.kind() == FetchErrorKind::Connect,
        };
        if gone {
            // Unless somebody has found another meanwhile.
            self.found.lock().await.take_if(|found| *found == uri);
        }
        answer
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
