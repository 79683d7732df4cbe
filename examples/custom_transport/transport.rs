//! The transport: from frames to a service, and back.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, SystemTime},
};

use tokio::{
    net::{UnixListener, UnixStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use toolgate::core::{
    Authenticate, BoxFuture, Caller, Context, Credentials, Ending, Error, Life, Note, Out, Reply,
    Request, Running, Service, Shutdown, Transport,
    authenticate::identify,
    era,
    protocol::{Incoming, Json, Params, envelope, meta::BadMeta},
    refused::{Realm, outcome},
    wire,
};

use super::frames::{PATIENCE, Writer, split};

/// What a peer can make grow has a bound.
const DEPTH: usize = 64;
/// While so many run on one connection no more is read from it.
const CALLS: usize = 64;
const CONNECTIONS: usize = 256;

/// Serves whoever may open the socket's file and has credentials that `auth` knows.
pub(crate) struct UnixTransport {
    listener: UnixListener,
    path: PathBuf,
    auth: Arc<dyn Authenticate>,
}

impl UnixTransport {
    pub(crate) fn bind(path: impl Into<PathBuf>, auth: impl Authenticate) -> io::Result<Self> {
        let path = path.into();
        Ok(Self { listener: UnixListener::bind(&path)?, path, auth: Arc::new(auth) })
    }
}

impl Transport for UnixTransport {
    type Error = io::Error;

    async fn serve(self, service: Arc<dyn Service>, until: Shutdown) -> io::Result<()> {
        let shared = Arc::new(Shared { service, auth: self.auth, until: until.clone() });
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < CONNECTIONS => {
                    match accepted {
                        Ok((stream, _)) => drop(connections.spawn(converse(stream, shared.clone()))),
                        // Perhaps no descriptor is left, and whoever closes gives one back.
                        Err(_) => sleep(Duration::from_millis(50)).await,
                    }
                }
                Some(_) = connections.join_next() => {}
                () = until.requested() => break,
            }
        }
        drop(self.listener);
        let _ = std::fs::remove_file(&self.path);
        let finished = async { while connections.join_next().await.is_some() {} };
        // What runs even then is cut off with the set that it is in.
        let _ = timeout(PATIENCE, finished).await;
        Ok(())
    }
}

struct Shared {
    service: Arc<dyn Service>,
    auth: Arc<dyn Authenticate>,
    until: Shutdown,
}

/// One connection. However it ends, its calls end with it: the set that they are in is dropped.
async fn converse(stream: UnixStream, shared: Arc<Shared>) -> io::Result<()> {
    let (mut frames, writer) = split(stream);
    let until = shared.until.clone();
    let first = tokio::select! {
        first = timeout(PATIENCE, frames.next()) => first??,
        () = until.requested() => None,
    };
    let Some(first) = first else { return Ok(()) };
    // A list, in which duplicates are seen: which of two counts is not for a transport to say.
    let fields: Vec<(String, String)> = Json::from_text(first)?.parse()?;
    let credentials = Credentials::from_fields(fields);
    let line = Arc::new(Line { shared, credentials, writer });
    let (mut calls, mut stopping) = (JoinSet::new(), false);
    while !(stopping && calls.is_empty()) {
        tokio::select! {
            frame = frames.next(), if calls.len() < CALLS => match frame? {
                Some(frame) if !stopping => drop(calls.spawn(line.clone().message(frame))),
                Some(_) => {}
                None => return Ok(()),
            },
            // One that could not be written may have left half a frame behind.
            Some(ended) = calls.join_next() => ended.map_err(io::Error::other)??,
            () = until.requested(), if !stopping => stopping = true,
        }
    }
    Ok(())
}

/// The writing side of a connection, and who asks on it.
struct Line {
    shared: Arc<Shared>,
    credentials: Credentials,
    writer: Writer,
}

