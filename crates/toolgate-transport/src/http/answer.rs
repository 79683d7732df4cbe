//! Answers as HTTP carries them, and refusals before they are answers.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
};
use toolgate_core::{
    Answer, Error,
    protocol::{RequestId, code},
    refused::Outcome,
    wire,
};

use super::body::Body;

/// When to come back after one of this transport's own bounds.
pub(crate) const RETRY: Duration = Duration::from_secs(1);

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// One JSON document.
pub(crate) fn json(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An event stream.
pub(crate) fn events(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Some proxies would hold events back until their buffer is full.
    fields.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// Puts on an answer what every one has. Only documents for everybody say how they are cached.
pub(crate) fn seal(response: &mut Response<Body>) {
    let fields = response.headers_mut();
    fields.entry(CACHE_CONTROL).or_insert(NO_STORE);
    fields.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// How many fields an authenticator may add.
const MAX_FIELDS: usize = 16;

/// Adds an authenticator's fields. They cannot change what the transport says: framing, types,
/// caching, origins, challenges.
pub(crate) fn add(response: &mut Response<Body>, answer: &Answer) {
    const OURS: &[&str] = &[
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "keep-alive",
        "mcp-session-id",
        "retry-after",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "vary",
        "www-authenticate",
        "x-accel-buffering",
        "x-content-type-options",
    ];
    for (name, value) in answer.fields.iter().take(MAX_FIELDS) {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        let Ok(value) = HeaderValue::from_str(value) else { continue };
        let ours = OURS.contains(&name.as_str()) || name.as_str().starts_with("access-control-");
        if !ours {
            response.headers_mut().append(name, value);
        }
    }
}

/// A request that goes no further: what the client is told, and what the log is.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) error: Error,
    pub(crate) id: Option<RequestId>,
    pub(crate) fields: Vec<(HeaderName, HeaderValue)>,
    /// What the authenticator adds.
    pub(crate) answer: Answer,
    /// Whether the answer names its request. Not to a stranger's page (transports, "Security": an
    /// error without id).
    pub(crate) names_request: bool,
    /// For the log, where it says more than the error does.
    pub(crate) reason: Option<Cow<'static, str>>,
    /// The setting that would change it.
    pub(crate) remedy: &'static str,
}

impl Problem {
    /// A refusal of the transport's own.
    pub(crate) fn new(status: StatusCode, message: &'static str) -> Box<Self> {
        Self::of(status, Error::new(code::REFUSED, message))
    }

    pub(crate) fn of(status: StatusCode, error: Error) -> Box<Self> {
        Box::new(Self {
            status,
            error,
            id: None,
            fields: Vec::new(),
            answer: Answer::default(),
            names_request: true,
            reason: None,
            remedy: "",
        })
    }

    /// A refusal from core's table.
    pub(crate) fn from_outcome(outcome: Outcome) -> Box<Self> {
        let status = StatusCode::from_u16(outcome.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut problem = Self::of(status, Error::new(outcome.code, outcome.message));
        let field = |(name, value): (&'static str, String)| {
            Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
        };
        problem.fields = outcome.fields.into_iter().filter_map(field).collect();
        problem
    }

    pub(crate) fn remedy(mut self: Box<Self>, remedy: &'static str) -> Box<Self> {
        self.remedy = remedy;
        self
    }

    /// The same, in an answer that names no request.
    pub(crate) fn nameless(mut self: Box<Self>) -> Box<Self> {
        self.names_request = false;
        self
    }

    pub(crate) fn reason(mut self: Box<Self>, reason: impl Into<Cow<'static, str>>) -> Box<Self> {
        self.reason = Some(reason.into());
        self
    }

    pub(crate) fn id(mut self: Box<Self>, id: impl Into<Option<RequestId>>) -> Box<Self> {
        self.id = id.into();
        self
    }

    pub(crate) fn field(mut self: Box<Self>, name: HeaderName, value: HeaderValue) -> Box<Self> {
        self.fields.push((name, value));
        self
    }

    pub(crate) fn response(&self) -> Response<Body> {
        let message: Bytes = wire::error(self.id.as_ref(), &self.error);
        let mut response = json(message.into());
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.fields.iter().cloned());
        response
    }

    /// One line. Nothing that the peer sent is in it.
    pub(crate) fn log(&self, method: &Method) {
        let (status, remedy) = (self.status.as_u16(), self.remedy);
        let reason = self.reason.as_deref().unwrap_or_else(|| self.error.message());
        let method = known(method);
        if self.status == StatusCode::OK {
            tracing::debug!(code = self.error.code(), reason, "answered with an error");
        } else if self.status.is_server_error() {
            tracing::error!(status, method, reason, remedy, "refused");
        } else {
            tracing::info!(status, method, reason, remedy, "refused");
        }
    }
}

/// A method's name where it is a usual one: the rest is the peer's text.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "POST" => "POST",
        "GET" => "GET",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "PUT" => "PUT",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authenticator_adds_fields_and_changes_none_of_ours() {
        let mut response = json(Body::empty());
        let fields = [
            ("DPoP-Nonce", "n1"),
            ("Set-Cookie", "a=b"),
            ("Content-Length", "0"),
            ("content-type", "text/html"),
            ("Cache-Control", "public"),
            ("Access-Control-Allow-Origin", "*"),
            ("WWW-Authenticate", "Basic"),
            ("X-Split", "a\r\nb"),
            ("bad name", "x"),
        ];
        let mut answer = Answer::default();
        for (name, value) in fields {
            answer = answer.field(name, value);
        }
        add(&mut response, &answer);
        seal(&mut response);
        let mut got: Vec<_> = response
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        got.sort();
        assert_eq!(
            got,
            [
                "cache-control: no-store",
                "content-type: application/json",
                "dpop-nonce: n1",
                "set-cookie: a=b",
                "x-content-type-options: nosniff",
            ]
        );
        let mut many = Answer::default();
        for n in 0..100 {
            many = many.field("x-many", n.to_string());
        }
        add(&mut response, &many);
        assert_eq!(response.headers().get_all("x-many").iter().count(), MAX_FIELDS);
    }
}
