//! What a request runs with.

use std::{
    any::Any,
    fmt,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use serde::Serialize;
use tokio::sync::mpsc;
use toolgate_protocol::{
    Json, LogLevel, RequestId, RequestMeta,
    input::Answers,
    method,
    note::{Message, Progress},
};

use crate::{
    BoxFuture,
    error::{Denial, Error},
    identity::{Caller, Identity},
    notes::{CAPACITY, Notes, Out},
    request::Note,
};

/// What a request runs with: who asks, what the client said of itself, and a way to send notes.
///
/// Cheap to clone; one allocation for an ordinary call. There is none without a [`Caller`].
#[derive(Clone)]
pub struct Context {
    shared: Arc<Shared>,
    out: Option<mpsc::Sender<Out>>,
    deadline: Option<Instant>,
}

struct Shared {
    caller: Caller,
    meta: RequestMeta,
    id: Option<RequestId>,
    answers: Answers,
    state: Option<Arc<dyn Any + Send + Sync>>,
    life: Option<Arc<dyn Life>>,
    /// Bits of the last progress sent; progress only ever grows.
    progress: AtomicU64,
}

impl Shared {
    fn copy(&self) -> Self {
        Self {
            caller: self.caller.clone(),
            meta: self.meta.clone(),
            id: self.id.clone(),
            answers: self.answers.clone(),
            state: self.state.clone(),
            life: self.life.clone(),
            progress: AtomicU64::new(self.progress.load(Ordering::Relaxed)),
        }
    }
}

/// How long a request may go on, as its transport knows it.
pub trait Life: Send + Sync + 'static {
    /// Comes back when a long request should send its last words. Never, where nothing ends it.
    fn ending<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Ending>;

    /// The caller as the owner's later requests renewed it; none where nothing does.
    fn renewed(&self) -> Option<Caller> {
        None
    }
}

/// Why a long request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// The server stops.
    Shutdown,
    /// The caller's token has expired.
    Expired,
    /// The caller's token was revoked.
    Revoked,
    /// The caller is gone; nobody will read the last words.
    Gone,
}

impl Context {
    /// The context of a request that says nothing of itself.
    pub fn new(caller: Caller) -> Self {
        Self::with(caller, RequestMeta::default(), None)
    }

    /// The context of a request.
    pub fn with(caller: Caller, meta: RequestMeta, life: Option<Arc<dyn Life>>) -> Self {
        let progress = AtomicU64::new(f64::NEG_INFINITY.to_bits());
        let answers = Answers::default();
        let shared = Shared { caller, meta, id: None, answers, state: None, life, progress };
        Self { shared: Arc::new(shared), out: None, deadline: None }
    }

    /// The same, of a request that its client calls by this id.
    #[must_use]
    pub fn with_id(self, id: RequestId) -> Self {
        self.edit(|shared| shared.id = Some(id))
    }

    /// The same, with what the handlers of a server share.
    #[must_use]
    pub fn with_state(self, state: Arc<dyn Any + Send + Sync>) -> Self {
        self.edit(|shared| shared.state = Some(state))
    }

    /// The same, with what a retry brought back.
    #[must_use]
    pub fn with_answers(self, answers: Answers) -> Self {
        self.edit(|shared| shared.answers = answers)
    }

    /// The same, for a request that goes on where an earlier one had come to: what that one reported
    /// is not reported again.
    #[must_use]
    pub fn with_progress(self, reached: f64) -> Self {
        self.edit(|shared| shared.progress = AtomicU64::new(reached.to_bits()))
    }

