//! Requests and notifications as they cross the seam: a method and raw parameters.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use toolgate_protocol::{Json, envelope, method};

use crate::error::Error;

/// A request. Typed only by whoever uses its parameters, so unknown methods and members survive a
/// proxy.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// What to do.
    pub method: Cow<'static, str>,
    /// With what; an object.
    pub params: Json,
}

impl Request {
    /// A request by method and parameters.
    pub fn new(method: impl Into<Cow<'static, str>>, params: Json) -> Self {
        Self { method: method.into(), params }
    }

    /// Reads the parameters as a `T`.
    ///
    /// # Errors
    /// `-32602` when they have another shape.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        self.params.parse().map_err(|_| Error::invalid_params("the parameters are malformed"))
    }
}

/// A notification.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Note {
    /// What happened.
    pub method: Cow<'static, str>,
    /// The particulars; an object.
    pub params: Json,
}

impl Note {
    /// A notification by method and parameters.
    pub fn new(method: impl Into<Cow<'static, str>>, params: Json) -> Self {
        Self { method: method.into(), params }
    }

    /// A `notifications/progress` or `notifications/message` and their like, from typed parameters.
    ///
    /// # Errors
    /// `-32603` when the parameters refuse to be serialized.
    pub fn of<T: Serialize>(method: &'static str, params: &T) -> Result<Self, Error> {
        let params = Json::of(params).map_err(|_| Error::internal())?;
        Ok(Self { method: method.into(), params })
    }

    /// Whether it is a progress note, which a slow reader may be spared for a later one.
    pub fn is_progress(&self) -> bool {
        self.method == method::PROGRESS
    }

    /// The message as it goes on the wire.
    pub fn to_message(&self) -> bytes::Bytes {
        envelope::write_notification(&self.method, Some(&self.params))
    }
}
