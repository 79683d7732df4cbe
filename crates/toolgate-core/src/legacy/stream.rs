//! Streams of a session and the events in them, by name: a client that lost its connection asks for
//! what comes after an event.

use std::fmt;

use bytes::Bytes;

use super::{Owner, SessionId};

/// Whose streams are kept together: a session, and its owner. Neither is enough alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SessionKey {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub owner: Owner,
}

impl SessionKey {
    /// A session of an owner.
    pub fn new(id: SessionId, owner: Owner) -> Self {
        Self { id, owner }
    }
}

/// A stream: 128 bits from the system's generator, so that nobody meets one by guessing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamId(u128);

/// Digits of a [`StreamId`] in hexadecimal.
const DIGITS: usize = 32;

impl StreamId {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no random numbers to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0u8; 16];
        getrandom::getrandom(&mut bytes)?;
        Ok(Self(u128::from_be_bytes(bytes)))
    }

    /// One as it is written; none where that is no such id.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != DIGITS || !plain {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(Self)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

// Like a session's id it proves nothing, and has no business in a log.
impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamId(..)")
    }
}

/// An event: its stream, and which one of it (2025-11-25, transports, "Resumability": unique in the
/// session, and telling of which stream it is). Written `<stream>-<number>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct EventId {
    /// The stream.
    pub stream: StreamId,
    /// Later ones are greater.
    pub number: u64,
}

impl EventId {
    /// An event of a stream.
    pub fn new(stream: StreamId, number: u64) -> Self {
        Self { stream, number }
    }

    /// One as a client sent it; none where it is not as they are written here.
    pub fn parse(text: &str) -> Option<Self> {
        let (stream, number) = text.split_once('-')?;
        let plain = number.bytes().all(|byte| byte.is_ascii_digit());
        let zeroed = number.len() > 1 && number.starts_with('0');
        let number = number.parse().ok().filter(|_| plain && !zeroed)?;
        Some(Self { stream: StreamId::parse(stream)?, number })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.stream, self.number)
    }
}

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamKind {
    /// The answer to one request, and what comes before it. It ends.
    Reply,
    /// The session's own: what belongs to no request.
    Session,
}

/// What comes after an event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Replay {
    /// What the stream is for.
    pub kind: StreamKind,
    /// The later events that are still kept, in order. One without data has none to tell.
    pub events: Vec<(EventId, Bytes)>,
    /// Whether no more will come.
    pub ended: bool,
}

impl Replay {
    /// Events of a stream.
    pub fn new(kind: StreamKind, events: Vec<(EventId, Bytes)>, ended: bool) -> Self {
        Self { kind, events, ended }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written_and_no_other_way() {
        let stream = StreamId::random().unwrap();
        assert_ne!(stream, StreamId::random().unwrap());
        for number in [0, 7, u64::MAX] {
            let id = EventId::new(stream, number);
            assert_eq!(EventId::parse(&id.to_string()), Some(id));
            assert!(id.to_string().bytes().all(|byte| byte.is_ascii_graphic()));
        }
        let some = "0123456789abcdef0123456789abcdef";
        assert!(EventId::parse(&format!("{some}-1")).is_some());
        let upper = some.to_ascii_uppercase();
        for bad in [
            "",
            "1",
            "-1",
            some,
            &format!("{some}-"),
            &format!("{some}-+1"),
            &format!("{some}-01"),
            &format!("{some}--1"),
            &format!("{some}-1 "),
            &format!("{some}-18446744073709551616"),
            &format!("{some}0-1"),
            &format!("+{}-1", &some[1..]),
            &format!("{upper}-1"),
        ] {
            assert_eq!(EventId::parse(bad), None, "{bad:?}");
        }
        assert_eq!(format!("{stream:?}"), "StreamId(..)");
    }
}
