//! The sessions that stream or listen: bounded, and tended by one task for all of them.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep},
};
use toolgate_core::{
    Caller, Shutdown,
    legacy::{SessionKey, SessionStore},
};

use super::{
    super::limits::Limits,
    keep::Keep,
    live::{LiveSession, Times},
    recheck::recheck,
    store::{PATIENCE, kept},
};
use crate::revoking::Revoking;

/// How often they are looked after.
const TICK: Duration = Duration::from_secs(1);
/// How long what a session listens to is kept while nobody reads its stream.
const ALONE: Duration = Duration::from_secs(300);
/// How often a session whose stream is read is asked for, which is use of it: it may have ended
/// elsewhere.
const CHECK: Duration = Duration::from_secs(60);

/// The sessions by key.
pub(crate) struct LiveSessions(Arc<Shared>);

pub(super) struct Shared {
    table: Mutex<Table>,
    most: usize,
    pub(super) times: Times,
    keep: Option<Keep>,
    /// Where they may end without our knowledge.
    store: Option<Arc<dyn SessionStore>>,
    pub(super) ends: Ends,
}

/// What ends streams, beside those who read them.
#[derive(Clone)]
pub(crate) struct Ends {
    pub(crate) stopping: Shutdown,
    pub(crate) revoking: Option<Revoking>,
}

#[derive(Default)]
struct Table {
    sessions: HashMap<Arc<SessionKey>, Arc<LiveSession>>,
    tended: bool,
}

impl LiveSessions {
    /// None yet. There are as many at a time as there may be streams.
    pub(crate) fn new(
        limits: &Limits,
        keep: Option<Keep>,
        store: Option<Arc<dyn SessionStore>>,
        ends: Ends,
    ) -> Self {
        let (table, most) = (Mutex::default(), limits.streams);
        let times = Times { keep_alive: limits.keep_alive, patience: limits.call, alone: ALONE };
        Self(Arc::new(Shared { table, most, times, keep, store, ends }))
    }

    /// The live part of a session, whose owner is asking. None where there are too many; one that
    /// nobody reads makes room.
    pub(super) fn of(&self, key: &SessionKey, caller: &Caller) -> Option<Arc<LiveSession>> {
        let shared = &self.0;
        let mut table = shared.table();
        if let Some(live) = table.sessions.get(key) {
            return Some(live.clone());
        }
        let pushed_out = match table.sessions.len() < shared.most {
            true => None,
            false => Some(table.drop_loneliest()?),
        };
        let key = Arc::new(key.clone());
        let (stopping, keep) = (shared.ends.stopping.clone(), shared.keep.clone());
        let live = LiveSession::new(key.clone(), caller.clone(), stopping, keep);
        table.sessions.insert(key, live.clone());
        if !table.tended {
            table.tended = true;
            tokio::spawn(tend(Arc::downgrade(shared)));
        }
        drop(table);
        if let Some(old) = pushed_out {
            old.end();
        }
        Some(live)
    }

    /// Takes the credentials that the owner of a session brought.
    pub(super) fn renew(&self, key: &SessionKey, caller: &Caller) {
        let live = self.0.table().sessions.get(key).cloned();
        if let Some(live) = live {
            live.tenure.renew(caller);
        }
    }

    /// The live part of a session, where there is one.
    pub(super) fn find(&self, key: &SessionKey) -> Option<Arc<LiveSession>> {
        self.0.table().sessions.get(key).cloned()
    }

    /// The session is over.
    pub(super) fn end(&self, key: &SessionKey) {
        self.0.end(key);
    }
}

impl Drop for LiveSessions {
    fn drop(&mut self) {
        let sessions = std::mem::take(&mut self.0.table().sessions);
        sessions.values().for_each(|live| live.end());
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn all(&self) -> Vec<Arc<LiveSession>> {
        self.table().sessions.values().cloned().collect()
    }

    fn end(&self, key: &SessionKey) {
        let live = self.table().sessions.remove(key);
        if let Some(live) = live {
            live.end();
        }
    }

    /// Does what time asks for. Whether there is anything left to tend.
    fn look(&self) -> bool {
        let now = Instant::now();
        for live in self.all() {
            if !live.look(now, self.times) {
                self.end_unread(&live);
            }
        }
        let mut table = self.table();
        table.tended = !table.sessions.is_empty();
        table.tended
    }

    /// Lets go of one that is of no use, unless somebody came to read it meanwhile.
    fn end_unread(&self, live: &Arc<LiveSession>) {
        let mut table = self.table();
        // Whoever holds it besides the table and us is about to use it.
        if !live.is_read() && Arc::strong_count(live) <= 2 {
            table.sessions.remove(&live.key);
            drop(table);
            live.end();
        }
    }

    /// Asks for each session whose stream is read, so that it counts as used, and ends the streams
    /// of those that are gone.
    async fn check(&self) {
        let Some(store) = &self.store else { return };
        for live in self.all().into_iter().filter(|live| live.is_read()) {
            let find = || store.find(&live.key.id, &live.key.owner);
            if let Ok(None) = kept(Instant::now() + PATIENCE, find).await {
                self.end(&live.key);
            }
        }
    }
}

impl Table {
    /// The one that nobody has read for longest.
    fn drop_loneliest(&mut self) -> Option<Arc<LiveSession>> {
        // Whoever holds one besides the table is about to use it.
        let idle = self.sessions.values().filter(|live| Arc::strong_count(live) == 1);
        let alone = idle.filter_map(|live| Some((live.alone_since()?, live)));
        let key = alone.min_by_key(|(since, _)| *since).map(|(_, live)| live.key.clone())?;
        self.sessions.remove(&key)
    }
}

/// Looks after all sessions, for as long as there is one.
async fn tend(shared: Weak<Shared>) {
    let Some(stopping) = shared.upgrade().map(|shared| shared.ends.stopping.clone()) else {
        return;
    };
    let mut checking = JoinSet::new();
    checking.spawn(check(shared.clone()));
    checking.spawn(recheck(shared.clone()));
    let mut ticks = interval(TICK);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stopping.requested(), if !stopping.is_requested() => {}
        }
        if !shared.upgrade().is_some_and(|shared| shared.look()) {
            break;
        }
    }
    checking.shutdown().await;
}

async fn check(shared: Weak<Shared>) {
    loop {
        sleep(CHECK).await;
        let Some(shared) = shared.upgrade() else { return };
        shared.check().await;
    }
}

impl fmt::Debug for LiveSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LiveSessions")
    }
}
