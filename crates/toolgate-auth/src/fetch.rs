//! Outbound HTTP, as far as authenticators need it: one request, one bounded answer.

pub(crate) mod address;
pub(crate) mod again;
mod connect;
mod http;
#[cfg(test)]
pub(crate) mod tests;

use std::{error::Error, fmt, sync::Arc};

use ::http::{Request, Response};
use bytes::Bytes;
use toolgate_core::{BoxError, BoxFuture};

pub use self::http::{HttpFetch, HttpFetchBuilder};

/// Sends a request and reads the whole answer.
///
/// An implementation bounds the time and the size of an answer, follows no redirect, and decides
/// which addresses it may reach: the URLs of keys come from documents that somebody else wrote.
/// Any HTTP status is an answer; an error means that there was none.
pub trait Fetch: Send + Sync + 'static {
    /// Sends `request`, whose URI is absolute.
    fn fetch(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>>;
}

impl<F: Fetch + ?Sized> Fetch for Arc<F> {
    fn fetch(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        (**self).fetch(request)
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub struct FetchError {
    kind: FetchErrorKind,
    source: Option<BoxError>,
}

/// What went wrong, and on whose side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchErrorKind {
    /// Ours: the settings, the proxy among them, cannot be used.
    Settings,
    /// Ours, on purpose: the URL or the address behind its name is not allowed.
    NotAllowed,
    /// The network's or the peer's: no connection, or no trust in its certificate.
    Connect,
    /// The network's or the peer's: no answer in time.
    Timeout,
    /// The peer's: the answer is larger than allowed.
    TooLarge,
    /// The peer's: what it sent is not HTTP, or it stopped in the middle.
    Broken,
}

impl FetchError {
    /// An error without a cause.
    pub fn new(kind: FetchErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// The same, with its cause. The cause goes to the log; it must name no secret.
    #[must_use]
    pub fn caused_by(self, source: impl Into<BoxError>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// What went wrong, and on whose side.
    pub fn kind(&self) -> FetchErrorKind {
        self.kind
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            FetchErrorKind::Settings => "the settings for outbound requests cannot be used",
            FetchErrorKind::NotAllowed => "the URL or its address is not allowed",
            FetchErrorKind::Connect => "the peer cannot be reached",
            FetchErrorKind::Timeout => "the peer did not answer in time",
            FetchErrorKind::TooLarge => "the peer's answer is too large",
            FetchErrorKind::Broken => "the peer's answer cannot be read",
        })
    }
}

impl Error for FetchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// An error and its causes on one line, for a log.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    line
}
