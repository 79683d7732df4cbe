//! A call that outlives its connection (2025-11-25, transports: a disconnect "SHOULD NOT be
//! interpreted as the client cancelling its request"). It runs in a task of its own; what it says is
//! kept, and told to whoever reads its stream at the time.

use std::{future::pending, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt, stream, stream::BoxStream};
use http::Response;
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::sleep_until,
};
use toolgate_core::{
    Error,
    legacy::{Replay, SessionKey, StreamKind},
    protocol::legacy::Revision,
};
use tracing::Instrument;

use super::{
    super::{
        answer,
        body::Body,
        reply::{First, Live, Said},
        sse::{self, Events, Span},
    },
    keep::Keep,
    readers::{Open, Readers, Return},
};
use crate::run::Failure;

/// Events that wait for a reader before the call does, too.
pub(super) const AHEAD: usize = 4;

/// What a call needs so that it outlives its connection.
pub(crate) struct Lasting {
    pub(super) of: Arc<SessionKey>,
    pub(super) revision: Revision,
    pub(super) keep: Keep,
    pub(super) readers: Readers,
}

/// What the connection of a call hears of it.
enum Begun {
    Whole(Box<Live>),
    Stream(mpsc::Receiver<Bytes>),
}

impl Lasting {
    /// Answers a request that runs on whatever becomes of its connection.
    pub(crate) async fn answer(self, live: Live) -> Result<Response<Body>, Failure> {
        let span = live.call.span;
        let (tell, told) = oneshot::channel();
        tokio::spawn(self.run(live, tell).in_current_span());
        match told.await {
            Ok(Begun::Whole(live)) => live.whole(),
            Ok(Begun::Stream(events)) => Ok(streamed(Vec::new(), events, span)),
            Err(_) => Err(Failure::Error(Error::internal())),
        }
    }

    async fn run(self, mut live: Live, tell: oneshot::Sender<Begun>) {
        let first = loop {
            match live.first().await {
                // It is no stream yet, so there is nothing to let go of.
                First::Said(Said::Release(_)) if !self.can_release() => {}
                // Nobody knows of a stream to come back to, so what it says is lost on everybody, and
                // what it asks would never be answered.
                First::Said(Said::Question(_)) if tell.is_closed() => return,
                First::Said(_) if tell.is_closed() => {}
                First::Said(said) => break Some(said),
                First::Streams => break None,
                First::Whole => {
                    let _ = tell.send(Begun::Whole(Box::new(live)));
                    return;
                }
            }
        };
        let (reader, events) = mpsc::channel(AHEAD);
        let stream = self.keep.open(&self.of, StreamKind::Reply).await;
        let open = stream.map(|stream| self.readers.enter(stream, self.of.clone()));
        let span = live.call.span;
        let mut flow = Flow { call: self, reader: Some(reader), open, span };
        flow.prime().await;
        if tell.send(Begun::Stream(events)).is_err() {
            flow.end().await;
        }
        flow.all(first, &mut live).await;
        flow.end().await;
    }

    /// Before 2025-11-25 a stream was not to be closed before its reply was in it.
    fn can_release(&self) -> bool {
        self.revision >= Revision::November2025
    }
}

/// Events as the answer to whoever reads them: what was missed, then what comes.
pub(super) fn streamed(
    missed: Vec<Bytes>,
    events: mpsc::Receiver<Bytes>,
    span: Span,
) -> Response<Body> {
    let coming =
        stream::unfold(events, |mut events| async { Some((events.recv().await?, events)) });
    let events: BoxStream<'static, Bytes> = match missed.is_empty() {
        true => coming.boxed(),
        false => stream::iter(missed).chain(coming).boxed(),
    };
    answer::events(Body::events(Events::new(events, span)))
}

/// A stream, and who reads it now.
struct Flow {
    call: Lasting,
    reader: Option<mpsc::Sender<Bytes>>,
    open: Option<Open>,
    span: Span,
}

impl Flow {
    /// Names the beginning of the stream, so that it can be come back to before anything was said.
    /// Clients of earlier revisions would read the empty event as a message.
    async fn prime(&mut self) {
        let (true, Some(open)) = (self.call.can_release(), &self.open) else { return };
        let id = self.call.keep.append(&self.call.of, open.stream, &Bytes::new()).await;
        if let (Some(_), Some(reader)) = (id, &self.reader) {
            let _ = reader.try_send(sse::named(id, b""));
        }
    }

