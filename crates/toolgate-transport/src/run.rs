//! What can become of the service's code, beside what it answers: it panics, takes too long, or
//! nobody wants its answer any more.

use std::{
    future::{Future, ready},
    panic::AssertUnwindSafe,
    time::Duration,
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
    /// The client does not want it any more, or reads no answers.
    Cancelled,
}

impl Failure {
    /// What the client is told.
    pub(crate) fn error(&self) -> Error {
        match self {
            Self::Error(error) => error.clone(),
            Self::Late => Error::new(code::INTERNAL_ERROR, "timed out"),
            Self::Panicked(incident) => Error::internal_with_id(incident),
            Self::Cancelled => Error::new(code::REFUSED, "cancelled"),
        }
    }
}

/// Ends a call that its client cancels.
#[cfg(feature = "http")]
pub(crate) async fn until_cancelled<T>(
    cancelled: Option<toolgate_core::Shutdown>,
    call: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(cancelled) = cancelled else { return call.await };
    tokio::select! {
        biased;
        () = cancelled.requested() => Err(Failure::Cancelled),
        ended = call => ended,
    }
}

/// A deadline that is as good as none, and that clocks can still tell.
pub(crate) fn never() -> Instant {
    const YEARS: Duration = Duration::from_secs(30 * 365 * 86_400);
    Instant::now() + YEARS
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn panics_and_delays_are_contained() {
        let soon = || Instant::now() + Duration::from_secs(1);
        let run: fn() -> std::future::Ready<Result<(), Error>> = || panic!("boom");
        let failure = contain(soon(), run).await.unwrap_err();
        assert!(matches!(failure, Failure::Panicked(_)));
        assert!(!failure.error().message().contains("boom"));
        let late = contain(soon(), std::future::pending::<Result<(), Error>>).await;
        assert!(matches!(late, Err(Failure::Late)));
        assert_ne!(incident_id(), incident_id());
    }
}
