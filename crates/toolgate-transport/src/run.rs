//! What can become of the service's code, beside what it answers: it panics, takes too long, or
//! nobody waits for it any more.

use std::{
    future::{Future, ready},
    panic::AssertUnwindSafe,
};

use futures::FutureExt;
use tokio::time::{Instant, timeout_at};
use toolgate_core::{Error, error::incident_id, protocol::code};

/// Why a call has no reply.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The service's own word.
    Error(Error),
    /// It took longer than a call may.
    Late,
    /// It panicked; the log has it under this id.
    Panicked(String),
    /// Nobody reads answers any more.
    Gone,
}

impl Failure {
    /// What the client is told.
    pub(crate) fn error(&self) -> Error {
        match self {
            Self::Error(error) => error.clone(),
            Self::Late => Error::new(code::INTERNAL_ERROR, "timed out"),
            Self::Panicked(incident) => Error::internal_with_id(incident),
            Self::Gone => Error::internal(),
        }
    }
}

/// Runs the service's code: a panic in it is this call's failure alone, and it ends at a point in
/// time.
pub(crate) async fn contain<T, F>(deadline: Instant, run: impl FnOnce() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Error>>,
{
    // Making the future runs the service's code too, so that happens inside as well.
    let run = AssertUnwindSafe(ready(()).then(|()| run())).catch_unwind();
    match timeout_at(deadline, run).await {
        Ok(Ok(answer)) => answer.map_err(Failure::Error),
        Ok(Err(_)) => {
            let incident = incident_id();
            tracing::error!(incident, "a call panicked");
            Err(Failure::Panicked(incident))
        }
        Err(_) => Err(Failure::Late),
    }
}
