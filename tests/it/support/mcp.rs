//! Messages of revision 2026-07-28 and the requests that carry them.

use serde_json::{Value, json};

use super::client::Ask;

pub(crate) const VERSION: &str = "2026-07-28";
pub(crate) const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";
pub(crate) const SERVER_KEY: &str = "io.modelcontextprotocol/serverInfo";

/// What a request has to say of itself.
pub(crate) fn meta() -> Value {
    json!({VERSION_KEY: VERSION, CAPABILITIES_KEY: {}})
}

/// A request. Its `_meta` is added unless `params` bring one.
pub(crate) fn message(id: impl Into<Value>, method: &str, mut params: Value) -> Value {
    if params.get("_meta").is_none() {
        params["_meta"] = meta();
    }
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})
}

/// A request for a tool.
pub(crate) fn call(id: impl Into<Value>, tool: &str, arguments: Value) -> Value {
    message(id, "tools/call", json!({"name": tool, "arguments": arguments}))
}

/// The same, asking for progress.
pub(crate) fn with_progress(mut message: Value, token: impl Into<Value>) -> Value {
    message["params"]["_meta"]["progressToken"] = token.into();
    message
}

/// The POST that carries a message, with the headers that it calls for.
pub(crate) fn post(message: &Value) -> Ask {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let version = text(&message["params"]["_meta"][VERSION_KEY]);
    let mut ask = Ask::new("POST", "/mcp")
        .with("Content-Type", "application/json")
        .with("Accept", "application/json, text/event-stream")
        .with("MCP-Protocol-Version", &version.unwrap_or_else(|| VERSION.into()))
        .body(message.to_string());
    if let Some(method) = text(&message["method"]) {
        ask = ask.with("Mcp-Method", &method);
    }
    match text(&message["params"]["name"]).or_else(|| text(&message["params"]["uri"])) {
        Some(name) => ask.with("Mcp-Name", &name),
        None => ask,
    }
}

/// The messages in an event stream, each of which has to be one `message` event.
pub(crate) fn events(text: &str) -> Vec<Value> {
    let events = text.split_terminator("\n\n").filter(|event| !event.starts_with(':'));
    let read = |event: &str| {
        let data = event.strip_prefix("event: message\ndata: ");
        let data = data.unwrap_or_else(|| panic!("not a message: {event:?}"));
        serde_json::from_str(data).unwrap_or_else(|_| panic!("not one line of JSON: {data:?}"))
    };
    events.map(read).collect()
}
