//! Pages of lists are the same in both eras, and whichever server of several is asked.

use futures::FutureExt;
use serde_json::{Value, json};
use toolgate_server::SealKey;

use super::bound;
use crate::support::{
    mcp,
    old::{self, REVISIONS, Session},
    served::Served,
};

/// One of several that share their key.
async fn start() -> Served {
    let key: SealKey = "00112233445566778899aabbccddeeff".repeat(2).parse().expect("a key");
    let server = super::server().page_size(2).seal_keys([key]);
    Served::start(server, bound()).boxed().await
}

fn list(cursor: Option<&str>) -> Value {
    cursor.map_or(json!({}), |cursor| json!({ "cursor": cursor }))
}

/// The names on all pages, by what asks for one.
async fn walk(page: impl AsyncFn(usize, Value) -> Value) -> Vec<String> {
    let (mut names, mut params) = (Vec::new(), list(None));
    for at in 0..100 {
        let result = page(at, params).await["result"].clone();
        let tools = result["tools"].as_array().expect("tools");
        assert!((1..=2).contains(&tools.len()), "{result}");
        names.extend(tools.iter().map(|tool| tool["name"].to_string()));
        match result["nextCursor"].as_str() {
            Some(cursor) => params = list(Some(cursor)),
            None => return names,
        }
    }
    panic!("it does not end");
}

#[tokio::test]
async fn every_era_is_led_through_the_list_by_whichever_server() {
    let servers = [start().await, start().await];
    let server = |at: usize| &servers[at % servers.len()];
    let modern = walk(async |at, params| {
        let message = mcp::message(7, "tools/list", params);
        server(at).send(&mcp::post(&message).bearer("ann")).await.json()
    });
    let modern = modern.await;
    assert!(modern.len() > 4, "{modern:?}");
    for revision in REVISIONS {
        let sessions = [
            Session::begin(servers[0].addr, "ann", revision).await,
            Session::begin(servers[1].addr, "ann", revision).await,
        ];
        let old = walk(async |at, params| {
            sessions[at % 2].send(&old::message(7, "tools/list", params)).await.json()
        });
        assert_eq!(old.await, modern, "{revision}");
    }
}

#[tokio::test]
async fn a_cursor_of_one_who_sees_more_leads_another_nowhere() {
    let server = start().await;
    let page = async |token: &str, params| {
        let message = mcp::message(7, "tools/list", params);
        server.send(&mcp::post(&message).bearer(token)).await
    };
    let first = page("ann", list(None)).await.json();
    let cursor = first["result"]["nextCursor"].as_str().expect("another page").to_owned();
    assert_eq!(page("bob", list(Some(&cursor))).await.outcome(), (200, None), "who sees the same");
    let low = page("ann.low", list(Some(&cursor))).await;
    assert_eq!(low.json()["error"]["code"], -32602, "{}", low.text());
}
