//! Sessions in this process's memory, bounded in all, per owner and in time.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Owner, SessionId, SessionRecord, SessionStore, StoreError};
use crate::BoxFuture;

/// Keeps sessions in memory. Clones share them.
///
/// ```
/// use std::time::Duration;
/// use toolgate_core::legacy::MemorySessions;
///
/// let sessions = MemorySessions::new().idle(Duration::from_secs(600)).per_owner(8);
/// assert!(sessions.is_empty());
/// ```
#[derive(Clone)]
pub struct MemorySessions {
    bounds: Bounds,
    now: Arc<dyn Fn() -> Instant + Send + Sync>,
    table: Arc<Mutex<Table>>,
}

#[derive(Clone, Copy)]
struct Bounds {
    all: usize,
    per_owner: usize,
    idle: Duration,
}

impl MemorySessions {
    /// Up to 10,000 sessions, 64 of one owner, each until it was not used for 30 minutes. Callers
    /// without identity are one owner to whom the bound per owner does not apply.
    pub fn new() -> Self {
        let idle = Duration::from_secs(30 * 60);
        let bounds = Bounds { all: 10_000, per_owner: 64, idle };
        Self { bounds, now: Arc::new(Instant::now), table: Arc::default() }
    }

    /// The most sessions in all; one more is refused.
    #[must_use]
    pub fn all(mut self, sessions: usize) -> Self {
        self.bounds.all = sessions;
        self
    }

    /// The most sessions of one owner; for one more the one that was not used for longest goes.
    #[must_use]
    pub fn per_owner(mut self, sessions: usize) -> Self {
        self.bounds.per_owner = sessions;
        self
    }

    /// How long a session is kept that its owner does not use.
    #[must_use]
    pub fn idle(mut self, time: Duration) -> Self {
        self.bounds.idle = time;
        self
    }

    /// The clock to tell idleness by, in place of the system's.
    #[must_use]
    pub fn clock(self, now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), ..self }
    }

    /// How many sessions there are; those count whose time is over and whom nobody has missed yet.
    pub fn len(&self) -> usize {
        self.table().sessions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemorySessions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySessions").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl SessionStore for MemorySessions {
    fn create(&self, record: SessionRecord) -> BoxFuture<'_, Result<SessionId, StoreError>> {
        let id = SessionId::random().map_err(|error| StoreError::Failed(Box::new(error)));
        let created = id.and_then(|id| {
            let created = self.table().create(id.clone(), record, self.bounds, (self.now)());
            created.then_some(id).ok_or(StoreError::Full)
        });
        Box::pin(ready(created))
    }

    fn find<'a>(
        &'a self,
        id: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<Option<Arc<SessionRecord>>, StoreError>> {
        Box::pin(ready(Ok(self.table().find(id, owner, self.bounds, (self.now)()))))
    }

    fn replace<'a>(
        &'a self,
        id: &'a SessionId,
        record: SessionRecord,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(ready(Ok(self.table().replace(id, record, self.bounds, (self.now)()))))
    }

    fn end<'a>(
        &'a self,
        id: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(ready(Ok(self.table().end(id, owner, self.bounds, (self.now)()))))
    }
}

/// All sessions, by id and by owner. What happens at a point in time, without a clock.
#[derive(Default)]
struct Table {
    sessions: HashMap<SessionId, Session>,
    owned: HashMap<Owner, HashSet<SessionId>>,
    swept: Option<Instant>,
}

struct Session {
    record: Arc<SessionRecord>,
    used: Instant,
}

/// How long a full table looks for nothing to let go of.
const FULL: Duration = Duration::from_secs(1);

impl Table {
    /// Whether there was room.
    fn create(
        &mut self,
        id: SessionId,
        record: SessionRecord,
        bounds: Bounds,
        now: Instant,
    ) -> bool {
        self.sweep(bounds, now);
        let owner = record.owner.clone();
        let own = self.owned.get(&owner).map_or(0, HashSet::len);
        // A stranger may push out the sessions of other strangers, but may not lock them out.
        let most = if owner.key().is_some() { bounds.per_owner } else { bounds.all };
        if own >= most.min(bounds.all).max(1) {
            self.drop_oldest(&owner);
        }
        if self.sessions.len() >= bounds.all {
            return false;
        }
        self.owned.entry(owner).or_default().insert(id.clone());
        self.sessions.insert(id, Session { record: Arc::new(record), used: now });
        true
    }

    fn find(
        &mut self,
        id: &SessionId,
        owner: &Owner,
        bounds: Bounds,
        now: Instant,
    ) -> Option<Arc<SessionRecord>> {
        let session = self.sessions.get_mut(id).filter(|session| session.record.owner == *owner)?;
        if now.saturating_duration_since(session.used) >= bounds.idle {
            self.remove(id);
            return None;
        }
        session.used = now;
        Some(session.record.clone())
    }

    fn replace(
        &mut self,
        id: &SessionId,
        record: SessionRecord,
        bounds: Bounds,
        now: Instant,
    ) -> bool {
        let found = self.find(id, &record.owner, bounds, now).is_some();
        if let Some(session) = self.sessions.get_mut(id).filter(|_| found) {
            session.record = Arc::new(record);
        }
        found
    }

    fn end(&mut self, id: &SessionId, owner: &Owner, bounds: Bounds, now: Instant) -> bool {
        let found = self.find(id, owner, bounds, now).is_some();
        if found {
            self.remove(id);
        }
        found
    }

    fn remove(&mut self, id: &SessionId) {
        let Some(session) = self.sessions.remove(id) else { return };
        let owner = &session.record.owner;
        if let Some(own) = self.owned.get_mut(owner) {
            own.remove(id);
            if own.is_empty() {
                self.owned.remove(owner);
            }
        }
    }

    fn drop_oldest(&mut self, owner: &Owner) {
        let own = self.owned.get(owner).into_iter().flatten();
        let aged = own.filter_map(|id| Some((self.sessions.get(id)?.used, id)));
        let oldest = aged.min_by_key(|(used, _)| *used).map(|(_, id)| id.clone());
        if let Some(id) = oldest {
            self.remove(&id);
        }
    }

    /// Lets go of what nobody came back for. Looks through all of it, so not each time; more often
    /// while somebody may be refused for want of room.
    fn sweep(&mut self, bounds: Bounds, now: Instant) {
        let seldom = bounds.idle / 16;
        let pause = if self.sessions.len() >= bounds.all { seldom.min(FULL) } else { seldom };
        if self.swept.is_some_and(|at| now.saturating_duration_since(at) < pause) {
            return;
        }
        self.swept = Some(now);
        let over = |session: &Session| now.saturating_duration_since(session.used) >= bounds.idle;
        let over: Vec<SessionId> =
            self.sessions.iter().filter(|(_, it)| over(it)).map(|(id, _)| id.clone()).collect();
        over.iter().for_each(|id| self.remove(id));
    }
}

#[cfg(test)]
mod tests;
