//! Parameters of the notifications that a server sends with a request (utilities, "Progress" and
//! "Logging").

use serde::{Deserialize, Serialize};

use crate::{id::ProgressToken, json::Json, level::LogLevel};

/// `notifications/progress`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Progress {
    /// The token of the request.
    pub progress_token: ProgressToken,
    /// How far; each is greater than the one before.
    pub progress: f64,
    /// How far it will go, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total: Option<f64>,
    /// What is being done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
}

impl Progress {
    /// Progress without a total and without words.
    pub fn new(progress_token: ProgressToken, progress: f64) -> Self {
        Self { progress_token, progress, total: None, message: None }
    }
}

/// `notifications/message`: one log message for the client.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// How severe.
    pub level: LogLevel,
    /// Which part of the server speaks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub logger: Option<String>,
    /// Any JSON value; no secrets.
    pub data: Json,
}

impl Message {
    /// A message without a logger's name.
    pub fn new(level: LogLevel, data: Json) -> Self {
        Self { level, logger: None, data }
    }
}
