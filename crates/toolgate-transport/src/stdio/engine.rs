//! From the first line to the last: the caller is known, lines are taken, and all ends in order.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout},
};
use toolgate_core::{Life, Service, Shutdown, protocol::RequestId, transport::Trigger};

use super::{
    builder::StdioError,
    gate::Gate,
    intake::{Intake, Why},
    legacy::Past,
    limits::Bounds,
    lines::Lines,
    outbox::{Outbox, outbox},
    settings::Setup,
};
use crate::{calls::Calls, life::OwnLife, run::never, signals::Signals};

/// How long a client has to read what waits for it when everything else has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Subscriptions that a client may have open.
const STREAMS: usize = 16;

/// Everything that requests share.
pub(crate) struct Engine {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) gate: Gate,
    pub(crate) bounds: Bounds,
    pub(crate) out: Outbox,
    pub(crate) calls: Calls<RequestId>,
    /// For requests and notifications that run.
    pub(crate) room: Arc<Semaphore>,
    /// For subscriptions, which go on and on and are no calls.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) past: Past,
    pub(crate) life: Arc<dyn Life>,
    pub(crate) stopping: Shutdown,
    stop: Trigger,
}

/// What tells a server to stop.
pub(crate) struct Ends {
    pub(crate) until: Shutdown,
    pub(crate) signals: Signals,
}

impl Ends {
    /// Comes back when somebody does. Cancel-safe.
    pub(crate) async fn told(&mut self) {
        tokio::select! {
            () = self.until.requested() => {}
            () = self.signals.next() => {}
        }
    }
}

impl Engine {
    fn new(service: Arc<dyn Service>, setup: Setup, out: Outbox) -> Arc<Self> {
        let Setup { gate, bounds } = setup;
        let (stop, stopping) = Shutdown::new();
        let life = Arc::new(OwnLife::new(stopping.clone(), gate.revoking.clone()));
        Arc::new(Self {
            service,
            gate,
            bounds,
            out,
            calls: Calls::default(),
            room: Arc::new(Semaphore::new(bounds.calls.min(Semaphore::MAX_PERMITS))),
            streams: Arc::new(Semaphore::new(STREAMS)),
            past: Past::new(bounds.questions),
            life,
            stopping,
            stop,
        })
    }

    /// When a request that comes now has to be over.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now().checked_add(self.bounds.call).unwrap_or_else(never)
    }
}

/// Serves one pair of streams.
pub(crate) async fn run<R, W>(
    service: Arc<dyn Service>,
    setup: Setup,
    (reader, writer): (R, W),
    mut ends: Ends,
) -> Result<(), StdioError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    tokio::select! {
        opened = setup.gate.opens() => opened?,
        () = ends.told() => return Ok(()),
    }
    let bounds = setup.bounds;
    tracing::info!(limits = ?bounds, "serving lines");
    let (out, writing) = outbox(writer);
    // In sets, since what is in a set ends with it, also when this future is dropped.
    let mut writer = JoinSet::new();
    writer.spawn(writing);
    let engine = Engine::new(service, setup, out);
    let mut telling = JoinSet::new();
    telling.spawn(engine.clone().tell_changes());
    let mut intake = Intake::new(engine.clone());
    let mut lines = Lines::new(reader, bounds.line);
    let why = intake.read(&mut lines, &mut ends).await;
    drop((lines, telling));
    engine.past.changes.end();
    engine.stop.request();
    tracing::info!(?why, "stopping");
    if !matches!(why, Why::Gone) {
        finish(&mut intake, &engine, &mut ends).await;
    }
    drop((intake, engine));
    let written = last_words(writer, &mut ends).await;
    match why {
        Why::Broken(error) => Err(StdioError::reading(error)),
        _ => written.map_err(StdioError::writing),
    }
}

/// Lets running calls finish, within the bound.
async fn finish(intake: &mut Intake, engine: &Engine, ends: &mut Ends) {
    tokio::select! {
        done = timeout(engine.bounds.drain, intake.idle()) => if done.is_err() {
            tracing::warn!("calls were still running and are cut off; limits: drain");
        },
        () = ends.signals.next() => tracing::warn!("told again, so calls are cut off"),
        () = engine.out.closed() => {}
    }
}

/// Lets the writer write what waits. The last task that could send is gone, or about to be.
async fn last_words(mut writer: JoinSet<io::Result<()>>, ends: &mut Ends) -> io::Result<()> {
    let written = tokio::select! {
        written = timeout(LAST_WORDS, writer.join_next()) => written,
        () = ends.signals.next() => return Ok(()),
    };
    match written {
        Ok(Some(Ok(Err(error)))) if !is_gone(&error) => Err(error),
        Ok(_) => Ok(()),
        Err(_) => {
            tracing::warn!("the client does not read its last answers");
            Ok(())
        }
    }
}

/// Whether the client has gone away, as clients do.
fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
}
