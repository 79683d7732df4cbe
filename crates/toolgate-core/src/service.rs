//! What answers requests.

use std::{fmt, future, sync::Arc};

use crate::{
    BoxFuture, Error,
    audit::Audit,
    card::Card,
    context::Context,
    notes::Notes,
    reply::Reply,
    request::{Note, Request},
};

/// Answers requests: a tool server, a proxy's upstream, a test double.
///
/// A service admits, then answers. `Err` from [`call`](Self::call) means refused: nothing was sent,
/// and the transport may still choose a status. `Ok` means that guards, capabilities and parameters
/// have passed.
///
/// ```
/// use std::sync::Arc;
/// use toolgate_core::{BoxFuture, Card, Context, Error, Reply, Request, Running, Service};
///
/// struct Empty(Arc<Card>);
///
/// impl Service for Empty {
///     fn card(&self) -> Arc<Card> {
///         self.0.clone()
///     }
///     fn call(&self, _: Request, _: Context) -> BoxFuture<'_, Result<Running, Error>> {
///         Box::pin(async { Ok(Running::Done(Reply::empty())) })
///     }
/// }
/// ```
pub trait Service: Send + Sync + 'static {
    /// What a transport must know of the service. Replaced whole when it changes.
    fn card(&self) -> Arc<Card>;

    /// Answers one request. Dropping the future, or what it returned, cancels the request.
    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>>;

    /// Refuses a request in which its transport has found a `flaw` that says something of the item that
    /// is meant: headers that do not have what [`Card::param_headers`] wants of a tool. Whoever may not use
    /// that item gets the error of [`call`](Self::call), so that nobody learns what is hidden from
    /// them; anybody else gets the flaw. Nothing is answered.
    ///
    /// Unless written, everybody gets the flaw.
    fn refuse(&self, request: Request, cx: Context, flaw: Error) -> BoxFuture<'_, Error> {
        let _ = (request, cx);
        Box::pin(future::ready(flaw))
    }

    /// Takes one notification.
    fn notify(&self, note: Note, cx: Context) -> BoxFuture<'_, ()> {
        let _ = (note, cx);
        Box::pin(future::ready(()))
    }

    /// Where the transport tells of requests that it refuses. None: nowhere.
    fn audit(&self) -> Option<Arc<dyn Audit>> {
        None
    }
}

impl<S: Service + ?Sized> Service for Arc<S> {
    fn card(&self) -> Arc<Card> {
        (**self).card()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        (**self).call(request, cx)
    }

    fn refuse(&self, request: Request, cx: Context, flaw: Error) -> BoxFuture<'_, Error> {
        (**self).refuse(request, cx, flaw)
    }

    fn notify(&self, note: Note, cx: Context) -> BoxFuture<'_, ()> {
        (**self).notify(note, cx)
    }

    fn audit(&self) -> Option<Arc<dyn Audit>> {
        (**self).audit()
    }
}

/// A request that was admitted.
#[non_exhaustive]
pub enum Running {
    /// Answered at once: neither channel nor second future.
    Done(Reply),
    /// Still running, perhaps with notes on the way.
    Open {
        /// What comes before the reply. Bounded: a slow reader slows the tool.
        notes: Notes,
        /// The reply. Until the first note went out its error may still choose the status.
        end: BoxFuture<'static, Result<Reply, Error>>,
    },
}

impl Running {
    /// Waits for the reply and drops all notes.
    ///
    /// # Errors
    /// The error of the request.
    pub async fn reply(self) -> Result<Reply, Error> {
        match self {
            Self::Done(reply) => Ok(reply),
            Self::Open { notes, end } => {
                drop(notes);
                end.await
            }
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(reply) => f.debug_tuple("Done").field(reply).finish(),
            Self::Open { .. } => f.write_str("Open"),
        }
    }
}

/// What can be served: a service, or a builder of one that may find a contradiction.
pub trait IntoService {
    /// Makes the service.
    ///
    /// # Errors
    /// When settings contradict each other; says which.
    fn into_service(self) -> Result<Arc<dyn Service>, StartError>;
}

impl<S: Service> IntoService for S {
    fn into_service(self) -> Result<Arc<dyn Service>, StartError> {
        Ok(Arc::new(self))
    }
}

/// A refusal to start: settings that contradict each other, or that would leave something open.
#[derive(Debug)]
pub struct StartError {
    problems: Vec<String>,
}

impl StartError {
    /// One problem; names the settings at fault and the remedy.
    pub fn new(problem: impl Into<String>) -> Self {
        Self { problems: vec![problem.into()] }
    }

    /// All problems at once; none is no error.
    ///
    /// # Errors
    /// When there is a problem.
    pub fn check(problems: Vec<String>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    /// What is wrong, a sentence each.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused to start: {}", self.problems.join("; "))
    }
}

impl std::error::Error for StartError {}
