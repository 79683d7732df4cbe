//! Errors of requests, as a client sees them, and the refusals behind some of them.

use std::{
    borrow::Cow,
    fmt,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use serde::Serialize;
use serde_json::json;
use toolgate_protocol::{Json, code, version};

use crate::scopes::Scopes;

/// A JSON-RPC error. Survives a proxy as it is.
///
/// What it says, the peer sees. A failure of ours is [`Error::internal`], which says nothing; its
/// cause goes to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    code: i32,
    message: Cow<'static, str>,
    data: Option<Json>,
    denial: Option<Denial>,
    shown: bool,
}

/// A refusal that HTTP has a status for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denial {
    /// Nobody is known to be asking.
    Unauthenticated,
    /// The token lacks these scopes for what was asked.
    Scopes(Scopes),
    /// Not this caller, whatever the token's scopes.
    Forbidden,
    /// A fresher or stronger login is needed (RFC 9470).
    StepUp {
        /// How old the login may be.
        max_age: Option<Duration>,
        /// How it must have been done: one of these, with spaces between, the preferred one first.
        acr: Option<String>,
        /// Scopes that the new token needs too.
        scopes: Scopes,
    },
    /// Not now; again after this long.
    Busy(Duration),
    /// What decides cannot decide now; again after this long.
    Undecided(Duration),
}

impl Error {
    /// An error by code and message.
    pub fn new(code: i32, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self(Box::new(Inner { code, message, data: None, denial: None, shown: false }))
    }

    /// Words for whoever asked, from code that knows no tools. A tool that passes them on with `?` says
    /// them in its result; where a result has no place for words, they are an error's message.
    pub fn shown(words: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(code::INTERNAL_ERROR, words);
        error.0.shown = true;
        error
    }

    /// The parameters are wrong, or name something that does not exist.
    pub fn invalid_params(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::INVALID_PARAMS, message)
    }

    /// The method is not served.
    pub fn method_not_found() -> Self {
        Self::new(code::METHOD_NOT_FOUND, "method not found")
    }

    /// A failure of ours, of which the peer learns nothing.
    pub fn internal() -> Self {
        Self::new(code::INTERNAL_ERROR, "internal error")
    }

    /// A failure of ours that the log tells under an id.
    pub fn internal_with_id(id: &str) -> Self {
        Self::new(code::INTERNAL_ERROR, format!("internal error {id}"))
    }

    /// A protocol version that is not served; names those that are.
    pub fn unsupported_version(requested: &str) -> Self {
        let data = Versions { supported: version::SUPPORTED, requested };
        Self::new(code::UNSUPPORTED_VERSION, "the protocol version is not supported")
            .with_data(Json::of(&data).ok())
    }

    /// A client capability that the request needs and did not declare. `required` is a
    /// `ClientCapabilities` object.
    pub fn missing_capability(required: &Json) -> Self {
        let data = json!({ "requiredCapabilities": required });
        Self::new(code::MISSING_CLIENT_CAPABILITY, "a client capability is required")
            .with_data(Json::of(&data).ok())
    }

    /// A refusal.
    pub fn denied(denial: Denial) -> Self {
        let message = match &denial {
            Denial::Unauthenticated => "authentication is required",
            Denial::Scopes(_) => "the token lacks a scope",
            Denial::Forbidden => "forbidden",
            Denial::StepUp { .. } => "a fresher or stronger login is required",
            Denial::Busy(_) => "too many requests",
            Denial::Undecided(_) => "this cannot be decided now",
        };
        let mut error = Self::new(code::REFUSED, message);
        error.0.denial = Some(denial);
        error
    }

    /// The same, with data.
    #[must_use]
    pub fn with_data(mut self, data: Option<Json>) -> Self {
        self.0.data = data;
        self
    }

    /// The JSON-RPC code.
    pub fn code(&self) -> i32 {
        self.0.code
    }

    /// The message, one short sentence.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What else the peer is told.
    pub fn data(&self) -> Option<&Json> {
        self.0.data.as_ref()
    }

    /// Whether its message is [words for whoever asked](Self::shown).
    pub fn is_shown(&self) -> bool {
        self.0.shown
    }

    /// The refusal, where this is one.
    pub fn denial(&self) -> Option<&Denial> {
        self.0.denial.as_ref()
    }
}

/// A name for what the log tells and the peer does not learn. Random, so it counts nothing; only as
/// unique as being found again needs.
pub fn incident_id() -> String {
    format!("{:016x}", RandomState::new().hash_one(()))
}

#[derive(Serialize)]
struct Versions<'a> {
    supported: &'a [&'a str],
    requested: &'a str,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message(), self.code())
    }
}

impl std::error::Error for Error {}
