//! Questions to the client, among the other lines.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    super::Limits,
    kit::{Client, able, cancel, double, error, handshake, modern, old, within},
};

const LATEST: &str = "2025-11-25";
const BATCHES: &str = "2025-03-26";

fn ask(id: impl Into<Value>) -> Value {
    old(id, "tools/call", json!({ "act": "ask" }))
}

fn answer(id: &Value, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// A client that shows its roots.
async fn begun(set: impl FnOnce(super::kit::Lines) -> super::kit::Lines) -> Client {
    let (double, _) = double();
    let mut client = Client::of(&double, set);
    client.ask(&able(0, LATEST)).await;
    client
}

/// Calls, and the ids of the two questions.
async fn asked(client: &mut Client, id: i32) -> [Value; 2] {
    client.send(&ask(id)).await;
    let mut ids = [Value::Null, Value::Null];
    for id in &mut ids {
        let line = client.next().await;
        assert_eq!(line["method"], "roots/list", "{line}");
        *id = line["id"].clone();
    }
    assert_ne!(ids[0], ids[1]);
    ids
}

/// The ids that the client need not answer any more.
async fn withdrawn(client: &mut Client, count: usize) -> Vec<Value> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let line = client.next().await;
        assert_eq!(line["method"], "notifications/cancelled", "{line}");
        ids.push(line["params"]["requestId"].clone());
    }
    ids.sort_by_key(Value::to_string);
    ids
}

fn sorted(ids: [Value; 2]) -> Vec<Value> {
    let mut ids = Vec::from(ids);
    ids.sort_by_key(Value::to_string);
    ids
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_is_answered_by_its_id_while_other_lines_go_on() {
    let mut client = begun(|it| it).await;
    let one = asked(&mut client, 1).await;
    let two = asked(&mut client, 2).await;
    assert_eq!(client.ask(&old(3, "ping", json!({}))).await["id"], 3);
    // Neither what nobody asked nor a second answer counts.
    for (id, n) in [(&json!("x"), 0), (&json!(1), 0), (&two[1], 4), (&two[1], 0), (&two[0], 3)] {
        client.send(&answer(id, json!({ "n": n }))).await;
    }
    let reply = client.next().await;
    let expected =
        json!({ "answers": { "a": { "n": 3 }, "b": { "n": 4 } }, "state": "s", "who": null });
    assert_eq!((&reply["id"], &reply["result"]), (&json!(2), &expected));
    for id in &one {
        client.send(&answer(id, json!({}))).await;
    }
    assert_eq!(client.next().await["id"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_takes_its_questions_back() {
    let mut client = begun(|it| it.limits(Limits::default().questions(2))).await;
    let ids = asked(&mut client, 1).await;
    client.send(&cancel(1)).await;
    assert_eq!(withdrawn(&mut client, 2).await, sorted(ids.clone()));
    client.send(&answer(&ids[0], json!({}))).await;
    // Its id is free, and there is room again.
    let [a, b] = asked(&mut client, 1).await;
    client.send(&answer(&a, json!({}))).await;
    // The call has it by then.
    assert_eq!(client.ask(&old(2, "ping", json!({}))).await["id"], 2);
    client.send(&cancel(1)).await;
    assert_eq!(withdrawn(&mut client, 1).await, [b]);
    asked(&mut client, 1).await;
}

#[tokio::test(start_paused = true)]
async fn questions_are_bounded_in_number_and_in_time() {
    let limits = Limits::default().questions(2).answer(Duration::from_secs(60));
    let mut client = begun(|it| it.limits(limits.call(Duration::from_secs(1)))).await;
    let ids = asked(&mut client, 1).await;
    assert_eq!(error(&client.ask(&ask(2)).await), (-32000, Some(&json!(2))));
    // A minute goes by, since nothing else happens.
    assert_eq!(withdrawn(&mut client, 2).await, sorted(ids));
    assert_eq!(error(&client.next().await), (-32000, Some(&json!(1))));
    // What a person takes is not the call's time.
    let [a, b] = asked(&mut client, 3).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    client.send(&answer(&a, json!({}))).await;
    client.send(&answer(&b, json!({}))).await;
    assert_eq!(client.next().await["result"]["state"], "s");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_input_ends_what_waits_for_answers() {
    let mut client = begun(|it| it).await;
    let ids = asked(&mut client, 1).await;
    let (rest, ended) = client.end().await;
    ended.unwrap();
    assert_eq!(rest.len(), 3, "{rest:?}");
    let mut told: Vec<_> =
        rest[..2].iter().map(|line| line["params"]["requestId"].clone()).collect();
    told.sort_by_key(Value::to_string);
    assert_eq!(told, sorted(ids));
    assert_eq!(error(&rest[2]), (-32000, Some(&json!(1))));
}

/// A client that cannot answer is not asked: the service is told so, and if it asks all the same, it
/// has failed.
#[tokio::test(start_paused = true)]
async fn nothing_is_asked_of_who_cannot_answer() {
    let (double, _) = double();
    let mut client = Client::of(&double, |it| it);
    client.ask(&handshake(0, LATEST)).await;
    assert_eq!(error(&client.ask(&ask(1)).await), (-32603, Some(&json!(1))));
    // Nor where the method has no questions, in a batch, or where none are allowed.
    client.ask(&able(0, BATCHES)).await;
    let list = old(2, "tools/list", json!({ "act": "ask" }));
    assert_eq!(error(&client.ask(&list).await).0, -32603);
    assert_eq!(error(&client.ask(&json!([ask(3)])).await[0]).0, -32603);
    let mut off = begun(|it| it.limits(Limits::default().questions(0))).await;
    assert_eq!(error(&off.ask(&ask(4)).await).0, -32603);
    // The modern era has the question as a result.
    let asked = client.ask(&modern(5, "ask")).await;
    assert_eq!(asked["result"]["resultType"], "input_required");
}

#[tokio::test(start_paused = true)]
async fn answers_may_come_in_a_batch() {
    let (double, _) = double();
    let mut client = Client::of(&double, |it| it);
    client.ask(&able(0, BATCHES)).await;
    let [a, b] = asked(&mut client, 1).await;
    client.send(&json!([answer(&a, json!({})), answer(&b, json!({}))])).await;
    assert_eq!(within(client.next()).await["id"], 1);
}
