//! A client that goes away cancels its call, however it is answered.

use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;
use toolgate_transport::http::Limits;

use super::{Hanging, bound, of_ann, with_hang};
use crate::support::{
    client::{Ask, Connection, within},
    mcp::{call, with_progress},
    served::Served,
};

async fn hanging() -> (Served, UnboundedReceiver<Hanging>) {
    let (server, calls) = with_hang();
    (Served::start(server, bound()).await, calls)
}

fn plain() -> Ask {
    of_ann(&call(7, "hang", json!({})))
}

#[tokio::test]
async fn going_away_before_the_answer_drops_the_call() {
    let (server, mut calls) = hanging().await;
    let mut connection = Connection::open(server.addr).await;
    connection.write(&plain().bytes(server.addr)).await;
    let call = within("the call", calls.recv()).await.expect("it runs");
    drop(connection);
    within("the end of the call", call.dropped).await.expect("it tells");
}

#[tokio::test]
async fn going_away_amid_the_stream_drops_the_call() {
    let (server, mut calls) = hanging().await;
    let ask = of_ann(&with_progress(call(7, "hang", json!({})), "p"));
    let mut connection = Connection::open(server.addr).await;
    connection.write(&ask.bytes(server.addr)).await;
    assert_eq!(connection.head().await.field("content-type"), Some("text/event-stream"));
    connection.chunk().await.expect("a note");
    let call = within("the call", calls.recv()).await.expect("it runs");
    drop(connection);
    within("the end of the call", call.dropped).await.expect("it tells");
}

#[tokio::test]
async fn one_who_goes_takes_nobody_along() {
    let (server, mut calls) = hanging().await;
    let mut stays = Connection::open(server.addr).await;
    stays.write(&plain().bytes(server.addr)).await;
    let staying = within("the call", calls.recv()).await.expect("it runs");
    let mut goes = Connection::open(server.addr).await;
    // The same caller and even the same id: a request is known by its connection.
    goes.write(&plain().bytes(server.addr)).await;
    let going = within("the call", calls.recv()).await.expect("it runs");
    drop(goes);
    within("the end of the call", going.dropped).await.expect("it tells");
    staying.finish.send(()).expect("it still runs");
    assert_eq!(super::said(&stays.reply("POST").await), "finished");
}

#[tokio::test]
async fn a_notification_cancels_nothing_here() {
    let (server, mut calls) = hanging().await;
    let mut connection = Connection::open(server.addr).await;
    connection.write(&plain().bytes(server.addr)).await;
    let call = within("the call", calls.recv()).await.expect("it runs");
    let params = json!({"requestId": 7});
    let note = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
    assert_eq!(server.send(&of_ann(&note)).await.status, 202);
    call.finish.send(()).expect("it still runs");
    assert_eq!(super::said(&connection.reply("POST").await), "finished");
}

#[tokio::test]
async fn told_to_stop_the_server_lets_a_call_finish() {
    let (server, mut calls) = hanging().await;
    let mut connection = Connection::open(server.addr).await;
    connection.write(&plain().bytes(server.addr)).await;
    let call = within("the call", calls.recv()).await.expect("it runs");
    let stopped = tokio::spawn(server.stop());
    call.finish.send(()).expect("it still runs");
    assert_eq!(super::said(&connection.reply("POST").await), "finished");
    stopped.await.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_told_so_and_ended() {
    let (tools, mut calls) = with_hang();
    let short = Limits::default().call(Duration::from_millis(50));
    let server = Served::start(tools, bound().limits(short)).await;
    let reply = server.send(&plain()).await;
    assert_eq!(reply.outcome(), (200, Some(-32603)));
    assert_eq!(reply.json()["error"]["message"], "timed out");
    let call = within("the call", calls.recv()).await.expect("it ran");
    within("the end of the call", call.dropped).await.expect("it tells");
}
