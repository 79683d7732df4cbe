//! The requests of clients before 2026-07-28: the handshake, and what belongs to its session.

use serde_json::json;

use super::{
    ask::post,
    exchange::{Ask, Reply},
};

const REVISION: &str = "2025-11-25";
/// What such clients go by where there is no metadata of the resource.
pub(super) const AUTHORIZATION: &str =
    "MCP 2025-03-26 authorization, \"Server Metadata Discovery\"";

const SESSION: &str = "Mcp-Session-Id";

/// The first request of such a client.
pub(super) fn handshake(url: &str) -> Ask {
    let client = json!({"name": "toolgate-probe", "version": env!("CARGO_PKG_VERSION")});
    let params = json!({"protocolVersion": REVISION, "capabilities": {}, "clientInfo": client});
    post(url, &json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}))
}

/// The session that a handshake began.
pub(super) fn session(reply: &Reply) -> Option<String> {
    reply.field("mcp-session-id").filter(|_| reply.is_good())
}

/// A request of a session.
pub(super) fn ping(url: &str, session: &str) -> Ask {
    in_session(post(url, &json!({"jsonrpc": "2.0", "id": 2, "method": "ping"})), session)
}

/// What ends a session.
pub(super) fn end(url: &str, session: &str) -> Ask {
    in_session(Ask::new("DELETE", url), session)
}

/// A session's own stream.
pub(super) fn stream(url: &str) -> Ask {
    Ask::new("GET", url).with("Accept", "text/event-stream").with("MCP-Protocol-Version", REVISION)
}

fn in_session(ask: Ask, session: &str) -> Ask {
    ask.with(SESSION, session).with("MCP-Protocol-Version", REVISION)
}
