//! In memory: for tests, and for a client in the same process.
//!
//! It authenticates each request as every transport must, keeps the order of notes, and stops a
//! call whose [`Exchange`] is dropped.

use std::{
    convert::Infallible,
    fmt,
    future::pending,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use toolgate_core::{
    Authenticate, Caller, Context, Credentials, Error, Life, Note, Notes, Out, Refused, Reply,
    Request, Revocations, Running, Service, Shutdown, Transport,
    authenticate::identify,
    protocol::{RequestId, RequestMeta},
    refused::{Outcome, Realm, outcome},
};

use crate::{ask, life::OwnLife, revoking::Revoking};

/// Requests that wait, and requests that run, before a client has to wait.
const WAITING: usize = 64;
const RUNNING: usize = 1024;

/// How long revocations may take to say, and how often a long request asks them.
const WITHIN: Duration = Duration::from_secs(30);
const EVERY: Duration = Duration::from_secs(30);

/// Makes a transport and a client that reaches it.
pub fn pair() -> (Memory, Client) {
    let (sender, jobs) = mpsc::channel(WAITING);
    (Memory { jobs, authenticator: None, revoking: None }, Client { sender, next: Arc::default() })
}

/// The serving end.
pub struct Memory {
    jobs: mpsc::Receiver<Job>,
    authenticator: Option<Arc<dyn Authenticate>>,
    revoking: Option<Revoking>,
}

impl Memory {
    /// Asks for credentials. Without this every caller is [`Caller::Open`].
    #[must_use]
    pub fn auth(self, authenticator: impl Authenticate) -> Self {
        Self { authenticator: Some(Arc::new(authenticator)), ..self }
    }

    /// Asks on every request, and from time to time while one runs, whether its caller was shut out.
    #[must_use]
    pub fn revocations(self, revocations: impl Revocations) -> Self {
        let by = Arc::new(revocations);
        Self { revoking: Some(Revoking { by, within: WITHIN, every: EVERY }), ..self }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Transport for Memory {
    type Error = Infallible;

    /// Ends when it is told to, or no client is left, and no call runs any more.
    async fn serve(
        mut self,
        service: Arc<dyn Service>,
        until: Shutdown,
    ) -> Result<(), Self::Error> {
        let life: Arc<dyn Life> = Arc::new(OwnLife::new(until.clone(), self.revoking.clone()));
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                job = self.jobs.recv(), if running.len() < RUNNING => match job {
                    Some(job) => {
                        let asked = (self.authenticator.clone(), self.revoking.clone());
                        running.spawn(run(job, service.clone(), asked, life.clone()));
                    }
                    None => break,
                },
                Some(_) = running.join_next() => {}
                () = until.requested() => break,
            }
        }
        self.jobs.close();
        while running.join_next().await.is_some() {}
        Ok(())
    }
}

struct Job {
    id: RequestId,
    credentials: Credentials,
    request: Request,
    notes: mpsc::Sender<Out>,
    end: oneshot::Sender<Result<Reply, Failure>>,
}

/// Runs one request until it is answered or nobody waits for it.
async fn run(
    job: Job,
    service: Arc<dyn Service>,
    (authenticator, revoking): (Option<Arc<dyn Authenticate>>, Option<Revoking>),
    life: Arc<dyn Life>,
) {
    let Job { id, credentials, request, notes, mut end } = job;
    let answered = async {
        let caller = match authenticator.as_deref() {
            None => Caller::Open,
            Some(authenticator) => match identify(authenticator, &credentials).await {
                Ok((caller, _)) => {
                    if let Some(revoking) = revoking {
                        let admitted = revoking.admit(&caller).await;
                        admitted.map_err(|refused| refusal(&refused, authenticator))?;
                    }
                    caller
                }
                Err(refused) => return Err(refusal(&refused, authenticator)),
            },
        };
        let meta = RequestMeta::read(Some(&request.params))
            .map_err(|bad| Failure::Error(Error::invalid_params(bad.message)))?;
        let cx = Context::with(caller, meta, Some(life)).with_id(id);
        let answered = AssertUnwindSafe(answer(&*service, request, cx, notes)).catch_unwind();
        answered.await.unwrap_or_else(|_| Err(Error::internal())).map_err(Failure::Error)
    };
    let reply = tokio::select! {
        reply = answered => reply,
        () = end.closed() => return,
    };
    // Nobody waiting for it any more is no failure.
    let _ = end.send(reply);
}

fn refusal(refused: &Refused, authenticator: &dyn Authenticate) -> Failure {
    let mut realm = Realm::default();
    if let Some(refusal) = refused.refusal() {
        realm.challenges = ask::challenges(authenticator, refusal);
    }
    Failure::Refused(outcome(refused, &realm))
}

async fn answer(
    service: &dyn Service,
    request: Request,
    cx: Context,
    out: mpsc::Sender<Out>,
) -> Result<Reply, Error> {
    let (mut notes, mut end) = match service.call(request, cx).await? {
        Running::Done(reply) => return Ok(reply),
        Running::Open { notes, end } => (notes, end),
        _ => return Err(Error::internal()),
    };
    let ended = loop {
        tokio::select! {
            biased;
            Some(note) = next(&mut notes) => {
                // A reader that only wants the reply has dropped its end.
                let _ = out.send(note).await;
            }
            ended = &mut end => break ended,
        }
    };
    while let Some(note) = notes.waiting() {
        let _ = out.send(note).await;
    }
    ended
}

/// The next note, never none: a request without notes still has an end to wait for.
async fn next(notes: &mut Notes) -> Option<Out> {
    match notes.next().await {
        Some(note) => Some(note),
        None => pending().await,
    }
}

/// The calling end. Clones reach the same server.
#[derive(Clone, Debug)]
pub struct Client {
    sender: mpsc::Sender<Job>,
    /// What the next request is called by.
    next: Arc<AtomicI64>,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Job")
    }
}

impl Client {
    /// Sends a request.
    pub async fn call(&self, credentials: Credentials, request: Request) -> Exchange {
        let (notes, received) = mpsc::channel(1);
        let (end, ended) = oneshot::channel();
        let id = RequestId::from(self.next.fetch_add(1, Ordering::Relaxed));
        // A server that is gone has dropped `end`, and that is how the exchange tells.
        let _ = self.sender.send(Job { id, credentials, request, notes, end }).await;
        Exchange { notes: received, end: ended }
    }
}

/// A request under way. Dropping it cancels the request.
#[derive(Debug)]
pub struct Exchange {
    notes: mpsc::Receiver<Out>,
    end: oneshot::Receiver<Result<Reply, Failure>>,
}

impl Exchange {
    /// The next note; none once the reply is due.
    pub async fn next_note(&mut self) -> Option<Note> {
        loop {
            match self.notes.recv().await? {
                Out::Note(note) => return Some(note),
                _ => continue,
            }
        }
    }

    /// The reply; drops notes that come before it.
    ///
    /// # Errors
    /// The failure of the request.
    pub async fn reply(self) -> Result<Reply, Failure> {
        let Self { notes, end } = self;
        drop(notes);
        end.await.unwrap_or(Err(Failure::Closed))
    }
}

/// Why a request has no reply.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// Refused before it reached the service.
    Refused(Outcome),
    /// Answered with an error.
    Error(Error),
    /// The server is gone.
    Closed,
}
