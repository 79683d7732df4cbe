//! One thing that a client of the old era listens to: a request of the modern era, made in its name,
//! whose notes go to wherever that client is told of changes; and how many of these it may have.

use std::{
    fmt,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context as Task, Poll},
};

use futures::{FutureExt, future::BoxFuture};
use tokio::time::Instant;
use toolgate_core::{
    Context, Error, Note, Notes, Out, Reply, Running, Service,
    error::incident_id,
    legacy::{Heard, Watch, heard},
    protocol::{Json, code},
};

use crate::run::{Failure, contain};

/// Why something is not listened to as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooMuch {
    /// It is already.
    Known,
    /// The client listens to enough.
    Full,
}

impl TooMuch {
    /// What a client is told that asks for more: what is listened to already is no fault.
    pub(crate) fn told(self) -> Result<(), Failure> {
        match self {
            Self::Known => Ok(()),
            Self::Full => Err(full()),
        }
    }
}

/// Whether one more resource may be listened to beside these, or the lists where none is named.
pub(crate) fn room<'a>(
    listens: impl Iterator<Item = &'a Listen>,
    uri: Option<&str>,
    most: usize,
) -> Result<(), TooMuch> {
    let mut resources = 0;
    for listen in listens {
        if listen.uri.as_deref() == uri {
            return Err(TooMuch::Known);
        }
        resources += usize::from(listen.uri.is_some());
    }
    // Lists are one thing, and always have room.
    if uri.is_some() && resources >= most { Err(TooMuch::Full) } else { Ok(()) }
}

/// There is no room for one more.
fn full() -> Failure {
    let message = "the session watches as many resources as it may";
    Failure::Error(Error::new(code::REFUSED, message))
}

/// What the service does not watch for this caller does not exist for them.
fn unwatched(uri: &str) -> Failure {
    let data = Json::of(&serde_json::json!({ "uri": uri })).ok();
    Failure::Error(Error::invalid_params("the resource cannot be watched").with_data(data))
}

/// A request that listens. Polled by whoever tells the client, so it costs no task.
pub(crate) struct Listen {
    /// The resource; none where it is lists.
    pub(crate) uri: Option<Box<str>>,
    notes: Notes,
    end: Option<BoxFuture<'static, Result<Reply, Error>>>,
}

impl Listen {
    /// Asks the service to listen.
    pub(crate) async fn begin(
        service: &Arc<dyn Service>,
        watch: Watch<'_>,
        cx: Context,
        deadline: Instant,
    ) -> Result<Self, Failure> {
        let request = watch.request().map_err(Failure::Error)?;
        match contain(deadline, || service.call(request, cx)).await? {
            Running::Open { notes, end } => {
                let uri = match watch {
                    Watch::Resource(uri) => Some(uri.into()),
                    _ => None,
                };
                Ok(Self { uri, notes, end: Some(end) })
            }
            // Whoever answers at once does not listen.
            _ => Err(Failure::Error(Error::method_not_found())),
        }
    }

    /// The same for one resource, once the service says that it watches it.
    pub(crate) async fn to(
        service: &Arc<dyn Service>,
        uri: &str,
        cx: Context,
        deadline: Instant,
    ) -> Result<Self, Failure> {
        let mut listen = Self::begin(service, Watch::Resource(uri), cx, deadline).await?;
        if listen.begun(deadline).await?.iter().any(|begun| begun == uri) {
            Ok(listen)
        } else {
            Err(unwatched(uri))
        }
    }

    /// Waits until the service says which resources it watches.
    async fn begun(&mut self, deadline: Instant) -> Result<Vec<String>, Failure> {
        contain(deadline, || poll_fn(|task| self.poll_begun(task))).await
    }

    fn poll_begun(&mut self, task: &mut Task<'_>) -> Poll<Result<Vec<String>, Error>> {
        loop {
            match self.poll_heard(task) {
                Poll::Ready(Ok(Some(Heard::Begun(uris)))) => return Poll::Ready(Ok(uris)),
                Poll::Ready(Ok(Some(_))) => {}
                Poll::Ready(Ok(None)) => return Poll::Ready(Err(Error::internal())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// The next note for the client; none once it has ended, for whatever reason.
    pub(crate) fn poll(&mut self, task: &mut Task<'_>) -> Poll<Option<Note>> {
        loop {
            match self.poll_heard(task) {
                Poll::Ready(Ok(Some(Heard::Note(note)))) => return Poll::Ready(Some(note)),
                Poll::Ready(Ok(Some(_))) => {}
                Poll::Ready(_) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Notes first, so that those that were sent before the end are not lost.
    fn poll_heard(&mut self, task: &mut Task<'_>) -> Poll<Result<Option<Heard>, Error>> {
        loop {
            match self.notes.poll_next(task) {
                Poll::Ready(Some(Out::Note(note))) => return Poll::Ready(Ok(Some(heard(note)))),
                Poll::Ready(Some(_)) => continue,
                Poll::Ready(None) if self.end.is_none() => return Poll::Ready(Ok(None)),
                Poll::Ready(None) | Poll::Pending => {}
            }
            let Some(end) = &mut self.end else { return Poll::Ready(Ok(None)) };
            let ended = catch_unwind(AssertUnwindSafe(|| end.poll_unpin(task)));
            let ended = match ended {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(ended)) => ended.map(|_| ()),
                Err(_) => {
                    let incident = incident_id();
                    tracing::error!(incident, "a call panicked");
                    Err(Error::internal_with_id(&incident))
                }
            };
            self.end = None;
            if let Err(error) = ended {
                return Poll::Ready(Err(error));
            }
        }
    }
}

#[cfg(all(test, feature = "http"))]
impl Listen {
    /// One that was begun already.
    pub(crate) fn of(
        uri: &str,
        notes: Notes,
        end: BoxFuture<'static, Result<Reply, Error>>,
    ) -> Self {
        Self { uri: Some(uri.into()), notes, end: Some(end) }
    }
}

impl fmt::Debug for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listen")
    }
}