    /// Tells what the call says, to its end, or until it asks what nobody will ever answer.
    async fn all(&mut self, first: Option<Said>, live: &mut Live) {
        let mut next = match first {
            Some(said) => Some(said),
            None => self.next(live).await,
        };
        while let Some(said) = next {
            let asks = matches!(said, Said::Question(_));
            let told = self.say(said).await;
            if !told && (asks || live.is_done()) && self.open.is_some() {
                // Whoever comes back is told at least that there is no reply to come.
                let lost = live.call.wire.error(Some(&live.call.id), &Error::internal());
                tracing::warn!("a message could neither be sent nor kept; events: its bounds");
                self.tell(&lost).await;
            }
            let alone = self.open.is_none() && self.reader.is_none();
            if (asks && !told) || (alone && live.is_asking()) {
                return;
            }
            next = self.next(live).await;
        }
    }

    /// What the call says next, while clients come back.
    async fn next(&mut self, live: &mut Live) -> Option<Said> {
        loop {
            tokio::select! {
                biased;
                back = returning(&mut self.open) => {
                    self.let_in(back).await;
                }
                said = live.next() => return said,
            }
        }
    }

    /// Whether it reached somebody, or will.
    async fn say(&mut self, said: Said) -> bool {
        match said {
            Said::Message(message) | Said::Question(message) => return self.tell(&message).await,
            Said::Nothing => {
                // One that has events to read needs no comment.
                let sent = self.reader.as_ref().map(|it| it.try_send(sse::KEEP_ALIVE));
                if let Some(Err(TrySendError::Closed(_))) = sent {
                    self.reader = None;
                }
            }
            Said::Release(after) if self.call.can_release() && self.open.is_some() => {
                self.send(sse::retry(after), false).await;
                self.reader = None;
            }
            Said::Release(_) => {}
        }
        true
    }

    async fn tell(&mut self, message: &Bytes) -> bool {
        let (keep, of) = (&self.call.keep, &self.call.of);
        let mut id = None;
        if let Some(open) = &self.open {
            id = keep.append(of, open.stream, message).await;
        }
        self.send(sse::named(id, message), id.is_some()).await;
        id.is_some() || self.reader.is_some()
    }

    /// Gives its reader an event. Who comes back meanwhile reads in its place; who does not read in
    /// time may come back.
    async fn send(&mut self, event: Bytes, is_kept: bool) {
        let until = self.span.patience();
        while let Some(reader) = &self.reader {
            tokio::select! {
                biased;
                sent = reader.send(event.clone()) => {
                    if sent.is_err() {
                        self.reader = None;
                    }
                    return;
                }
                back = returning(&mut self.open) => {
                    if self.let_in(back).await && is_kept {
                        // It is among what was missed.
                        return;
                    }
                }
                () = sleep_until(until) => self.reader = None,
            }
        }
    }

    /// From now on this client reads. The one before it is most often a connection that broke
    /// without a word, and each message goes to one place only. Whether it does read: otherwise the
    /// one before it goes on.
    async fn let_in(&mut self, back: Return) -> bool {
        let replay = self.call.keep.replay(&self.call.of, back.after).await;
        let missed = replay.map(|replay| missed(replay).collect());
        let known = missed.is_some();
        let is_in = back.missed.send(missed).is_ok() && known;
        if is_in {
            self.reader = Some(back.reader);
        }
        is_in
    }

    /// From now on nobody comes back, and nobody reads.
    async fn end(&mut self) {
        if let Some(open) = self.open.take() {
            self.call.keep.end(&self.call.of, open.stream).await;
        }
        self.reader = None;
    }
}

/// What a client has missed that comes back.
pub(super) fn missed(replay: Replay) -> impl Iterator<Item = Bytes> {
    let events = replay.events.into_iter().filter(|(_, data)| !data.is_empty());
    events.map(|(id, data)| sse::named(Some(id), &data))
}

async fn returning(open: &mut Option<Open>) -> Return {
    match open {
        Some(open) => open.next().await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
