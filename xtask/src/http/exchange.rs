//! One answer as it comes: its head, then its body, as a whole or event by event.

use std::fmt::Display;
use std::io::{self, BufRead, BufReader, Read, Take};
use std::time::Instant;

use serde_json::Value;

use super::PATIENCE;
use crate::Result;

/// The most that is read of an answer, in bytes.
const MOST: u64 = 4 << 20;

/// Of each side of an exchange, how many characters are shown where something is wrong with it.
const SHOWN: usize = 1500;

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    sent: String,
    head: String,
}

impl Answer {
    /// The first field of this name, without regard to case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }

    /// The JSON-RPC answer: the body, or the last event of a stream.
    pub(crate) fn message(&self) -> Result<Value> {
        let text = if is_stream(&self.head) {
            let mut events = self.body.lines().filter_map(|line| line.strip_prefix("data:"));
            events.next_back().ok_or("a stream without events")?
        } else {
            &self.body
        };
        serde_json::from_str(text).map_err(|error| self.fault(error))
    }

    /// What is wrong with it, and what was said to and fro.
    pub(crate) fn fault(&self, why: impl Display) -> Box<dyn std::error::Error> {
        fault(why, &self.sent, &format!("{}\r\n{}", self.head, self.body))
    }
}

/// One event of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A comment, which says nothing.
    Comment,
    Message(Value),
}

/// An answer whose head was read.
#[derive(Debug)]
pub(crate) struct Exchange<R> {
    pub(crate) status: u16,
    sent: String,
    head: String,
    /// What was read of the body.
    seen: String,
    body: BufReader<Body<R>>,
}

impl<R: Read> Exchange<R> {
    /// Reads the head. `sent` is what it answers.
    pub(super) fn begin(sent: String, from: R) -> Result<Self> {
        let mut wire = BufReader::new(from.take(MOST));
        let mut head = String::new();
        loop {
            let from = head.len();
            let read = wire.read_line(&mut head);
            let read = read.map_err(|error| fault(unread(&error), &sent, &head))?;
            match head.get(from..) {
                _ if read == 0 => return Err(fault("an answer without a head", &sent, &head)),
                Some("\r\n") => break,
                _ => {}
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| fault("an answer without a status", &sent, &head))?;
        let body = BufReader::new(Body::new(wire, &head)?);
        Ok(Self { status, sent, head, seen: String::new(), body })
    }

    /// The first field of this name, without regard to case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }

    pub(crate) fn is_stream(&self) -> bool {
        is_stream(&self.head)
    }

    /// The rest of it.
    pub(crate) fn whole(mut self) -> Result<Answer> {
        if let Err(error) = self.body.read_to_string(&mut self.seen) {
            return Err(self.fault(unread(&error)));
        }
        let Self { status, sent, head, seen, .. } = self;
        Ok(Answer { status, body: seen, sent, head })
    }

    /// The next event; none at the end of the stream.
    pub(crate) fn event(&mut self) -> Result<Option<Event>> {
        let (mut comment, mut data) = (false, String::new());
        loop {
            let from = self.seen.len();
            let read = self.body.read_line(&mut self.seen);
            let read = read.map_err(|error| self.fault(unread(&error)))?;
            let line = self.seen.get(from..).unwrap_or_default().trim_end_matches(['\r', '\n']);
            match line.split_once(':') {
                _ if read == 0 => return Ok(None),
                Some(("", _)) => comment = true,
                // Without anything behind it, it names a place in the stream and says nothing.
                Some(("data", text)) => data.push_str(text.trim_start()),
                None if line.is_empty() && !data.is_empty() => {
                    let message = serde_json::from_str(&data).map_err(|error| self.fault(error))?;
                    return Ok(Some(Event::Message(message)));
                }
                None if line.is_empty() && comment => return Ok(Some(Event::Comment)),
                _ => {}
            }
        }
    }

    /// The next message, whatever comments come before it.
    pub(crate) fn message(&mut self) -> Result<Value> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.event()? {
                Some(Event::Message(message)) => return Ok(message),
                Some(Event::Comment) if Instant::now() < until => {}
                Some(Event::Comment) => return Err(self.fault("no message, only comments")),
                None => return Err(self.fault("the stream ended")),
            }
        }
    }

    /// What is wrong with it, and what was said to and fro.
    pub(crate) fn fault(&self, why: impl Display) -> Box<dyn std::error::Error> {
        fault(why, &self.sent, &format!("{}{}", self.head, self.seen))
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn is_stream(head: &str) -> bool {
    field(head, "content-type").is_some_and(|it| it.starts_with("text/event-stream"))
}

/// Why nothing was read. To the system, patience that is over is a resource that is not there.
fn unread(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            format!("nothing came for {} s", PATIENCE.as_secs())
        }
        _ => error.to_string(),
    }
}

fn fault(why: impl Display, sent: &str, seen: &str) -> Box<dyn std::error::Error> {
    let side = |mark: &str, text: &str| -> String {
        let shown: String = text.chars().take(SHOWN).collect();
        shown.lines().map(|line| format!("\n{mark} {line}")).collect()
    };
    format!("{why}{}{}", side(">", sent), side("<", seen)).into()
}

