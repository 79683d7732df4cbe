//! What can be asked in which revision, and where nothing can.

use serde_json::json;

use super::*;
use crate::legacy::{bound, calling, of_ann, said};
use crate::support::old::{BATCHES, REVISIONS};

/// Whether a call asks, or says at once that the client cannot answer.
async fn asks(session: &Session, tool: &str) -> bool {
    let reply = session.post(&calling(tool)).with("Accept", "application/json, text/event-stream");
    let mut connection = crate::support::client::Connection::open(session.addr).await;
    connection.write(&reply.bytes(session.addr)).await;
    let head = connection.head().await;
    if head.field("content-type") == Some("text/event-stream") {
        taken(&session.send(&old::cancel(7)).await);
        within("the end", async { while connection.chunk().await.is_some() {} }).await;
        return true;
    }
    let length = head.field("content-length").expect("a length").parse().expect("a number");
    let message: Value = serde_json::from_str(&connection.exactly(length).await).expect("JSON");
    assert_eq!(message["error"]["code"], -32602, "{message}");
    false
}

#[tokio::test]
async fn a_revision_asks_what_it_has() {
    let server = start(bound()).await;
    for (revision, form, page) in [
        (REVISIONS[0], false, false),
        (REVISIONS[1], false, false),
        (REVISIONS[2], true, false),
        (REVISIONS[3], true, true),
    ] {
        let session = Session::able(server.addr, "ann", revision, all()).await;
        let found = [
            asks(&session, "form").await,
            asks(&session, "page").await,
            asks(&session, "model").await,
            asks(&session, "folders").await,
        ];
        assert_eq!(found, [form, page, true, true], "{revision}");
    }
}

#[tokio::test]
async fn a_client_is_asked_what_it_said_it_can_answer() {
    let server = start(bound()).await;
    for (capabilities, expected) in [
        (json!({}), [false; 4]),
        (json!({"elicitation": {}}), [true, false, false, false]),
        (json!({"elicitation": {"url": {}}}), [false, true, false, false]),
        (json!({"sampling": {}}), [false, false, true, false]),
        (json!({"roots": {"listChanged": true}}), [false, false, false, true]),
    ] {
        let session = Session::able(server.addr, "ann", LATEST, capabilities.clone()).await;
        let mut found = Vec::new();
        for tool in ["form", "page", "model", "folders"] {
            found.push(asks(&session, tool).await);
        }
        assert_eq!(found, expected, "{capabilities}");
    }
}

#[tokio::test]
async fn a_tool_knows_what_its_client_can() {
    let server = start(bound()).await;
    for (revision, known) in [
        (REVISIONS[1], json!({"roots": {}, "sampling": {"context": {}}})),
        (
            REVISIONS[2],
            json!({"elicitation": {"form": {}}, "roots": {}, "sampling": {"context": {}}}),
        ),
    ] {
        let session = Session::able(server.addr, "ann", revision, all()).await;
        let told = said(&session.send(&calling("client")).await);
        let told: Value =
            serde_json::from_str(&told[told.find('{').expect("JSON")..]).expect("JSON");
        assert_eq!(told, known);
        // Nothing of it where there is no stream to ask on.
        let alone = session.post(&calling("client")).with("Accept", "application/json");
        assert!(said(&alone.send(server.addr).await).ends_with(" {}"));
    }
}

/// Whoever takes no stream, sends a batch or has no session cannot be asked.
#[tokio::test]
async fn nothing_is_asked_where_no_question_could_go_out() {
    let server = start(bound()).await;
    let session = Session::able(server.addr, "ann", BATCHES, all()).await;
    let alone = session.post(&calling("folders")).with("Accept", "application/json");
    assert_eq!(alone.send(server.addr).await.outcome(), (200, Some(-32602)));
    let answers = session.send(&json!([calling("folders")])).await.json();
    assert_eq!(answers[0]["error"]["code"], -32602, "{answers}");
    let off = start(bound().limits(toolgate_transport::http::Limits::default().questions(0))).await;
    assert!(!asks(&able(&off, "ann").await, "folders").await);
    let server = start(bound().stateless()).await;
    let reply = server.send(&of_ann(&calling("folders"))).await;
    assert_eq!(reply.outcome(), (200, Some(-32602)));
    let answer = server.send(&of_ann(&old::answer(&json!("x"), json!({})))).await;
    assert_eq!(answer.outcome(), (400, Some(-32600)));
}

#[tokio::test]
async fn answers_may_come_in_a_batch() {
    let server = start(bound()).await;
    let session = Session::able(server.addr, "ann", BATCHES, all()).await;
    let mut call = Call::of(&session, &old::call(7, "many", json!({"count": 2}))).await;
    let ids = [call.question().await.0, call.question().await.0];
    let batch = json!([old::answer(&ids[0], roots(0)), old::answer(&ids[1], roots(0))]);
    taken(&session.send(&batch).await);
    assert_eq!(call.said().await, "2");
}

/// The older form says labels beside the values.
#[tokio::test]
async fn a_form_is_written_as_the_revision_has_it() {
    let server = start(bound()).await;
    let session = Session::able(server.addr, "ann", REVISIONS[2], all()).await;
    let mut call = Call::begin(&session, "form").await;
    let (id, question) = call.question().await;
    assert!(question["params"].get("mode").is_none(), "{question}");
    tell(&session, &id, accept("Ann")).await;
    assert_eq!(call.said().await, "Ann for ann");
}
