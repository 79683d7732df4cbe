//! The requests that are sent: as clients send them, and as strangers would.

use serde_json::{Value, json};

use super::exchange::Ask;

/// An origin that nobody names.
pub(super) const STRANGER: &str = "https://probe.invalid";

/// The fields that clients of all revisions send, and one that a tool may ask for.
pub(super) const SENT: &[&str] = &[
    "Authorization",
    "Content-Type",
    "MCP-Protocol-Version",
    "Mcp-Method",
    "Mcp-Name",
    "Mcp-Session-Id",
    "Last-Event-ID",
    "Mcp-Param-Region",
];

pub(super) const METHODS: &[&str] = &["POST", "GET", "DELETE"];

const REVISION: &str = "2026-07-28";

/// Asks a server what it is: the first request of a client of this revision.
pub(super) fn discover(url: &str) -> Ask {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": REVISION,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let method = "server/discover";
    let params = json!({ "_meta": meta });
    post(url, &json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
        .with("MCP-Protocol-Version", REVISION)
        .with("Mcp-Method", method)
}

/// A message to the endpoint.
pub(super) fn post(url: &str, message: &Value) -> Ask {
    let mut ask = Ask::new("POST", url)
        .with("Content-Type", "application/json")
        .with("Accept", "application/json, text/event-stream");
    ask.body = message.to_string();
    ask
}

/// A document, as a page asks for it.
pub(super) fn document(url: &str) -> Ask {
    Ask::new("GET", url).with("Accept", "application/json").with("Origin", STRANGER)
}

/// What a browser asks before a page's first request.
pub(super) fn preflight(url: &str, origin: &str) -> Ask {
    // Lower case and sorted, as browsers send them.
    let mut names: Vec<_> = SENT.iter().map(|name| name.to_ascii_lowercase()).collect();
    names.push("dpop".into());
    names.sort();
    Ask::new("OPTIONS", url)
        .with("Origin", origin)
        .with("Access-Control-Request-Method", "POST")
        .with("Access-Control-Request-Headers", names.join(","))
}
