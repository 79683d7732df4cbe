//! A failure of ours: the log has the cause, the caller an id.

use std::fmt::Display;

use toolgate_core::{Error, error::incident_id};

/// Logs a failure of ours under an id, and makes the error that tells the caller only the id.
pub(crate) fn incident(item: &str, cause: &(impl Display + ?Sized)) -> Error {
    let id = incident_id();
    tracing::error!(incident = %id, item, %cause, "internal error");
    Error::internal_with_id(&id)
}
