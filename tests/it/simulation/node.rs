//! One life of the server, and what outlives it: stores, the bus, and what counts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::{Instant, sleep};
use toolgate_auth::{auth_fn, bearer};
use toolgate_core::{
    BoxFuture, Context, Credentials, Identity, Key, Verdict,
    bus::{Bus, BusError, Event, MemoryBus},
    legacy::{
        EventId, EventStore, MemoryEvents, MemorySessions, Replay, SessionKey, StoreError,
        StreamId, StreamKind,
    },
};
use toolgate_server::{Live, ResourceSpec, Server, ToolSpec};
use toolgate_transport::http::{self, Limits, McpService};

pub(super) const OWNERS: [&str; 3] = ["ann", "bob", "cid"];
/// How long a call may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// A resource that everybody may read, and one of each owner's.
pub(super) const SHARED: &str = "note://all";

pub(super) fn own(owner: usize) -> String {
    format!("note://{}", OWNERS[owner])
}

/// What lives on when a server does not.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) sessions: MemorySessions,
    pub(super) events: MemoryEvents,
    /// How long the store of events takes.
    pub(super) slow: Duration,
    pub(super) bus: Counting,
    pub(super) running: Counter,
}

impl Kept {
    pub(super) fn new(slow: Duration) -> Self {
        let (bus, running) = (Counting::default(), Counter::default());
        let mut kept = Self {
            sessions: MemorySessions::new(),
            events: MemoryEvents::new(),
            slow,
            bus,
            running,
        };
        kept.lose();
        kept
    }

    /// Loses what was stored.
    pub(super) fn lose(&mut self) {
        let now = || Instant::now().into_std();
        self.sessions = MemorySessions::new().clock(now);
        self.events = MemoryEvents::new().clock(now);
    }
}

/// A server that runs.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) service: McpService,
    pub(super) live: Live,
}

impl Node {
    pub(super) fn start(kept: &Kept) -> Self {
        let running = kept.running.clone();
        let mut server = Server::new("simulated", "1").bus(kept.bus.clone()).tool_fn(
            ToolSpec::new("count"),
            move |count: Count, cx: Context| {
                let counted = running.enter();
                async move {
                    let _counted = counted;
                    for step in 1..=count.to {
                        cx.progress(f64::from(step)).await?;
                        sleep(Duration::from_millis(count.every)).await;
                    }
                    Ok(format!("{} {}", cx.identity()?.key.subject, count.tag))
                }
            },
        );
        server = server
            .tool_fn(ToolSpec::new("switched"), |_: Nothing, _| async { Ok(()) })
            .resource_fn(ResourceSpec::new(SHARED), |(), _| async { Ok("all") });
        for (owner, name) in OWNERS.into_iter().enumerate() {
            let spec = ResourceSpec::new(own(owner)).roles([name]);
            server = server.resource_fn(spec, |(), _| async { Ok("own") });
        }
        let live = server.live();
        let limits = Limits::default().keep_alive(KEEP_ALIVE).call(PATIENCE);
        let auth = auth_fn(|credentials: Credentials| async move {
            let name = bearer(&credentials)?.expose().to_owned();
            Ok::<_, Verdict>(Identity::new(Key::new("sim", name.clone())).roles([name]))
        });
        let service = http::service(server)
            .public_url("http://127.0.0.1:80/mcp")
            .auth(auth)
            .sessions(kept.sessions.clone())
            .events(Slow(kept.events.clone(), kept.slow))
            .sse("/sse")
            .limits(limits)
            .build()
            .expect("settings that agree");
        Self { service, live }
    }
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
struct Count {
    to: u32,
    every: u64,
    tag: String,
}

/// How many there are of something.
#[derive(Clone, Default)]
pub(super) struct Counter(Arc<AtomicUsize>);

impl Counter {
    pub(super) fn enter(&self) -> Counted {
        self.0.fetch_add(1, Ordering::SeqCst);
        Counted(self.clone())
    }

    pub(super) fn is(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

pub(super) struct Counted(Counter);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A bus that knows its subscribers.
#[derive(Clone, Default)]
pub(super) struct Counting {
    bus: MemoryBus,
    pub(super) subscribers: Counter,
}

impl Bus for Counting {
    fn publish(&self, event: Event) -> BoxFuture<'_, Result<(), BusError>> {
        self.bus.publish(event)
    }

    fn subscribe(&self) -> BoxFuture<'_, Result<BoxStream<'static, Event>, BusError>> {
        Box::pin(async move {
            let (events, counted) = (self.bus.subscribe().await?, self.subscribers.enter());
            Ok(events
                .map(move |event| {
                    let _ = &counted;
                    event
                })
                .boxed())
        })
    }
}

/// A store that is somewhere else: it takes time before and after it has done something.
struct Slow(MemoryEvents, Duration);

impl Slow {
    async fn wait(&self) {
        if !self.1.is_zero() {
            sleep(self.1).await;
        }
    }
}

impl EventStore for Slow {
    fn open<'a>(
        &'a self,
        of: &'a SessionKey,
        kind: StreamKind,
    ) -> BoxFuture<'a, Result<StreamId, StoreError>> {
        Box::pin(async move {
            self.wait().await;
            self.0.open(of, kind).await
        })
    }

    fn append<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<Option<EventId>, StoreError>> {
        Box::pin(async move {
            self.wait().await;
            let kept = self.0.append(of, stream, data).await;
            self.wait().await;
            kept
        })
    }

    fn replay<'a>(
        &'a self,
        of: &'a SessionKey,
        after: EventId,
    ) -> BoxFuture<'a, Result<Option<Replay>, StoreError>> {
        Box::pin(async move {
            self.wait().await;
            let replay = self.0.replay(of, after).await;
            self.wait().await;
            replay
        })
    }

    fn end<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.end(of, stream)
    }

    fn forget<'a>(&'a self, of: &'a SessionKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.forget(of)
    }
}
