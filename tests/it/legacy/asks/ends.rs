//! Calls that end while something is asked: nobody waits for the answers, and the client is told.

use std::time::Duration;

use toolgate_core::legacy::MemorySessions;
use toolgate_transport::http::Limits;

use super::*;
use crate::legacy::{bound, calling};
use crate::support::client::Connection;

/// A call with three open questions, and their ids.
async fn open(session: &Session) -> (Call, Vec<Value>) {
    let mut call = Call::begin(session, "three").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(call.question().await.0);
    }
    ids.sort_by_key(Value::to_string);
    (call, ids)
}

fn sorted(mut ids: Vec<Value>) -> Vec<Value> {
    ids.sort_by_key(Value::to_string);
    ids
}

#[tokio::test]
async fn a_cancelled_call_takes_its_questions_back_and_has_no_answer() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let (mut call, ids) = open(&session).await;
    taken(&session.send(&old::cancel(7)).await);
    assert_eq!(sorted(call.withdrawn().await), ids);
    for id in &ids {
        tell(&session, id, accept("late")).await;
    }
    // The id is free, and so is the room.
    let (mut call, ids) = open(&session).await;
    tell(&session, &ids[0], json!({})).await;
    taken(&session.send(&old::cancel(7)).await);
    assert_eq!(sorted(call.withdrawn().await), ids[1..], "one was answered");
}

#[tokio::test]
async fn the_end_of_a_session_ends_what_waits_for_its_client() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let (mut call, ids) = open(&session).await;
    assert_eq!(server.send(&session.delete()).await.status, 204);
    let told = vec![
        forgotten(&call.next().await),
        forgotten(&call.next().await),
        forgotten(&call.next().await),
    ];
    assert_eq!((sorted(told), call.failed().await), (ids, -32000));
}

/// One that ended elsewhere is noticed by whoever names it, and by the call itself in time.
#[tokio::test]
async fn a_session_that_is_gone_ends_what_waits_for_its_client() {
    let sessions = MemorySessions::new().per_owner(1);
    let server = start(bound().sessions(sessions)).await;
    let session = able(&server, "ann").await;
    let (mut call, _) = open(&session).await;
    able(&server, "ann").await;
    assert_eq!(session.send(&crate::legacy::ping()).await.status, 404);
    for _ in 0..3 {
        forgotten(&call.next().await);
    }
    assert_eq!(call.failed().await, -32000);
}

#[tokio::test]
async fn a_question_is_open_for_so_long() {
    let short = Limits::default().answer(Duration::from_millis(50));
    let server = start(bound().limits(short)).await;
    let session = able(&server, "ann").await;
    let (mut call, ids) = open(&session).await;
    let told = vec![
        forgotten(&call.next().await),
        forgotten(&call.next().await),
        forgotten(&call.next().await),
    ];
    assert_eq!((sorted(told), call.failed().await), (ids.clone(), -32000));
    tell(&session, &ids[0], accept("late")).await;
}

/// The person's time is not the call's.
#[tokio::test]
async fn the_time_of_a_question_does_not_count() {
    let short = Limits::default().call(Duration::from_millis(300));
    let server = start(bound().limits(short.keep_alive(Duration::from_millis(100)))).await;
    let session = able(&server, "ann").await;
    let mut call = Call::begin(&session, "form").await;
    let (id, _) = call.question().await;
    // As many keep-alives as there are in several times that.
    for _ in 0..12 {
        let part = within("a sign of life", call.stream.part()).await.expect("it goes on");
        assert!(part.starts_with(':'), "{part}");
    }
    tell(&session, &id, accept("Ann")).await;
    assert_eq!(call.said().await, "Ann for ann");
}

#[tokio::test]
async fn a_server_that_stops_takes_its_questions_back() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let (mut call, ids) = open(&session).await;
    let stopping = tokio::spawn(server.stop());
    let told = vec![
        forgotten(&call.next().await),
        forgotten(&call.next().await),
        forgotten(&call.next().await),
    ];
    assert_eq!((sorted(told), call.failed().await), (ids, -32000));
    within("the end", stopping).await.expect("no panic").expect("it ends");
}

/// Where nothing is kept, whoever goes away takes the call along; and its room.
#[tokio::test]
async fn going_away_forgets_the_questions_where_nothing_is_kept() {
    let limits = Limits::default().questions(3);
    let server = start(bound().no_events().limits(limits)).await;
    let session = able(&server, "ann").await;
    let (call, _) = open(&session).await;
    let mut again = calling("three");
    again["id"] = json!(8);
    assert_eq!(session.send(&again).await.status, 429, "there is no room");
    drop(call);
    within("room", async { while begins(&session, &again).await == 429 {} }).await;
}

/// The status that a call begins with; its client does not wait for more.
async fn begins(session: &Session, message: &Value) -> u16 {
    let mut connection = Connection::open(session.addr).await;
    connection.write(&session.post(message).bytes(session.addr)).await;
    connection.head().await.status
}