impl Line {
    /// One message: read, run and answered.
    async fn message(self: Arc<Self>, frame: Vec<u8>) -> io::Result<()> {
        let answer = match envelope::parse(&frame.into(), DEPTH) {
            Ok(Incoming::Request { id, method, params }) => {
                let request = Request::new(method, params.unwrap_or_else(Json::object));
                match contained(self.request(request)).await.transpose()? {
                    Some(Ok(reply)) => wire::result(&id, &reply, &self.shared.service.card()),
                    Some(Err(error)) => wire::error(Some(&id), &error),
                    None => wire::error(Some(&id), &Error::internal()),
                }
            }
            Ok(Incoming::Notification { method, params }) => {
                let note = Note::new(method, params.unwrap_or_else(Json::object));
                let told = async {
                    let cx = self.context(&note.method, &note.params, false).await?;
                    self.shared.service.notify(note, cx).await;
                    Ok::<_, Error>(())
                };
                // It has no answer, whatever becomes of it.
                let _ = contained(told).await;
                return Ok(());
            }
            Ok(_) => return Ok(()),
            Err(bad) => wire::error(bad.id.as_ref(), &Error::new(bad.code, bad.message)),
        };
        self.writer.send(&answer).await
    }

    /// Has the service answer. The outer error is the connection's.
    async fn request(&self, request: Request) -> io::Result<Result<Reply, Error>> {
        let cx = match self.context(&request.method, &request.params, true).await {
            Ok(cx) => cx,
            Err(error) => return Ok(Err(error)),
        };
        let (mut notes, mut end) = match self.shared.service.call(request, cx).await {
            Ok(Running::Open { notes, end }) => (notes, end),
            Ok(Running::Done(reply)) => return Ok(Ok(reply)),
            Ok(_) => return Ok(Err(Error::internal())),
            Err(refused) => return Ok(Err(refused)),
        };
        // A note is taken once the one before it is written: so a slow reader slows the tool.
        let ended = loop {
            tokio::select! {
                biased;
                Some(out) = notes.next() => self.note(out).await?,
                ended = &mut end => break ended,
            }
        };
        while let Some(out) = notes.waiting() {
            self.note(out).await?;
        }
        Ok(ended)
    }

    /// Judges who asks, and then what a request says of itself. Both for every request anew.
    async fn context(&self, method: &str, params: &Json, asks: bool) -> Result<Context, Error> {
        let (caller, _) = identify(&*self.shared.auth, &self.credentials).await.map_err(|why| {
            // For the peer: no inner words, which `why` may hold. Those are for a log.
            let told = outcome(&why, &Realm::default());
            Error::new(told.code, told.message)
        })?;
        let bad = |bad: BadMeta| Error::invalid_params(bad.message);
        let params = Params::split(params).map_err(bad)?;
        let meta = params.meta().map_err(bad)?;
        if asks {
            era::supported(era::required(method, &params, &meta)?)?;
        }
        Ok(Context::with(caller, meta, Some(Arc::new(Until(self.shared.until.clone())))))
    }

    async fn note(&self, out: Out) -> io::Result<()> {
        let Out::Note(note) = out else { return Ok(()) };
        self.writer.send(&note.to_message()).await
    }
}

/// Runs the service's code: a panic in it is the end of this call alone, and gives none.
async fn contained<T>(run: impl Future<Output = T>) -> Option<T> {
    let mut run = pin!(run);
    std::future::poll_fn(|cx| {
        let poll = catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(cx)));
        poll.map_or(Poll::Ready(None), |poll| poll.map(Some))
    })
    .await
}

/// What ends a long request: the server's end, or that of the caller's credentials.
struct Until(Shutdown);

impl Life for Until {
    fn ending<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Ending> {
        Box::pin(async move {
            let expires = caller.identity().and_then(|identity| identity.expires);
            let left = expires.map(|at| at.duration_since(SystemTime::now()).unwrap_or_default());
            tokio::select! {
                () = self.0.requested() => Ending::Shutdown,
                () = sleep(left.unwrap_or_default()), if left.is_some() => Ending::Expired,
            }
        })
    }
}
