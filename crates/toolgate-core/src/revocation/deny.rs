//! Denials in this process's memory: of tokens, of subjects, of clients; each until a time.

use std::{
    collections::HashMap,
    fmt,
    future::ready,
    sync::{Arc, PoisonError, RwLock, RwLockWriteGuard},
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use super::{Revocations, Standing};
use crate::{BoxFuture, identity::Identity};

/// Who or what is denied. All of it means nothing without its issuer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Whom {
    issuer: Box<str>,
    what: What,
    name: Box<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Token,
    Subject,
    Client,
}

impl Whom {
    /// One token, by its id (`jti`).
    pub fn token(issuer: impl Into<Box<str>>, id: impl Into<Box<str>>) -> Self {
        Self { issuer: issuer.into(), what: What::Token, name: id.into() }
    }

    /// All tokens of a subject.
    pub fn subject(issuer: impl Into<Box<str>>, subject: impl Into<Box<str>>) -> Self {
        Self { issuer: issuer.into(), what: What::Subject, name: subject.into() }
    }

    /// All tokens of a client.
    pub fn client(issuer: impl Into<Box<str>>, client: impl Into<Box<str>>) -> Self {
        Self { issuer: issuer.into(), what: What::Client, name: client.into() }
    }
}

/// How far clocks may be apart, at most: so long after its end an authenticator may take a token, and so
/// long after its time a denial counts.
const LEEWAY: Duration = Duration::from_secs(5 * 60);

/// Denies tokens, subjects and clients, each until a time: for a token that is its end (`exp`). Clones
/// share it, so one stays with whoever denies.
///
/// It counts for five minutes more: so long after its end an authenticator may take a token, since clocks
/// may be apart.
///
/// It knows what this process was told. Several processes need a [`Revocations`] of their own that
/// asks where all of them can, or a way to tell each.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use toolgate_core::revocation::{DenyList, Whom};
///
/// let denied = DenyList::new();
/// let end = SystemTime::now() + Duration::from_secs(3600);
/// denied.deny(Whom::subject("https://issuer.example", "ada"), end)?;
/// assert_eq!(denied.len(), 1);
/// # Ok::<(), toolgate_core::revocation::Full>(())
/// ```
#[derive(Clone)]
pub struct DenyList {
    most: usize,
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    table: RwLock<Table>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct Table {
    issuers: HashMap<Box<str>, Names>,
    count: usize,
}

#[derive(Default)]
struct Names([HashMap<Box<str>, SystemTime>; 3]);

impl DenyList {
    /// Denies nobody yet, and up to 100,000 at a time.
    pub fn new() -> Self {
        Self { most: 100_000, now: Arc::new(SystemTime::now), shared: Arc::default() }
    }

    /// The most denials at a time; one more is an error.
    #[must_use]
    pub fn most(self, denials: usize) -> Self {
        Self { most: denials, ..self }
    }

    /// The clock to tell by when a denial is over, in place of the system's.
    #[must_use]
    pub fn clock(self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), ..self }
    }

    /// Denies, and has open streams look. A denial that is there already is never shortened.
    ///
    /// # Errors
    /// When there are as many as there may be whose time is not over. Then nothing has changed, and
    /// nobody else was let in again to make room.
    pub fn deny(&self, whom: Whom, until: SystemTime) -> Result<(), Full> {
        let now = (self.now)();
        // One that would be beyond all time is for as long as can be said.
        let until = until.checked_add(LEEWAY).unwrap_or(until);
        if until <= now {
            return Ok(());
        }
        let mut table = self.table();
        if let Some(kept) = table.until(&whom) {
            *kept = until.max(*kept);
        } else {
            if table.count >= self.most {
                table.forget_before(now);
            }
            if table.count >= self.most {
                return Err(Full);
            }
            table.add(whom, until);
        }
        drop(table);
        self.shared.changed.send_replace(());
        Ok(())
    }

    /// Takes a denial back. Whether it was there.
    pub fn allow(&self, whom: &Whom) -> bool {
        self.table().remove(whom)
    }

    /// How many denials there are; those count whose time is over and whom nobody has missed yet.
    pub fn len(&self) -> usize {
        self.table().count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn table(&self) -> RwLockWriteGuard<'_, Table> {
        self.shared.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Revocations for DenyList {
    fn standing<'a>(&'a self, who: &'a Identity) -> BoxFuture<'a, Standing> {
        let table = self.shared.table.read().unwrap_or_else(PoisonError::into_inner);
        let denied = !table.issuers.is_empty() && table.denies(who, (self.now)());
        Box::pin(ready(if denied { Standing::Revoked } else { Standing::Good }))
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        let mut changed = self.shared.changed.subscribe();
        Box::pin(async move {
            // The other end is here.
            let _ = changed.changed().await;
        })
    }
}

impl Table {
    fn denies(&self, who: &Identity, now: SystemTime) -> bool {
        let Some(names) = self.issuers.get(&who.key.issuer) else { return false };
        let Names([tokens, subjects, clients]) = names;
        let held = |until: Option<&SystemTime>| until.is_some_and(|until| *until > now);
        held(who.token_id.as_ref().and_then(|id| tokens.get(id)))
            || held(subjects.get(&who.key.subject))
            || held(who.key.client.as_ref().and_then(|client| clients.get(client)))
    }

    fn until(&mut self, whom: &Whom) -> Option<&mut SystemTime> {
        self.issuers.get_mut(&whom.issuer)?.of(whom.what).get_mut(&whom.name)
    }

    fn add(&mut self, whom: Whom, until: SystemTime) {
        let Whom { issuer, what, name } = whom;
        let new = self.issuers.entry(issuer).or_default().of(what).insert(name, until).is_none();
        self.count += usize::from(new);
    }

    fn remove(&mut self, whom: &Whom) -> bool {
        let Some(names) = self.issuers.get_mut(&whom.issuer) else { return false };
        let found = names.of(whom.what).remove(&whom.name).is_some();
        if names.len() == 0 {
            self.issuers.remove(&whom.issuer);
        }
        self.count -= usize::from(found);
        found
    }

    fn forget_before(&mut self, now: SystemTime) {
        for Names(maps) in self.issuers.values_mut() {
            maps.iter_mut().for_each(|map| map.retain(|_, until| *until > now));
        }
        self.issuers.retain(|_, names| names.len() > 0);
        self.count = self.issuers.values().map(Names::len).sum();
    }
}

impl Names {
    fn of(&mut self, what: What) -> &mut HashMap<Box<str>, SystemTime> {
        let Self([tokens, subjects, clients]) = self;
        match what {
            What::Token => tokens,
            What::Subject => subjects,
            What::Client => clients,
        }
    }

    fn len(&self) -> usize {
        self.0.iter().map(HashMap::len).sum()
    }
}

impl Default for DenyList {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for DenyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DenyList").field("most", &self.most).finish_non_exhaustive()
    }
}

