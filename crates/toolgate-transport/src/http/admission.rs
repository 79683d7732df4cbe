//! How many calls run, for each caller and in all. An entry exists only while calls run.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    hash::{Hash, Hasher},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::timeout};
use toolgate_core::{Caller, Identity};

/// Who shares a bound.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Bucket {
    Known(Owner),
    Peer(IpAddr),
    Anybody,
}

/// An identity as its key, which is shared rather than copied.
#[derive(Clone, Debug)]
pub(crate) struct Owner(Arc<Identity>);

impl PartialEq for Owner {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for Owner {}

impl Hash for Owner {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.key.hash(state);
    }
}

impl Bucket {
    /// A caller's bucket: by identity, else by address, else the one for everybody. One customer's
    /// IPv6 addresses are a /64, so they share one.
    pub(crate) fn of(caller: &Caller, peer: Option<IpAddr>) -> Self {
        match (caller, peer) {
            (Caller::Known(identity), _) => Self::Known(Owner(identity.clone())),
            (_, Some(IpAddr::V6(address))) => match address.to_ipv4_mapped() {
                Some(address) => Self::Peer(address.into()),
                None => {
                    let network = u128::from(address) & (u128::MAX << 64);
                    Self::Peer(Ipv6Addr::from(network).into())
                }
            },
            (_, Some(address)) => Self::Peer(address),
            (_, None) => Self::Anybody,
        }
    }
}

/// The running calls.
#[derive(Debug)]
pub(crate) struct Admission {
    per_caller: usize,
    all: usize,
    table: Mutex<HashMap<Bucket, usize>>,
    running: watch::Sender<usize>,
}

impl Admission {
    /// So many of one caller, and so many in all.
    pub(crate) fn new(per_caller: usize, all: usize) -> Arc<Self> {
        let running = watch::Sender::new(0);
        Arc::new(Self { per_caller, all, table: Mutex::default(), running })
    }

    /// Lets one more call in; none when the caller has enough of them, or all together have.
    pub(crate) fn enter(self: &Arc<Self>, bucket: Bucket) -> Option<Permit> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let own = table.entry(bucket.clone());
        let running = match &own {
            Entry::Occupied(running) => *running.get(),
            Entry::Vacant(_) => 0,
        };
        if running >= self.per_caller || !self.running.send_if_modified(|all| add(all, self.all)) {
            return None;
        }
        *own.or_default() += 1;
        drop(table);
        Some(Permit { admission: self.clone(), bucket })
    }

    /// Lets one more call in as soon as there is room for it. Whoever waits has to be bounded elsewhere.
    pub(crate) async fn entered(self: &Arc<Self>, bucket: Bucket) -> Permit {
        let mut running = self.running.subscribe();
        loop {
            running.mark_unchanged();
            if let Some(permit) = self.enter(bucket.clone()) {
                return permit;
            }
            // The other end is here.
            let _ = running.changed().await;
        }
    }

    /// Waits until no call runs, or for as long as `bound`. Whether none does.
    pub(crate) async fn idle(&self, bound: Duration) -> bool {
        timeout(bound, self.ended()).await.is_ok()
    }

    /// Waits until no call runs.
    pub(crate) async fn ended(&self) {
        // The other end is here.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }

    fn leave(&self, bucket: &Bucket) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = table.get_mut(bucket) {
            *running -= 1;
            if *running == 0 {
                table.remove(bucket);
            }
        }
        drop(table);
        self.running.send_modify(|running| *running -= 1);
    }
}

/// Adds one, where that is not too many.
fn add(running: &mut usize, most: usize) -> bool {
    let fits = *running < most;
    *running += usize::from(fits);
    fits
}

/// One running call.
pub(crate) struct Permit {
    admission: Arc<Admission>,
    bucket: Bucket,
}

impl Permit {
    pub(crate) fn is_of(&self, admission: &Arc<Admission>) -> bool {
        Arc::ptr_eq(&self.admission, admission)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.admission.leave(&self.bucket);
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

/// The place of a call that goes from the running to the waiting and back, shared with its reply:
/// it is given up when the last of the two is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place(Arc<Mutex<Option<Permit>>>);

impl Place {
    pub(crate) fn new(permit: Option<Permit>) -> Self {
        Self(Arc::new(Mutex::new(permit)))
    }

    /// Gives up what was there for this.
    pub(crate) fn put(&self, permit: Permit) {
        let before = self.permit().replace(permit);
        drop(before);
    }

    pub(crate) fn take(&self) -> Option<Permit> {
        self.permit().take()
    }

    fn permit(&self) -> MutexGuard<'_, Option<Permit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use toolgate_core::Key;

    use super::*;

    #[test]
    fn callers_are_told_apart_and_leave_nothing_behind() {
        let admission = Admission::new(2, usize::MAX);
        let ada: Caller = Identity::new(Key::new("i", "ada")).into();
        let bob: Caller = Identity::new(Key::new("i", "bob")).into();
        let enter = |caller| admission.enter(Bucket::of(caller, None));
        let held = (enter(&ada), enter(&ada), enter(&bob));
        assert!(held.0.is_some() && held.1.is_some() && held.2.is_some());
        assert!(enter(&ada).is_none());
        assert!(enter(&Caller::Open).is_some());
        drop(held.0);
        assert!(enter(&ada).is_some());
        drop((held.1, held.2));
        assert!(admission.table.lock().unwrap().is_empty());
        assert_eq!(*admission.running.borrow(), 0);
    }

    #[test]
    fn all_together_have_a_bound_too() {
        let admission = Admission::new(2, 3);
        let of = |name: &str| Bucket::of(&Identity::new(Key::new("i", name)).into(), None);
        let held = ["ada", "ada", "bob"].map(|name| admission.enter(of(name)).unwrap());
        assert!(admission.enter(of("bob")).is_none() && admission.enter(of("cid")).is_none());
        assert_eq!(admission.table.lock().unwrap().len(), 2, "nothing is left of the refused");
        drop(held);
        assert!(admission.enter(of("cid")).is_some());
    }

    #[test]
    fn the_open_are_told_apart_by_address() {
        let of = |text: &str| Bucket::of(&Caller::Open, Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
        assert_eq!(Bucket::of(&Caller::Open, None), Bucket::Anybody);
    }
}
