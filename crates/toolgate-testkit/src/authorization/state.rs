//! What a server, its connections and its tokens share.

use std::{
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{documents::Place, keys::Ring};

/// What is wrong with the answers to requests for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JwksFault {
    /// 200, and a body that is no JSON.
    Garbage,
    /// 200, and a set without keys.
    Empty,
    /// This status, without a body. One that HTTP does not know counts as 500.
    Status(u16),
    /// The connection stays open and nothing comes, not even after the server has come back.
    Silence,
}

/// What is wrong at the moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outage {
    pub(super) down: bool,
    pub(super) jwks: Option<JwksFault>,
}

pub(super) struct State {
    issuer: String,
    keys: Mutex<Ring>,
    outage: Mutex<Outage>,
    jwks: AtomicUsize,
    metadata: AtomicUsize,
}

impl State {
    pub(super) fn new(issuer: String, keys: Ring) -> Self {
        Self {
            issuer,
            keys: Mutex::new(keys),
            outage: Mutex::default(),
            jwks: AtomicUsize::new(0),
            metadata: AtomicUsize::new(0),
        }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn keys(&self) -> MutexGuard<'_, Ring> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is wrong, and says what is.
    pub(super) fn outage(&self, change: impl FnOnce(&mut Outage)) -> Outage {
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut outage);
        *outage
    }

    pub(super) fn count(&self, place: Place) {
        match place {
            Place::Jwks => self.jwks.fetch_add(1, Ordering::SeqCst),
            Place::Metadata => self.metadata.fetch_add(1, Ordering::SeqCst),
            Place::Nowhere => 0,
        };
    }

    pub(super) fn jwks_requests(&self) -> usize {
        self.jwks.load(Ordering::SeqCst)
    }

    pub(super) fn metadata_requests(&self) -> usize {
        self.metadata.load(Ordering::SeqCst)
    }
}

// The keys are private.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
