//! From a running request to its answer: one document, or a stream when something streams.

use std::{future::pending, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, future::BoxFuture, stream};
use http::Response;
use tokio::time::{Instant, sleep};
use toolgate_core::{
    Card, Error, Note, Notes, Out, Reply, Running, protocol::RequestId, wire::Wire,
};

use std::sync::Arc;

use super::{
    accept::Accepts,
    admission::Permit,
    answer,
    body::Body,
    legacy::Entry,
    sse::{self, Events, Span},
};
use crate::run::{Failure, contain, until_cancelled};

/// What an answer needs to know of its request.
pub(crate) struct Call {
    pub(crate) id: RequestId,
    pub(crate) card: Arc<Card>,
    pub(crate) accepts: Accepts,
    pub(crate) deadline: Instant,
    /// How long its stream may go on.
    pub(crate) span: Span,
    pub(crate) keep_alive: Duration,
    pub(crate) permit: Permit,
    pub(crate) wire: Wire,
    /// Where the client can cancel it other than by going away.
    pub(crate) entry: Option<Entry>,
}

/// Answers a request that was admitted. A failure that comes before anything went out may still
/// choose the status, so it comes back.
pub(crate) async fn answer(call: Call, running: Running) -> Result<Response<Body>, Failure> {
    let (notes, end) = match running {
        Running::Done(reply) => return Ok(whole(call, &reply)),
        Running::Open { notes, end } => (notes, end),
        _ => return Err(Failure::Error(Error::internal())),
    };
    let (deadline, span) = (call.deadline, call.span);
    let cancelled = call.entry.as_ref().map(|entry| entry.cancelled().clone());
    let end = Box::pin(until_cancelled(cancelled, contain(deadline, move || end)));
    let mut live = Live { call, notes, end, ended: None, done: false };
    let first = if live.call.accepts.stream {
        match live.step().await {
            Step::Note(note) => sse::event(&note.to_message()),
            Step::KeepAlive => sse::KEEP_ALIVE,
            Step::Ended if live.must_stream() => Bytes::new(),
            Step::Ended => return live.whole(),
        }
    } else {
        // There is nowhere for notes to go.
        while !matches!(live.step().await, Step::Ended) {}
        return live.whole();
    };
    let first = stream::iter((!first.is_empty()).then_some(first));
    let rest = stream::unfold(live, |mut live| async { Some((live.next().await?, live)) });
    let body = Body::events(Events::new(first.chain(rest).boxed(), span));
    Ok(answer::events(body))
}

/// A reply that needs no waiting for.
pub(crate) fn whole(call: Call, reply: &Reply) -> Response<Body> {
    let message = call.wire.result(&call.id, reply, &call.card);
    let (json, permit) = (call.accepts.json, call.permit);
    if json {
        answer::json(Body::from(message).holding(permit))
    } else {
        answer::events(Body::from(sse::event(&message)).holding(permit))
    }
}

/// A failure that is an answer.
pub(crate) fn failure(
    wire: &Wire,
    id: &RequestId,
    accepts: Accepts,
    failure: &Failure,
) -> Response<Body> {
    let message = wire.error(Some(id), &failure.error());
    match failure {
        // Nobody waits for it, so it ends without a word where that can be said.
        Failure::Cancelled if accepts.stream => answer::events(Body::empty()),
        _ if accepts.json => answer::json(message.into()),
        _ => answer::events(sse::event(&message).into()),
    }
}

/// A request that is still running.
struct Live {
    call: Call,
    notes: Notes,
    end: BoxFuture<'static, Result<Reply, Failure>>,
    ended: Option<Result<Reply, Failure>>,
    done: bool,
}

enum Step {
    Note(Note),
    KeepAlive,
    Ended,
}

impl Live {
    /// Waits for the next thing to happen.
    ///
    /// The end is looked at first, so that notes without end cannot keep it, and its deadline, from
    /// being seen. Those that were sent before the reply wait then, and go out before it.
    async fn step(&mut self) -> Step {
        loop {
            tokio::select! {
                biased;
                ended = &mut self.end => {
                    self.ended = Some(ended);
                    return Step::Ended;
                }
                out = next(&mut self.notes) => if let Out::Note(note) = out {
                    return Step::Note(note);
                },
                () = sleep(self.call.keep_alive) => return Step::KeepAlive,
            }
        }
    }

    /// Whether a request that has ended is answered with a stream: when notes wait, or the client
    /// takes nothing else. A failure with a status of its own goes before notes that nobody has
    /// seen.
    fn must_stream(&self) -> bool {
        let status = match &self.ended {
            Some(Err(failure)) => failure.status(),
            _ => Some(http::StatusCode::OK),
        };
        status == Some(http::StatusCode::OK) && !(self.call.accepts.json && self.notes.is_empty())
    }

    fn whole(self) -> Result<Response<Body>, Failure> {
        match self.ended {
            Some(Ok(reply)) => Ok(whole(self.call, &reply)),
            Some(Err(failure)) => Err(failure),
            None => Err(Failure::Error(Error::internal())),
        }
    }

    /// The next event; none after the reply.
    async fn next(&mut self) -> Option<Bytes> {
        if self.done {
            return None;
        }
        if self.ended.is_none() {
            match self.step().await {
                Step::Note(note) => return Some(sse::event(&note.to_message())),
                Step::KeepAlive => return Some(sse::KEEP_ALIVE),
                Step::Ended => {}
            }
        }
        while let Some(out) = self.notes.waiting() {
            if let Out::Note(note) = out {
                return Some(sse::event(&note.to_message()));
            }
        }
        self.done = true;
        let message = match self.ended.as_ref()? {
            Ok(reply) => self.call.wire.result(&self.call.id, reply, &self.call.card),
            Err(Failure::Cancelled) => return None,
            Err(failure) => self.call.wire.error(Some(&self.call.id), &failure.error()),
        };
        Some(sse::event(&message))
    }
}

/// The next note, never none: a request without notes still has an end to wait for.
async fn next(notes: &mut Notes) -> Out {
    match notes.next().await {
        Some(out) => out,
        None => pending().await,
    }
}
