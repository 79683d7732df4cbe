//! Messages of the revisions before 2026-07-28, the requests that carry them, and sessions.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::client::{Ask, Connection, Reply};

/// All of them, oldest first.
pub(crate) const REVISIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
pub(crate) const LATEST: &str = "2025-11-25";
/// The one with batches.
pub(crate) const BATCHES: &str = "2025-03-26";

/// A request. It says nothing of itself.
pub(crate) fn message(id: impl Into<Value>, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})
}

/// A request for a tool.
pub(crate) fn call(id: impl Into<Value>, tool: &str, arguments: Value) -> Value {
    message(id, "tools/call", json!({"name": tool, "arguments": arguments}))
}

pub(crate) fn notification(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

/// What opens a conversation in a revision.
pub(crate) fn handshake(revision: &str) -> Value {
    able(revision, json!({}))
}

/// The same, of a client that can do so much.
pub(crate) fn able(revision: &str, capabilities: Value) -> Value {
    let client = json!({"name": "old", "version": "1"});
    let params =
        json!({"protocolVersion": revision, "capabilities": capabilities, "clientInfo": client});
    message(7, "initialize", params)
}

/// The answer to a question.
pub(crate) fn answer(id: &Value, result: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

/// The client's word that there will be none.
pub(crate) fn refusal(id: &Value, code: i32) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": "no"}})
}

/// The client's word that it does not wait for an answer any more.
pub(crate) fn cancel(id: impl Into<Value>) -> Value {
    notification("notifications/cancelled", json!({"requestId": id.into()}))
}

/// The POST that carries a message, without credentials, session or revision.
pub(crate) fn post(message: &Value) -> Ask {
    Ask::new("POST", "/mcp")
        .with("Content-Type", "application/json")
        .with("Accept", "application/json, text/event-stream")
        .body(message.to_string())
}

/// A session, as its client has it.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) addr: SocketAddr,
    pub(crate) id: String,
    revision: String,
    token: String,
}

impl Session {
    /// Shakes hands, and says so.
    pub(crate) async fn begin(addr: SocketAddr, token: &str, revision: &str) -> Self {
        Self::able(addr, token, revision, json!({})).await
    }

    /// The same, of a client that can do so much.
    pub(crate) async fn able(
        addr: SocketAddr,
        token: &str,
        revision: &str,
        capabilities: Value,
    ) -> Self {
        let reply = post(&able(revision, capabilities)).bearer(token).send(addr).await;
        assert_eq!(reply.outcome(), (200, None), "{}", reply.text());
        let id = reply.field("mcp-session-id").expect("a session").to_owned();
        let (revision, token) = (revision.to_owned(), token.to_owned());
        let session = Self { addr, id, revision, token };
        let ready = notification("notifications/initialized", json!({}));
        assert_eq!(session.send(&ready).await.outcome(), (202, None));
        session
    }

    /// The same session, as whoever the token says.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// What the same client would have if its session were called otherwise.
    pub(crate) fn called(&self, id: impl Into<String>) -> Self {
        Self { id: id.into(), ..self.clone() }
    }

    /// Says of a request that it belongs here.
    pub(crate) fn stamp(&self, ask: Ask) -> Ask {
        ask.bearer(&self.token)
            .with("Mcp-Session-Id", &self.id)
            .with("MCP-Protocol-Version", &self.revision)
    }

    pub(crate) fn post(&self, message: &Value) -> Ask {
        self.stamp(post(message))
    }

    /// What ends it.
    pub(crate) fn delete(&self) -> Ask {
        self.stamp(Ask::new("DELETE", "/mcp"))
    }

    /// What would open its own stream.
    pub(crate) fn get(&self) -> Ask {
        self.stamp(Ask::get("/mcp").with("Accept", "text/event-stream"))
    }

    pub(crate) async fn send(&self, message: &Value) -> Reply {
        self.post(message).send(self.addr).await
    }

    /// Whether its owner still finds it.
    pub(crate) async fn lives(&self) -> bool {
        let reply = self.send(&message(7, "ping", json!({}))).await;
        match reply.outcome() {
            (200, None) => true,
            (404, Some(-32001)) => false,
            _ => panic!("neither here nor gone: {reply:?}"),
        }
    }
}

/// What stands between two empty lines of a stream; comments are nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) retry: Option<u64>,
    pub(crate) message: Option<Value>,
}

impl Event {
    fn read(text: &str) -> Option<Self> {
        let mut event = Self::default();
        let mut named = false;
        for line in text.lines().filter(|line| !line.starts_with(':')) {
            match line.split_once(": ").unwrap_or_else(|| panic!("no field: {line:?}")) {
                ("event", name) => named = name == "message",
                ("id", id) => event.id = Some(id.to_owned()),
                ("retry", after) => event.retry = after.parse().ok(),
                ("data", "") => {}
                ("data", data) => event.message = serde_json::from_str(data).ok(),
                _ => panic!("an unknown field: {line:?}"),
            }
        }
        assert_eq!(named, event.message.is_some(), "what is a message is called one: {text:?}");
        (event != Self::default()).then_some(event)
    }

    /// Whether it is the empty event that names the beginning of a stream.
    pub(crate) fn is_priming(&self) -> bool {
        self.id.is_some() && self.message.is_none() && self.retry.is_none()
    }
}

/// The events of a whole stream.
pub(crate) fn events(text: &str) -> Vec<Event> {
    text.split_terminator("\n\n").filter_map(Event::read).collect()
}

/// The messages of a whole stream.
pub(crate) fn messages(text: &str) -> Vec<Value> {
    events(text).into_iter().filter_map(|event| event.message).collect()
}

/// A stream that is read as it comes.
pub(crate) struct Stream {
    /// Gone once all of it was read.
    connection: Option<Connection>,
    text: String,
}

impl Stream {
    /// Asks, and reads the head of the answer, which has to be a stream.
    pub(crate) async fn open(addr: SocketAddr, ask: &Ask) -> Self {
        let mut connection = Connection::open(addr).await;
        connection.write(&ask.bytes(addr)).await;
        let head = connection.head().await;
        assert_eq!((head.status, head.field("content-type")), (200, Some("text/event-stream")));
        assert_eq!(head.field("x-accel-buffering"), Some("no"));
        // What has ended may come as a whole.
        match head.field("content-length").map(|length| length.parse().expect("a length")) {
            Some(length) => Self { text: connection.exactly(length).await, connection: None },
            None => Self { connection: Some(connection), text: String::new() },
        }
    }

    /// The next event; none at the end.
    pub(crate) async fn event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = Event::read(&self.part().await?) {
                return Some(event);
            }
        }
    }

    /// The next message; none at the end.
    pub(crate) async fn message(&mut self) -> Option<Value> {
        loop {
            if let Some(message) = self.event().await?.message {
                return Some(message);
            }
        }
    }

    /// What stands before the next empty line, comments among it.
    pub(crate) async fn part(&mut self) -> Option<String> {
        loop {
            if let Some((part, rest)) = self.text.split_once("\n\n") {
                let (part, rest) = (part.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(part);
            }
            let Some(chunk) = self.connection.as_mut()?.chunk().await else {
                self.connection = None;
                return None;
            };
            self.text += std::str::from_utf8(&chunk).expect("UTF-8");
        }
    }
}
