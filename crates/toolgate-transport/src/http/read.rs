//! Reading a request's body, bounded in bytes and in time.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use tokio::time::timeout;

/// A body that a client is sending.
pub(crate) struct Inbound {
    body: UnsyncBoxBody<Bytes, Broken>,
    /// How long it is, where that is known.
    expected: Option<u64>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Untouched,
    /// Some was read and not kept, so the rest is of no use.
    Spoilt,
    Ended,
}

/// The client went away, or broke its framing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    TooSlow,
    Broken,
}

impl Inbound {
    pub(crate) fn new<B>(headers: &HeaderMap, body: B) -> Self
    where
        B: Body<Data: Buf> + Send + 'static,
    {
        let length = headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        let expected = length.or_else(|| body.size_hint().exact());
        let state = if body.is_end_stream() { State::Ended } else { State::Untouched };
        let whole = |mut data: B::Data| data.copy_to_bytes(data.remaining());
        let body = body.map_frame(move |frame| frame.map_data(whole)).map_err(|_| Broken);
        Self { body: body.boxed_unsync(), expected, state }
    }

    /// Whether the client has sent all there is.
    pub(crate) fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Whether it is known to have no more than `bytes`, and none were taken from it.
    pub(crate) fn is_small(&self, bytes: u64) -> bool {
        self.state == State::Untouched && self.expected.is_some_and(|length| length <= bytes)
    }

    /// Reads all of it. One that says it is too large is not read at all.
    pub(crate) async fn read(&mut self, limit: usize, within: Duration) -> Result<Bytes, Unread> {
        if self.expected.is_some_and(|length| length > limit as u64) {
            return Err(Unread::TooLarge);
        }
        if self.is_ended() {
            return Ok(Bytes::new());
        }
        self.state = State::Spoilt;
        timeout(within, self.collect(limit)).await.unwrap_or(Err(Unread::TooSlow))
    }

    async fn collect(&mut self, limit: usize) -> Result<Bytes, Unread> {
        // Most bodies come in one piece, which then needs no copy.
        let (mut first, mut more) = (Bytes::new(), BytesMut::new());
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|Broken| {
                self.state = State::Ended;
                Unread::Broken
            })?;
            let Ok(data) = frame.into_data() else { continue };
            if data.len() > limit - first.len().max(more.len()) {
                return Err(Unread::TooLarge);
            }
            if first.is_empty() && more.is_empty() {
                first = data;
            } else {
                if more.is_empty() {
                    more.extend_from_slice(&first);
                }
                more.extend_from_slice(&data);
            }
        }
        self.state = State::Ended;
        Ok(if more.is_empty() { first } else { more.freeze() })
    }

    /// Reads on and keeps nothing, until the end or the bound.
    pub(crate) async fn discard(mut self, bytes: u64) {
        let mut left = bytes;
        while let Some(Ok(frame)) = self.body.frame().await {
            let size = frame.data_ref().map_or(0, |data| data.len() as u64);
            match left.checked_sub(size) {
                Some(less) => left = less,
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use futures::{StreamExt, stream};
    use http_body::Frame;
    use http_body_util::{Full, StreamBody};

    use super::*;

    const SOON: Duration = Duration::from_secs(1);

    fn pieces(pieces: &'static [&'static str], ends: bool) -> Inbound {
        let data = |text: &'static str| Ok::<_, Infallible>(Frame::data(text.as_bytes()));
        let sent = stream::iter(pieces.iter().copied().map(data));
        let rest = if ends { stream::empty().boxed() } else { stream::pending().boxed() };
        Inbound::new(&HeaderMap::new(), StreamBody::new(sent.chain(rest)))
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_are_read_up_to_the_limit() {
        let rows: &[(&[&str], bool, Result<&str, Unread>)] = &[
            (&[], true, Ok("")),
            (&["1234"], true, Ok("1234")),
            (&["12", "", "34"], true, Ok("1234")),
            (&["12345"], true, Err(Unread::TooLarge)),
            (&["12", "34", "5"], false, Err(Unread::TooLarge)),
            (&["12"], false, Err(Unread::TooSlow)),
        ];
        for (sent, ends, expected) in rows {
            let mut body = pieces(sent, *ends);
            let read = timeout(2 * SOON, body.read(4, SOON)).await.expect("it ends");
            assert_eq!(read, expected.map(|text| Bytes::from_static(text.as_bytes())), "{sent:?}");
            assert_eq!(body.is_ended(), expected.is_ok(), "{sent:?}");
            assert!(!body.is_small(4));
        }
    }

    #[tokio::test]
    async fn what_says_it_is_too_large_is_not_touched() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, 5.into());
        let mut body = Inbound::new(
            &headers,
            StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>()),
        );
        assert_eq!(body.read(4, SOON).await, Err(Unread::TooLarge));
        assert!(body.is_small(5) && !body.is_small(4));
        let full = Inbound::new(&HeaderMap::new(), Full::new(Bytes::from_static(b"12345")));
        assert!(full.is_small(5) && !full.is_small(4));
    }

    #[tokio::test]
    async fn discarding_ends_at_the_bound() {
        let pieces = Arc::new(AtomicUsize::new(0));
        let count = pieces.clone();
        let sent = stream::iter(0..10_000).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Frame::data(&b"1234"[..]))
        });
        Inbound::new(&HeaderMap::new(), StreamBody::new(sent)).discard(4000).await;
        assert_eq!(pieces.load(Ordering::Relaxed), 1001);
    }
}
