//! One document or a stream, and the notes before a reply.

use serde_json::{Value, json};

use super::{begin, calling, echo, ping, said, start};
use crate::support::{
    client::Reply,
    mcp::with_progress,
    old::{self, REVISIONS, Session},
};

fn log(level: &str, data: &str) -> Value {
    old::notification("notifications/message", json!({"level": level, "data": data}))
}

fn progress(token: &Value, at: f64) -> Value {
    old::notification("notifications/progress", json!({"progressToken": token, "progress": at}))
}

/// The notes of a stream and the reply at its end.
fn notes(reply: &Reply) -> Vec<Value> {
    let fields = [
        "cache-control: no-store",
        "content-type: text/event-stream",
        "x-accel-buffering: no",
        "x-content-type-options: nosniff",
    ];
    assert_eq!((reply.status, reply.told()), (200, fields.map(str::to_owned).to_vec()));
    let mut events = old::messages(reply.text());
    let last = events.pop().expect("a reply");
    let result = json!({"content": [{"type": "text", "text": "stepped"}]});
    assert_eq!(last, json!({"jsonrpc": "2.0", "id": 7, "result": result}));
    events
}

#[tokio::test]
async fn notes_come_in_order_and_before_the_reply() {
    let server = start().await;
    for revision in REVISIONS {
        let session = Session::begin(server.addr, "ann", revision).await;
        for token in [json!("p"), json!(0)] {
            let reply = session.send(&with_progress(calling("steps"), token.clone())).await;
            let expected = [
                log("info", "one"),
                progress(&token, 1.0),
                log("warning", "two"),
                progress(&token, 2.0),
            ];
            assert_eq!(notes(&reply), expected, "{revision}");
        }
        let reply = session.send(&calling("steps")).await;
        assert_eq!(
            notes(&reply),
            [log("info", "one"), log("warning", "two")],
            "no progress unasked"
        );
    }
}

#[tokio::test]
async fn what_the_client_takes_decides_between_document_and_stream() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    let (json, events) = ("application/json", "text/event-stream");
    let both = format!("{json}, {events}");
    let rows = [
        (echo(), json, json),
        (echo(), events, events),
        (echo(), &*both, json),
        (calling("steps"), json, json),
        (calling("steps"), events, events),
        (calling("steps"), &*both, events),
        (ping(), json, json),
        (ping(), events, events),
        (old::handshake(old::LATEST), events, events),
        (old::handshake(old::LATEST), json, json),
    ];
    for (message, takes, gets) in rows {
        let reply = server.send(&session.post(&message).with("Accept", takes)).await;
        assert_eq!((reply.status, reply.field("content-type")), (200, Some(gets)), "{message}");
        let last = match gets == json {
            true => reply.json(),
            false => old::messages(reply.text()).pop().expect("a reply"),
        };
        assert!(last["id"] == 7 && last["result"].is_object(), "{last}");
    }
    let begun = super::of_ann(&old::handshake(old::LATEST)).with("Accept", events);
    assert!(server.send(&begun).await.field("mcp-session-id").is_some(), "whatever it takes");
    let reply = server.send(&session.post(&echo()).with("Accept", "text/html")).await;
    assert_eq!(reply.outcome(), (406, Some(-32000)));
    let reply = server.send(&session.post(&echo()).with("Content-Type", "text/plain")).await;
    assert_eq!(reply.outcome(), (415, Some(-32000)));
}

#[tokio::test]
async fn whoever_takes_documents_alone_gets_no_notes() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    let ask = session.post(&with_progress(calling("steps"), "p"));
    assert_eq!(said(&server.send(&ask.with("Accept", "application/json")).await), "stepped");
}

#[tokio::test]
async fn what_a_session_s_client_can_do_is_not_relied_on_where_it_cannot_be_asked() {
    let server = start().await;
    let mut capable = old::handshake(old::LATEST);
    capable["params"]["capabilities"] = json!({"elicitation": {}});
    let reply = server.send(&super::of_ann(&capable)).await;
    let id = reply.field("mcp-session-id").expect("a session");
    // Nothing can be asked without a stream, so no tool may believe that it can.
    let ask = super::of_ann(&calling("ask")).with("Mcp-Session-Id", id);
    let ask = ask.with("Accept", "application/json");
    assert_eq!(server.send(&ask).await.outcome(), (200, Some(-32602)));
}
