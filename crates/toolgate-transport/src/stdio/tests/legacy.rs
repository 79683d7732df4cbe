//! The era before, beside the modern one on the same streams.

use serde_json::{Value, json};
use toolgate_core::{Denial, Error};

use super::kit::{Client, cancel, double, error, handshake, modern, note, old, within};

const LATEST: &str = "2025-11-25";
const BATCHES: &str = "2025-03-26";

fn list(id: i64) -> Value {
    old(id, "tools/list", json!({}))
}

#[tokio::test(start_paused = true)]
async fn a_handshake_holds_for_what_says_nothing_of_itself_and_for_nothing_else() {
    let (double, _events) = double();
    let mut client = Client::of(&double, |it| it);
    let begun = client.ask(&handshake(1, "2025-06-18")).await;
    assert_eq!(
        begun["result"],
        json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "serverInfo": { "name": "double", "version": "1" },
            "instructions": "hi",
        })
    );
    client.send(&note("notifications/initialized")).await;
    let reply = client.ask(&list(2)).await;
    assert_eq!(reply["result"], json!({ "who": null, "version": "2025-06-18", "level": "info" }));
    let reply = client.ask(&modern(3, "")).await;
    assert_eq!(reply["result"]["version"], "2026-07-28");
    assert_eq!(reply["result"]["level"], Value::Null);
    let reply = client.ask(&list(4)).await;
    assert_eq!(reply["result"]["version"], "2025-06-18");
    // Beginning anew is allowed.
    assert_eq!(client.ask(&handshake(5, "v999")).await["result"]["protocolVersion"], LATEST);
    assert_eq!(client.ask(&list(6)).await["result"]["version"], LATEST);
}

#[tokio::test(start_paused = true)]
async fn before_a_handshake_there_is_only_ping() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    assert_eq!(client.ask(&old(1, "ping", json!({}))).await["result"], json!({}));
    let level = old(2, "logging/setLevel", json!({ "level": "error" }));
    for refused in [list(2), level, old(2, "logging/setLevel", json!({ "level": "loud" }))] {
        let told = client.ask(&refused).await;
        assert_eq!(error(&told), (-32600, Some(&json!(2))), "{told}");
    }
    // What a client probes with is of the modern era.
    let mut probe = modern(3, "");
    probe["method"] = json!("server/discover");
    assert!(client.ask(&probe).await["result"]["supportedVersions"].is_array());
    let bad = old(4, "initialize", json!({}));
    assert_eq!(error(&client.ask(&bad).await), (-32602, Some(&json!(4))));
    assert_eq!(error(&client.ask(&list(5)).await).0, -32600);
    assert_eq!(within(events.recv()).await.unwrap(), "introduced");
    assert!(events.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn lines_after_a_handshake_need_not_wait_for_its_answer() {
    let (double, _events) = double();
    let mut client = Client::of(&double, |it| it);
    let level = old(3, "logging/setLevel", json!({ "level": "error" }));
    for message in [handshake(1, LATEST), list(2), level.clone(), list(4)] {
        client.send(&message).await;
    }
    // Another one is not held up by them.
    assert_eq!(client.ask(&modern(5, "")).await["id"], 5);
    let (mut rest, _) = client.end().await;
    rest.sort_by_key(|reply| reply["id"].as_i64());
    assert_eq!(rest.len(), 4);
    assert_eq!(rest[1]["result"]["version"], LATEST, "{rest:?}");
    assert_eq!(rest[3]["result"]["level"], "error", "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_cannot_be_cancelled_and_a_call_can() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    client.send(&handshake(1, LATEST)).await;
    assert_eq!(within(events.recv()).await.unwrap(), "introduced");
    client.send(&cancel(1)).await;
    assert_eq!(client.next().await["id"], 1);
    client.send(&old("c", "tools/call", json!({ "act": "hang" }))).await;
    assert_eq!(within(events.recv()).await.unwrap(), "began hang");
    client.send(&cancel("c")).await;
    assert_eq!(within(events.recv()).await.unwrap(), "dropped hang");
    assert_eq!(client.ask(&old("c", "ping", json!({}))).await["id"], "c");
}

#[tokio::test(start_paused = true)]
async fn whom_the_service_refuses_begins_nothing() {
    let (double, _events) = double();
    let mut client = Client::of(&double, |it| it);
    *double.shy.lock().unwrap() = Some(Error::denied(Denial::Forbidden));
    assert_eq!(error(&client.ask(&handshake(1, LATEST)).await), (-32000, Some(&json!(1))));
    assert_eq!(error(&client.ask(&list(2)).await).0, -32600);
    *double.shy.lock().unwrap() = None;
    assert!(client.ask(&handshake(3, LATEST)).await["result"].is_object());
    // Nor does it end what was begun.
    *double.shy.lock().unwrap() = Some(Error::internal());
    assert_eq!(error(&client.ask(&handshake(4, BATCHES)).await).0, -32603);
    assert_eq!(client.ask(&list(5)).await["result"]["version"], LATEST);
}

#[tokio::test(start_paused = true)]
async fn batches_are_one_line_in_the_one_revision_that_has_them() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    let batch = json!([
        old(1, "ping", json!({})),
        note("notifications/x"),
        old(2, "tools/list", json!({})),
        { "jsonrpc": "2.0", "id": 3 },
        handshake(4, LATEST),
        old(5, "logging/setLevel", json!({ "level": "alert" })),
        old(6, "tools/call", json!({ "act": "notes" })),
    ]);
    assert_eq!(error(&client.ask(&batch).await), (-32600, None));
    for (revision, has) in [("2024-11-05", false), (LATEST, false), (BATCHES, true)] {
        client.ask(&handshake(0, revision)).await;
        client.send(&batch).await;
        if !has {
            assert_eq!(error(&client.next().await), (-32600, None), "{revision}");
        }
    }
    for n in 0..100 {
        assert_eq!(client.next().await["params"]["progress"], n);
    }
    let answers = client.next().await;
    let told: Vec<_> = answers.as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(told, [json!(1), json!(2), json!(3), json!(4), json!(5), json!(6)]);
    assert_eq!(answers[1]["result"]["version"], BATCHES);
    assert_eq!(error(&answers[2]).0, -32600);
    assert_eq!(error(&answers[3]).0, -32600);
    assert_eq!(client.ask(&list(7)).await["result"]["level"], "alert");
    // Bounded, and not empty; and what wants no answer gets none.
    assert_eq!(error(&client.ask(&json!([])).await), (-32600, None));
    let many: Vec<_> = (0..33).map(list).collect();
    assert_eq!(error(&client.ask(&json!(many)).await), (-32600, None));
    client.send(&json!([note("notifications/y"), note("notifications/initialized")])).await;
    let mut heard = Vec::new();
    while heard.last().is_none_or(|it| it != "notifications/y") {
        heard.push(within(events.recv()).await.unwrap());
    }
    assert!(heard.contains(&"notifications/x".to_owned()));
    let (rest, _) = client.end().await;
    assert!(rest.is_empty(), "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn one_call_of_a_batch_can_be_cancelled() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    client.ask(&handshake(0, BATCHES)).await;
    within(events.recv()).await;
    client.send(&json!([old(1, "tools/call", json!({ "act": "hang" })), list(2)])).await;
    assert_eq!(within(events.recv()).await.unwrap(), "began hang");
    client.send(&cancel(1)).await;
    let answers = client.next().await;
    assert_eq!((answers.as_array().unwrap().len(), &answers[0]["id"]), (1, &json!(2)));
}
