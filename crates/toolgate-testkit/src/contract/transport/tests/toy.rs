//! A small transport in memory, with one fault at a time.

use std::{
    collections::HashMap,
    future::pending,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::FutureExt;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};
use toolgate_core::{
    Authenticate, BoxError, BoxFuture, Caller, Context, Credentials, Ending, Error, Identity, Key,
    Life, Out, Refused, Request, Running, Service, Shutdown, Transport, Verdict,
    authenticate::identify,
    protocol::{Json, RequestMeta, code},
    refused::{Realm, outcome},
};

use super::super::{Client, Dial, Event, Exchange};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Notes go nowhere.
    BearsNoNotes,
    /// Everybody is who came first.
    FirstCaller,
    /// Nobody's name reaches the service.
    Nameless,
    /// Has the service answer before it looks at the verdict.
    ServesFirst,
    /// Lets pass who has no credentials.
    MissingIsFine,
    /// Says that its authenticator failed when it refuses.
    RefusesAsFailure,
    /// Lets pass what cannot be decided.
    PassesUndecided,
    /// Says on the wire why its authenticator failed.
    TellsWhy,
    /// A panic of the authenticator is one of its own.
    BareAuthenticator,
    /// A connection's first verdict is its last.
    JudgesOnce,
    /// Judges in the loop that takes requests.
    JudgesInLine,
    /// Drops notes when there is no room.
    LosesNotes,
    /// Two notes change places.
    SwapsNotes,
    /// Replies, and sends the notes then.
    NotesLast,
    /// Takes whatever the service sends.
    NoBound,
    /// A reader that is slow holds up all the others.
    OneWriter,
    /// Gives a reply to another call that waits.
    MixesReplies,
    /// Says nothing but that something failed.
    BluntErrors,
    /// Wraps a refusal in a result.
    RefusesInResult,
    /// A panic in a call ends the server.
    PanicEndsAll,
    /// A panic in a call ends its connection without a word.
    PanicIsSilence,
    /// A panic's words go out.
    TellsPanic,
    /// A call runs on when nobody waits for it.
    RunsOn,
    /// Whoever goes takes everybody along.
    DropsAll,
    /// No long call hears of the end.
    NoEnding,
    /// Told to stop, it stops.
    CutsOff,
    /// Told to stop, it waits for whoever is connected.
    NeverEnds,
    /// Ends badly.
    EndsBadly,
    /// Serves on when it has ended.
    ServesOn,
    /// Fails at what is no message.
    DiesOfGarbage,
    /// Hands the service what is no message.
    ServesGarbage,
}

pub(super) fn make(auth: Arc<dyn Authenticate>, fault: Fault) -> (Toy, Reach) {
    let (sender, jobs) = mpsc::unbounded_channel();
    let shared = Shared {
        auth,
        fault,
        remembered: Mutex::default(),
        turn: tokio::sync::Mutex::new(()),
        waiting: Mutex::default(),
        running: Mutex::default(),
    };
    (Toy { jobs, shared: Arc::new(shared) }, Reach { sender, count: AtomicUsize::new(0), fault })
}

pub(super) struct Toy {
    jobs: mpsc::UnboundedReceiver<Job>,
    shared: Arc<Shared>,
}

struct Shared {
    auth: Arc<dyn Authenticate>,
    fault: Fault,
    remembered: Mutex<HashMap<usize, Caller>>,
    turn: tokio::sync::Mutex<()>,
    waiting: Mutex<Vec<mpsc::Sender<Event>>>,
    running: Mutex<Vec<AbortHandle>>,
}

struct Job {
    connection: usize,
    credentials: Credentials,
    /// None is garbage.
    request: Option<Request>,
    out: mpsc::Sender<Event>,
}

impl Transport for Toy {
    type Error = std::io::Error;

    async fn serve(
        mut self,
        service: Arc<dyn Service>,
        until: Shutdown,
    ) -> Result<(), Self::Error> {
        let fault = self.shared.fault;
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                Some(job) = self.jobs.recv() => {
                    if job.request.is_none() && fault == Fault::DiesOfGarbage {
                        return Err(std::io::Error::other("no message"));
                    }
                    let mut verdict = None;
                    if fault == Fault::JudgesInLine {
                        verdict = Some(identify(&*self.shared.auth, &job.credentials).await);
                    }
                    let verdict = verdict.map(|it| it.map(|(caller, _)| caller));
                    let run = run(self.shared.clone(), job, verdict, service.clone(), until.clone());
                    let handle = running.spawn(run);
                    self.shared.running.lock().unwrap().push(handle);
                }
                Some(ended) = running.join_next() => {
                    let panicked = ended.is_err_and(|error| error.is_panic());
                    assert!(!(panicked && fault == Fault::PanicEndsAll), "as it was told to");
                }
                () = until.requested() => break,
            }
        }
        match fault {
            Fault::CutsOff => {
                // Long enough for whoever listens to say a last word.
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                return Ok(());
            }
            Fault::NeverEnds => return pending().await,
            Fault::ServesOn => {
                let (shared, until) = (self.shared.clone(), Shutdown::never());
                let mut jobs = self.jobs;
                tokio::spawn(async move {
                    while let Some(job) = jobs.recv().await {
                        run(shared.clone(), job, None, service.clone(), until.clone()).await;
                    }
                });
            }
            _ => self.jobs.close(),
        }
        while running.join_next().await.is_some() {}
        if fault == Fault::EndsBadly { Err(std::io::Error::other("badly")) } else { Ok(()) }
    }
}