    /// Allocates only where the context was cloned before.
    fn edit(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            change(shared);
            return self;
        }
        let mut shared = self.shared.copy();
        change(&mut shared);
        Self { shared: Arc::new(shared), ..self }
    }

    /// The same, with a point in time after which nobody waits for the reply.
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// The same, able to send notes, and the end they come out of.
    ///
    /// The channel is bounded; [`send`](Self::send) waits while it is full.
    #[must_use]
    pub fn streaming(self) -> (Self, Notes) {
        let (sender, notes) = Notes::channel(CAPACITY);
        (Self { out: Some(sender), ..self }, notes)
    }

    /// Who asks.
    pub fn caller(&self) -> &Caller {
        &self.shared.caller
    }

    /// Who asks, as last renewed.
    ///
    /// # Errors
    /// When nobody is known to be asking.
    pub fn identity(&self) -> Result<Arc<Identity>, Error> {
        let renewed = self.shared.life.as_ref().and_then(|life| life.renewed());
        let caller = renewed.as_ref().unwrap_or(&self.shared.caller);
        caller.identity().cloned().ok_or_else(|| Error::denied(Denial::Unauthenticated))
    }

    /// The same, with the caller as the owner's later requests renewed it, for decisions that are
    /// made while a long request goes on.
    #[must_use]
    pub fn renewed(&self) -> Self {
        match self.shared.life.as_ref().and_then(|life| life.renewed()) {
            Some(caller) => self.clone().edit(|shared| shared.caller = caller),
            None => self.clone(),
        }
    }

    /// The author's own type for the caller, made by the authenticator.
    ///
    /// # Errors
    /// When nobody is known to be asking, or the authenticator made no `T`.
    pub fn principal<T: Send + Sync + 'static>(&self) -> Result<&T, Error> {
        let identity = self.shared.caller.identity();
        let identity = identity.ok_or_else(|| Error::denied(Denial::Unauthenticated))?;
        identity.ext.find().ok_or_else(Error::internal)
    }

    /// What the handlers of this server share: the server's state.
    ///
    /// # Errors
    /// When the state is no `T`.
    pub fn state<T: Send + Sync + 'static>(&self) -> Result<&T, Error> {
        let state = self.shared.state.as_deref();
        state.and_then(|state| state.downcast_ref()).ok_or_else(Error::internal)
    }

    /// What the client calls the request by; none where a transport has no such names.
    pub fn id(&self) -> Option<&RequestId> {
        self.shared.id.as_ref()
    }

    /// The progress last reported, if any was.
    pub fn reached(&self) -> Option<f64> {
        let reached = f64::from_bits(self.shared.progress.load(Ordering::Relaxed));
        reached.is_finite().then_some(reached)
    }

    /// What the request said of itself. The client's word, not for authorization.
    pub fn meta(&self) -> &RequestMeta {
        &self.shared.meta
    }

    /// What a retry brought back; empty on a first try.
    pub fn answers(&self) -> &Answers {
        &self.shared.answers
    }

    /// When nobody waits for the reply any more.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Comes back when a long request should send its last words. Cancel-safe.
    pub async fn ending(&self) -> Ending {
        match &self.shared.life {
            Some(life) => life.ending(&self.shared.caller).await,
            None => pending().await,
        }
    }

    /// Sends a note ahead of the reply; waits while the reader is slow. Where the request cannot
    /// bear notes, it goes nowhere.
    ///
    /// # Errors
    /// When the reader is gone.
    pub async fn send(&self, note: Note) -> Result<(), Gone> {
        self.send_out(Out::Note(note)).await
    }

    /// Sends what is not a note.
    ///
    /// # Errors
    /// When the reader is gone.
    pub async fn send_out(&self, out: Out) -> Result<(), Gone> {
        match &self.out {
            Some(sender) => sender.send(out).await.map_err(|_| Gone),
            None => Ok(()),
        }
    }

    /// Reports progress, where the client asked for it. What does not grow is dropped (utilities,
    /// "Progress").
    ///
    /// # Errors
    /// When the reader is gone.
    pub async fn progress(&self, step: impl Into<Step>) -> Result<(), Gone> {
        let Some(token) = &self.shared.meta.progress_token else { return Ok(()) };
        let Step { progress, total, message } = step.into();
        let grows = |last: u64| (progress > f64::from_bits(last)).then(|| progress.to_bits());
        let (relaxed, last) = (Ordering::Relaxed, &self.shared.progress);
        if self.out.is_none() || last.fetch_update(relaxed, relaxed, grows).is_err() {
            return Ok(());
        }
        let mut params = Progress::new(token.clone(), progress);
        (params.total, params.message) = (total, message);
        match Note::of(method::PROGRESS, &params) {
            Ok(note) => self.send(note).await,
            Err(_) => Ok(()),
        }
    }

    /// Sends a log message, where the client asked for this level. No secrets.
    ///
    /// # Errors
    /// When the reader is gone.
    pub async fn log<T: Serialize + ?Sized>(&self, level: LogLevel, data: &T) -> Result<(), Gone> {
        if self.out.is_none() || self.shared.meta.log_level.is_none_or(|least| level < least) {
            return Ok(());
        }
        let note = Json::of(data).ok().map(|data| Message::new(level, data));
        match note.and_then(|params| Note::of(method::MESSAGE, &params).ok()) {
            Some(note) => self.send(note).await,
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("caller", &self.shared.caller).finish_non_exhaustive()
    }
}

/// How far a request has come.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    progress: f64,
    total: Option<f64>,
    message: Option<String>,
}

impl Step {
    /// So far, in any unit.
    pub fn new(progress: f64) -> Self {
        Self { progress, total: None, message: None }
    }

    /// The same, of a total.
    #[must_use]
    pub fn of(self, total: f64) -> Self {
        Self { total: Some(total), ..self }
    }

    /// The same, with words.
    #[must_use]
    pub fn saying(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }
}

impl From<f64> for Step {
    fn from(progress: f64) -> Self {
        Self::new(progress)
    }
}

/// The reader of a request's notes is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads any more")
    }
}

impl std::error::Error for Gone {}
