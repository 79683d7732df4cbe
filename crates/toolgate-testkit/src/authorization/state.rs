//! What a server, its connections and its tokens share.

use std::{
    collections::BTreeMap,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use super::{
    access::{Issued, unguessable},
    client::OAuthClient,
    fault::{Endpoint, Outage},
    grant::Basis,
    keys::Ring,
    login::Login,
    settings::Settings,
    table::Table,
};

/// So many logins, grants and registrations are remembered of each kind. They are as large as requests.
const GRANTS: usize = 1_000;

/// So many tokens are remembered, and so many that were taken back.
const NAMES: usize = 10_000;

pub(super) struct State {
    issuer: String,
    settings: Settings,
    keys: Mutex<Ring>,
    desk: Mutex<Desk>,
    outage: watch::Sender<Outage>,
    /// How far its clock is ahead of the machine's.
    ahead: Mutex<Duration>,
    /// How long ago the next token was issued.
    aged: Mutex<Duration>,
    /// What proofs have to have in them (RFC 9449, section 8).
    nonce: Mutex<String>,
    asked: Mutex<BTreeMap<Endpoint, usize>>,
}

/// What it remembers of what it gave out.
#[derive(Debug)]
pub(super) struct Desk {
    /// Access tokens by what names them: `jti`, or all of an opaque one.
    pub(super) issued: Table<Issued>,
    /// What was taken back: names of tokens and of families.
    pub(super) dead: Table<()>,
    /// People who have not come to an answer.
    pub(super) logins: Table<Login>,
    pub(super) codes: Table<Code>,
    pub(super) refresh: Table<Refresh>,
    /// Clients that have introduced themselves.
    pub(super) registered: Table<OAuthClient>,
    /// Proofs that were used.
    pub(super) proofs: Table<()>,
}

/// A code, and what it takes to redeem it.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) basis: Basis,
    pub(super) redirect: Option<String>,
    pub(super) challenge: String,
    pub(super) until: SystemTime,
    pub(super) used: bool,
}

/// A refresh token. It is remembered after it was used, to be known again.
#[derive(Debug)]
pub(super) struct Refresh {
    pub(super) basis: Basis,
    pub(super) until: SystemTime,
    pub(super) used: bool,
}

impl Desk {
    fn new() -> Self {
        Self {
            issued: Table::new(NAMES),
            dead: Table::new(NAMES),
            logins: Table::new(GRANTS),
            codes: Table::new(GRANTS),
            refresh: Table::new(NAMES),
            registered: Table::new(GRANTS),
            proofs: Table::new(NAMES),
        }
    }
}

impl State {
    pub(super) fn new(issuer: String, keys: Ring, settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            issuer,
            settings,
            keys: Mutex::new(keys),
            desk: Mutex::new(Desk::new()),
            outage: watch::Sender::default(),
            ahead: Mutex::default(),
            aged: Mutex::default(),
            nonce: Mutex::new(unguessable()),
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
        let declared = self.settings.clients.iter().find(|client| client.id == id).cloned();
        declared.or_else(|| self.desk().registered.get(id).cloned())
    }

    pub(super) fn nonce(&self) -> String {
        own(&self.nonce).clone()
    }

    pub(super) fn renew_nonce(&self) {
        *own(&self.nonce) = unguessable();
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

    pub(super) fn age_next(&self, by: Duration) {
        *own(&self.aged) = by;
    }

    /// When the token that is being made was issued.
    pub(super) fn issued(&self) -> SystemTime {
        let now = self.now();
        now.checked_sub(mem::take(&mut own(&self.aged))).unwrap_or(now)
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
