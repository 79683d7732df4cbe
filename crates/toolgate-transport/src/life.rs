//! When a long request ends: the server stops, or the caller's credentials do, or somebody ends them.

use std::{
    future::pending,
    time::{Duration, SystemTime},
};

use tokio::time::sleep;
use toolgate_core::{BoxFuture, Caller, Ending, Life, Shutdown};

use crate::revoking::Revoking;

/// The life of a request that belongs to nothing longer than itself.
#[derive(Debug)]
pub(crate) struct OwnLife {
    stopping: Shutdown,
    revoking: Option<Revoking>,
}

impl OwnLife {
    pub(crate) fn new(stopping: Shutdown, revoking: Option<Revoking>) -> Self {
        Self { stopping, revoking }
    }
}

impl Life for OwnLife {
    fn ending<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Ending> {
        Box::pin(async move {
            tokio::select! {
                () = self.stopping.requested() => Ending::Shutdown,
                () = expiry(caller) => Ending::Expired,
                () = revoked(self.revoking.as_ref(), caller) => Ending::Revoked,
            }
        })
    }
}

async fn revoked(revoking: Option<&Revoking>, caller: &Caller) {
    match revoking {
        Some(revoking) => revoking.ended(caller).await,
        None => pending().await,
    }
}

async fn expiry(caller: &Caller) {
    let Some(at) = caller.identity().and_then(|identity| identity.expires) else {
        return pending().await;
    };
    // The wall clock may be set while we wait, so it is asked again, and no wait is for long.
    const LOOK_AGAIN: Duration = Duration::from_secs(60);
    while let Ok(left) = at.duration_since(SystemTime::now()) {
        sleep(left.min(LOOK_AGAIN)).await;
    }
}
