//! One connection, from its first byte to its close. No peer keeps one that does nothing.

use std::{
    convert::Infallible,
    fmt,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::TcpStream,
    time::{Instant, interval_at, sleep, sleep_until},
};
use toolgate_core::{BoxFuture, Shutdown};

use super::{body::Body, builder::Fallback, evidence::Peer, limits::Limits, service::McpService};

/// Requests that one HTTP/2 connection may have open.
const STREAMS: u32 = 128;
/// The least that hyper reads a head with.
const LEAST_BUFFER: usize = 8192;

/// What all connections of a listener share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) app: McpService,
    pub(crate) fallback: Option<Fallback>,
    pub(crate) limits: Limits,
    pub(crate) stopping: Shutdown,
}

impl Shared {
    fn answer(&self, request: Request<Incoming>) -> BoxFuture<'static, Response<Body>> {
        match &self.fallback {
            Some(fallback) if !self.app.has(request.uri().path()) => fallback(request),
            _ => {
                let answer = hyper::service::Service::call(&self.app, request);
                Box::pin(async move {
                    let Ok(response) = answer.await;
                    response
                })
            }
        }
    }

    fn builder(&self) -> auto::Builder<TokioExecutor> {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        let limits = &self.limits;
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_headers(limits.header_count)
            .max_buf_size(limits.header_bytes.max(LEAST_BUFFER));
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .keep_alive_interval(limits.head_timeout)
            .keep_alive_timeout(limits.head_timeout);
        builder
    }
}

/// Serves one connection until it ends, is told to, or has had nothing to do for too long.
///
/// hyper times the head of an HTTP/1 request, but neither the bytes that tell which version it is,
/// nor an idle HTTP/2 connection, nor a reader that never takes what was written for it. So a clock
/// looks in from time to time.
pub(crate) async fn serve(stream: TcpStream, peer: SocketAddr, shared: Shared) {
    // Without it small events would wait for each other; failing costs no more than that.
    let _ = stream.set_nodelay(true);
    let plain = tokio::select! {
        plain = is_plain(&stream) => plain,
        () = shared.stopping.requested() => return,
        () = sleep(shared.limits.head_timeout) => return,
    };
    let activity = Activity::default();
    let answering = (shared.clone(), activity.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (shared, activity) = &answering;
        let busy = activity.begin();
        request.extensions_mut().insert(Peer::new(peer));
        let answer = shared.answer(request);
        async move {
            let mut response = answer.await;
            response.body_mut().keep_busy(busy);
            Ok::<_, Infallible>(response)
        }
    });
    let builder = if plain { shared.builder().http1_only() } else { shared.builder() };
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let (limits, stopping) = (&shared.limits, shared.stopping.requested());
    let mut stopping = pin!(stopping);
    let mut clock = interval_at(Instant::now() + limits.head_timeout, limits.head_timeout);
    let (mut told, mut last_word, mut seen) = (false, None, 0);
    loop {
        tokio::select! {
            ended = &mut connection => {
                if ended.is_err() {
                    tracing::debug!("a connection broke off");
                }
                return;
            }
            () = &mut stopping, if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = clock.tick(), if last_word.is_none() => {
                if activity.is_idle_since(&mut seen) {
                    last_word = Some(Instant::now() + limits.call);
                    connection.as_mut().graceful_shutdown();
                }
            }
            () = until(last_word) => return,
        }
    }
}

/// Whether the first bytes are none of HTTP/2's (RFC 9113, section 3.4). Where hyper has to find that
/// out it reads them apart from the rest, and its buffer is twice as large from then on.
async fn is_plain(stream: &TcpStream) -> bool {
    const OTHER: &[u8] = b"PRI";
    let mut first = [0; OTHER.len()];
    let read = stream.peek(&mut first).await.ok().and_then(|read| first.get(..read));
    read.is_some_and(|read| !OTHER.starts_with(read))
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// What a connection is doing.
#[derive(Clone, Default)]
struct Activity(Arc<Counts>);

#[derive(Default)]
struct Counts {
    running: AtomicUsize,
    begun: AtomicUsize,
}

impl Activity {
    fn begin(&self) -> Busy {
        self.0.begun.fetch_add(1, Ordering::AcqRel);
        self.0.running.fetch_add(1, Ordering::AcqRel);
        Busy(self.0.clone())
    }

    /// Whether nothing runs and nothing began since this was last asked.
    fn is_idle_since(&self, seen: &mut usize) -> bool {
        let begun = self.0.begun.load(Ordering::Acquire);
        let quiet = std::mem::replace(seen, begun) == begun;
        quiet && self.0.running.load(Ordering::Acquire) == 0
    }
}

/// One request that its connection is busy with.
pub(crate) struct Busy(Arc<Counts>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}

impl fmt::Debug for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Busy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_idle_when_nothing_runs_and_nothing_began() {
        let (activity, mut seen) = (Activity::default(), 0);
        assert!(activity.is_idle_since(&mut seen), "not even a first request");
        let busy = activity.begin();
        assert!(!activity.is_idle_since(&mut seen));
        assert!(!activity.is_idle_since(&mut seen), "still running");
        drop(busy);
        assert!(activity.is_idle_since(&mut seen));
        drop(activity.begin());
        assert!(!activity.is_idle_since(&mut seen), "there was one meanwhile");
        assert!(activity.is_idle_since(&mut seen));
    }
}
