//! What can become of the service's code, beside what it answers: it panics, or takes too long.

use std::{
    future::{Future, ready},
    panic::AssertUnwindSafe,
};

use futures::FutureExt;
use http::StatusCode;
use tokio::time::{Instant, timeout_at};
use toolgate_core::{Error, Shutdown, error::incident_id, protocol::code};

/// Why a call has no reply.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The service's own word.
    Error(Error),
    /// It took longer than a call may.
    Late,
    /// It panicked; the log has it under this id.
    Panicked(String),
    /// The client does not want it any more, and waits for no answer.
    Cancelled,
}

impl Failure {
    /// What the client is told.
    pub(crate) fn error(&self) -> Error {
        match self {
            Self::Error(error) => error.clone(),
            Self::Late => Error::new(code::INTERNAL_ERROR, "timed out"),
            Self::Cancelled => Error::new(code::REFUSED, "cancelled"),
            Self::Panicked(incident) => Error::internal_with_id(incident),
        }
    }

    /// Whether it is an answer to the request in any era, rather than a refusal or a fault.
    pub(crate) fn is_answer(&self) -> bool {
        match self {
            Self::Error(error) => error.denial().is_none(),
            Self::Late | Self::Cancelled => true,
            Self::Panicked(_) => false,
        }
    }

    /// The status that goes with it while none has gone out; none where core's table of refusals
    /// decides.
    ///
    /// Errors of an application are answers, so they are 200: another status would read as a
    /// verdict on the server (a client of both eras falls back to the old one on some 4xx). That
    /// holds for a call that timed out, too.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        let Self::Error(error) = self else {
            return Some(match self {
                Self::Panicked(_) => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::OK,
            });
        };
        match error.code() {
            _ if error.denial().is_some() => None,
            code::METHOD_NOT_FOUND => Some(StatusCode::NOT_FOUND),
            code::HEADER_MISMATCH
            | code::MISSING_CLIENT_CAPABILITY
            | code::UNSUPPORTED_VERSION
            | code::PARSE_ERROR
            | code::INVALID_REQUEST => Some(StatusCode::BAD_REQUEST),
            _ => Some(StatusCode::OK),
        }
    }
}

/// Ends a call that its client cancels.
pub(crate) async fn until_cancelled<T>(
    cancelled: Option<Shutdown>,
    call: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(cancelled) = cancelled else { return call.await };
    tokio::select! {
        biased;
        () = cancelled.requested() => Err(Failure::Cancelled),
        ended = call => ended,
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use toolgate_core::Denial;

    use super::*;

    #[test]
    fn each_error_has_its_status() {
        let rows = [
            (Error::method_not_found(), Some(404)),
            (Error::new(code::HEADER_MISMATCH, "x"), Some(400)),
            (Error::new(code::MISSING_CLIENT_CAPABILITY, "x"), Some(400)),
            (Error::unsupported_version("v"), Some(400)),
            (Error::new(code::PARSE_ERROR, "x"), Some(400)),
            (Error::new(code::INVALID_REQUEST, "x"), Some(400)),
            (Error::invalid_params("x"), Some(200)),
            (Error::internal(), Some(200)),
            (Error::new(7, "x"), Some(200)),
            (Error::denied(Denial::Forbidden), None),
        ];
        for (error, status) in rows {
            let failure = Failure::Error(error);
            assert_eq!(failure.status().map(|status| status.as_u16()), status, "{failure:?}");
        }
        assert_eq!(Failure::Late.status(), Some(StatusCode::OK));
    }

    #[tokio::test(start_paused = true)]
    async fn panics_and_delays_are_contained() {
        let soon = || Instant::now() + Duration::from_secs(1);
        let run: fn() -> std::future::Ready<Result<(), Error>> = || panic!("boom");
        let failure = contain(soon(), run).await.unwrap_err();
        assert_eq!(failure.status(), Some(StatusCode::INTERNAL_SERVER_ERROR));
        assert!(!failure.error().message().contains("boom"));
        let late = contain(soon(), std::future::pending::<Result<(), Error>>).await;
        assert!(matches!(late, Err(Failure::Late)));
        assert_ne!(incident_id(), incident_id());
    }
}
