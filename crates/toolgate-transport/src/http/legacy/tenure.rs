//! How long what a session listens to may go on, and in whose name: until the server stops, the
//! session ends, or its owner's credentials do and no newer ones came.

use std::{
    fmt,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::{sync::Notify, time::Instant};
use toolgate_core::{BoxFuture, Caller, Ending, Life, Shutdown};

use super::recheck::QUESTION;
use crate::revoking::Revoking;

/// The life of a session's own stream. Nothing here waits for a clock: whoever tends the sessions
/// calls [`look`](Self::look).
pub(super) struct Tenure {
    owner: Mutex<Owner>,
    ended: AtomicBool,
    changed: Notify,
    stopping: Shutdown,
}

/// With which credentials, and whether they still count.
struct Owner {
    caller: Caller,
    standing: Standing,
    /// When they were last asked about.
    tried: Instant,
}

impl Owner {
    /// Who was let in just now.
    fn new(caller: Caller) -> Self {
        let now = Instant::now();
        Self { caller, standing: Standing::Good(now), tried: now }
    }

    fn has_expired(&self) -> bool {
        let expires = self.caller.identity().and_then(|identity| identity.expires);
        expires.is_some_and(|at| at <= SystemTime::now())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// As of then.
    Good(Instant),
    /// Since then nobody could tell.
    Doubtful(Instant),
    Revoked,
}

impl Tenure {
    pub(super) fn new(caller: Caller, stopping: Shutdown) -> Self {
        let (owner, ended) = (Mutex::new(Owner::new(caller)), AtomicBool::new(false));
        Self { owner, ended, changed: Notify::new(), stopping }
    }

    /// Takes the owner's newer credentials. Older ones that end sooner change nothing, but where
    /// those that are here do not count any more.
    pub(super) fn renew(&self, caller: &Caller) {
        let mut kept = self.owner();
        if kept.standing == Standing::Revoked || lasts_as_long(caller, &kept.caller) {
            *kept = Owner::new(caller.clone());
        }
    }

    /// The credentials that are asked about now.
    pub(super) fn asked(&self) -> Caller {
        let mut owner = self.owner();
        owner.tried = Instant::now();
        owner.caller.clone()
    }

    /// Since when nobody has asked about these credentials, where it is time to: they were good for
    /// the last time before something changed, or too long ago.
    pub(super) fn due(&self, now: Instant, changed: Instant, every: Duration) -> Option<Instant> {
        let owner = self.owner();
        let is_due = match owner.standing {
            Standing::Good(_) if owner.has_expired() => false,
            Standing::Good(at) => now >= due_at(at, changed, every),
            Standing::Doubtful(_) => true,
            // It may be taken back.
            Standing::Revoked => now >= due_at(owner.tried, changed, every),
        };
        let known = owner.caller.identity().is_some();
        (known && is_due).then_some(owner.tried)
    }

    /// Nobody can tell either about those whose turn does not come.
    pub(super) fn overdue(&self, now: Instant, changed: Instant, revoking: &Revoking) {
        let mut owner = self.owner();
        owner.standing = match owner.standing {
            Standing::Good(_) if owner.has_expired() || owner.caller.identity().is_none() => return,
            Standing::Good(at) if now >= due_at(at, changed, revoking.every) + revoking.within => {
                Standing::Doubtful(now)
            }
            Standing::Doubtful(since) if now >= since + revoking.within + QUESTION => {
                Standing::Revoked
            }
            _ => return,
        };
    }

    /// Whether these credentials do not count any more.
    pub(super) fn is_revoked(&self) -> bool {
        self.owner().standing == Standing::Revoked
    }

    /// These credentials count, or did then.
    pub(super) fn trust(&self, caller: &Caller, at: Instant) {
        self.judge(caller, |_| Standing::Good(at));
    }

    /// These credentials do not count any more.
    pub(super) fn revoke(&self, caller: &Caller) {
        self.judge(caller, |_| Standing::Revoked);
    }

    /// Nobody can tell whether these credentials count. For so long that may be.
    pub(super) fn doubt(&self, caller: &Caller, patience: Duration) {
        let now = Instant::now();
        self.judge(caller, |standing| match standing {
            Standing::Good(_) => Standing::Doubtful(now),
            Standing::Doubtful(since) if now - since >= patience => Standing::Revoked,
            standing => standing,
        });
    }

    /// Nothing, where the owner has come with others meanwhile.
    fn judge(&self, of: &Caller, judge: impl FnOnce(Standing) -> Standing) {
        let mut kept = self.owner();
        if is_same(of, &kept.caller) {
            kept.standing = judge(kept.standing);
        }
    }

    /// Whether both are what one request brought.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        // One lock after the other.
        let caller = self.owner().caller.clone();
        is_same(&caller, &other.owner().caller)
    }

    /// The session is over.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Why it ends, where it does; and then everybody who waits is told.
    pub(super) fn look(&self) -> Option<Ending> {
        let ending = self.ending_now();
        if ending.is_some() {
            self.changed.notify_waiters();
        }
        ending
    }

    /// Whether the server stops, and nothing else ends it.
    pub(super) fn is_stopping(&self) -> bool {
        self.ending_now() == Some(Ending::Shutdown)
    }

    fn ending_now(&self) -> Option<Ending> {
        if self.ended.load(Ordering::Acquire) {
            return Some(Ending::Gone);
        }
        if self.stopping.is_requested() {
            return Some(Ending::Shutdown);
        }
        let owner = self.owner();
        if owner.standing == Standing::Revoked {
            return Some(Ending::Revoked);
        }
        owner.has_expired().then_some(Ending::Expired)
    }

    fn owner(&self) -> MutexGuard<'_, Owner> {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Life for Tenure {
    fn ending<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, Ending> {
        Box::pin(async move {
            loop {
                let mut changed = pin!(self.changed.notified());
                changed.as_mut().enable();
                if let Some(ending) = self.ending_now() {
                    return ending;
                }
                changed.await;
            }
        })
    }

    fn renewed(&self) -> Option<Caller> {
        Some(self.owner().caller.clone())
    }
}

/// When to ask again about who stood well at a time.
fn due_at(good: Instant, changed: Instant, every: Duration) -> Instant {
    if good < changed { changed } else { good + every }
}

/// Whether it is what one request brought.
fn is_same(one: &Caller, other: &Caller) -> bool {
    match (one.identity(), other.identity()) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Whether a caller's credentials last at least as long as another's.
fn lasts_as_long(new: &Caller, old: &Caller) -> bool {
    let until = |caller: &Caller| caller.identity().and_then(|identity| identity.expires);
    match (until(new), until(old)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(new), Some(old)) => new >= old,
    }
}

impl fmt::Debug for Tenure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tenure")
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use toolgate_core::{Identity, Key};

    use super::*;

    fn until(seconds: Option<i64>, scope: &'static str) -> Caller {
        let identity = Identity::new(Key::new("i", "ada")).scopes([scope]);
        let Some(seconds) = seconds else { return identity.into() };
        let far = Duration::from_secs(seconds.unsigned_abs());
        let now = SystemTime::now();
        identity.expires(if seconds < 0 { now - far } else { now + far }).into()
    }

    fn scope(tenure: &Tenure) -> String {
        let caller = tenure.renewed().unwrap();
        caller.identity().unwrap().scopes.iter().next().unwrap().to_owned()
    }

    #[test]
    fn the_credentials_that_last_longest_count() {
        let tenure = Tenure::new(until(Some(100), "a"), Shutdown::never());
        for (seconds, name, counts) in [
            (Some(50), "b", "a"),
            (Some(200), "c", "c"),
            (None, "d", "d"),
            (Some(9000), "e", "d"),
            (None, "f", "f"),
        ] {
            tenure.renew(&until(seconds, name));
            assert_eq!(scope(&tenure), counts, "{seconds:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_that_do_not_count_end_it_and_others_take_their_place() {
        let (ada, other) = (until(None, "a"), until(None, "b"));
        let tenure = Tenure::new(ada.clone(), Shutdown::never());
        tenure.revoke(&other);
        assert_eq!(tenure.look(), None, "they are not the ones that count here");
        let mut ending = tenure.ending(&ada);
        assert!(ending.as_mut().now_or_never().is_none());
        tenure.revoke(&ada);
        assert_eq!((tenure.look(), ending.await), (Some(Ending::Revoked), Ending::Revoked));
        tenure.trust(&ada, Instant::now());
        assert_eq!(tenure.look(), None, "taken back");
        tenure.revoke(&ada);
        // Though they end sooner.
        tenure.renew(&until(Some(100), "c"));
        assert_eq!((tenure.look(), scope(&tenure)), (None, "c".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn doubt_ends_it_after_a_while() {
        let (ada, patience) = (until(None, "a"), Duration::from_secs(5));
        let tenure = Tenure::new(ada.clone(), Shutdown::never());
        let doubt = async |seconds| {
            tokio::time::advance(Duration::from_secs(seconds)).await;
            tenure.doubt(&ada, patience);
            tenure.look()
        };
        assert_eq!((doubt(9).await, doubt(4).await), (None, None));
        tenure.trust(&ada, Instant::now());
        assert_eq!((doubt(9).await, doubt(4).await), (None, None));
        assert_eq!(doubt(1).await, Some(Ending::Revoked));
    }

    #[tokio::test]
    async fn it_ends_for_each_reason_and_says_which() {
        let caller = until(None, "a");
        let (trigger, stopping) = Shutdown::new();
        let tenure = Tenure::new(until(Some(-1), "a"), stopping);
        assert_eq!(tenure.ending(&caller).await, Ending::Expired);
        tenure.renew(&caller);
        let mut ending = tenure.ending(&caller);
        assert!(ending.as_mut().now_or_never().is_none() && tenure.look().is_none());
        trigger.request();
        assert_eq!(tenure.look(), Some(Ending::Shutdown));
        assert_eq!(ending.await, Ending::Shutdown, "those who waited are told");
        let tenure = Tenure::new(caller.clone(), Shutdown::never());
        let mut ending = tenure.ending(&caller);
        assert!(ending.as_mut().now_or_never().is_none());
        tenure.end();
        assert_eq!(ending.await, Ending::Gone);
    }
}
