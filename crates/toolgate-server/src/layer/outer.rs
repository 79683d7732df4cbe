//! Around every request: to see it and to refuse it, but never to answer it.

use std::{
    fmt,
    future::{Future, poll_fn, ready},
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
};

use futures::FutureExt;
use tokio::sync::oneshot;
use toolgate_core::{
    Audit, BoxFuture, Card, Context, Error, Notes, Reply, Request, Running, Service,
    protocol::method,
};

use crate::{
    app::App,
    failure::{Failure, ToolError},
    handle,
    incident::incident,
};

/// A layer around every request: a closure, or a type of your own.
///
/// It runs before the item that is meant is even looked for, whoever asks for whatever. Its future is
/// dropped when the request is cancelled.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no layer around requests",
    note = "a closure is one as `|passing: Passing| async move {{ passing.next().await }}`"
)]
pub trait Outer: Send + Sync + 'static {
    /// Lets a request pass with [`Passing::next`], or refuses it with [`Passed::refused`].
    fn around(&self, passing: Passing) -> impl Future<Output = Passed> + Send;
}

impl<F, R> Outer for F
where
    F: Fn(Passing) -> R + Send + Sync + 'static,
    R: Future<Output = Passed> + Send,
{
    fn around(&self, passing: Passing) -> impl Future<Output = Passed> + Send {
        self(passing)
    }
}

/// A request on its way in.
pub struct Passing {
    request: Request,
    cx: Context,
    way: Arc<Way>,
    /// The layer that is next.
    at: usize,
}

impl Passing {
    /// What is asked: the method, and the parameters as they were sent.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Who asks, and what the client said of itself.
    pub fn cx(&self) -> &Context {
        &self.cx
    }

    /// Lets the request pass, and comes back when it has ended.
    pub async fn next(self) -> Passed {
        let Self { request, cx, way, at } = self;
        let Some(layer) = way.layers.get(at) else {
            let outcome = way.answer(request, cx).await;
            return Passed { outcome, of: Some(way) };
        };
        let method = method::known(&request.method);
        let below = Self { request, cx, way: way.clone(), at: at + 1 };
        // Calling a closure runs the author's code too.
        let passed = AssertUnwindSafe(async { layer(below).await }).catch_unwind().await;
        match passed {
            Ok(passed) => way.own(passed, method),
            Err(_) => Passed { outcome: Err(incident(method, "a layer panicked")), of: None },
        }
    }
}

impl fmt::Debug for Passing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = method::known(&self.request.method);
        f.debug_struct("Passing").field("method", &method).finish_non_exhaustive()
    }
}

/// What became of a request. An answer can only come from [`Passing::next`] of the same request: that
/// of another is none, and becomes an internal error.
#[must_use = "a layer gives back what became of the request"]
pub struct Passed {
    outcome: Result<Reply, Error>,
    of: Option<Arc<Way>>,
}

impl Passed {
    /// A refusal: an [`Error`] as it is, words that the caller reads, or a cause of which the caller
    /// learns an id.
    pub fn refused(error: impl Into<ToolError>) -> Self {
        let error = match error.into().into_failure() {
            Failure::Protocol(error) => error,
            Failure::Shown(words) => handle::said(words),
            Failure::Hidden(error) => incident("layer", &error),
            Failure::Asks(_) => incident("layer", "it asks where nothing can be asked"),
        };
        Self { outcome: Err(error), of: None }
    }

    /// What became of it. The reply of a tool that failed is a reply too, which says `isError`.
    ///
    /// # Errors
    /// The refusal or failure.
    pub fn outcome(&self) -> Result<&Reply, &Error> {
        self.outcome.as_ref()
    }
}

impl fmt::Debug for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome().map(|_| ());
        f.debug_struct("Passed").field("outcome", &outcome).finish_non_exhaustive()
    }
}

/// A layer without its type.
pub(crate) type Layer = Box<dyn Fn(Passing) -> BoxFuture<'static, Passed> + Send + Sync>;

pub(crate) fn erased(layer: impl Outer) -> Layer {
    let layer = Arc::new(layer);
    Box::new(move |passing| {
        let layer = layer.clone();
        Box::pin(async move { layer.around(passing).await })
    })
}

