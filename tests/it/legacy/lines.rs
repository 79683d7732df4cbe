//! The transport that streamable HTTP has replaced: what is said on its stream, and who may say it.

mod asks;
mod ends;
mod owners;
mod places;

use serde_json::{Value, json};
use toolgate_server::ToolSpec;
use toolgate_transport::http::{Http, Listen};

use super::{
    Nothing, bound, calling,
    listening::{Change, Listener, Lists, served},
};
use crate::support::{
    line::{self, Line},
    mcp::{self, with_progress},
    old::{self, LATEST, REVISIONS},
    served::Served,
};

fn both() -> Http<Listen> {
    bound().sse(line::PATH)
}

async fn start() -> Served {
    Served::start(super::server(), both()).await
}

/// The same, with a service that only listens.
async fn listening() -> (Served, Listener) {
    let listener = Listener::new(Lists::Told);
    (served(&listener, both()).await, listener)
}

async fn begin(server: &Served, token: &str) -> Line {
    Line::begin(server.addr, token, LATEST).await
}

#[track_caller]
fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test]
async fn every_revision_is_answered_on_the_stream() {
    let server = start().await;
    for revision in REVISIONS {
        let mut line = Line::begin(server.addr, "ann", revision).await;
        assert_eq!(text(&line.ask(&old::call(7, "echo", json!({"text": "hi"}))).await), "hi");
        let structured = line.ask(&calling("weather")).await["result"]["structuredContent"].take();
        assert_eq!(structured.is_null(), revision < "2025-06-18", "{revision}");
        assert_eq!(line.ask(&old::message("a", "ping", json!({}))).await["result"], json!({}));
    }
}

#[tokio::test]
async fn notes_come_in_order_and_before_their_answer() {
    let server = start().await;
    let mut line = begin(&server, "ann").await;
    let level = old::message(1, "logging/setLevel", json!({"level": "warning"}));
    assert_eq!(line.ask(&level).await["result"], json!({}));
    line.tell(&with_progress(calling("steps"), "p")).await;
    let mut seen = Vec::new();
    while seen.last() != Some(&json!(7)) {
        let message = line.next().await;
        let params = &message["params"];
        let said = [&params["progress"], &params["data"], &message["id"]];
        seen.extend(said.into_iter().find(|it| !it.is_null()).cloned());
    }
    assert_eq!(json!(seen), json!([1.0, "two", 2.0, 7]));
}

#[tokio::test]
async fn errors_are_answers_and_refusals_are_the_post_s() {
    let server = start().await;
    let mut line = begin(&server, "ann").await;
    for (message, code) in [
        (old::message(7, "no/such", json!({})), -32601),
        (old::message(7, "logging/setLevel", json!({})), -32602),
        (old::message(7, "initialize", json!({})), -32602),
        (calling("nope"), -32602),
    ] {
        assert_eq!(line.ask(&message).await["error"]["code"], code, "{message}");
    }
    assert_eq!(line.ask(&calling("declines")).await["result"]["isError"], true);
    let modern = mcp::call(7, "echo", json!({"text": "hi"}));
    let modern = mcp::post(&modern).bearer("ann").at(&line.target);
    let rows = [
        (modern, 400),
        (line.post(&json!([calling("echo")])), 400),
        (line.post(&json!({})), 400),
        (line.post(&json!({})).body("{"), 400),
        (line.post(&json!({})).with("Content-Type", "text/plain"), 415),
        (line.post(&calling("echo")).with("MCP-Protocol-Version", "2026-07-28"), 400),
    ];
    for (ask, status) in rows {
        assert_eq!(server.send(&ask).await.status, status, "{ask:?}");
    }
    // Nothing of all that was said on the stream.
    assert_eq!(text(&line.ask(&calling("who")).await), "ann");
}

#[tokio::test]
async fn changes_are_told_once_hands_were_shaken() {
    let (server, listener) = listening().await;
    let (mut silent, _) = line::open(server.addr, &line::get("ann")).await;
    let (mut one, mut other) = (begin(&server, "ann").await, begin(&server, "ann").await);
    listener.tell(Change::Tools);
    for line in [&mut one, &mut other] {
        assert_eq!(line.next().await["method"], "notifications/tools/list_changed");
    }
    let subscribe = |word: &str| old::message(7, word, json!({"uri": "a:1"}));
    assert_eq!(one.ask(&subscribe("resources/subscribe")).await["result"], json!({}));
    listener.tell(Change::Resource("a:1"));
    assert_eq!(one.next().await["method"], "notifications/resources/updated");
    assert_eq!(one.ask(&subscribe("resources/unsubscribe")).await["result"], json!({}));
    listener.tell(Change::Resource("a:1"));
    listener.tell(Change::Tools);
    for line in [&mut one, &mut other] {
        assert_eq!(line.next().await["method"], "notifications/tools/list_changed");
    }
    drop((one, other));
    let limit = tokio::time::timeout(std::time::Duration::from_millis(20), silent.message());
    assert!(limit.await.is_err(), "nothing is said before a handshake");
}

/// A refusal leaves nothing behind that would keep the next one from being told of changes.
#[tokio::test]
async fn who_was_refused_at_first_is_told_of_changes_all_the_same() {
    let (server, listener) = listening().await;
    let (mut stream, target) = line::open(server.addr, &line::get("ann")).await;
    let ping = old::post(&old::message(7, "ping", json!({}))).bearer("ann").at(&target);
    listener.now(Lists::Forbidden);
    assert_eq!(server.send(&ping).await.status, 403);
    listener.now(Lists::Told);
    assert_eq!(server.send(&ping).await.status, 202);
    assert_eq!(stream.message().await.expect("an answer")["id"], 7);
    assert_eq!(listener.listens(), 1);
    listener.tell(Change::Tools);
    let change = stream.message().await.expect("a change");
    assert_eq!(change["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn a_server_s_own_lists_are_watched() {
    let tools = super::server();
    let live = tools.live();
    let server = Served::start(tools, both()).await;
    let mut line = begin(&server, "ann").await;
    live.add_tool_fn(ToolSpec::new("added"), |_: Nothing, _| async { Ok(()) }).expect("a name");
    assert_eq!(line.next().await["method"], "notifications/tools/list_changed");
}

/// Whoever reads events with a browser's own means comes back by itself, and does not begin anew.
#[tokio::test]
async fn who_comes_back_goes_on_in_the_revision_that_it_names() {
    let server = start().await;
    for (named, structured) in [(None, false), (Some("2025-03-26"), false), (Some(LATEST), true)] {
        let (mut stream, target) = line::open(server.addr, &line::get("ann")).await;
        let mut ask = old::post(&calling("weather")).bearer("ann").at(&target);
        if let Some(named) = named {
            ask = ask.with("MCP-Protocol-Version", named);
        }
        assert_eq!(server.send(&ask).await.status, 202);
        let answer = stream.message().await.expect("an answer");
        assert_eq!(answer["result"].get("structuredContent").is_some(), structured, "{named:?}");
    }
}
