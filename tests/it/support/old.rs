//! Messages of the revisions before 2026-07-28, the requests that carry them, and sessions.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::client::{Ask, Reply};

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
    let client = json!({"name": "old", "version": "1"});
    let params = json!({"protocolVersion": revision, "capabilities": {}, "clientInfo": client});
    message(7, "initialize", params)
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
        let reply = post(&handshake(revision)).bearer(token).send(addr).await;
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
