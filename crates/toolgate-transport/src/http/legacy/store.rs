//! The store of sessions, whatever becomes of its code: it may be slow, fail or panic.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;
use tokio::time::{Instant, timeout_at};
use toolgate_core::{BoxFuture, legacy::StoreError};

use super::keep::reasons;

/// How long the store of sessions may take where no request waits for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What became of a question to the store that has no answer. None of it is the client's fault, and none
/// lets anybody in.
#[derive(Debug)]
pub(super) enum Unkept {
    Full,
    Broken(String),
}

/// Asks a store.
pub(super) async fn kept<'a, T>(
    deadline: Instant,
    ask: impl FnOnce() -> BoxFuture<'a, Result<T, StoreError>>,
) -> Result<T, Unkept> {
    // Asking runs the store's code too, so that happens inside as well.
    let asked = AssertUnwindSafe(async { ask().await }).catch_unwind();
    match timeout_at(deadline, asked).await {
        Ok(Ok(Ok(kept))) => Ok(kept),
        Ok(Ok(Err(StoreError::Full))) => Err(Unkept::Full),
        Ok(Ok(Err(error))) => Err(Unkept::Broken(reasons(&error))),
        Ok(Err(_)) => Err(Unkept::Broken("the session store panicked".into())),
        Err(_) => Err(Unkept::Broken("the session store did not answer in time".into())),
    }
}
