//! Reading what a refused client still sends.
//!
//! hyper closes a connection whose request was not read to its end, and a client that is still
//! writing then reports a broken pipe instead of the refusal. A login that starts with a 401 would
//! never start. So a task reads on while the answer is on its way, within bounds.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::timeout};

use super::{limits::Limits, read::Inbound};

#[derive(Debug)]
pub(crate) struct Discards {
    free: Arc<Semaphore>,
    bytes: u64,
    time: Duration,
}

impl Discards {
    pub(crate) fn new(limits: &Limits) -> Self {
        let free = Arc::new(Semaphore::new(limits.discards.min(Semaphore::MAX_PERMITS)));
        Self { free, bytes: limits.discard_bytes, time: limits.discard_time }
    }

    /// Reads the rest of a body in a task of its own. With too many such tasks the body is dropped,
    /// and its connection with it.
    pub(crate) fn take(&self, body: Inbound) {
        let Ok(permit) = self.free.clone().try_acquire_owned() else { return };
        let (bytes, time) = (self.bytes, self.time);
        tokio::spawn(async move {
            // Whether it ended by itself or by the clock, nothing is left to do.
            let _ = timeout(time, body.discard(bytes)).await;
            drop(permit);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
        task::Poll,
    };

    use bytes::Bytes;
    use futures::{StreamExt, stream};
    use http::HeaderMap;
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    /// A body that never comes, and holds on to something.
    fn silent(held: &Arc<()>) -> Inbound {
        let held = held.clone();
        let never = stream::poll_fn(move |_| {
            let _held = &held;
            Poll::<Option<Result<Frame<Bytes>, Infallible>>>::Pending
        });
        Inbound::new(&HeaderMap::new(), StreamBody::new(never))
    }

    #[tokio::test(start_paused = true)]
    async fn tasks_are_few_and_end_by_the_clock() {
        let limits = Limits::default().discards(2);
        let (discards, held) = (Discards::new(&limits), Arc::new(()));
        for _ in 0..5 {
            discards.take(silent(&held));
        }
        assert_eq!(Arc::strong_count(&held), 1 + 2, "the others are dropped at once");
        assert_eq!(discards.free.available_permits(), 0);
        let all = timeout(2 * limits.discard_time, discards.free.acquire_many(2)).await;
        assert!(all.is_ok(), "both tasks ended");
    }

    #[tokio::test]
    async fn no_more_is_read_than_the_bound() {
        let pieces = Arc::new(AtomicUsize::new(0));
        let count = pieces.clone();
        let sent = stream::iter(0..10_000).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Frame::data(&b"1234"[..]))
        });
        let discards = Discards::new(&Limits::default().discards(1).discard_bytes(4000));
        discards.take(Inbound::new(&HeaderMap::new(), StreamBody::new(sent)));
        let ended = discards.free.acquire().await;
        assert!(ended.is_ok());
        assert_eq!(pieces.load(Ordering::Relaxed), 1001);
    }
}
