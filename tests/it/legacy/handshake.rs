//! How a conversation begins, and in which revision.

use serde_json::{Value, json};
use toolgate_core::legacy::MemorySessions;

use super::{begin, bound, calling, of_ann, ping, said, start, start_kept};
use crate::support::{
    client::{Ask, Reply},
    mcp,
    old::{self, LATEST, REVISIONS, Session},
    served::Served,
};

/// A handshake with these members in place of those that it should have.
fn with(changes: Value) -> Value {
    let mut message = old::handshake(LATEST);
    for (name, value) in changes.as_object().expect("an object") {
        message["params"][name] = value.clone();
    }
    message
}

#[track_caller]
fn agreed(reply: &Reply) -> Value {
    assert_eq!(reply.outcome(), (200, None), "{}", reply.text());
    reply.json()["result"]["protocolVersion"].clone()
}

#[tokio::test]
async fn each_revision_is_spoken_with_whoever_asks_for_it() {
    let server = start().await;
    for revision in REVISIONS {
        assert_eq!(agreed(&server.send(&of_ann(&old::handshake(revision))).await), revision);
        let session = Session::begin(server.addr, "ann", revision).await;
        assert_eq!(said(&session.send(&calling("who")).await), "ann");
        let spoken = said(&session.send(&calling("client")).await);
        assert_eq!(spoken, format!("Some({revision:?}) true {{}}"));
    }
}

#[tokio::test]
async fn whoever_asks_for_another_gets_the_newest_of_the_old() {
    let server = start().await;
    for asked in
        ["2026-07-28", "2099-01-01", "1999-01-01", "", "latest", "2025-06-18 ", "2025-6-18"]
    {
        assert_eq!(
            agreed(&server.send(&of_ann(&old::handshake(asked))).await),
            LATEST,
            "{asked:?}"
        );
    }
}

#[tokio::test]
async fn the_answer_is_the_handshake_s_and_has_no_stamp_of_the_modern_era() {
    let server = start().await;
    for (revision, titled) in REVISIONS.into_iter().zip([false, false, true, true]) {
        let reply = server.send(&of_ann(&old::handshake(revision))).await;
        let mut about = json!({"name": "old", "version": "1.2.3"});
        if titled {
            about["title"] = json!("Old");
        }
        let mut message = reply.json();
        let offered = message["result"]["capabilities"].take();
        assert_eq!(offered["tools"], json!({}), "of lists that never change nothing is announced");
        let result = json!({
            "protocolVersion": revision, "capabilities": null, "serverInfo": about,
            "instructions": "be kind",
        });
        assert_eq!(message, json!({"jsonrpc": "2.0", "id": 7, "result": result}));
        let told: Vec<_> = reply.told();
        let id = reply.field("mcp-session-id").expect("a session");
        let expected = [
            "cache-control: no-store".to_owned(),
            "content-type: application/json".to_owned(),
            format!("mcp-session-id: {id}"),
            "x-content-type-options: nosniff".to_owned(),
        ];
        assert_eq!(told, expected);
    }
}

/// The header is another request's matter: here the body decides.
#[tokio::test]
async fn a_revision_in_the_header_of_a_handshake_decides_nothing() {
    let server = start().await;
    for header in ["2026-07-28", "2025-03-26", "v999", ""] {
        let ask = of_ann(&old::handshake("2025-06-18")).with("MCP-Protocol-Version", header);
        assert_eq!(agreed(&server.send(&ask).await), "2025-06-18", "{header}");
    }
    let twice = of_ann(&old::handshake(LATEST)).adding("MCP-Protocol-Version", LATEST);
    let reply = server.send(&twice.adding("MCP-Protocol-Version", "2025-06-18")).await;
    assert_eq!(reply.status, 400, "two headers say nothing");
}

#[tokio::test]
async fn a_handshake_with_modern_metadata_is_a_modern_request_for_what_is_no_more() {
    let (server, sessions) = start_kept(MemorySessions::new()).await;
    let mut message = old::handshake(LATEST);
    message["params"]["_meta"] = mcp::meta();
    let reply = server.send(&mcp::post(&message).bearer("ann")).await;
    assert_eq!(reply.outcome(), (404, Some(-32601)));
    assert!(sessions.is_empty());
}

