//! What a server, its connections and its tokens share.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use super::{
    access::Issued,
    client::OAuthClient,
    fault::{Endpoint, Outage},
    keys::Ring,
    settings::Settings,
    table::Table,
};

/// Of each kind of thing: so many are remembered.
const REMEMBERED: usize = 10_000;

pub(super) struct State {
    issuer: String,
    settings: Settings,
    keys: Mutex<Ring>,
    desk: Mutex<Desk>,
    outage: watch::Sender<Outage>,
    /// How far its clock is ahead of the machine's.
    ahead: Mutex<Duration>,
    asked: Mutex<BTreeMap<Endpoint, usize>>,
}

/// What it remembers of what it gave out.
#[derive(Debug)]
pub(super) struct Desk {
    /// Access tokens by what names them: `jti`, or all of an opaque one.
    pub(super) issued: Table<Issued>,
    /// What was taken back: names of tokens and of families.
    pub(super) dead: Table<()>,
}

impl State {
    pub(super) fn new(issuer: String, keys: Ring, settings: Settings) -> Arc<Self> {
        let desk = Desk { issued: Table::new(REMEMBERED), dead: Table::new(REMEMBERED) };
        Arc::new(Self {
            issuer,
            settings,
            keys: Mutex::new(keys),
            desk: Mutex::new(desk),
            outage: watch::Sender::default(),
            ahead: Mutex::default(),
            asked: Mutex::default(),
        })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn keys(&self) -> MutexGuard<'_, Ring> {
        own(&self.keys)
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        own(&self.desk)
    }

    pub(super) fn client(&self, id: &str) -> Option<OAuthClient> {
        self.settings.clients.iter().find(|client| client.id == id).cloned()
    }

    /// Now, by its own clock.
    pub(super) fn now(&self) -> SystemTime {
        let now = SystemTime::now();
        now.checked_add(*own(&self.ahead)).unwrap_or(now)
    }

    pub(super) fn advance(&self, by: Duration) {
        let mut ahead = own(&self.ahead);
        *ahead = ahead.saturating_add(by);
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Outage)) {
        self.outage.send_modify(change);
    }

    /// What is wrong, and changes of that.
    pub(super) fn outage(&self) -> watch::Receiver<Outage> {
        self.outage.subscribe()
    }

    pub(super) fn count(&self, place: Endpoint) {
        *own(&self.asked).entry(place).or_default() += 1;
    }

    pub(super) fn requests(&self, place: Endpoint) -> usize {
        own(&self.asked).get(&place).copied().unwrap_or_default()
    }
}

fn own<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// The keys are private.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
