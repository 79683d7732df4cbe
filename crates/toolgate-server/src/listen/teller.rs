//! Telling of changes: those who watch in this process at once, those of other processes by way of
//! the bus.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use futures::{
    StreamExt,
    future::{Either, select},
};
use tokio::{sync::Notify, task::AbortHandle, time::sleep};
use toolgate_core::{
    bus::{Bus, BusError, Change, Event},
    error::incident_id,
};

use super::{
    hub::Hub,
    pending::{Next, Pending},
};

/// How long a bus that failed is left alone.
const BREATH: Duration = Duration::from_secs(1);

/// Where changes are told.
#[derive(Default)]
pub(crate) struct Teller {
    pub(crate) hub: Arc<Hub>,
    line: OnceLock<Arc<Line>>,
    running: OnceLock<Running>,
}

/// The way to a bus.
struct Line {
    bus: Box<dyn Bus>,
    origin: u64,
    /// What the bus was not told yet. It may be slow, and whoever makes a change does not wait for
    /// it.
    waiting: Mutex<Pending>,
    wake: Notify,
}

/// Ends what carries events with the server.
struct Running(AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Teller {
    /// From now on other processes are told as well.
    pub(crate) fn set_bus(&self, bus: Box<dyn Bus>) {
        let origin = origin();
        let line = Line { bus, origin, waiting: Mutex::default(), wake: Notify::new() };
        // A server has one bus: the first.
        let _ = self.line.set(Arc::new(line));
    }

    /// Tells of a change, and waits for nobody.
    pub(crate) fn tell(&self, change: Change) {
        self.hub.tell(&change);
        if let Some(line) = self.line.get() {
            line.waiting().add(&change);
            line.wake.notify_one();
        }
    }

    /// Begins to carry events, where there is a bus. Needs a tokio runtime.
    pub(crate) fn start(&self) {
        let Some(line) = self.line.get() else { return };
        self.running.get_or_init(|| {
            let carry = carry(line.clone(), self.hub.clone());
            Running(tokio::spawn(carry).abort_handle())
        });
    }
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teller").field("hub", &self.hub).finish_non_exhaustive()
    }
}

impl Line {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self) -> Result<(), BusError> {
        loop {
            let next = self.waiting().take();
            match next {
                Next::Change(change) => {
                    self.bus.publish(Event::new(self.origin, change)).await?;
                }
                Next::Lost => {
                    tracing::error!("the bus is too slow; changes of resources were not told");
                    *self.waiting() = Pending::default();
                }
                Next::Nothing => self.wake.notified().await,
            }
        }
    }

    /// Comes back when the bus has lost the thread.
    async fn hear(&self, hub: &Hub) -> Result<(), BusError> {
        let mut events = self.bus.subscribe().await?;
        while let Some(event) = events.next().await {
            if event.origin != self.origin {
                hub.tell(&event.change);
            }
        }
        Ok(())
    }
}

async fn carry(line: Arc<Line>, hub: Arc<Hub>) {
    loop {
        let (send, hear) = (Box::pin(line.send()), Box::pin(line.hear(&hub)));
        let ended = match select(hear, send).await {
            Either::Left((ended, _)) | Either::Right((ended, _)) => ended,
        };
        if let Err(error) = ended {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(cause, "the bus failed; whoever watches is told to look again");
        }
        hub.lose();
        sleep(BREATH).await;
    }
}

/// Random, so that two processes have two; nothing depends on its being hard to guess.
fn origin() -> u64 {
    u64::from_str_radix(&incident_id(), 16).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use toolgate_core::{bus::MemoryBus, protocol::listen::Filter};

    use super::*;

    fn filter() -> Filter {
        let mut filter = Filter::default();
        filter.tools_list_changed = true;
        filter
    }

    #[tokio::test(start_paused = true)]
    async fn each_process_tells_the_others_once() {
        let bus = MemoryBus::new();
        let (one, other) = (Teller::default(), Teller::default());
        for teller in [&one, &other] {
            teller.set_bus(Box::new(bus.clone()));
            teller.start();
            teller.start();
        }
        // Paused time goes on once everything waits: by then both have subscribed.
        sleep(BREATH).await;
        let (near, far) = (one.hub.watch(&filter()), other.hub.watch(&filter()));
        one.tell(Change::Tools);
        assert_eq!(near.next().await, Some(Change::Tools));
        assert_eq!(far.next().await, Some(Change::Tools));
        sleep(BREATH).await;
        assert_eq!(futures::FutureExt::now_or_never(near.next()), None);
        assert_eq!(futures::FutureExt::now_or_never(far.next()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_bus_that_ends_makes_watchers_look_again_and_is_asked_again() {
        struct Brief;
        impl Bus for Brief {
            fn publish(&self, _: Event) -> toolgate_core::BoxFuture<'_, Result<(), BusError>> {
                Box::pin(async { Err(BusError::new("gone")) })
            }
            fn subscribe(
                &self,
            ) -> toolgate_core::BoxFuture<
                '_,
                Result<futures::stream::BoxStream<'static, Event>, BusError>,
            > {
                Box::pin(async { Ok(futures::stream::empty().boxed()) })
            }
        }
        let teller = Teller::default();
        teller.set_bus(Box::new(Brief));
        teller.start();
        for _ in 0..3 {
            let watch = teller.hub.watch(&filter());
            assert_eq!(watch.next().await, None);
        }
    }
}
