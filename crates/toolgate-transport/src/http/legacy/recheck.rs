//! Whether those who stream in sessions were shut out: asked of all of them, a few at a time. A slow
//! answer about one holds up no other, and nobody's session is held while it is waited for.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
    time::Duration,
};

use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::time::{Instant, interval, sleep_until, timeout};
use toolgate_core::{BoxFuture, Refused};

use super::{live::LiveSession, sessions::Shared, tenure::Tenure};
use crate::revoking::Revoking;

/// How many are asked about at a time.
pub(super) const ASKED: usize = 32;
/// How long one answer may take. There may be thousands to ask for, and all have to be.
pub(super) const QUESTION: Duration = Duration::from_secs(2);
/// How often it is looked for whom to ask.
const TICK: Duration = Duration::from_secs(1);
/// Changes are heeded no more often than this.
const PAUSE: Duration = Duration::from_millis(100);

/// Somebody's credentials, and the session whose stream lives on them.
pub(super) struct Due {
    pub(super) tenure: Weak<Tenure>,
    pub(super) live: Weak<LiveSession>,
    /// When they were last asked about.
    pub(super) tried: Instant,
}

/// Asks for as long as there are sessions.
pub(super) async fn recheck(shared: Weak<Shared>) {
    let revoking = shared.upgrade().and_then(|shared| shared.ends.revoking.clone());
    let Some(revoking) = revoking else { return };
    let (mut due, mut asking) = (VecDeque::new(), FuturesUnordered::new());
    // Before anybody is asked, so that no change falls between the two.
    let mut changed = after(Instant::now(), revoking.changed());
    let mut since = Instant::now();
    let mut ticks = interval(TICK);
    loop {
        let look = tokio::select! {
            () = &mut changed => {
                changed = after(Instant::now() + PAUSE, revoking.changed());
                // Whatever was answered before that may be different now.
                since = Instant::now();
                true
            }
            _ = ticks.tick() => {
                let Some(shared) = shared.upgrade() else { return };
                shared.overdue(since, &revoking);
                due.is_empty() && asking.is_empty()
            }
            Some(()) = asking.next() => false,
        };
        if look {
            let Some(shared) = shared.upgrade() else { return };
            due = shared.due(since, &revoking);
        }
        while asking.len() < ASKED
            && let Some(one) = due.pop_front()
        {
            asking.push(ask(one, shared.clone(), &revoking));
        }
    }
}

async fn ask(one: Due, shared: Weak<Shared>, revoking: &Revoking) {
    let Some(caller) = one.tenure.upgrade().map(|tenure| tenure.asked()) else { return };
    let begun = Instant::now();
    let answer = timeout(QUESTION, revoking.admit(&caller)).await;
    let Some(tenure) = one.tenure.upgrade() else { return };
    match answer {
        Ok(Ok(())) => tenure.trust(&caller, begun),
        Ok(Err(Refused::Unauthenticated(_))) => tenure.revoke(&caller),
        _ => tenure.doubt(&caller, revoking.within),
    }
    if tenure.is_revoked()
        && let (Some(live), Some(shared)) = (one.live.upgrade(), shared.upgrade())
    {
        live.look(Instant::now(), shared.times);
    }
}

/// The same, and not before its time.
fn after(at: Instant, changed: BoxFuture<'_, ()>) -> BoxFuture<'_, ()> {
    async move {
        sleep_until(at).await;
        changed.await;
    }
    .boxed()
}

impl Shared {
    /// Whom to ask about, those first who were not for longest.
    fn due(&self, since: Instant, revoking: &Revoking) -> VecDeque<Due> {
        let now = Instant::now();
        let mut due = Vec::new();
        for live in self.all() {
            for tenure in live.tenures() {
                if let Some(tried) = tenure.due(now, since, revoking.every) {
                    let (tenure, live) = (Arc::downgrade(&tenure), Arc::downgrade(&live));
                    due.push(Due { tenure, live, tried });
                }
            }
        }
        due.sort_by_key(|one| one.tried);
        due.into()
    }

    /// Doubts those about whom nobody was asked for too long, and ends what was doubted for too long.
    fn overdue(&self, since: Instant, revoking: &Revoking) {
        let now = Instant::now();
        for live in self.all() {
            for tenure in live.tenures() {
                tenure.overdue(now, since, revoking);
                if tenure.is_revoked() {
                    live.look(now, self.times);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
