//! Event streams (HTML, section 9.2): how messages are written, and a body that ends in time even
//! when nobody reads it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use bytes::{BufMut, Bytes, BytesMut};
use futures::{StreamExt, stream::BoxStream};
use tokio::{
    task::AbortHandle,
    time::{Instant, sleep_until},
};
use toolgate_core::{BoxError, legacy::EventId};

use super::activity::Busy;

/// A comment, which clients ignore and idle connections live on.
pub(crate) const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");
/// How long after its time a stream still has to tell its reader how it ends.
const GRACE: Duration = Duration::from_secs(1);

/// One message as an event. A line break, which JSON may have between its tokens, would end the
/// event, so each line is a `data` field of its own.
pub(crate) fn event(message: &[u8]) -> Bytes {
    named(None, message)
}

/// The same, with an id to come back to. One without data names a place, and says nothing.
pub(crate) fn named(id: Option<EventId>, message: &[u8]) -> Bytes {
    let mut text = BytesMut::with_capacity(message.len() + if id.is_some() { 96 } else { 32 });
    if !message.is_empty() {
        text.put_slice(b"event: message\n");
    }
    if let Some(id) = id {
        text.put_slice(format!("id: {id}\n").as_bytes());
    }
    for line in message.split(|byte| matches!(byte, b'\n' | b'\r')) {
        text.put_slice(b"data: ");
        text.put_slice(line);
        text.put_u8(b'\n');
    }
    text.put_u8(b'\n');
    text.freeze()
}

/// When to come back after the connection was let go of.
pub(crate) fn retry(after: Duration) -> Bytes {
    format!("retry: {}\n\n", after.as_millis()).into()
}

/// How long a stream may go on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Span {
    /// Until a point in time.
    Until(Instant),
    /// For as long as its reader takes something within this time; there is a keep-alive to take.
    WhileRead(Duration),
}

impl Span {
    /// Until when a reader is waited for that takes nothing.
    pub(crate) fn patience(self) -> Instant {
        match self {
            Self::Until(deadline) => deadline + GRACE,
            Self::WhileRead(patience) => Instant::now() + patience,
        }
    }
}

/// The body of an event stream.
///
/// hyper does not poll a body while its reader is slow, so the stream cannot watch the clock by
/// itself: a task ends it, and with it the call, when its time is over.
pub(crate) struct Events {
    slot: Arc<Mutex<Option<Source>>>,
    reaper: AbortHandle,
    ended: bool,
}

struct Source {
    events: BoxStream<'static, Bytes>,
    busy: Option<Busy>,
    /// When its reader last asked for more.
    polled: Instant,
}

impl Events {
    pub(crate) fn new(events: BoxStream<'static, Bytes>, span: Span) -> Self {
        let polled = Instant::now();
        let slot = Arc::new(Mutex::new(Some(Source { events, busy: None, polled })));
        let reaper = tokio::spawn(reap(Arc::downgrade(&slot), span));
        Self { slot, reaper: reaper.abort_handle(), ended: false }
    }

    pub(crate) fn keep_busy(&self, busy: Busy) {
        if let Some(source) = &mut *self.slot.lock().unwrap_or_else(PoisonError::into_inner) {
            source.busy = Some(busy);
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let next = match &mut *self.slot.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(source) => {
                source.polled = Instant::now();
                source.events.poll_next_unpin(cx)
            }
            None => return Poll::Ready(Some(Err("the stream's time is over".into()))),
        };
        if let Poll::Ready(None) = next {
            self.ended = true;
            self.reaper.abort();
            drop(take(&self.slot));
        }
        next.map(|event| event.map(Ok))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.reaper.abort();
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

/// Drops a stream whose time is over.
async fn reap(watched: Weak<Mutex<Option<Source>>>, span: Span) {
    let patience = match span {
        Span::Until(deadline) => {
            sleep_until(deadline + GRACE).await;
            None
        }
        Span::WhileRead(patience) => Some(patience),
    };
    while let Some(slot) = watched.upgrade() {
        let read = slot.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|it| it.polled);
        let until = patience.zip(read).map(|(patience, read)| read + patience);
        let Some(until) = until.filter(|until| *until > Instant::now()) else {
            drop(take(&slot));
            return;
        };
        drop(slot);
        sleep_until(until).await;
    }
}

fn take(slot: &Mutex<Option<Source>>) -> Option<Source> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_event_whatever_its_lines() {
        assert_eq!(event(b"{\"a\":1}"), "event: message\ndata: {\"a\":1}\n\n");
        assert_eq!(event(b"{\n\"a\":\r1}"), "event: message\ndata: {\ndata: \"a\":\ndata: 1}\n\n");
    }

    #[test]
    fn an_event_has_an_id_where_it_can_be_come_back_to() {
        let id = EventId::parse("0123456789abcdef0123456789abcdef-7");
        let line = "id: 0123456789abcdef0123456789abcdef-7\n";
        assert_eq!(named(id, b"{}"), format!("event: message\n{line}data: {{}}\n\n"));
        assert_eq!(named(id, b""), format!("{line}data: \n\n"));
        assert_eq!(retry(Duration::from_millis(1500)), "retry: 1500\n\n");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_nobody_reads_is_dropped_in_time() {
        let (alive, gone) = tokio::sync::oneshot::channel::<()>();
        let events = futures::stream::pending().chain(futures::stream::once(async move {
            drop(alive);
            Bytes::new()
        }));
        let events =
            Events::new(events.boxed(), Span::Until(Instant::now() + Duration::from_secs(5)));
        let gone = tokio::time::timeout(Duration::from_secs(60), gone).await;
        assert!(gone.unwrap().is_err(), "dropped with the stream");
        assert!(take(&events.slot).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_lasts_for_as_long_as_it_is_read() {
        let (alive, mut gone) = tokio::sync::oneshot::channel::<()>();
        let events =
            futures::stream::unfold(alive, |alive| async move { Some((KEEP_ALIVE, alive)) });
        let mut events = Events::new(events.boxed(), Span::WhileRead(Duration::from_secs(5)));
        for _ in 0..10 {
            tokio::time::advance(Duration::from_secs(4)).await;
            let read = std::future::poll_fn(|cx| events.poll(cx)).await;
            assert!(read.is_some_and(|event| event.is_ok()));
        }
        assert!(
            gone.try_recv().is_err_and(|it| it == tokio::sync::oneshot::error::TryRecvError::Empty)
        );
        let gone = tokio::time::timeout(Duration::from_secs(60), gone).await;
        assert!(gone.unwrap().is_err(), "dropped when nobody reads any more");
    }
}
