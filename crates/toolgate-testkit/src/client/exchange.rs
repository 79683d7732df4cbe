//! A request under way: its notes, then its reply.

use std::{fmt, future::ready, pin::pin};

use futures::future::{Either, select};
use toolgate_core::{BoxFuture, Error, Note, Notes, Out, Reply, Running};

use super::promise::Promise;

/// A request that the server has admitted. Dropping it cancels the request.
///
/// The request runs while one of the two methods is awaited, and only then: it has no task of its
/// own.
pub struct Exchange {
    notes: Notes,
    end: End,
    promise: Option<Promise>,
}

enum End {
    Running(BoxFuture<'static, Result<Reply, Error>>),
    Ended(Result<Reply, Error>),
}

impl Exchange {
    pub(super) fn new(running: Running, promise: Option<Promise>) -> Self {
        let (notes, end) = match running {
            Running::Done(reply) => (Notes::none(), End::Ended(Ok(reply))),
            Running::Open { notes, end } => (notes, End::Running(end)),
            // The rest is not known yet; it ends as a failure of ours rather than in silence.
            _ => (Notes::none(), End::Running(Box::pin(ready(Err(Error::internal()))))),
        };
        Self { notes, end, promise }
    }

    /// The next note; none once no more can come before the reply. Cancel-safe.
    pub async fn next_note(&mut self) -> Option<Note> {
        loop {
            if let Out::Note(note) = self.next().await? {
                return Some(note);
            }
        }
    }

    async fn next(&mut self) -> Option<Out> {
        let Self { notes, end, .. } = self;
        if let End::Running(running) = end {
            // Notes first: they were sent before the request ended. Without any, the end is still
            // to be waited for.
            let note = pin!(async { notes.next().await });
            let ended = match select(note, &mut *running).await {
                Either::Left((Some(out), _)) => return Some(out),
                Either::Left((None, _)) => running.await,
                Either::Right((ended, _)) => ended,
            };
            *end = End::Ended(ended);
        }
        notes.waiting()
    }

    /// The reply. Notes that come before it are taken and dropped, so that the server does not
    /// find its reader gone.
    ///
    /// # Errors
    /// The error of the request.
    ///
    /// # Panics
    /// When the answer of a tool breaks the output schema of the tool.
    pub async fn reply(mut self) -> Result<Reply, Error> {
        while self.next().await.is_some() {}
        let reply = match self.end {
            End::Running(end) => end.await,
            End::Ended(ended) => ended,
        }?;
        if let Some(promise) = self.promise {
            promise.hold(&reply).await;
        }
        Ok(reply)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = matches!(self.end, End::Ended(_));
        f.debug_struct("Exchange").field("ended", &ended).finish_non_exhaustive()
    }
}
