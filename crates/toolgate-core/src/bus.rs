//! Telling other processes of changes: a server behind a balancer has its watchers anywhere.

use std::fmt;

use futures::stream::{self, BoxStream, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::{BoxError, BoxFuture};

/// Carries changes between the processes of one server, and within one.
///
/// A bus may be late, and it may lose the thread; it may not do so in silence: a subscription that
/// could have missed an event ends. Whoever watched is then told to look again.
pub trait Bus: Send + Sync + 'static {
    /// Tells every subscriber, the publisher's own among them.
    fn publish(&self, event: Event) -> BoxFuture<'_, Result<(), BusError>>;

    /// All events from now on.
    fn subscribe(&self) -> BoxFuture<'_, Result<BoxStream<'static, Event>, BusError>>;
}

/// A change, and which process tells of it. Serializes to a small JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// A number that each process has drawn for itself, so that it knows its own events.
    pub origin: u64,
    /// What changed.
    pub change: Change,
}

impl Event {
    /// A change by the process that made it.
    pub fn new(origin: u64, change: Change) -> Self {
        Self { origin, change }
    }
}

/// Something that clients may watch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum Change {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The list of resources, or that of templates.
    Resources,
    /// What is read by a URI.
    Resource {
        /// The URI.
        uri: String,
    },
}

/// Why a bus did not do what it was asked. Goes to the log.
#[derive(Debug)]
pub struct BusError(BoxError);

impl BusError {
    /// A failure of the bus.
    pub fn new(source: impl Into<BoxError>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bus failed")
    }
}

impl std::error::Error for BusError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// A bus within one process: for several servers in it, and for tests.
#[derive(Clone, Debug)]
pub struct MemoryBus(broadcast::Sender<Event>);

/// How many events wait for a slow subscriber before it loses the thread.
const WAITING: usize = 1024;

impl MemoryBus {
    /// A bus without subscribers.
    pub fn new() -> Self {
        Self(broadcast::channel(WAITING).0)
    }
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self::new()
    }
}

impl Bus for MemoryBus {
    fn publish(&self, event: Event) -> BoxFuture<'_, Result<(), BusError>> {
        // That nobody listens is no failure.
        let _ = self.0.send(event);
        Box::pin(std::future::ready(Ok(())))
    }

    fn subscribe(&self) -> BoxFuture<'_, Result<BoxStream<'static, Event>, BusError>> {
        let events = stream::unfold(self.0.subscribe(), |mut receiver| async move {
            // What lags has missed something, and ends.
            receiver.recv().await.ok().map(|event| (event, receiver))
        });
        Box::pin(std::future::ready(Ok(events.boxed())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_small_object() {
        let event = Event::new(7, Change::Resource { uri: "a:b".into() });
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(text, r#"{"origin":7,"change":{"kind":"resource","uri":"a:b"}}"#);
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }

    #[tokio::test]
    async fn every_subscriber_is_told_and_one_that_missed_something_ends() {
        let bus = MemoryBus::new();
        let mut quick = bus.subscribe().await.unwrap();
        let mut slow = bus.subscribe().await.unwrap();
        for origin in 0..=WAITING as u64 {
            bus.publish(Event::new(origin, Change::Tools)).await.unwrap();
            assert_eq!(quick.next().await.map(|event| event.origin), Some(origin));
        }
        assert_eq!(slow.next().await, None);
    }
}
