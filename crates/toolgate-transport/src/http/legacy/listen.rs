//! One thing that a session listens to: a request of the modern era, made in the owner's name, whose
//! notes go to the session's own stream.

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
};

use crate::run::{Failure, contain};

/// A request that listens. Polled by whoever reads the session's stream, so it costs no task.
pub(super) struct Listen {
    /// The resource; none where it is lists.
    pub(super) uri: Option<Box<str>>,
    notes: Notes,
    end: Option<BoxFuture<'static, Result<Reply, Error>>>,
}

impl Listen {
    /// Asks the service to listen.
    pub(super) async fn begin(
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

    /// Waits until the service says which resources it watches.
    pub(super) async fn begun(&mut self, deadline: Instant) -> Result<Vec<String>, Failure> {
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
    pub(super) fn poll(&mut self, task: &mut Task<'_>) -> Poll<Option<Note>> {
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

#[cfg(test)]
impl Listen {
    /// One that was begun already.
    pub(super) fn of(
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
