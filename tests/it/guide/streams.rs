//! What is said before an answer, and what becomes of an answer that nobody waited for.

use serde_json::json;
use toolgate_core::protocol::LogLevel;

use super::{client, context, resumption, served, stateless, text};
use crate::support::{
    client::within,
    old::{self, LATEST, Session, Stream},
};

#[tokio::test(start_paused = true)]
async fn notes_come_before_the_answer() {
    let client = client(context::server()).log_level(LogLevel::Debug);
    let mut call = client.call_tool_with_progress("copy", json!({ "pages": 2 })).await.unwrap();
    let mut heard = Vec::new();
    while let Some(note) = call.next_note().await {
        let params: serde_json::Value = note.params.parse().unwrap();
        heard.push(match &*note.method {
            "notifications/progress" => format!("{} of {}", params["progress"], params["total"]),
            _ => format!("{}: {}", params["level"], params["data"]),
        });
    }
    let expected = ["1.0 of 2.0", r#""debug": "page 1""#, "2.0 of 2.0", r#""debug": "page 2""#];
    assert_eq!(heard, expected);
    let reply = super::value(&call.reply().await.unwrap());
    assert_eq!(super::text_of(&reply), "copied all 2 pages");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_leaves_nothing_behind() {
    let client = client(context::server());
    let mut call = client.call_tool_with_progress("copy", json!({ "pages": 9 })).await.unwrap();
    assert!(call.next_note().await.is_some());
    assert_eq!(text(&client, "drafts", json!({})).await, "1");
    drop(call);
    assert_eq!(text(&client, "drafts", json!({})).await, "0");
}

#[tokio::test]
async fn who_lost_the_connection_comes_back_for_the_answer() {
    let server = served(resumption::server(), resumption::http()).await;
    let session = Session::begin(server.addr, "ann", LATEST).await;
    let bake = session.post(&old::call(7, "bake", json!({})));
    let mut stream = Stream::open(server.addr, &bake).await;
    let mut last = None;
    let mut retry = None;
    while let Some(event) = within("the end of the stream", stream.event()).await {
        assert_eq!(event.message, None, "it was closed before the answer");
        (last, retry) = (event.id.or(last), event.retry.or(retry));
    }
    assert_eq!(retry, Some(1000));
    let back = session.get().with("Last-Event-ID", &last.expect("an event to come back after"));
    let mut stream = Stream::open(server.addr, &back).await;
    let answer = within("the answer", stream.message()).await.expect("an answer");
    assert_eq!((&answer["id"], super::text_of(&answer["result"])), (&json!(7), "bread".into()));
}

#[tokio::test]
async fn without_sessions_each_request_stands_for_itself() {
    let server = served(stateless::server(), stateless::http()).await;
    let begun = server.send(&old::post(&old::handshake(LATEST)).bearer("ann")).await;
    assert_eq!((begun.status, begun.field("mcp-session-id")), (200, None));
    for name in ["ann", "bob"] {
        let whoami = old::post(&old::call(1, "whoami", json!({}))).bearer(name);
        let reply = server.send(&whoami.with("MCP-Protocol-Version", LATEST)).await.json();
        assert_eq!(super::text_of(&reply["result"]), name);
    }
}
