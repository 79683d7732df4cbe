//! What a client accepts and sends, by `Accept`, `Content-Type` and `Content-Encoding`.

use serde_json::json;

use super::{echo, of_ann, said, start};
use crate::support::{client::Ask, mcp};

#[tokio::test]
async fn a_body_has_to_be_json() {
    let server = start().await;
    let fine = of_ann(&echo());
    for kind in ["application/json", "Application/JSON; charset=utf-8", "application/json;x=y"] {
        assert_eq!(
            said(&server.send(&fine.clone().with("Content-Type", kind)).await),
            "hi",
            "{kind}"
        );
    }
    let refused: Vec<Ask> = vec![
        fine.clone().without("Content-Type"),
        fine.clone().with("Content-Type", ""),
        fine.clone().with("Content-Type", "text/plain"),
        fine.clone().with("Content-Type", "text/plain; x=application/json"),
        fine.clone().with("Content-Type", "application/x-www-form-urlencoded"),
        fine.clone().with("Content-Type", "application/json-patch+json"),
        fine.clone().with("Content-Type", "application/json; charset=utf-16"),
        fine.clone().adding("Content-Type", "text/plain"),
        fine.clone().with("Content-Encoding", "gzip"),
    ];
    for ask in refused {
        let reply = server.send(&ask).await;
        assert_eq!(reply.outcome(), (415, Some(-32000)), "{:?}", ask.fields);
        assert_eq!(reply.json()["id"], 7);
    }
}

#[tokio::test]
async fn an_answer_has_to_be_accepted() {
    let server = start().await;
    let fine = of_ann(&echo());
    assert_eq!(said(&server.send(&fine.clone().without("Accept")).await), "hi");
    for accept in ["*/*", "application/*, text/html", "application/json", "APPLICATION/JSON;q=0.1"]
    {
        let reply = server.send(&fine.clone().with("Accept", accept)).await;
        assert_eq!(said(&reply), "hi", "{accept}");
        assert_eq!(reply.field("content-type"), Some("application/json"), "{accept}");
    }
    for accept in ["text/html", "application/json;q=0", "nonsense", "image/*"] {
        let reply = server.send(&fine.clone().with("Accept", accept)).await;
        assert_eq!(reply.outcome(), (406, Some(-32000)), "{accept}");
        assert_eq!(reply.json()["id"], 7);
    }
}

#[tokio::test]
async fn whoever_takes_events_alone_gets_events() {
    let server = start().await;
    let reply = server.send(&of_ann(&echo()).with("Accept", "text/event-stream")).await;
    assert_eq!((reply.status, reply.field("content-type")), (200, Some("text/event-stream")));
    let events = mcp::events(reply.text());
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["result"]["content"][0]["text"], "hi");
}

/// Browsers never take part in choosing a refusal's form: it is JSON, whatever is accepted.
#[tokio::test]
async fn a_refusal_is_json_for_everybody() {
    let server = start().await;
    for ask in [
        of_ann(&echo()).bearer("nobody"),
        of_ann(&mcp::message(7, "no/such", json!({}))),
        of_ann(&echo()).with("Mcp-Name", "other"),
    ] {
        let reply = server.send(&ask.with("Accept", "text/event-stream")).await;
        assert!(reply.status >= 400);
        assert_eq!(reply.field("content-type"), Some("application/json"));
    }
}