/// A body without what frames it (RFC 9112, section 6.3).
#[derive(Debug)]
struct Body<R> {
    wire: BufReader<Take<R>>,
    frame: Frame,
}

#[derive(Clone, Copy, Debug)]
enum Frame {
    /// So many bytes are left.
    Length(u64),
    /// So many bytes are left of this chunk; before the first there is none.
    Chunk(Option<u64>),
    /// It ends with its connection.
    Connection,
    Ended,
}

impl<R: Read> Body<R> {
    fn new(wire: BufReader<Take<R>>, head: &str) -> Result<Self> {
        let frame = match (field(head, "transfer-encoding"), field(head, "content-length")) {
            (Some("chunked"), _) => Frame::Chunk(None),
            (Some(other), _) => return Err(format!("a body that is `{other}`").into()),
            (None, Some(length)) => Frame::Length(length.parse()?),
            (None, None) => Frame::Connection,
        };
        Ok(Self { wire, frame })
    }

    /// How long the next chunk is. Only here is the end of the one before it read, so that nobody
    /// waits for what comes after what there is.
    fn chunk(&mut self, first: bool) -> io::Result<u64> {
        let mut line = String::new();
        if !first {
            self.wire.read_line(&mut line)?;
            if std::mem::take(&mut line) != "\r\n" {
                return Err(io::Error::other("a chunk without its end"));
            }
        }
        if self.wire.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let size = line.split(';').next().unwrap_or_default().trim();
        u64::from_str_radix(size, 16).map_err(|_| io::Error::other("a chunk without a size"))
    }

    fn part(&mut self, left: u64, into: &mut [u8]) -> io::Result<usize> {
        match (&mut self.wire).take(left).read(into)? {
            0 if left > 0 && !into.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        }
    }
}

impl<R: Read> Read for Body<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Frame::Chunk(None | Some(0)) = self.frame {
            self.frame = match self.chunk(matches!(self.frame, Frame::Chunk(None)))? {
                0 => Frame::Ended,
                size => Frame::Chunk(Some(size)),
            };
        }
        match self.frame {
            Frame::Length(left) => {
                let read = self.part(left, into)?;
                self.frame = Frame::Length(left.saturating_sub(read as u64));
                Ok(read)
            }
            Frame::Chunk(left) => {
                let left = left.unwrap_or_default();
                let read = self.part(left, into)?;
                self.frame = Frame::Chunk(Some(left.saturating_sub(read as u64)));
                Ok(read)
            }
            Frame::Connection => self.wire.read(into),
            Frame::Ended => Ok(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Event, Exchange};
    use crate::Result;
    use serde_json::json;

    const STREAM: &str =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n";

    fn whole(text: &str) -> Result<Answer> {
        Exchange::begin("GET /".into(), text.as_bytes())?.whole()
    }

    fn chunks(parts: &[&str]) -> String {
        let chunk = |part: &&str| format!("{:x}\r\n{part}\r\n", part.len());
        STREAM.to_owned() + &parts.iter().map(chunk).collect::<String>()
    }

    #[test]
    fn answers_are_read_however_they_are_framed() {
        let plain = whole("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n\r\n").unwrap();
        assert_eq!((plain.status, plain.field("www-authenticate")), (401, Some("Bearer")));
        let known = whole("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}more").unwrap();
        assert_eq!(known.body, "{}");
        let chunked = whole(&chunks(&["data: {\"a\"", ":1}\n\n", ""])).unwrap();
        assert_eq!(chunked.message().unwrap()["a"], 1);
        for broken in [
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{",
            &format!("{STREAM}ff\r\nshort\r\n"),
            &format!("{STREAM}2\r\nlonger\r\n"),
            &format!("{STREAM}x\r\n"),
            STREAM,
        ] {
            assert!(whole(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn events_are_read_as_they_come() {
        let text = chunks(&[
            ": hi\n\nid: 1\ndata: \n\n",
            "event: message\ndata: {\"a\"",
            ":1}\n\n: hi\n\n",
            "",
        ]);
        let mut stream = Exchange::begin(String::new(), text.as_bytes()).unwrap();
        assert!(stream.is_stream());
        assert_eq!(stream.event().unwrap(), Some(Event::Comment));
        assert_eq!(stream.message().unwrap(), json!({ "a": 1 }));
        assert_eq!(stream.event().unwrap(), Some(Event::Comment));
        assert_eq!(stream.event().unwrap(), None);
        assert!(stream.message().is_err());
    }

    #[test]
    fn a_fault_shows_both_sides() {
        let answer = whole("HTTP/1.1 200 OK\r\nA: b\r\n\r\nno json").unwrap();
        let said = answer.message().unwrap_err().to_string();
        for part in ["> GET /", "< A: b", "< no json"] {
            assert!(said.contains(part), "{said}");
        }
    }
}
