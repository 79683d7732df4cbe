//! Whether a caller was shut out since their credentials were judged: before a request, and while a
//! stream is open.

use std::{
    fmt,
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use futures::FutureExt;
use tokio::time::{Instant, sleep_until, timeout};
use toolgate_core::{
    BoxFuture, Caller, Refused,
    revocation::{Revocations, stands},
};

/// When to come back to what could not be told.
const RETRY: Duration = Duration::from_secs(1);

/// One stream asks no more often than this, however often something changes.
const PAUSE: Duration = Duration::from_millis(100);

/// The author's revocations, and how they are asked.
#[derive(Clone)]
pub(crate) struct Revoking {
    pub(crate) by: Arc<dyn Revocations>,
    /// The longest that an answer may take, and for which an open stream goes on without one.
    pub(crate) within: Duration,
    /// How often open streams ask where nothing changes.
    pub(crate) every: Duration,
}

impl Revoking {
    /// Whether a caller may go on now.
    ///
    /// # Errors
    /// Whatever is not a good standing, an answer that takes too long among it.
    pub(crate) async fn admit(&self, caller: &Caller) -> Result<(), Refused> {
        let asked = timeout(self.within, stands(&*self.by, caller)).await;
        asked.unwrap_or(Err(Refused::Unavailable { retry: RETRY }))
    }

    /// Comes back once a caller is shut out, or for too long nobody could tell. Cancel-safe.
    pub(crate) async fn ended(&self, caller: &Caller) {
        if let Caller::Open = caller {
            return pending().await;
        }
        let mut in_doubt = None;
        loop {
            // Before it asks, so that no change falls between the two.
            let (changed, asked) = (self.changed(), Instant::now());
            let again = match self.admit(caller).await {
                Ok(()) => {
                    in_doubt = None;
                    self.every
                }
                Err(Refused::Unauthenticated(_)) => return,
                Err(_) if in_doubt.is_some_and(|since| asked - since >= self.within) => return,
                Err(_) => {
                    in_doubt.get_or_insert(asked);
                    RETRY
                }
            };
            tokio::select! {
                () = changed => {}
                () = sleep_until(asked + again) => {}
            }
            sleep_until(asked + PAUSE).await;
        }
    }

    /// Comes back when something has changed since the call. Code that panics tells of nothing.
    pub(crate) fn changed(&self) -> BoxFuture<'_, ()> {
        let changed = catch_unwind(AssertUnwindSafe(|| self.by.changed()));
        let Ok(changed) = changed else { return pending().boxed() };
        let changed = AssertUnwindSafe(changed).catch_unwind();
        let told = async {
            if changed.await.is_err() {
                tracing::error!(remedy = "revocations", "waiting for revocations panicked");
                pending::<()>().await;
            }
        };
        told.boxed()
    }
}

impl fmt::Debug for Revoking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revoking")
    }
}

/// What contradicts itself, where it does.
#[cfg(any(feature = "http", feature = "stdio"))]
pub(crate) fn problem(revocations: bool, authenticates: bool) -> Option<String> {
    let nobody = "revocations are asked for and nobody authenticates, so there is nobody to revoke; \
                  set auth, or take revocations away";
    (revocations && !authenticates).then(|| nobody.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::{
        sync::Notify,
        time::{advance, sleep},
    };
    use toolgate_core::{Identity, Key, Standing};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    struct Says {
        standing: Mutex<Option<Standing>>,
        changed: Notify,
    }

    impl Revocations for Says {
        fn standing<'a>(&'a self, _: &'a Identity) -> BoxFuture<'a, Standing> {
            let standing = *self.standing.lock().unwrap();
            Box::pin(async move {
                match standing {
                    Some(standing) => standing,
                    None => pending().await,
                }
            })
        }

        fn changed(&self) -> BoxFuture<'_, ()> {
            Box::pin(self.changed.notified())
        }
    }

    fn of(standing: Option<Standing>) -> (Arc<Says>, Revoking, Caller) {
        let says = Arc::new(Says { standing: Mutex::new(standing), changed: Notify::new() });
        let (within, every) = (5 * SECOND, 30 * SECOND);
        let caller = Identity::new(Key::new("i", "ada")).into();
        (says.clone(), Revoking { by: says, within, every }, caller)
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_learns_of_it_when_it_is_told_or_in_time() {
        for told in [true, false] {
            let (says, revoking, ada) = of(Some(Standing::Good));
            let begun = Instant::now();
            let ended = tokio::spawn(async move { revoking.ended(&ada).await });
            sleep(SECOND).await;
            *says.standing.lock().unwrap() = Some(Standing::Revoked);
            if told {
                says.changed.notify_waiters();
            }
            ended.await.unwrap();
            let after = if told { SECOND } else { 30 * SECOND };
            assert_eq!(begun.elapsed().as_secs(), after.as_secs());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn doubt_is_no_pass_and_a_short_one_ends_no_stream() {
        for silence in [Some(Standing::Unknown), None] {
            let (says, revoking, ada) = of(silence);
            let refused = revoking.admit(&ada).await;
            assert!(matches!(refused, Err(Refused::Unavailable { .. })), "{silence:?}");
            let watched = (revoking.clone(), ada.clone());
            let ended = tokio::spawn(async move { watched.0.ended(&watched.1).await });
            sleep(SECOND).await;
            *says.standing.lock().unwrap() = Some(Standing::Good);
            sleep(60 * SECOND).await;
            assert!(!ended.is_finished(), "{silence:?}");
            *says.standing.lock().unwrap() = silence;
            says.changed.notify_waiters();
            sleep(20 * SECOND).await;
            assert!(ended.is_finished(), "{silence:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_open_are_nobody_to_revoke() {
        let (_, revoking, _) = of(Some(Standing::Revoked));
        assert!(revoking.admit(&Caller::Open).await.is_ok());
        let mut ended = Box::pin(revoking.ended(&Caller::Open));
        advance(100 * SECOND).await;
        assert!((&mut ended).now_or_never().is_none());
    }
}
