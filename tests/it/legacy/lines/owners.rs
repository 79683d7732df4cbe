//! Who may say what on a line: its owner, with the token of each request.

use serde_json::{Value, json};

use super::{begin, calling, line, old, start, text};
use crate::support::{client::within, line::Line, served::Served};

fn names(answer: &Value) -> Vec<&str> {
    let tools = answer["result"]["tools"].as_array().expect("tools");
    tools.iter().filter_map(|tool| tool["name"].as_str()).collect()
}

async fn with(server: &Served, line: &Line, token: &str, message: &Value) -> u16 {
    server.send(&line.post(message).bearer(token)).await.status
}

#[tokio::test]
async fn a_line_of_somebody_else_is_as_good_as_none() {
    let server = start().await;
    let mut line = begin(&server, "ann").await;
    let bobs = begin(&server, "bob").await;
    let hers = line.post(&calling("who"));
    let stranger = server.send(&hers.clone().bearer("bob")).await;
    let none = "f".repeat(64);
    let unknown = server.send(&hers.clone().at(&format!("/sse?sessionId={none}"))).await;
    assert_eq!(stranger.outcome(), (404, Some(-32001)));
    assert_eq!((stranger.told(), &stranger.body), (unknown.told(), &unknown.body));
    // Nor do the ids of the two transports mean each other's sessions.
    let session = super::super::begin(&server, "ann").await;
    let other = hers.clone().at(&format!("/sse?sessionId={}", session.id));
    assert_eq!(server.send(&other).await.outcome(), (404, Some(-32001)));
    let (_, id) = line.target.split_once('=').expect("an id");
    assert!(!session.called(id).lives().await);
    let rows = [
        (hers.clone().without("Authorization"), 401),
        (hers.clone().bearer("refused"), 401),
        (hers.clone().bearer("ann.none"), 403),
        (line.post(&old::message(7, "ping", json!({}))).bearer("ann.none"), 403),
        (hers.clone().at("/sse"), 400),
        (hers.clone().at(&format!("{}&sessionId=a", line.target)), 400),
        (hers.clone().at("/sse?sessionId="), 404),
        (hers.clone().with("Origin", "https://evil.example"), 403),
        (hers.clone().with("Host", "evil.example"), 403),
    ];
    for (ask, status) in rows {
        assert_eq!(server.send(&ask).await.status, status, "{ask:?}");
    }
    // None of them was heard, and neither line has ended.
    assert_eq!(text(&line.ask(&calling("who")).await), "ann");
    assert!(bobs.lives().await);
}

#[tokio::test]
async fn each_request_has_the_scopes_of_its_own_token() {
    let server = start().await;
    let mut line = begin(&server, "ann").await;
    let list = old::message(7, "tools/list", json!({}));
    assert!(names(&line.ask(&list).await).contains(&"write"));
    let refused = server.send(&line.post(&calling("write")).bearer("ann.low")).await;
    assert_eq!(refused.status, 403);
    let challenge = refused.field("www-authenticate").expect("what is wanted");
    assert!(challenge.contains("insufficient_scope") && challenge.contains("write"), "{challenge}");
    assert_eq!(refused.json()["id"], 7);
    assert_eq!(with(&server, &line, "ann.again", &calling("write")).await, 202);
    assert_eq!(text(&line.next().await), "written");
}

#[tokio::test]
async fn a_get_is_judged_by_its_head_and_leaves_nothing_when_it_is_refused() {
    let limits = toolgate_transport::http::Limits::default().streams_per_caller(1).streams(1);
    let server = Served::start(super::super::server(), super::both().limits(limits)).await;
    let get = || line::get("ann");
    let rows = [
        (get().without("Authorization"), 401),
        (get().bearer("refused"), 401),
        (get().bearer("ann.none"), 403),
        (get().with("Accept", "application/json"), 406),
        (get().with("Origin", "https://evil.example"), 403),
        (get().with("Host", "evil.example"), 403),
    ];
    for _ in 0..3 {
        for (ask, status) in &rows {
            assert_eq!(line::status(server.addr, ask).await, *status, "{ask:?}");
        }
    }
    let one = begin(&server, "ann").await;
    for token in ["ann", "bob"] {
        let refused = server.send(&line::get(token)).await;
        assert_eq!((refused.status, refused.field("retry-after")), (429, Some("1")));
    }
    drop(one);
    within("room", async { while line::status(server.addr, &line::get("bob")).await == 429 {} })
        .await;
}