/// There are as many denials as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are as many denials as there may be")
    }
}

impl std::error::Error for Full {}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        time::{Duration, UNIX_EPOCH},
    };

    use futures::FutureExt;

    use super::*;
    use crate::identity::Key;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn who(issuer: &str, subject: &str, client: Option<&str>, id: Option<&str>) -> Identity {
        let key = Key::new(issuer, subject);
        let key = client.map_or(key.clone(), |client| key.client(client));
        let mut identity = Identity::new(key);
        identity.token_id = id.map(Into::into);
        identity
    }

    /// In the seconds that a denial counts beyond its time.
    fn late(seconds: u64) -> u64 {
        LEEWAY.as_secs() + seconds
    }

    fn list() -> (DenyList, Arc<AtomicU64>) {
        let clock = Arc::new(AtomicU64::new(0));
        let now = clock.clone();
        (DenyList::new().clock(move || at(now.load(Ordering::Relaxed))), clock)
    }

    fn is_denied(list: &DenyList, who: &Identity) -> bool {
        list.standing(who).now_or_never() == Some(Standing::Revoked)
    }

    #[test]
    fn what_is_denied_is_denied_of_its_issuer_alone_and_until_its_time() {
        let ada = who("i", "ada", Some("app"), Some("t1"));
        for whom in [Whom::token("i", "t1"), Whom::subject("i", "ada"), Whom::client("i", "app")] {
            let (list, clock) = list();
            list.deny(whom.clone(), at(10)).unwrap();
            assert!(is_denied(&list, &ada), "{whom:?}");
            for other in [
                who("j", "ada", Some("app"), Some("t1")),
                who("i", "bob", Some("pad"), Some("t2")),
                who("i", "t1", None, None),
                who("i", "app", Some("t1"), Some("ada")),
            ] {
                assert!(!is_denied(&list, &other), "{whom:?} {other:?}");
            }
            clock.store(late(10), Ordering::Relaxed);
            assert!(!is_denied(&list, &ada), "{whom:?}");
            clock.store(late(9), Ordering::Relaxed);
            assert!(list.allow(&whom) && !list.allow(&whom) && !is_denied(&list, &ada));
            assert!(list.is_empty() && list.table().issuers.is_empty());
        }
    }

    #[test]
    fn a_token_that_is_taken_after_its_end_is_denied_then_too() {
        let ada = who("i", "ada", None, Some("t1"));
        for (told, seen) in [(5, 10), (5, late(9)), (10, 10), (late(9), late(9))] {
            let (list, clock) = list();
            clock.store(told, Ordering::Relaxed);
            list.deny(Whom::token("i", "t1"), at(10)).unwrap();
            clock.store(seen, Ordering::Relaxed);
            assert!(is_denied(&list, &ada), "told at {told}, seen at {seen}");
        }
        let (list, clock) = list();
        clock.store(late(10), Ordering::Relaxed);
        list.deny(Whom::token("i", "t1"), at(10)).unwrap();
        assert!(list.is_empty(), "nobody takes it any more");
    }

    #[test]
    fn a_full_list_lets_nobody_in_again_to_make_room() {
        let (list, clock) = list();
        let list = list.most(2);
        let (ada, bob) = (who("i", "ada", None, None), who("i", "bob", None, None));
        list.deny(Whom::subject("i", "ada"), at(10)).unwrap();
        list.deny(Whom::subject("i", "ada"), at(5)).unwrap();
        list.deny(Whom::token("j", "x"), at(7)).unwrap();
        assert_eq!(list.deny(Whom::subject("i", "bob"), at(9)), Err(Full));
        assert!(is_denied(&list, &ada) && !is_denied(&list, &bob));
        clock.store(late(7), Ordering::Relaxed);
        assert!(is_denied(&list, &ada), "not shortened");
        list.deny(Whom::subject("i", "bob"), at(9)).unwrap();
        assert!(is_denied(&list, &ada) && is_denied(&list, &bob));
        assert_eq!(list.len(), 2);
    }

    #[test]
    fn a_denial_is_told_to_whoever_asked_before_it() {
        let (list, _) = list();
        let changed = list.changed();
        list.deny(Whom::subject("i", "ada"), at(10)).unwrap();
        assert!(changed.now_or_never().is_some(), "though it was not polled before");
        assert!(list.changed().now_or_never().is_none());
    }
}
