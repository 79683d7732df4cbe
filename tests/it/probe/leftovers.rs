//! What clients of the 2025 revisions still send: streams, sessions, a handshake.

use serde_json::json;

use super::{Hello, expect_greeting, hello};
use crate::support::client::Ask;

#[tokio::test]
async fn get_and_delete_need_a_token_and_are_then_405() {
    let server = Hello::start().await;
    for method in ["GET", "DELETE"] {
        for session in [None, Some("some-session")] {
            let mut ask = Ask::new(method, "/mcp").with("Accept", "text/event-stream");
            if let Some(session) = session {
                ask = ask.with("Mcp-Session-Id", session);
            }
            let reply = server.send(&ask).await;
            assert_eq!(reply.outcome(), (401, Some(-32000)), "{method}");
            assert_eq!(reply.field("www-authenticate"), Some(&*server.challenge("")), "{method}");

            let reply = server.send(&ask.bearer(&server.token())).await;
            let fields = [
                "allow: POST",
                "cache-control: no-store",
                "content-type: application/json",
                "x-content-type-options: nosniff",
            ];
            assert_eq!((reply.status, reply.told()), (405, fields.map(str::to_owned).to_vec()));
            let error = json!({"code": -32000, "message": "only POST is served here"});
            assert_eq!(reply.json(), json!({"jsonrpc": "2.0", "error": error}));
        }
    }
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
async fn the_old_handshake_is_told_which_revisions_there_are() {
    let server = Hello::start().await;
    let reply = server.send(&handshake().bearer(&server.token())).await;
    assert_eq!(reply.outcome(), (400, Some(-32022)));
    assert_eq!(reply.field("mcp-session-id"), None);
    let message = reply.json();
    assert_eq!(message["id"], 7);
    assert_eq!(message["error"]["data"]["supported"], json!(["2026-07-28"]));
}

/// The specification: `requested` is the version that the client asked for.
#[tokio::test]
async fn the_old_handshake_is_told_what_it_asked_for() {
    let server = Hello::start().await;
    let reply = server.send(&handshake().bearer(&server.token())).await;
    assert_eq!(reply.json()["error"]["data"]["requested"], "2025-11-25");
}

#[tokio::test]
async fn the_old_handshake_needs_a_token_too() {
    let server = Hello::start().await;
    let reply = server.send(&handshake()).await;
    assert_eq!(reply.outcome(), (401, Some(-32000)));
    assert_eq!(reply.field("www-authenticate"), Some(&*server.challenge("")));
}
