//! Where to ask an authorization server, said or found in its metadata, and how.

use std::time::SystemTime;

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::{
    claims::Members,
    client::Client,
    fetch::{Fetch, FetchError, FetchErrorKind, address::is_safe, again::Repeatable},
    form,
    published::places,
};

/// Largest metadata document that is read, in bytes.
const MAX_DOCUMENT: usize = 512 * 1024;

/// Found once, and then kept until nobody is there. A failure is not.
pub(crate) struct Endpoint {
    said: Option<Uri>,
    /// Held while it is looked for: one looks for all.
    found: Mutex<Option<Uri>>,
    place: Place,
    /// Whether the issuer is on loopback: only then may its document point there in the clear.
    loopback: bool,
}

/// Which of an authorization server's endpoints it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Introspection,
    Token,
    /// Entra's, where a signature of who asks is for the endpoint and not for the issuer.
    EntraToken,
}

impl Place {
    /// The member of the metadata that names it.
    fn member(self) -> &'static str {
        match self {
            Self::Introspection => "introspection_endpoint",
            Self::Token | Self::EntraToken => "token_endpoint",
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Unasked {
    Fetch(FetchError),
    /// No metadata of the issuer's names where to ask.
    Nowhere,
    /// The proof of who asks cannot be made.
    NoProof,
}

impl Endpoint {
    pub(crate) fn new(place: Place, said: Option<Uri>, loopback: bool) -> Self {
        Self { said, found: Mutex::default(), place, loopback }
    }

    /// Sends a form there, with the proof of who asks where the server wants one.
    pub(crate) async fn post(
        &self,
        issuer: &str,
        mut fields: Vec<(&'static str, String)>,
        client: Option<&Client>,
        now: SystemTime,
        fetch: &dyn Fetch,
    ) -> Result<Response<Bytes>, Unasked> {
        let uri = self.uri(issuer, fetch).await?;
        let mut request = Request::new(Bytes::new());
        // A question changes nothing. An assertion of who asks would be refused the second time.
        let mut repeatable = self.place == Place::Introspection;
        if let Some(client) = client {
            let proven = match self.place {
                Place::EntraToken => client.proof(&uri.to_string(), now),
                Place::Introspection | Place::Token => client.proof(issuer, now),
            };
            let proven = proven.ok_or(Unasked::NoProof)?;
            repeatable &= proven.fields.is_empty();
            fields.extend(proven.fields);
            if let Some(header) = proven.header {
                let mut header = HeaderValue::try_from(header).map_err(|_| Unasked::NoProof)?;
                header.set_sensitive(true);
                request.headers_mut().insert(AUTHORIZATION, header);
            }
        }
        if repeatable {
            request.extensions_mut().insert(Repeatable);
        }
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.body_mut() = form::body(&fields).into();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(form::FORM));
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        self.ask(request, fetch).await.map_err(Unasked::Fetch)
    }

    async fn uri(&self, issuer: &str, fetch: &dyn Fetch) -> Result<Uri, Unasked> {
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
    async fn ask(
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
    async fn discover(&self, issuer: &str, fetch: &dyn Fetch) -> Result<Uri, Unasked> {
        for place in places(issuer) {
            let mut request = Request::new(Bytes::new());
            *request.uri_mut() = place;
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
            let answer = fetch.fetch(request).await.map_err(Unasked::Fetch)?;
            if answer.status() != StatusCode::OK || answer.body().len() > MAX_DOCUMENT {
                continue;
            }
            if let Some(uri) = self.named(answer.body(), issuer) {
                return Ok(uri);
            }
        }
        Err(Unasked::Nowhere)
    }

    /// What a document says. One of another issuer says nothing (RFC 8414, section 3.3).
    fn named(&self, document: &[u8], issuer: &str) -> Option<Uri> {
        let metadata = Members::read(document)?;
        let text = |name: &str| metadata.map.get(name).and_then(Value::as_str);
        let uri: Uri = text(self.place.member())?.parse().ok()?;
        let usable = text("issuer") == Some(issuer) && is_safe(&uri, self.loopback);
        (usable && !metadata.twice).then_some(uri)
    }
}
