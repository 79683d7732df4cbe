//! How an author's code runs, for items of every kind: bounded in time, its panics contained, its
//! hidden causes masked.

use std::{
    future::{Future, poll_fn},
    panic::AssertUnwindSafe,
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};

use futures::FutureExt;
use tokio::time::timeout;
use toolgate_core::{BoxFuture, Context, Error, Notes, Reply, Running, protocol::code};

use crate::{
    access::Item,
    ask::desk::Round,
    failure::{Failure, Result as ToolResult},
    incident::incident,
};

/// What the author's code came to.
pub(crate) enum Ended<T> {
    /// An answer.
    Done(T),
    /// Words for the caller.
    Said(String),
    /// A question to the client.
    Asks(Reply),
}

/// Starts work and goes on until it waits for the first time. What does not wait answers without a
/// channel.
pub(crate) async fn start<R>(cx: Context, work: impl FnOnce(Context) -> R) -> Result<Running, Error>
where
    R: Future<Output = Result<Reply, Error>> + Send + 'static,
{
    let (cx, notes) = if cx.meta().wants_notes() { cx.streaming() } else { (cx, Notes::none()) };
    let mut end: BoxFuture<'static, _> = Box::pin(work(cx));
    match poll_fn(|task| Poll::Ready(Pin::new(&mut end).poll(task))).await {
        Poll::Ready(reply) if notes.is_empty() => reply.map(Running::Done),
        Poll::Ready(reply) => Ok(Running::Open { notes, end: Box::pin(std::future::ready(reply)) }),
        Poll::Pending => Ok(Running::Open { notes, end }),
    }
}

/// Runs an author's handler once. Without a round it may not ask.
///
/// # Errors
/// What the handler says as an error of the protocol, and an incident's id where it hides its
/// failure or panics.
pub(crate) async fn run<T, R>(
    item: Item<'_>,
    limit: Option<Duration>,
    cx: Context,
    round: Option<&Round>,
    handler: impl FnOnce(Context) -> R,
) -> Result<Ended<T>, Error>
where
    R: Future<Output = ToolResult<T>>,
{
    let Item { kind, name, .. } = item;
    let cx = match limit.and_then(|limit| Instant::now().checked_add(limit)) {
        Some(deadline) => cx.with_deadline(deadline),
        None => cx,
    };
    // Calling the handler runs the author's code too. A panic is a failure of this request alone:
    // what items share, they share behind their own locks.
    let call = AssertUnwindSafe(async { handler(cx.clone()).await }).catch_unwind();
    let ended = match limit {
        None => call.await,
        Some(limit) => match timeout(limit, call).await {
            Ok(ended) => ended,
            Err(_) => {
                let seconds = limit.as_secs_f64();
                return Ok(Ended::Said(format!("the {kind} did not finish within {seconds} s")));
            }
        },
    };
    match ended {
        Ok(Ok(answer)) => Ok(Ended::Done(answer)),
        Ok(Err(error)) => failed(item, error.into_failure(), &cx, round),
        Err(_) => Err(incident(name, &format!("the {kind} panicked"))),
    }
}

/// The error that says an author's words, for kinds whose results have no place for them.
pub(crate) fn said(words: String) -> Error {
    Error::new(code::INTERNAL_ERROR, words)
}

fn failed<T>(
    item: Item<'_>,
    failure: Failure,
    cx: &Context,
    round: Option<&Round>,
) -> Result<Ended<T>, Error> {
    match failure {
        Failure::Shown(words) => Ok(Ended::Said(words)),
        Failure::Hidden(error) => Err(incident(item.name, &error)),
        Failure::Protocol(error) => Err(error),
        Failure::Asks(question) => match round {
            Some(round) => round.put(question, cx).map(Ended::Asks),
            // The protocol has questions for tools, resources and prompts alone.
            None => Err(incident(item.name, "it asks where nothing can be asked")),
        },
    }
}
