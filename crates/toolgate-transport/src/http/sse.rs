//! Event streams (HTML, section 9.2): how messages are written, and a body that ends in time even
//! when nobody reads it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::{BufMut, Bytes, BytesMut};
use futures::{StreamExt, stream::BoxStream};
use tokio::{
    task::AbortHandle,
    time::{Instant, sleep_until},
};
use toolgate_core::BoxError;

use super::conn::Busy;

/// A comment, which clients ignore and idle connections live on.
pub(crate) const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");
/// How long after its time a stream still has to tell its reader why it ends.
const GRACE: Duration = Duration::from_secs(1);

/// One message as an event. A line break, which JSON may have between its tokens, would end the
/// event, so each line is a `data` field of its own.
pub(crate) fn event(message: &[u8]) -> Bytes {
    let mut text = BytesMut::with_capacity(message.len() + 32);
    text.put_slice(b"event: message\n");
    for line in message.split(|byte| matches!(byte, b'\n' | b'\r')) {
        text.put_slice(b"data: ");
        text.put_slice(line);
        text.put_u8(b'\n');
    }
    text.put_u8(b'\n');
    text.freeze()
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
}

impl Events {
    pub(crate) fn new(events: BoxStream<'static, Bytes>, deadline: Instant) -> Self {
        let slot = Arc::new(Mutex::new(Some(Source { events, busy: None })));
        let watched = Arc::downgrade(&slot);
        let reaper = tokio::spawn(async move {
            sleep_until(deadline + GRACE).await;
            drop(watched.upgrade().and_then(|slot| take(&slot)));
        });
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
            Some(source) => source.events.poll_next_unpin(cx),
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

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_nobody_reads_is_dropped_in_time() {
        let (alive, gone) = tokio::sync::oneshot::channel::<()>();
        let events = futures::stream::pending().chain(futures::stream::once(async move {
            drop(alive);
            Bytes::new()
        }));
        let events = Events::new(events.boxed(), Instant::now() + Duration::from_secs(5));
        let gone = tokio::time::timeout(Duration::from_secs(60), gone).await;
        assert!(gone.unwrap().is_err(), "dropped with the stream");
        assert!(take(&events.slot).is_none());
    }
}