type Judged = Result<Caller, Refused>;

async fn run(
    shared: Arc<Shared>,
    job: Job,
    judged: Option<Judged>,
    service: Arc<dyn Service>,
    until: Shutdown,
) {
    let fault = shared.fault;
    let out = job.out.clone();
    let judged = match judged {
        None if fault == Fault::BareAuthenticator => Some(judge(&shared, &job).await),
        judged => judged,
    };
    let answered = AssertUnwindSafe(answer(&shared, job, judged, service, until)).catch_unwind();
    let answered = async {
        match answered.await {
            Ok(last) => last,
            Err(panic) if fault == Fault::PanicEndsAll => std::panic::resume_unwind(panic),
            Err(_) if fault == Fault::PanicIsSilence => Event::Closed,
            Err(panic) if fault == Fault::TellsPanic => {
                let words = panic.downcast::<String>().map_or_else(|_| "?".into(), |words| *words);
                Event::Error(Error::new(code::INTERNAL_ERROR, words))
            }
            Err(_) => Event::Error(Error::internal()),
        }
    };
    if fault == Fault::RunsOn {
        let _ = out.send(answered.await).await;
        return;
    }
    let last = tokio::select! {
        last = answered => last,
        () = out.closed() => {
            if fault == Fault::DropsAll {
                shared.running.lock().unwrap().drain(..).for_each(|call| call.abort());
            }
            return;
        }
    };
    let _ = out.send(last).await;
}

async fn answer(
    shared: &Shared,
    job: Job,
    judged: Option<Judged>,
    service: Arc<dyn Service>,
    until: Shutdown,
) -> Event {
    let fault = shared.fault;
    let judged = match judged {
        Some(judged) => judged,
        None => judge(shared, &job).await,
    };
    if fault == Fault::ServesFirst
        && let (Err(_), Some(request)) = (&judged, &job.request)
    {
        let _ = service.call(request.clone(), Context::new(stranger())).await;
    }
    let caller = match judged {
        Ok(_) if fault == Fault::Nameless => Caller::Open,
        Ok(caller) => caller,
        Err(refused) => return refusal(fault, &refused),
    };
    let request = match job.request {
        Some(request) => request,
        None if fault == Fault::ServesGarbage => Request::new("garbage", Json::object()),
        None => return Event::Error(Error::new(code::PARSE_ERROR, "no message")),
    };
    let meta = RequestMeta::read(Some(&request.params)).unwrap();
    let life = (fault != Fault::NoEnding).then(|| Arc::new(Until(until)) as Arc<dyn Life>);
    let cx = Context::with(caller, meta, life);
    drop(shared.turn.lock().await);
    match stream(shared, &*service, request, cx, job.out).await {
        Ok(reply) => Event::Reply(reply),
        Err(error) if error.denial().is_some() && fault == Fault::RefusesInResult => {
            Event::Reply(Json::of(&json!({"isError": true})).unwrap())
        }
        Err(error) if error.denial().is_none() && fault == Fault::BluntErrors => {
            Event::Error(Error::internal())
        }
        Err(error) => Event::Error(error),
    }
}

async fn judge(shared: &Shared, job: &Job) -> Judged {
    let connection = match shared.fault {
        Fault::JudgesOnce => Some(job.connection),
        Fault::FirstCaller => Some(0),
        _ => None,
    };
    let known = connection.and_then(|it| shared.remembered.lock().unwrap().get(&it).cloned());
    if let Some(caller) = known {
        return Ok(caller);
    }
    if shared.fault == Fault::BareAuthenticator {
        return match shared.auth.authenticate(&job.credentials).await {
            Verdict::Known(identity, _) => Ok(Caller::Known(identity)),
            Verdict::Refused(refusal) => Err(Refused::Unauthenticated(refusal)),
            _ => Err(Refused::Busy { retry: std::time::Duration::ZERO }),
        };
    }
    let judged = identify(&*shared.auth, &job.credentials).await.map(|(caller, _)| caller);
    match (judged, shared.fault) {
        (Err(Refused::Failed(_) | Refused::Unavailable { .. }), Fault::PassesUndecided) => {
            Ok(stranger())
        }
        (Err(Refused::Unauthenticated(refusal)), Fault::MissingIsFine)
            if refusal == toolgate_core::Refusal::missing() =>
        {
            Ok(stranger())
        }
        (Ok(caller), _) => {
            if let Some(connection) = connection {
                shared.remembered.lock().unwrap().insert(connection, caller.clone());
            }
            Ok(caller)
        }
        (Err(refused), _) => Err(refused),
    }
}