#[tokio::test]
async fn ids_of_sessions_are_long_visible_and_different() {
    let server = start().await;
    let mut ids = Vec::new();
    for _ in 0..8 {
        let reply = server.send(&of_ann(&old::handshake(LATEST))).await;
        let id = reply.field("mcp-session-id").expect("a session").to_owned();
        assert!(id.len() >= 43 && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
        ids.push(id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 8);
}

/// A client that was told 404 begins anew, and may not have forgotten its old id.
#[tokio::test]
async fn a_handshake_begins_a_session_whatever_session_it_names() {
    let (server, sessions) = start_kept(MemorySessions::new()).await;
    let first = begin(&server, "ann").await;
    for named in [first.id.as_str(), "no-such-session", "a b", ""] {
        let ask = of_ann(&old::handshake(LATEST)).with("Mcp-Session-Id", named);
        let reply = server.send(&ask).await;
        let id = reply.field("mcp-session-id").expect("a session");
        assert_ne!(id, named);
    }
    assert!(first.lives().await);
    assert_eq!(sessions.len(), 5);
}

#[tokio::test]
async fn what_is_no_handshake_begins_nothing() {
    let (server, sessions) = start_kept(MemorySessions::new()).await;
    let large = json!({"x": "x".repeat(4096)});
    let rows = [
        (json!({"protocolVersion": 1}), "`protocolVersion` is missing"),
        (json!({"protocolVersion": null}), "`protocolVersion` is missing"),
        (json!({"capabilities": []}), "`capabilities` must be an object"),
        (json!({"capabilities": "all"}), "`capabilities` must be an object"),
        (json!({"capabilities": large}), "`capabilities` is too large"),
    ];
    for (changes, message) in rows {
        let reply = server.send(&of_ann(&with(changes))).await;
        let error = json!({"code": -32602, "message": message});
        assert_eq!((reply.status, &reply.json()["error"]), (200, &error));
        assert_eq!(reply.field("mcp-session-id"), None);
    }
    let bare = json!({"jsonrpc": "2.0", "id": 7, "method": "initialize"});
    assert_eq!(server.send(&of_ann(&bare)).await.outcome(), (200, Some(-32602)));
    // A note wants no answer, and so cannot begin anything.
    let note = old::notification("initialize", json!({"protocolVersion": LATEST}));
    assert_eq!(server.send(&of_ann(&note)).await.outcome(), (400, Some(-32000)));
    assert!(sessions.is_empty());
}

/// What a client says of itself is its own affair: too much of it, or of another kind, is not kept.
#[tokio::test]
async fn descriptions_are_kept_within_bounds() {
    let server = start().await;
    let long = json!({"name": "x".repeat(2000), "version": "1"});
    for (info, kept) in [(json!({"name": "c"}), true), (long, false), (json!("c"), false)] {
        let reply = server.send(&of_ann(&with(json!({"clientInfo": info})))).await;
        let id = reply.field("mcp-session-id").expect("a session");
        let ask = of_ann(&calling("client")).with("Mcp-Session-Id", id);
        assert_eq!(said(&server.send(&ask).await), format!("Some({LATEST:?}) {kept} {{}}"));
    }
}

#[tokio::test]
async fn whoever_may_do_nothing_here_begins_nothing() {
    let (server, sessions) = start_kept(MemorySessions::new()).await;
    let reply = server.send(&old::post(&old::handshake(LATEST)).bearer("ann.none")).await;
    assert_eq!(reply.outcome(), (403, Some(-32000)));
    let challenge = reply.field("www-authenticate").expect("a challenge");
    assert!(challenge.contains(r#"error="insufficient_scope", scope="base""#), "{challenge}");
    assert!(sessions.is_empty());
}

#[tokio::test]
async fn the_client_s_word_that_it_is_ready_is_taken_and_not_waited_for() {
    let server = start().await;
    let reply = server.send(&of_ann(&old::handshake(LATEST))).await;
    let id = reply.field("mcp-session-id").expect("a session").to_owned();
    let here = |message: &Value| of_ann(message).with("Mcp-Session-Id", &id);
    assert_eq!(server.send(&here(&ping())).await.json()["result"], json!({}));
    assert_eq!(said(&server.send(&here(&calling("who"))).await), "ann");
    let ready = old::notification("notifications/initialized", json!({}));
    for _ in 0..2 {
        let reply = server.send(&here(&ready)).await;
        assert_eq!((reply.status, &*reply.body), (202, &b""[..]));
    }
    let bare = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(server.send(&here(&bare)).await.status, 202);
}

#[tokio::test]
async fn both_eras_are_served_at_once_to_one_caller() {
    let server = Served::start(super::server(), bound()).await;
    let session = begin(&server, "ann").await;
    let modern = mcp::post(&mcp::call(7, "who", json!({}))).bearer("ann");
    for _ in 0..2 {
        let old = session.send(&calling("who")).await.json();
        let new = server.send(&modern).await.json();
        assert_eq!(old["result"].get("resultType"), None);
        assert_eq!(new["result"]["resultType"], "complete");
        assert_eq!(old["result"]["content"], new["result"]["content"]);
    }
    // Of a modern request the session is not even read.
    let beside: Ask = session.stamp(modern).with("MCP-Protocol-Version", mcp::VERSION);
    assert_eq!(said(&server.send(&beside).await), "ann");
    let gone = beside.with("Mcp-Session-Id", "no-such-session");
    assert_eq!(said(&server.send(&gone).await), "ann");
}
