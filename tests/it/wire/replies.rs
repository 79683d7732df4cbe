//! One document, or a stream when something streams.

use std::time::Duration;

use serde_json::json;
use toolgate_transport::http::Limits;

use super::{echo, of_ann, said, start};
use crate::support::{
    client::Connection,
    mcp::{self, call, with_progress},
    served::Served,
};

#[tokio::test]
async fn without_a_progress_token_there_is_one_document() {
    let server = start().await;
    let reply = server.send(&of_ann(&call(7, "count", json!({"to": 3})))).await;
    assert_eq!(said(&reply), "counted to 3");
    let fields = [
        "cache-control: no-store",
        "content-type: application/json",
        "x-content-type-options: nosniff",
    ];
    assert_eq!(reply.told(), fields);
}

#[tokio::test]
async fn with_one_the_notes_come_in_order_and_the_reply_last() {
    let server = start().await;
    for token in [json!("p"), json!(0), json!("")] {
        let ask = of_ann(&with_progress(call(7, "count", json!({"to": 100})), token.clone()));
        let reply = server.send(&ask).await;
        let fields = [
            "cache-control: no-store",
            "content-type: text/event-stream",
            "x-accel-buffering: no",
            "x-content-type-options: nosniff",
        ];
        assert_eq!((reply.status, reply.told()), (200, fields.map(str::to_owned).to_vec()));
        let events = mcp::events(reply.text());
        let (last, notes) = events.split_last().expect("a reply");
        assert_eq!(notes.len(), 100);
        for (note, step) in notes.iter().zip(1..) {
            let params = json!({"progressToken": token, "progress": f64::from(step)});
            let expected =
                json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params});
            assert_eq!(*note, expected);
        }
        assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!(7), &json!("complete")));
        assert_eq!(last["result"]["content"][0]["text"], "counted to 100");
    }
}

#[tokio::test]
async fn a_tool_that_says_nothing_before_its_reply_streams_nothing() {
    let server = start().await;
    for message in [echo(), call(7, "count", json!({"to": 0}))] {
        let reply = server.send(&of_ann(&with_progress(message, "p"))).await;
        assert_eq!(reply.field("content-type"), Some("application/json"));
        said(&reply);
    }
}

#[tokio::test]
async fn whoever_takes_json_alone_gets_the_reply_alone() {
    let server = start().await;
    let ask = of_ann(&with_progress(call(7, "count", json!({"to": 100})), "p"));
    let reply = server.send(&ask.with("Accept", "application/json")).await;
    assert_eq!(said(&reply), "counted to 100");
    assert_eq!(reply.field("x-accel-buffering"), None);
}

#[tokio::test]
async fn a_note_arrives_before_the_tool_ends_and_nothing_after_its_reply() {
    let (server, mut hanging) = super::with_hang();
    let server = Served::start(server, super::bound()).await;
    let ask = of_ann(&with_progress(call(7, "hang", json!({})), "p"));
    let mut connection = Connection::open(server.addr).await;
    connection.write(&ask.bytes(server.addr)).await;
    let head = connection.head().await;
    assert_eq!((head.status, head.field("content-type")), (200, Some("text/event-stream")));
    let first = connection.chunk().await.expect("a note");
    assert!(String::from_utf8_lossy(&first).contains("notifications/progress"));
    let call = hanging.recv().await.expect("it hangs");
    call.finish.send(()).expect("it still hangs");
    let last = connection.chunk().await.expect("a reply");
    assert!(String::from_utf8_lossy(&last).contains("finished"));
    assert_eq!(connection.chunk().await, None);
}

/// Proxies cut what is silent for too long, so a stream begins even where nobody asked for notes.
#[tokio::test]
async fn a_silent_call_keeps_its_connection_alive() {
    let (server, mut hanging) = super::with_hang();
    let often = Limits::default().keep_alive(Duration::from_millis(20));
    let server = Served::start(server, super::bound().limits(often)).await;
    let ask = of_ann(&call(7, "hang", json!({})));
    let mut connection = Connection::open(server.addr).await;
    connection.write(&ask.bytes(server.addr)).await;
    assert_eq!(connection.head().await.field("content-type"), Some("text/event-stream"));
    assert_eq!(connection.chunk().await.as_deref(), Some(&b": keep-alive\n\n"[..]));
    hanging.recv().await.expect("it hangs").finish.send(()).expect("it still hangs");
    let mut rest = Vec::new();
    while let Some(chunk) = connection.chunk().await {
        rest.extend(chunk);
    }
    let events = mcp::events(std::str::from_utf8(&rest).expect("UTF-8"));
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["result"]["content"][0]["text"], "finished");
}

#[tokio::test]
async fn a_silent_call_stays_a_document_for_whoever_takes_no_stream() {
    let (server, mut hanging) = super::with_hang();
    let often = Limits::default().keep_alive(Duration::from_millis(1));
    let server = Served::start(server, super::bound().limits(often)).await;
    let ask = of_ann(&call(7, "hang", json!({}))).with("Accept", "application/json");
    let (reply, ()) = tokio::join!(server.send(&ask), async {
        let call = hanging.recv().await.expect("it hangs");
        // Other requests come and go, so that keep-alives had their time.
        for _ in 0..10 {
            server.send(&of_ann(&echo())).await;
        }
        call.finish.send(()).expect("it still hangs");
    });
    assert_eq!(
        (said(&reply).as_str(), reply.field("content-type")),
        ("finished", Some("application/json"))
    );
}

#[tokio::test]
async fn a_failure_before_any_note_is_a_document() {
    let server = start().await;
    let reply = server.send(&of_ann(&with_progress(call(7, "fails", json!({})), "p"))).await;
    assert_eq!(reply.field("content-type"), Some("application/json"));
    assert_eq!(reply.outcome(), (200, Some(-32603)));
}

#[tokio::test]
async fn a_failure_after_notes_is_the_last_event() {
    let server = start().await;
    let ask = of_ann(&with_progress(call(7, "stumbles", json!({})), "p"));
    let reply = server.send(&ask).await;
    assert_eq!((reply.status, reply.field("content-type")), (200, Some("text/event-stream")));
    let events = mcp::events(reply.text());
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["method"], "notifications/progress");
    assert_eq!((&events[1]["id"], &events[1]["error"]["code"]), (&json!(7), &json!(-32603)));
    assert!(!reply.text().contains("s3cr3t"));
}

#[tokio::test]
async fn a_bad_progress_token_is_refused() {
    let server = start().await;
    for token in [json!(null), json!(1.5), json!({}), json!([1]), json!(true)] {
        let reply = server.send(&of_ann(&with_progress(echo(), token.clone()))).await;
        assert_eq!(reply.outcome(), (400, Some(-32602)), "{token}");
    }
}
