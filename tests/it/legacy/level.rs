//! From which level on a session's client wants log messages.

use serde_json::{Value, json};

use super::{begin, calling, start};
use crate::support::old::{self, BATCHES, Session};

fn set(level: impl Into<Value>) -> Value {
    old::message(7, "logging/setLevel", json!({"level": level.into()}))
}

/// The levels of what a tool that logs at `debug`, `info` and `warning` sends.
async fn heard(session: &Session) -> Vec<String> {
    let reply = session.send(&calling("steps")).await;
    let events = match reply.field("content-type") {
        Some("text/event-stream") => old::messages(reply.text()),
        _ => vec![reply.json()],
    };
    assert!(events.last().is_some_and(|reply| reply["result"].is_object()));
    let levels = events.iter().filter_map(|event| event["params"]["level"].as_str());
    levels.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_level_holds_for_its_session_until_the_next() {
    let server = start().await;
    let (session, other) = (begin(&server, "ann").await, begin(&server, "ann").await);
    assert_eq!(heard(&session).await, ["info", "warning"], "unless told");
    for (level, expected) in [
        ("debug", &["debug", "info", "warning"][..]),
        ("info", &["info", "warning"]),
        ("notice", &["warning"]),
        ("warning", &["warning"]),
        ("error", &[]),
        ("critical", &[]),
        ("alert", &[]),
        ("emergency", &[]),
        ("debug", &["debug", "info", "warning"]),
    ] {
        let reply = session.send(&set(level)).await;
        assert_eq!(reply.json(), json!({"jsonrpc": "2.0", "id": 7, "result": {}}));
        assert_eq!(heard(&session).await, expected, "{level}");
        assert_eq!(heard(&other).await, ["info", "warning"], "another session of the same owner's");
    }
}

#[tokio::test]
async fn what_is_no_level_changes_nothing() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    session.send(&set("warning")).await;
    for level in [json!("loud"), json!("DEBUG"), json!(0), json!(null), json!("")] {
        let reply = session.send(&set(level.clone())).await;
        assert_eq!(reply.outcome(), (200, Some(-32602)), "{level}");
    }
    assert_eq!(heard(&session).await, ["warning"]);
}

#[tokio::test]
async fn nobody_else_sets_it() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    let reply = session.with_token("bob").send(&set("emergency")).await;
    assert_eq!(reply.outcome(), (404, Some(-32001)));
    assert_eq!(heard(&session).await, ["info", "warning"]);
}

#[tokio::test]
async fn a_batch_sets_it_too() {
    let server = start().await;
    let session = Session::begin(server.addr, "ann", BATCHES).await;
    let reply = session.send(&json!([set("loud"), set("warning")])).await.json();
    assert_eq!((&reply[0]["error"]["code"], &reply[1]["result"]), (&json!(-32602), &json!({})));
    assert_eq!(heard(&session).await, ["warning"]);
}

/// What else the session remembers is not forgotten over it.
#[tokio::test]
async fn setting_it_changes_nothing_else() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    let before = session.send(&calling("client")).await.json();
    session.send(&set("error")).await;
    assert_eq!(session.send(&calling("client")).await.json(), before);
}
