//! From a running request to its answer: one document, or a stream when something streams.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, future::BoxFuture, stream};
use http::Response;
use tokio::time::{Instant, sleep};
use toolgate_core::{
    Card, Error, Kind, Notes, Out, Reply, Running, protocol::RequestId, wire::Wire,
};

use std::sync::Arc;

use super::{
    accept::Accepts,
    admission::{Permit, Place},
    answer,
    body::Body,
    legacy::{Entry, Lasting, SessionAsks},
    sse::{self, Events, Span},
};
use crate::{
    legacy::{Farewell, Voice, Word, converse},
    run::{Failure, contain, until_cancelled},
};

/// What an answer needs to know of its request.
pub(crate) struct Call {
    pub(crate) id: RequestId,
    pub(crate) card: Arc<Card>,
    pub(crate) accepts: Accepts,
    pub(crate) deadline: Instant,
    /// How long its stream may go on.
    pub(crate) span: Span,
    /// How long a reader may take nothing, where the stream has no end in time.
    pub(crate) patience: Duration,
    pub(crate) keep_alive: Duration,
    pub(crate) permit: Option<Permit>,
    pub(crate) wire: Wire,
    /// Where the client can cancel it other than by going away.
    pub(crate) entry: Option<Entry>,
    /// Where going away does not cancel it.
    pub(crate) lasting: Option<Lasting>,
    /// Where it can ask its client.
    pub(crate) asks: Option<Box<SessionAsks>>,
}

/// Answers a request that was admitted. A failure that comes before anything went out may still
/// choose the status, so it comes back.
pub(crate) async fn answer(mut call: Call, running: Running) -> Result<Response<Body>, Failure> {
    let lasting = call.lasting.take();
    let asks = call.asks.take();
    let running = match running {
        Running::Done(reply) if asks.is_none() || reply.kind == Kind::Complete => {
            return Ok(whole(call, &reply));
        }
        running => running,
    };
    let live = Live::of(call, running, asks);
    let mut live = live.ok_or_else(|| Failure::Error(Error::internal()))?;
    if let Some(lasting) = lasting {
        return lasting.answer(live).await;
    }
    let first = loop {
        match live.first().await {
            First::Said(said) => match event(said) {
                Some(event) => break event,
                None => continue,
            },
            First::Streams => break Bytes::new(),
            First::Whole => return live.whole(),
        }
    };
    let span = live.call.span;
    let first = stream::iter((!first.is_empty()).then_some(first));
    let rest = stream::unfold(live, |mut live| async {
        loop {
            if let Some(event) = event(live.next().await?) {
                return Some((event, live));
            }
        }
    });
    let body = Body::events(Events::new(first.chain(rest).boxed(), span));
    Ok(answer::events(body))
}

