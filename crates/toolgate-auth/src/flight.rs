//! One request for all who want the same: the first asks, the others wait for its answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{runtime::Handle, sync::watch};
use toolgate_core::BoxFuture;

use crate::memory::Hash;

/// Requests that run, by what they ask. Each runs in a task of its own: whoever gives up waiting takes
/// nothing from the others.
pub(crate) struct Flights<V> {
    most: usize,
    running: Arc<Mutex<Running<V>>>,
}

type Running<V> = HashMap<Hash, Flight<V>>;

#[derive(Clone)]
struct Flight<V> {
    /// Who began it, where that counts.
    owner: Option<Hash>,
    answer: watch::Receiver<Option<V>>,
}

/// Whose a request is, where one may not have all of them.
#[derive(Clone, Copy)]
pub(crate) struct Share {
    pub(crate) owner: Hash,
    /// How many requests may run that the same owner began.
    pub(crate) most: usize,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoFlight {
    /// As many run as may.
    Full,
    /// It panicked, or there is no runtime to run it.
    Lost,
}

impl<V: Clone + Send + Sync + 'static> Flights<V> {
    /// At most so many at a time.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, running: Arc::default() }
    }

    /// The answer of the request for `hash` that runs, or else of the one that `start` makes.
    pub(crate) async fn join(
        &self,
        hash: Hash,
        share: Option<Share>,
        start: impl FnOnce() -> BoxFuture<'static, V>,
    ) -> Result<V, NoFlight> {
        let mut answer = self.board(hash, share, start)?;
        let landed = answer.wait_for(Option::is_some).await.map_err(|_| NoFlight::Lost)?;
        landed.clone().ok_or(NoFlight::Lost)
    }

    fn board(
        &self,
        hash: Hash,
        share: Option<Share>,
        start: impl FnOnce() -> BoxFuture<'static, V>,
    ) -> Result<watch::Receiver<Option<V>>, NoFlight> {
        let mut running = lock(&self.running);
        if let Some(flight) = running.get(&hash) {
            return Ok(flight.answer.clone());
        }
        if running.len() >= self.most || share.is_some_and(|share| share.is_used_up(&running)) {
            return Err(NoFlight::Full);
        }
        let runtime = Handle::try_current().map_err(|_| NoFlight::Lost)?;
        let (end, answer) = watch::channel(None);
        let owner = share.map(|share| share.owner);
        running.insert(hash, Flight { owner, answer: answer.clone() });
        drop(running);
        let (landing, work) = (Landing { hash, running: Arc::clone(&self.running) }, start());
        runtime.spawn(async move {
            let landing = landing;
            let answer = work.await;
            // Whoever comes from here on asks anew, or finds what was kept of the answer.
            drop(landing);
            let _ = end.send(Some(answer));
        });
        Ok(answer)
    }
}

impl Share {
    fn is_used_up<V>(&self, running: &Running<V>) -> bool {
        let own = running.values().filter(|flight| flight.owner == Some(self.owner));
        own.count() >= self.most
    }
}

/// Takes a request from the list, however it ends.
struct Landing<V> {
    hash: Hash,
    running: Arc<Mutex<Running<V>>>,
}

impl<V> Drop for Landing<V> {
    fn drop(&mut self) {
        lock(&self.running).remove(&self.hash);
    }
}

/// A panic elsewhere leaves nothing half-written: every change is one call.
fn lock<V>(running: &Mutex<Running<V>>) -> MutexGuard<'_, Running<V>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::{FutureExt, future::join_all};
    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn many_ask_once_and_later_ones_anew() {
        let (flights, count) = (Flights::new(8), Arc::new(AtomicUsize::new(0)));
        let gate = Arc::new(Semaphore::new(0));
        let ask = |key: u8| {
            let (gate, count) = (gate.clone(), count.clone());
            flights.join([key; 32], None, move || {
                Box::pin(async move {
                    gate.acquire().await.unwrap().forget();
                    count.fetch_add(1, Ordering::SeqCst) + 1
                })
            })
        };
        let mut all = Box::pin(join_all((0..10).map(|_| ask(1))));
        assert!(all.as_mut().now_or_never().is_none(), "they wait");
        gate.add_permits(1);
        assert_eq!(all.await, vec![Ok(1); 10]);
        gate.add_permits(1);
        assert_eq!(ask(1).await, Ok(2));
        assert!(lock(&flights.running).is_empty());
    }

    #[tokio::test]
    async fn who_gives_up_takes_nothing_from_the_others() {
        let (flights, gate) = (Flights::new(8), Arc::new(Semaphore::new(0)));
        let ask = || {
            let gate = gate.clone();
            flights.join([1; 32], None, move || {
                Box::pin(async move { gate.acquire().await.map(|_| 7).unwrap() })
            })
        };
        assert!(ask().now_or_never().is_none(), "the first asks and is gone");
        let second = ask();
        gate.add_permits(1);
        assert_eq!(second.await, Ok(7));
    }

    #[tokio::test]
    async fn there_is_a_bound_and_a_panic_leaves_nothing() {
        let flights: Flights<u8> = Flights::new(1);
        let gate = Arc::new(Semaphore::new(0));
        let held = gate.clone();
        let first = flights.join([1; 32], None, move || {
            Box::pin(async move { held.acquire().await.map(|_| 1).unwrap() })
        });
        let mut first = Box::pin(first);
        assert!(first.as_mut().now_or_never().is_none());
        let second = flights.join([2; 32], None, || Box::pin(async { 2 }));
        assert_eq!(second.await, Err(NoFlight::Full));
        gate.add_permits(1);
        assert_eq!(first.await, Ok(1));
        let boom = || -> BoxFuture<'static, u8> { Box::pin(async { panic!("boom") }) };
        assert_eq!(flights.join([3; 32], None, boom).await, Err(NoFlight::Lost));
        assert_eq!(flights.join([3; 32], None, || Box::pin(async { 3 })).await, Ok(3));
    }

    #[tokio::test]
    async fn an_owner_has_a_share_and_takes_none_from_the_others() {
        let (flights, gate) = (Flights::new(4), Arc::new(Semaphore::new(0)));
        let ask = |owner: u8, key: u8| {
            let (gate, share) = (gate.clone(), Share { owner: [owner; 32], most: 2 });
            let start = move || -> BoxFuture<'static, u8> {
                Box::pin(async move { gate.acquire().await.map(|_| key).unwrap() })
            };
            flights.join([key; 32], Some(share), start)
        };
        let mut own = Box::pin(join_all([ask(1, 1), ask(1, 2)]));
        assert!(own.as_mut().now_or_never().is_none());
        assert_eq!(ask(1, 3).now_or_never(), Some(Err(NoFlight::Full)));
        // What runs is waited for by whoever wants it.
        let mut joined = Box::pin(join_all([ask(1, 2), ask(2, 1), ask(2, 4)]));
        assert!(joined.as_mut().now_or_never().is_none());
        gate.add_permits(3);
        assert_eq!(own.await, [Ok(1), Ok(2)]);
        assert_eq!(joined.await, [Ok(2), Ok(1), Ok(4)]);
        gate.add_permits(1);
        assert_eq!(ask(1, 3).await, Ok(3));
    }
}
