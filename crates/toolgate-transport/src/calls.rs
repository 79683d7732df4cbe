//! Calls that run, by what their client calls them, so that it can cancel one.

use std::{
    collections::{HashMap, hash_map},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use toolgate_core::{Shutdown, transport::Trigger};

/// The running calls. Bounded by whoever lets calls in.
pub(crate) struct Calls<K: Eq + Hash>(Arc<Mutex<HashMap<K, Trigger>>>);

impl<K: Eq + Hash + Clone> Calls<K> {
    /// Enters a call; none where one of that name runs already.
    pub(crate) fn enter(&self, name: K) -> Option<Entry<K>> {
        let (trigger, cancelled) = Shutdown::new();
        match self.table().entry(name.clone()) {
            hash_map::Entry::Occupied(_) => return None,
            hash_map::Entry::Vacant(free) => free.insert(trigger),
        };
        Some(Entry { calls: Self(self.0.clone()), name, cancelled })
    }

    /// Cancels a call. One that is not there has ended, which is as well.
    pub(crate) fn cancel(&self, name: &K) {
        if let Some(trigger) = self.table().get(name) {
            trigger.request();
        }
    }
}

impl<K: Eq + Hash> Calls<K> {
    /// Cancels all that run.
    #[cfg(feature = "http")]
    pub(crate) fn cancel_all(&self) {
        self.table().values().for_each(Trigger::request);
    }

    fn table(&self) -> MutexGuard<'_, HashMap<K, Trigger>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Default for Calls<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// One running call; leaves the table when dropped.
pub(crate) struct Entry<K: Eq + Hash> {
    calls: Calls<K>,
    name: K,
    cancelled: Shutdown,
}

impl<K: Eq + Hash> Entry<K> {
    /// Requested once the client cancels.
    pub(crate) fn cancelled(&self) -> &Shutdown {
        &self.cancelled
    }
}

impl<K: Eq + Hash> Drop for Entry<K> {
    fn drop(&mut self) {
        self.calls.table().remove(&self.name);
    }
}

impl<K: Eq + Hash> fmt::Debug for Entry<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry")
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn a_call_is_cancelled_by_its_name_and_leaves_nothing() {
        let calls = Calls::default();
        let (one, two) = (calls.enter(1).unwrap(), calls.enter(2).unwrap());
        assert!(calls.enter(1).is_none());
        calls.cancel(&1);
        calls.cancel(&3);
        assert!(one.cancelled().requested().now_or_never().is_some());
        assert!(two.cancelled().requested().now_or_never().is_none());
        calls.cancel_all();
        assert!(two.cancelled().requested().now_or_never().is_some());
        drop((one, two));
        assert!(calls.table().is_empty() && calls.enter(1).is_some());
    }
}