/// How the modern era says it: there is nothing to come back to, so no connection is let go of.
fn event(said: Said) -> Option<Bytes> {
    match said {
        Said::Message(message) | Said::Question(message) => Some(sse::event(&message)),
        Said::Nothing => Some(sse::KEEP_ALIVE),
        Said::Release(_) => None,
    }
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
pub(crate) struct Live {
    pub(crate) call: Call,
    /// Where it is counted, if not by its call's permit.
    place: Option<Place>,
    voice: Voice,
    farewell: Farewell,
    end: BoxFuture<'static, Result<Reply, Failure>>,
    ended: Option<Result<Reply, Failure>>,
    done: bool,
}

/// What a running request says before it is done.
pub(crate) enum Said {
    /// A note, or the reply.
    Message(Bytes),
    /// A question to the client, which the call waits to be answered.
    Question(Bytes),
    /// That it still runs.
    Nothing,
    /// That its client should come back later for the rest.
    Release(Duration),
}

/// What comes first, which decides between document and stream.
pub(crate) enum First {
    /// This, so it is a stream.
    Said(Said),
    /// The end, and it is a stream all the same.
    Streams,
    /// The end, and nothing else.
    Whole,
}

enum Step {
    Said(Said),
    Ended,
}

impl Live {
    /// A request that runs on; none where the service answered in a way that nobody knows.
    pub(crate) fn of(call: Call, running: Running, asks: Option<Box<SessionAsks>>) -> Option<Self> {
        match (running, asks) {
            (running, Some(asks)) => Some(Self::asking(call, *asks, running)),
            (Running::Open { notes, end }, None) => Some(Self::new(call, notes, end)),
            _ => None,
        }
    }

    fn new(call: Call, notes: Notes, end: BoxFuture<'static, Result<Reply, Error>>) -> Self {
        let end = contain(call.deadline, move || end);
        Self::with(call, Voice::Notes(notes), Farewell::default(), end)
    }

    /// One that may ask, and so has no point in time at which it has to be over.
    fn asking(mut call: Call, mut asks: SessionAsks, running: Running) -> Self {
        call.span = Span::WhileRead(call.patience);
        let place = Some(asks.side.take(call.permit.take()));
        let farewell = asks.farewell.clone();
        let (says, voice) = Voice::dialogue();
        let end = converse(asks, running, call.deadline, says);
        Self { place, ..Self::with(call, voice, farewell, end) }
    }

    fn with(
        call: Call,
        voice: Voice,
        farewell: Farewell,
        end: impl Future<Output = Result<Reply, Failure>> + Send + 'static,
    ) -> Self {
        let cancelled = call.entry.as_ref().map(|entry| entry.cancelled().clone());
        let end = Box::pin(until_cancelled(cancelled, end));
        Self { call, place: None, voice, farewell, end, ended: None, done: false }
    }

    /// Waits for what comes first. Where the client takes no stream, that is the end: there is
    /// nowhere for notes to go.
    pub(crate) async fn first(&mut self) -> First {
        loop {
            match self.step().await {
                Step::Said(said) if self.call.accepts.stream => return First::Said(said),
                Step::Said(_) => {}
                Step::Ended if self.call.accepts.stream && self.must_stream() => {
                    return First::Streams;
                }
                Step::Ended => return First::Whole,
            }
        }
    }

    /// Waits for the next thing to happen. Cancel-safe.
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
                word = self.voice.next() => if let Some(said) = said(word) {
                    return Step::Said(said);
                },
                () = sleep(self.call.keep_alive) => return Step::Said(Said::Nothing),
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
        status == Some(http::StatusCode::OK) && !(self.call.accepts.json && self.voice.is_empty())
    }

    /// The end as one document.
    pub(crate) fn whole(self) -> Result<Response<Body>, Failure> {
        let Self { mut call, place, ended, .. } = self;
        call.permit = call.permit.or_else(|| place?.take());
        match ended {
            Some(Ok(reply)) => Ok(whole(call, &reply)),
            Some(Err(failure)) => Err(failure),
            None => Err(Failure::Error(Error::internal())),
        }
    }

    /// What is said next; none after the reply. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Said> {
        if self.done {
            return None;
        }
        if self.ended.is_none()
            && let Step::Said(said) = self.step().await
        {
            return Some(said);
        }
        while let Some(word) = self.voice.waiting() {
            if let Some(said) = said(word) {
                return Some(said);
            }
        }
        if let Some(note) = self.farewell.next() {
            return Some(Said::Message(note));
        }
        self.done = true;
        let message = match self.ended.as_ref()? {
            Ok(reply) => self.call.wire.result(&self.call.id, reply, &self.call.card),
            Err(Failure::Cancelled) => return None,
            Err(failure) => self.call.wire.error(Some(&self.call.id), &failure.error()),
        };
        Some(Said::Message(message))
    }

    /// Whether it waits for answers of its client.
    pub(crate) fn is_asking(&self) -> bool {
        self.farewell.is_asking()
    }

    /// Whether what was said last was the last of all.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }
}

fn said(word: Word) -> Option<Said> {
    match word {
        Word::Question(message) => Some(Said::Question(message)),
        Word::Out(Out::Note(note)) => Some(Said::Message(note.to_message())),
        Word::Out(Out::ReleaseConnection(after)) => Some(Said::Release(after)),
        Word::Out(_) => None,
    }
}
