//! One connection, from its first byte to its close. No peer keeps one that does nothing.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::{Pin, pin},
};

use http::{Request, Response, Version};
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
    time::{Instant, interval_at, sleep, sleep_until},
};
use toolgate_core::{BoxFuture, Shutdown};

#[cfg(feature = "tls")]
use std::sync::Arc;
#[cfg(feature = "tls")]
use tokio::sync::Semaphore;

#[cfg(feature = "tls")]
use super::tls::{Arrived, Live, arrive};
use super::{
    activity::{Activity, Busy},
    body::Body,
    builder::Fallback,
    door::Door,
    evidence::Peer,
    handover::{self, Given},
    limits::Limits,
    service::McpService,
};

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
    pub(crate) door: Door,
    /// Places for connections that have only begun to shake hands.
    #[cfg(feature = "tls")]
    pub(crate) handshakes: Arc<Semaphore>,
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        match &self.fallback {
            Some(fallback) if !self.app.has(request.uri().path()) => fallback(request).await,
            _ => {
                let Ok(response) = Service::call(&self.app, request).await;
                response
            }
        }
    }

    fn any(&self) -> auto::Builder<TokioExecutor> {
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

    fn plain(&self) -> http1::Builder {
        let mut builder = http1::Builder::new();
        let limits = &self.limits;
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_headers(limits.header_count)
            .max_buf_size(limits.header_bytes.max(LEAST_BUFFER));
        builder
    }
}

/// Serves one connection until it ends, is told to, or has had nothing to do for too long.
pub(crate) async fn serve(stream: TcpStream, peer: SocketAddr, shared: Shared) {
    // Without it small events would wait for each other; failing costs no more than that.
    let _ = stream.set_nodelay(true);
    #[cfg(feature = "tls")]
    if let Door::Tls(live) = &shared.door {
        return Box::pin(secured(stream, peer, live, &shared)).await;
    }
    // Boxed, so that a stream does not go on to take what requests did.
    if let Some(given) = Box::pin(answer(stream, Peer::new(peer), &shared)).await {
        handover::write(given, shared.limits.call).await;
    }
}

/// Shakes hands, and answers requests. Which version of HTTP they have is agreed on before the first,
/// and all is written by hyper: what hands streams over writes to sockets.
#[cfg(feature = "tls")]
async fn secured(stream: TcpStream, peer: SocketAddr, live: &Live, shared: &Shared) {
    let Ok(shaking) = shared.handshakes.try_acquire() else {
        tracing::debug!("too many handshakes at once; limits: connections");
        return;
    };
    let Arrived { stream, http2, certificate } = tokio::select! {
        arrived = arrive(stream, live.config(), shared.limits.handshake) => match arrived {
            Some(arrived) => arrived,
            None => return,
        },
        () = shared.stopping.requested() => return,
    };
    drop(shaking);
    let peer = Peer { certificate, ..Peer::new(peer) };
    let activity = Activity::default();
    let service =
        Answering { shared: shared.clone(), activity: activity.clone(), peer, give: None };
    let builder = shared.any();
    let builder = if http2 { builder.http2_only() } else { builder.http1_only() };
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let (mut connection, mut none) = (pin!(connection.into_owned()), mpsc::channel(1).1);
    drive(connection.as_mut(), shared, &activity, &mut none).await;
}

/// Answers requests. What comes back is an answer for which hyper is not needed any more.
async fn answer(stream: TcpStream, peer: Peer, shared: &Shared) -> Option<Given> {
    let plain = tokio::select! {
        plain = is_plain(&stream) => plain,
        () = shared.stopping.requested() => return None,
        () = sleep(shared.limits.head_timeout) => return None,
    };
    let (activity, (give, mut given)) = (Activity::default(), mpsc::channel(1));
    let service = Answering {
        shared: shared.clone(),
        activity: activity.clone(),
        peer,
        give: plain.then_some(give),
    };
    let io = TokioIo::new(stream);
    if !plain {
        let mut connection = pin!(shared.any().serve_connection(io, service).into_owned());
        drive(connection.as_mut(), shared, &activity, &mut given).await;
        return None;
    }
    let mut connection = shared.plain().serve_connection(io, service);
    let (response, busy) = drive(Pin::new(&mut connection), shared, &activity, &mut given).await?;
    let stream = connection.into_parts().io.into_inner();
    Some(Given { stream, response, busy })
}

/// Answers the requests of one connection.
struct Answering {
    shared: Shared,
    activity: Activity,
    peer: Peer,
    /// Where answers go that hyper is not needed for.
    give: Option<mpsc::Sender<(Response<Body>, Busy)>>,
}

impl Service<Request<Incoming>> for Answering {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let busy = self.activity.begin();
        let give = self.give.clone().filter(|_| request.version() == Version::HTTP_11);
        request.extensions_mut().insert(self.peer.clone());
        let shared = self.shared.clone();
        Box::pin(async move {
            let mut response = shared.answer(request).await;
            if let Some(give) = give.filter(|_| response.body().is_long()) {
                let _ = give.send((response, busy)).await;
                // Whoever was given it drops this.
                return std::future::pending().await;
            }
            response.body_mut().keep_busy(busy);
            Ok(response)
        })
    }
}

/// A connection of hyper's.
trait Drive: Future<Output: Ends> {
    fn shut_down(self: Pin<&mut Self>);
}

/// How it ended.
trait Ends {
    fn broke_off(&self) -> bool;
}

impl<E> Ends for Result<(), E> {
    fn broke_off(&self) -> bool {
        self.is_err()
    }
}

impl Drive for http1::Connection<TokioIo<TcpStream>, Answering> {
    fn shut_down(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I> Drive for auto::Connection<'static, TokioIo<I>, Answering, TokioExecutor>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    fn shut_down(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Drives a connection until it ends, or an answer was given away.
///
/// hyper times the head of an HTTP/1 request, but neither the bytes that tell which version it is,
/// nor an idle HTTP/2 connection, nor a reader that never takes what was written for it. So a clock
/// looks in from time to time.
async fn drive<C: Drive>(
    mut connection: Pin<&mut C>,
    shared: &Shared,
    activity: &Activity,
    given: &mut mpsc::Receiver<(Response<Body>, Busy)>,
) -> Option<(Response<Body>, Busy)> {
    let (limits, stopping) = (&shared.limits, shared.stopping.requested());
    let mut stopping = pin!(stopping);
    let mut clock = interval_at(Instant::now() + limits.head_timeout, limits.head_timeout);
    let (mut told, mut last_word, mut seen) = (false, None, 0);
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if ended.broke_off() {
                    tracing::debug!("a connection broke off");
                }
                return None;
            }
            Some(given) = given.recv() => return Some(given),
            () = &mut stopping, if !told => {
                told = true;
                connection.as_mut().shut_down();
            }
            _ = clock.tick(), if last_word.is_none() => {
                if activity.is_idle_since(&mut seen) {
                    last_word = Some(Instant::now() + limits.call);
                    connection.as_mut().shut_down();
                }
            }
            () = until(last_word) => return None,
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
