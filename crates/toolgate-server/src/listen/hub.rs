//! Those who watch, and how a change reaches those whom it concerns.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use toolgate_core::{bus::Change, protocol::listen::Filter};

use super::pending::{Next, Pending};

/// Everybody who watches, in this process.
#[derive(Default)]
pub(crate) struct Hub(Mutex<Ears>);

#[derive(Default)]
struct Ears {
    next: u64,
    ears: HashMap<u64, Arc<Ear>>,
}

impl Hub {
    /// Begins to watch. What changes from now on is heard.
    pub(crate) fn watch(self: &Arc<Self>, filter: &Filter) -> Watch {
        let ear = Arc::new(Ear {
            filter: Wanted::of(filter),
            pending: Mutex::default(),
            wake: Notify::new(),
        });
        let mut ears = self.ears();
        let number = ears.next;
        ears.next += 1;
        ears.ears.insert(number, ear.clone());
        drop(ears);
        Watch { hub: self.clone(), number, ear }
    }

    /// Tells those whom it concerns. Waits for nobody.
    pub(crate) fn tell(&self, change: &Change) {
        for ear in self.ears().ears.values().filter(|ear| ear.filter.covers(change)) {
            ear.change(|pending| pending.add(change));
        }
    }

    /// Tells everybody that some change may have been missed.
    pub(crate) fn lose(&self) {
        for ear in self.ears().ears.values() {
            ear.change(Pending::lose);
        }
    }

    fn ears(&self) -> MutexGuard<'_, Ears> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("watching", &self.ears().ears.len()).finish()
    }
}

struct Ear {
    filter: Wanted,
    pending: Mutex<Pending>,
    wake: Notify,
}

impl Ear {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Pending)) {
        change(&mut self.pending());
        self.wake.notify_one();
    }
}

/// A filter, so that a change is found in it at once.
struct Wanted {
    tools: bool,
    prompts: bool,
    resources: bool,
    uris: HashSet<Box<str>>,
}

impl Wanted {
    fn of(filter: &Filter) -> Self {
        Self {
            tools: filter.tools_list_changed,
            prompts: filter.prompts_list_changed,
            resources: filter.resources_list_changed,
            uris: filter.resource_subscriptions.iter().map(|uri| uri.as_str().into()).collect(),
        }
    }

    fn covers(&self, change: &Change) -> bool {
        match change {
            Change::Tools => self.tools,
            Change::Prompts => self.prompts,
            Change::Resources => self.resources,
            Change::Resource { uri } => self.uris.contains(uri.as_str()),
            _ => false,
        }
    }
}

/// One who watches; stops when dropped.
pub(crate) struct Watch {
    hub: Arc<Hub>,
    number: u64,
    ear: Arc<Ear>,
}

impl Watch {
    /// The next change; none once some may have been missed. Cancel-safe.
    pub(crate) async fn next(&self) -> Option<Change> {
        loop {
            let next = self.ear.pending().take();
            match next {
                Next::Change(change) => return Some(change),
                Next::Lost => return None,
                Next::Nothing => self.ear.wake.notified().await,
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.hub.ears().ears.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn filter(tools: bool, uris: &[&str]) -> Filter {
        let mut filter = Filter::default();
        filter.tools_list_changed = tools;
        filter.resource_subscriptions = uris.iter().map(|uri| (*uri).to_owned()).collect();
        filter
    }

    fn resource(uri: &str) -> Change {
        Change::Resource { uri: uri.into() }
    }

    #[test]
    fn everybody_hears_what_they_asked_for_and_nothing_else() {
        let hub = Arc::new(Hub::default());
        let (tools, one) = (hub.watch(&filter(true, &[])), hub.watch(&filter(false, &["a:1"])));
        for change in [Change::Prompts, resource("a:1"), Change::Tools, resource("a:2")] {
            hub.tell(&change);
        }
        assert_eq!(tools.next().now_or_never(), Some(Some(Change::Tools)));
        assert_eq!(tools.next().now_or_never(), None);
        assert_eq!(one.next().now_or_never(), Some(Some(resource("a:1"))));
        assert_eq!(one.next().now_or_never(), None);
    }

    #[tokio::test]
    async fn one_who_waits_is_woken_and_one_who_left_is_forgotten() {
        let hub = Arc::new(Hub::default());
        let watch = hub.watch(&filter(true, &[]));
        let waiting = tokio::spawn(async move { watch.next().await });
        tokio::task::yield_now().await;
        hub.tell(&Change::Tools);
        assert_eq!(waiting.await.unwrap(), Some(Change::Tools));
        assert!(hub.ears().ears.is_empty());
        let watch = hub.watch(&filter(true, &[]));
        hub.lose();
        assert_eq!(watch.next().await, None);
    }
}