/// A server with layers around it.
pub(crate) struct Layered {
    pub(crate) layers: Arc<[Layer]>,
    pub(crate) app: Arc<App>,
}

impl Service for Layered {
    fn card(&self) -> Arc<Card> {
        self.app.card()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        // Nobody's code runs for callers that nobody knows.
        if let Err(refused) = self.app.stock.shelf().admit(&request, &cx) {
            return Box::pin(ready(Err(refused)));
        }
        let (open, opened) = oneshot::channel();
        let passing = self.passing(request, cx, Some(open), None);
        let whole = Box::pin(async { passing.next().await.outcome });
        Box::pin(begun(whole, opened))
    }

    fn refuse(&self, request: Request, cx: Context, flaw: Error) -> BoxFuture<'_, Error> {
        if let Err(refused) = self.app.stock.shelf().admit(&request, &cx) {
            return Box::pin(ready(refused));
        }
        // A layer that refuses has the same word as over a tool that there is not.
        let passing = self.passing(request, cx, None, Some(flaw.clone()));
        Box::pin(async { passing.next().await.outcome.err().unwrap_or(flaw) })
    }

    fn audit(&self) -> Option<Arc<dyn Audit>> {
        self.app.audit()
    }
}

impl Layered {
    fn passing(
        &self,
        request: Request,
        cx: Context,
        open: Option<oneshot::Sender<Notes>>,
        flaw: Option<Error>,
    ) -> Passing {
        let (layers, app, open) = (self.layers.clone(), self.app.clone(), Mutex::new(open));
        Passing { request, cx, way: Arc::new(Way { layers, app, open, flaw }), at: 0 }
    }
}

/// The way of one request through the layers. Its address tells requests apart.
struct Way {
    layers: Arc<[Layer]>,
    app: Arc<App>,
    /// Where is told that the request was admitted and goes on.
    open: Mutex<Option<oneshot::Sender<Notes>>>,
    /// What the transport has found in a request that is refused whoever asks.
    flaw: Option<Error>,
}

impl Way {
    async fn answer(&self, request: Request, cx: Context) -> Result<Reply, Error> {
        if let Some(flaw) = &self.flaw {
            return Err(self.app.refuse(request, cx, flaw.clone()).await);
        }
        match self.app.call(request, cx).await? {
            Running::Open { notes, end } => {
                let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
                // Where nobody waits any more, notes go nowhere.
                let _ = open.map(|open| open.send(notes));
                end.await
            }
            running => running.reply().await,
        }
    }

    /// What a layer gave back, unless it is the answer to another request.
    fn own(self: &Arc<Self>, passed: Passed, method: &str) -> Passed {
        let own = passed.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, self));
        if own || passed.outcome.is_err() {
            return passed;
        }
        let error = incident(method, "a layer gave the answer to another request");
        Passed { outcome: Err(error), of: None }
    }
}

type Whole = BoxFuture<'static, Result<Reply, Error>>;

/// Goes on until the request has ended, or was admitted and goes on. From then on the layers run
/// with its end.
async fn begun(mut whole: Whole, opened: oneshot::Receiver<Notes>) -> Result<Running, Error> {
    let mut opened = Some(opened);
    let ended = poll_fn(|task| {
        if let Poll::Ready(outcome) = whole.as_mut().poll(task) {
            let notes = opened.as_mut().and_then(|opened| opened.try_recv().ok());
            return Poll::Ready(Ok((outcome, notes)));
        }
        let Some(waiting) = opened.as_mut() else { return Poll::Pending };
        match Pin::new(waiting).poll(task) {
            Poll::Ready(Ok(notes)) => Poll::Ready(Err(notes)),
            // A layer let the request go, and has still to say what became of it.
            Poll::Ready(Err(_)) => {
                opened = None;
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    });
    match ended.await {
        Ok((outcome, Some(notes))) if !notes.is_empty() => {
            Ok(Running::Open { notes, end: Box::pin(ready(outcome)) })
        }
        Ok((outcome, _)) => outcome.map(Running::Done),
        Err(notes) => Ok(Running::Open { notes, end: whole }),
    }
}
