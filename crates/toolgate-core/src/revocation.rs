//! Whether a caller who was let in has been shut out since: asked on every request, whatever is
//! remembered of their token, and while their streams are open.

mod deny;

use std::{
    fmt,
    future::{pending, ready},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use futures::FutureExt;

pub use self::deny::{DenyList, Full, Whom};
use crate::{
    BoxFuture,
    authenticate::Refusal,
    identity::{Caller, Identity},
    refused::Refused,
};

/// Knows who was shut out before their credentials ended.
///
/// Transports ask after [`identify`](crate::authenticate::identify), on every request and also of a
/// token whose verdict is remembered; and again while a stream is open, whenever
/// [`changed`](Self::changed) comes back and from time to time. A stream that ends for it ends with
/// [`Ending::Revoked`](crate::Ending::Revoked). [`DenyList`] is one that is ready.
pub trait Revocations: Send + Sync + 'static {
    /// How a caller stands now. It stands before each request, so it should be quick.
    fn standing<'a>(&'a self, who: &'a Identity) -> BoxFuture<'a, Standing>;

    /// Comes back once somebody may stand otherwise than when this was called: from the call on, not
    /// only once the future is polled. Never, where nothing tells; then streams learn of it late.
    fn changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(pending())
    }
}

impl<R: Revocations + ?Sized> Revocations for Arc<R> {
    fn standing<'a>(&'a self, who: &'a Identity) -> BoxFuture<'a, Standing> {
        (**self).standing(who)
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        (**self).changed()
    }
}

/// How a caller stands whose credentials are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// Nothing is held against them.
    Good,
    /// They are shut out: 401, as for any token that does not count (RFC 6750, section 3.1).
    Revoked,
    /// It cannot be told now: 503. Never a pass.
    Unknown,
}

/// When to come back to what could not be told.
const RETRY: Duration = Duration::from_secs(1);

/// Asks how a caller stands: the one way for every transport. Of a caller without identity nothing
/// can be revoked.
///
/// A panic is a failure of ours, not a pass.
///
/// # Errors
/// Whatever is not a good standing.
pub async fn stands(revocations: &dyn Revocations, caller: &Caller) -> Result<(), Refused> {
    let Caller::Known(identity) = caller else { return Ok(()) };
    // Building the future runs the author's code too, so that happens inside as well.
    let asked = ready(()).then(|()| revocations.standing(identity));
    match AssertUnwindSafe(asked).catch_unwind().await {
        Ok(Standing::Good) => Ok(()),
        Ok(Standing::Revoked) => {
            Err(Refused::Unauthenticated(Refusal::invalid("the token has been revoked")))
        }
        Ok(Standing::Unknown) => Err(Refused::Unavailable { retry: RETRY }),
        Err(_) => Err(Refused::Failed(Box::new(Panicked))),
    }
}

#[derive(Debug)]
struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("asking for revocations panicked")
    }
}

impl std::error::Error for Panicked {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Key;

    struct Says(Option<Standing>);

    impl Revocations for Says {
        fn standing<'a>(&'a self, _: &'a Identity) -> BoxFuture<'a, Standing> {
            let Some(standing) = self.0 else { panic!("boom") };
            Box::pin(ready(standing))
        }
    }

    #[tokio::test]
    async fn only_a_good_standing_passes() {
        let ada: Caller = Identity::new(Key::new("i", "ada")).into();
        let told = |says, caller: Caller| async move { stands(&Says(says), &caller).await };
        assert!(told(Some(Standing::Good), ada.clone()).await.is_ok());
        assert!(told(Some(Standing::Revoked), Caller::Open).await.is_ok());
        let revoked = told(Some(Standing::Revoked), ada.clone()).await;
        assert!(matches!(revoked, Err(Refused::Unauthenticated(_))));
        let unknown = told(Some(Standing::Unknown), ada.clone()).await;
        assert!(matches!(unknown, Err(Refused::Unavailable { .. })));
        assert!(matches!(told(None, ada).await, Err(Refused::Failed(_))));
    }
}