fn stranger() -> Caller {
    Identity::new(Key::new("toy", "stranger")).into()
}

fn refusal(fault: Fault, refused: &Refused) -> Event {
    if let (Refused::Failed(why), Fault::TellsWhy) = (refused, fault) {
        let why: &BoxError = why;
        return Event::Error(Error::new(code::INTERNAL_ERROR, why.to_string()));
    }
    if fault == Fault::RefusesAsFailure {
        return Event::Error(Error::internal());
    }
    let outcome = outcome(refused, &Realm::default());
    Event::Error(Error::new(outcome.code, outcome.message))
}

/// The notes of a call, as they come, and what it ends with.
async fn stream(
    shared: &Shared,
    service: &dyn Service,
    request: Request,
    cx: Context,
    out: mpsc::Sender<Event>,
) -> Result<Json, Error> {
    let fault = shared.fault;
    let (mut notes, mut end) = match service.call(request, cx).await? {
        Running::Done(reply) => return Ok(reply.fields.to_object()),
        Running::Open { notes, end } => (notes, end),
        _ => return Err(Error::internal()),
    };
    let mut kept = Vec::new();
    let mut ended = None;
    loop {
        let note = tokio::select! {
            biased;
            Some(note) = notes.next() => note,
            last = &mut end, if ended.is_none() => {
                ended = Some(last);
                continue;
            }
            else => break,
        };
        let Out::Note(note) = note else { continue };
        let event = Event::Note(note);
        match fault {
            Fault::BearsNoNotes => {}
            Fault::LosesNotes => drop(out.try_send(event)),
            Fault::NotesLast => kept.push(event),
            Fault::SwapsNotes if kept.is_empty() => kept.push(event),
            Fault::SwapsNotes => {
                let _ = out.send(event).await;
                let _ = out.send(kept.remove(0)).await;
            }
            Fault::OneWriter => {
                let _turn = shared.turn.lock().await;
                let _ = out.send(event).await;
            }
            _ => drop(out.send(event).await),
        }
    }
    let reply = ended.unwrap_or_else(|| Err(Error::internal()))?.fields.to_object();
    if fault == Fault::NotesLast {
        let _ = out.send(Event::Reply(reply.clone())).await;
    }
    for event in kept {
        let _ = out.send(event).await;
    }
    if fault == Fault::MixesReplies {
        mix(shared, out, &reply).await;
    }
    Ok(reply)
}

/// Gives a reply to one who waits for another, too.
async fn mix(shared: &Shared, out: mpsc::Sender<Event>, reply: &Json) {
    let other = {
        let mut waiting = shared.waiting.lock().unwrap();
        waiting.push(out);
        (waiting.len() > 1).then(|| waiting.remove(0))
    };
    if let Some(other) = other {
        let _ = other.send(Event::Reply(reply.clone())).await;
    }
}

struct Until(Shutdown);

impl Life for Until {
    fn ending<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, Ending> {
        Box::pin(async {
            self.0.requested().await;
            Ending::Shutdown
        })
    }
}

pub(super) struct Reach {
    sender: mpsc::UnboundedSender<Job>,
    count: AtomicUsize,
    fault: Fault,
}

impl Reach {
    fn line(&self, token: Option<&str>) -> Line {
        let fields = token.map(|token| ("authorization", format!("Bearer {token}")));
        let credentials = Credentials::from_fields(fields);
        let connection = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        let room = if self.fault == Fault::NoBound { 100_000 } else { 1 };
        Line { sender: self.sender.clone(), connection, credentials, room }
    }
}

impl Dial for Reach {
    type Client = Line;

    fn connect<'a>(&'a self, token: Option<&'a str>) -> BoxFuture<'a, Result<Line, Event>> {
        Box::pin(async move { Ok(self.line(token)) })
    }

    fn garble<'a>(&'a self, token: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            assert!(serde_json::from_slice::<Value>(bytes).is_err() || bytes.len() < 100);
            self.line(Some(token)).send(None).next().await;
        })
    }
}

pub(super) struct Line {
    sender: mpsc::UnboundedSender<Job>,
    connection: usize,
    credentials: Credentials,
    room: usize,
}

impl Line {
    fn send(&self, request: Option<Request>) -> Hearing {
        let (out, heard) = mpsc::channel(self.room);
        let (connection, credentials) = (self.connection, self.credentials.clone());
        let _ = self.sender.send(Job { connection, credentials, request, out });
        Hearing(heard)
    }
}

impl Client for Line {
    fn call(&mut self, request: Request) -> BoxFuture<'_, Box<dyn Exchange>> {
        Box::pin(async move { Box::new(self.send(Some(request))) as Box<dyn Exchange> })
    }
}

struct Hearing(mpsc::Receiver<Event>);

impl Exchange for Hearing {
    fn next(&mut self) -> BoxFuture<'_, Event> {
        Box::pin(async move { self.0.recv().await.unwrap_or(Event::Closed) })
    }
}
