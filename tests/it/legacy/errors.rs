//! What goes wrong in the old era: errors are answers with 200, refusals have their status.

use serde_json::{Value, json};

use super::{begin, calling, echo, ping, said, start};
use crate::support::{
    mcp,
    old::{self, REVISIONS, Session},
};

#[tokio::test]
async fn errors_are_answers() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    let rows = [
        (old::message(7, "no/such", json!({})), -32601, "method not found"),
        (old::message(7, "resources/list", json!({})), -32601, "method not found"),
        (calling("nope"), -32602, "unknown tool"),
        (old::message(7, "tools/call", json!({})), -32602, "the parameters are malformed"),
        (old::call(7, "echo", json!([1])), -32602, "`arguments` must be an object"),
        (old::message(7, "tools/list", json!({"cursor": "x"})), -32602, "unknown cursor"),
        (old::message(7, "logging/setLevel", json!({})), -32602, "`level` is not a known level"),
        (calling("fails"), -32603, "internal error"),
        (calling("panics"), -32603, "internal error"),
        // What it asks for is of the modern era alone, and so is the code for it.
        (calling("ask"), -32602, "capabilit"),
    ];
    for (message, code, words) in rows {
        let reply = session.send(&message).await;
        assert_eq!(reply.outcome(), (200, Some(code)), "{message}: {}", reply.text());
        assert_eq!(reply.field("content-type"), Some("application/json"));
        let error = reply.json()["error"].clone();
        assert!(error["message"].as_str().is_some_and(|it| it.contains(words)), "{error}");
        assert_eq!(reply.json()["id"], 7);
        assert!(!reply.text().contains("s3cr3t"));
        let events = session.post(&message).with("Accept", "text/event-stream");
        let reply = server.send(&events).await;
        let events = old::messages(reply.text());
        assert_eq!((reply.status, &events[0]["error"]["code"]), (200, &json!(code)), "{message}");
    }
}

#[tokio::test]
async fn a_tool_s_own_failure_is_a_result() {
    let server = start().await;
    for revision in REVISIONS {
        let session = Session::begin(server.addr, "ann", revision).await;
        let reply = session.send(&calling("declines")).await;
        assert_eq!(said(&reply), "not today");
        assert_eq!(reply.json()["result"]["isError"], true);
    }
    let session = begin(&server, "ann").await;
    let reply = session.send(&old::call(7, "echo", json!({"text": 1}))).await;
    assert_eq!((reply.status, &reply.json()["result"]["isError"]), (200, &json!(true)));
}

#[tokio::test]
async fn refusals_have_their_status_and_their_challenge() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    let metadata = format!("http://{}/.well-known/oauth-protected-resource/mcp", server.addr);
    let rows = [("ann.low", calling("write"), "base write"), ("ann.none", echo(), "base")];
    for (token, message, scope) in rows {
        let reply = session.with_token(token).send(&message).await;
        let error = json!({"code": -32000, "message": "the token lacks a scope"});
        assert_eq!(reply.json(), json!({"jsonrpc": "2.0", "id": 7, "error": error}));
        let challenge = format!(
            r#"Bearer resource_metadata="{metadata}", error="insufficient_scope", scope="{scope}", "#
        );
        let told = reply.field("www-authenticate").expect("a challenge");
        assert!(reply.status == 403 && told.starts_with(&challenge), "{told}");
    }
}

#[tokio::test]
async fn modern_methods_have_no_answer_here() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    for method in ["server/discover", "subscriptions/listen"] {
        for revision in REVISIONS {
            let ask = session.post(&old::message(7, method, json!({})));
            let reply = server.send(&ask.with("MCP-Protocol-Version", revision)).await;
            // Only a client of the modern era can have meant it, so it is told what that needs.
            assert_eq!(reply.outcome(), (400, Some(-32602)), "{}", reply.text());
        }
    }
}

#[tokio::test]
async fn old_methods_have_no_answer_in_the_modern_era() {
    let server = start().await;
    let rows = [
        ("initialize", json!({"protocolVersion": "2025-11-25"})),
        ("ping", json!({})),
        ("logging/setLevel", json!({"level": "info"})),
        ("resources/subscribe", json!({"uri": "x:y"})),
    ];
    for (method, params) in rows {
        let message = mcp::message(7, method, params);
        let ask = mcp::post(&message).without("Mcp-Name").bearer("ann");
        assert_eq!(server.send(&ask).await.outcome(), (404, Some(-32601)), "{method}");
    }
}

#[tokio::test]
async fn what_is_no_message_is_400() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    let rows: [(&str, i64); 8] = [
        ("{", -32700),
        ("", -32700),
        ("[", -32700),
        ("1", -32600),
        (r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":7}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":[]}"#, -32602),
    ];
    for (body, code) in rows {
        let reply = server.send(&session.post(&Value::Null).body(body)).await;
        assert_eq!(reply.status, 400, "{body}: {}", reply.text());
        let told = reply.outcome().1.expect("an error");
        assert!(told == code || told == -32600, "{body}: {told}");
    }
    assert!(session.lives().await);
}

#[tokio::test]
async fn results_carry_no_stamp_of_the_modern_era() {
    let server = start().await;
    for revision in REVISIONS {
        let session = Session::begin(server.addr, "ann", revision).await;
        let list = old::message(7, "tools/list", json!({}));
        for message in [echo(), ping(), list, calling("weather"), old::handshake(revision)] {
            let reply = session.send(&message).await;
            let result = reply.json()["result"].clone();
            for stamp in ["resultType", "ttlMs", "cacheScope", "_meta"] {
                assert_eq!(result.get(stamp), None, "{message}");
            }
        }
        let result = json!({"content": [{"type": "text", "text": "hi"}]});
        let expected = json!({"jsonrpc": "2.0", "id": 7, "result": result});
        assert_eq!(session.send(&echo()).await.json(), expected);
    }
}
