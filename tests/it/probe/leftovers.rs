//! What clients of the 2025 revisions still send: streams, sessions, a handshake.

use serde_json::json;

use super::{Hello, expect_greeting, hello};
use crate::support::client::Ask;

#[tokio::test]
async fn get_needs_a_token_and_then_a_session() {
    let server = Hello::start().await;
    for (session, status, code) in [(None, 400, -32000), (Some("some-session"), 404, -32001)] {
        let mut ask = Ask::get("/mcp").with("Accept", "text/event-stream");
        if let Some(session) = session {
            ask = ask.with("Mcp-Session-Id", session);
        }
        let reply = server.send(&ask).await;
        assert_eq!(reply.outcome(), (401, Some(-32000)));
        assert_eq!(reply.field("www-authenticate"), Some(&*server.challenge("")));

        let reply = server.send(&ask.bearer(&server.token())).await;
        let fields = [
            "cache-control: no-store",
            "content-type: application/json",
            "x-content-type-options: nosniff",
        ];
        assert_eq!((reply.status, reply.told()), (status, fields.map(str::to_owned).to_vec()));
        assert_eq!(reply.outcome(), (status, Some(code)));
    }
}

#[tokio::test]
async fn delete_needs_a_token_and_then_a_session() {
    let server = Hello::start().await;
    let ask = Ask::new("DELETE", "/mcp");
    let reply = server.send(&ask).await;
    assert_eq!(reply.outcome(), (401, Some(-32000)));
    assert_eq!(reply.field("www-authenticate"), Some(&*server.challenge("")));
    let ask = ask.bearer(&server.token());
    assert_eq!(server.send(&ask).await.outcome(), (400, Some(-32000)));
    let ask = ask.with("Mcp-Session-Id", "some-session");
    assert_eq!(server.send(&ask).await.outcome(), (404, Some(-32001)));
}

#[tokio::test]
async fn a_session_id_is_neither_read_nor_sent_whatever_it_is() {
    let server = Hello::start().await;
    let long = "x".repeat(4000);
    for id in
        ["", "0", "a b", "../../etc/passwd", "é", "00000000-0000-0000-0000-000000000000", &long]
    {
        let ask = hello().bearer(&server.token()).with("Mcp-Session-Id", id);
        // The whole head is compared, so it is not sent back either.
        expect_greeting(&server.send(&ask).await, "ada");
        expect_greeting(&server.send(&ask.adding("Mcp-Session-Id", "second")).await, "ada");
    }
    let ask = hello().bearer(&server.token()).with("Last-Event-ID", "42");
    expect_greeting(&server.send(&ask).await, "ada");
}

fn handshake() -> Ask {
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "old", "version": "1"},
    }});
    Ask::new("POST", "/mcp")
        .with("Content-Type", "application/json")
        .with("Accept", "application/json, text/event-stream")
        .body(body.to_string())
}

#[tokio::test]
async fn the_old_handshake_begins_a_session() {
    let server = Hello::start().await;
    let reply = server.send(&handshake().bearer(&server.token())).await;
    assert_eq!(reply.outcome(), (200, None));
    assert!(reply.field("mcp-session-id").is_some_and(|id| id.len() >= 32));
    let message = reply.json();
    assert_eq!(
        (&message["id"], &message["result"]["protocolVersion"]),
        (&json!(7), &json!("2025-11-25"))
    );
}

#[tokio::test]
async fn the_old_handshake_needs_a_token_too() {
    let server = Hello::start().await;
    let reply = server.send(&handshake()).await;
    assert_eq!(reply.outcome(), (401, Some(-32000)));
    assert_eq!(reply.field("www-authenticate"), Some(&*server.challenge("")));
}
