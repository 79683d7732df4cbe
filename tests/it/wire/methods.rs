//! Methods that are not served, HTTP and MCP alike, and notifications.

use serde_json::{Value, json};

use super::{of_ann, start};
use crate::support::{client::Ask, mcp};

#[tokio::test]
async fn an_unknown_method_is_404_with_a_json_rpc_body() {
    let server = start().await;
    for method in ["no/such", "", "tools/call ", "TOOLS/LIST", "rpc.discover"] {
        let ask = of_ann(&mcp::message("x", method, json!({})));
        if method.trim() != method || method.is_empty() {
            // No header can say these as they are, so the two differ.
            assert_eq!(server.send(&ask).await.status, if method.is_empty() { 404 } else { 400 });
            continue;
        }
        let reply = server.send(&ask).await;
        let error = json!({"code": -32601, "message": "method not found"});
        assert_eq!(reply.json(), json!({"jsonrpc": "2.0", "id": "x", "error": error}), "{method}");
        assert_eq!((reply.status, reply.field("content-type")), (404, Some("application/json")));
    }
}

#[tokio::test]
async fn what_earlier_revisions_had_is_unknown() {
    let server = start().await;
    for method in [
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
        "sampling/createMessage",
        "roots/list",
        "elicitation/create",
    ] {
        let reply = server.send(&of_ann(&mcp::message(7, method, json!({})))).await;
        assert_eq!(reply.outcome(), (404, Some(-32601)), "{method}");
    }
}

#[tokio::test]
async fn what_is_not_advertised_is_unknown() {
    let server = start().await;
    let found = server.send(&of_ann(&mcp::message(7, "server/discover", json!({})))).await.json();
    let capabilities = found["result"]["capabilities"].as_object().expect("an object").clone();
    let mut named: Vec<_> = capabilities.keys().collect();
    named.sort();
    assert_eq!(named, ["logging", "tools"]);
    for method in
        ["prompts/list", "resources/list", "resources/templates/list", "completion/complete"]
    {
        let reply = server.send(&of_ann(&mcp::message(7, method, json!({})))).await;
        assert_eq!(reply.outcome(), (404, Some(-32601)), "{method}");
    }
}

#[tokio::test]
async fn other_methods_are_not_served() {
    let server = start().await;
    let fine = of_ann(&super::echo());
    for method in ["GET", "PUT", "PATCH", "HEAD", "OPTIONS", "BREW"] {
        let reply = server.send(&Ask { method: method.into(), ..fine.clone() }).await;
        let allow = reply.field("allow");
        assert_eq!((reply.status, allow), (405, Some("POST, GET, DELETE")), "{method}");
    }
}

fn note(method: &str, params: Option<Value>) -> Ask {
    let mut message = json!({"jsonrpc": "2.0", "method": method});
    if let Some(params) = params {
        message["params"] = params;
    }
    of_ann(&message)
}

#[tokio::test]
async fn a_notification_is_taken_without_a_word() {
    let server = start().await;
    let bare = note("notifications/cancelled", Some(json!({"requestId": 1}))).without("Mcp-Method");
    let told = note("notifications/cancelled", Some(json!({"_meta": mcp::meta(), "requestId": 1})));
    for ask in
        [bare, told, note("notifications/cancelled", None), note("notifications/unheard-of", None)]
    {
        let reply = server.send(&ask).await;
        assert_eq!((reply.status, &*reply.body), (202, &b""[..]), "{:?}", ask.fields);
        assert_eq!(reply.field("content-type"), None);
    }
}

#[tokio::test]
async fn a_refused_notification_is_an_error_without_an_id() {
    let server = start().await;
    let meta = |version| json!({"_meta": {mcp::VERSION_KEY: version}});
    let cancelled = |params| note("notifications/cancelled", Some(params));
    let rows = [
        (cancelled(json!({})).with("Mcp-Method", "other"), 400, -32020),
        (cancelled(meta("v999")), 400, -32022),
        (cancelled(meta("v999")).with("MCP-Protocol-Version", "2026-07-28"), 400, -32020),
        (cancelled(json!([])), 400, -32602),
        (cancelled(json!({})).bearer("nobody"), 401, -32000),
        (cancelled(json!({})).with("Origin", "https://evil.example"), 403, -32000),
    ];
    for (ask, status, code) in rows {
        let reply = server.send(&ask).await;
        assert_eq!(reply.outcome(), (status, Some(code)), "{ask:?}");
        assert_eq!(reply.json().get("id"), None, "{ask:?}");
    }
}
