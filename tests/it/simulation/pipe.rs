//! A connection in memory, seen from its client, who reads when the scheduler says so. What the
//! server writes waits in a pipe of bounded size, as in a socket's buffers.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWriteExt, DuplexStream, ReadBuf, duplex, join},
    time::sleep,
};
use toolgate_transport::http::McpService;

use crate::support::{
    client::Ask,
    old::{Event, events},
};

/// Room for requests.
const REQUESTS: usize = 1 << 16;
/// Where everybody believes the server to be.
const ADDR: ([u8; 4], u16) = ([127, 0, 0, 1], 80);

/// Lets everybody do what can be done at this moment.
///
/// The clock stands still for as long as anybody is busy, so time passes only once nobody is.
pub(super) async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

/// One request and what came of it so far. Dropped, it is a connection that broke.
pub(super) struct Pipe {
    read: DuplexStream,
    /// Kept: without it the server would see its client go.
    _write: DuplexStream,
    raw: Vec<u8>,
    head: Option<Head>,
    body: String,
    /// Of which the events were taken.
    taken: usize,
    pub(super) ended: bool,
    /// Whether its client reads nothing for now.
    pub(super) stalled: bool,
}

#[derive(Clone, Debug)]
struct Head {
    status: u16,
    fields: Vec<(String, String)>,
    length: Option<usize>,
}

impl Pipe {
    /// Sends a request on a connection of its own; `room` bytes of the answer fit into it.
    pub(super) fn open(service: &McpService, ask: &Ask, room: usize) -> Self {
        let (mut write, requests) = duplex(REQUESTS);
        let (answers, read) = duplex(room);
        let served = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(join(requests, answers)), service.app());
        tokio::spawn(async move {
            let _ = served.await;
        });
        let bytes = ask.bytes(ADDR.into());
        let written = poll(write.write_all(&bytes));
        assert!(written.is_ready(), "requests have room");
        let (raw, body) = (Vec::new(), String::new());
        Self { read, _write: write, raw, head: None, body, taken: 0, ended: false, stalled: false }
    }

    /// Reads what is there, unless its client does not.
    pub(super) fn pump(&mut self) -> bool {
        let mut read = false;
        while !self.stalled && !self.ended {
            let mut bytes = [0; 4096];
            let mut buffer = ReadBuf::new(&mut bytes);
            let task = &mut Context::from_waker(Waker::noop());
            match Pin::new(&mut self.read).poll_read(task, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.raw.extend_from_slice(buffer.filled());
                    read = true;
                    self.parse();
                }
                Poll::Ready(_) => self.ended = true,
                Poll::Pending => break,
            }
        }
        read
    }

    fn parse(&mut self) {
        if self.head.is_none()
            && let Some(end) = self.raw.windows(4).position(|it| it == b"\r\n\r\n")
        {
            let text = String::from_utf8(self.raw.drain(..end + 4).collect()).expect("ASCII");
            self.head = Some(Head::read(&text));
        }
        let Some(head) = &self.head else { return };
        if let Some(length) = head.length {
            if self.raw.len() >= length {
                self.body += &String::from_utf8(self.raw.split_off(0)).expect("UTF-8");
                self.ended = true;
            }
            return;
        }
        while let Some(line) = self.raw.windows(2).position(|it| it == b"\r\n") {
            let size = std::str::from_utf8(&self.raw[..line]).expect("the size of a chunk");
            let size = usize::from_str_radix(size, 16).expect("the size of a chunk");
            if self.raw.len() < line + 2 + size + 2 {
                return;
            }
            let chunk: Vec<u8> = self.raw.drain(..line + 2 + size + 2).collect();
            self.body += std::str::from_utf8(&chunk[line + 2..line + 2 + size]).expect("UTF-8");
            self.ended |= size == 0;
        }
    }

    /// The status, once it has come.
    pub(super) fn status(&self) -> Option<u16> {
        self.head.as_ref().map(|head| head.status)
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let fields = &self.head.as_ref()?.fields;
        fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_stream(&self) -> bool {
        self.field("content-type") == Some("text/event-stream")
    }

    /// What stands in whole parts of the stream and was not taken yet.
    pub(super) fn text(&mut self) -> String {
        let new = &self.body[self.taken..];
        let whole = new.rfind("\n\n").map_or(0, |end| end + 2);
        let text = new[..whole].to_owned();
        self.taken += whole;
        text
    }

    pub(super) fn events(&mut self) -> Vec<Event> {
        events(&self.text())
    }

    /// The document that it is, once all of it has come.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Waits for the head, and where it is no stream for the rest.
    pub(super) async fn answered(mut self) -> Self {
        for _ in 0..10_000 {
            self.pump();
            if self.ended || (self.status().is_some() && self.is_stream()) {
                return self;
            }
            settle().await;
        }
        panic!("a request was not answered: {:?}", self.head);
    }
}

impl Head {
    fn read(text: &str) -> Self {
        let mut lines = text.lines();
        let status = lines.next().and_then(|line| line.get(9..12)?.parse().ok());
        let fields = lines.filter_map(|line| line.split_once(": "));
        let fields: Vec<_> =
            fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        let length = fields.iter().find(|(name, _)| name == "content-length");
        let length = length.and_then(|(_, value)| value.parse().ok());
        let chunked = fields.iter().any(|(name, _)| name == "transfer-encoding");
        let length = if chunked { None } else { length.or(Some(0)) };
        Self { status: status.expect("a status"), fields, length }
    }
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}
