//! How much may be asked: at a time, of one session, and how often.

use toolgate_transport::http::Limits;

use super::*;
use crate::legacy::{bound, calling, echo, said};

fn many(id: i32, count: usize) -> Value {
    old::call(id, "many", json!({"count": count}))
}

#[tokio::test]
async fn a_session_has_so_many_open_and_its_calls_are_refused_beyond() {
    let server = start(bound().limits(Limits::default().questions(2))).await;
    let (session, other) = (able(&server, "ann").await, able(&server, "ann").await);
    let mut call = Call::of(&session, &many(7, 2)).await;
    let ids = [call.question().await.0, call.question().await.0];
    let refused = session.send(&many(8, 1)).await;
    assert_eq!(refused.outcome(), (429, Some(-32000)), "{}", refused.text());
    // Other sessions have room of their own, and other calls run.
    let mut elsewhere = Call::of(&other, &many(7, 2)).await;
    elsewhere.question().await;
    let mut echo = echo();
    echo["id"] = json!(9);
    assert_eq!(session.send(&echo).await.status, 200);
    for id in &ids {
        tell(&session, id, roots(0)).await;
    }
    assert_eq!(call.said().await, "2");
    assert_eq!(session.send(&many(8, 3)).await.status, 429, "more than may ever be open");
    let mut call = Call::of(&session, &many(7, 1)).await;
    let (id, _) = call.question().await;
    tell(&session, &id, roots(0)).await;
    assert_eq!(call.said().await, "1");
}

#[tokio::test]
async fn one_call_asks_so_much_at_once_and_so_often() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let reply = session.send(&many(7, 17)).await;
    assert_eq!(reply.outcome(), (200, Some(-32603)), "{}", reply.text());
    let mut call = Call::begin(&session, "endless").await;
    let mut rounds = 0;
    let last = loop {
        let message = call.next().await;
        if message["method"] != "roots/list" {
            break message;
        }
        rounds += 1;
        assert!(rounds <= 64, "it never ends");
        tell(&session, &message["id"], roots(0)).await;
    };
    assert_eq!((last["error"]["code"].as_i64(), rounds), (Some(-32603), 64));
}

/// Answers need a place among the calls; those that wait for them must not have all.
#[tokio::test]
async fn calls_that_wait_leave_room_for_their_answers() {
    let limits = Limits::default().calls_per_caller(1).streams_per_caller(2);
    let server = start(bound().limits(limits)).await;
    let session = able(&server, "ann").await;
    let mut one = Call::of(&session, &many(1, 1)).await;
    let (first, _) = one.question().await;
    let mut two = Call::of(&session, &many(2, 1)).await;
    let (second, _) = two.question().await;
    // But they are counted.
    assert_eq!(session.send(&many(3, 1)).await.outcome(), (429, Some(-32000)));
    assert_eq!(said(&session.send(&echo()).await), "hi");
    for (mut call, id) in [(one, first), (two, second)] {
        answer_when_there_is_room(&session, &id).await;
        assert!(
            within("the end", call.stream.message()).await.expect("a reply")["result"].is_object()
        );
    }
    within("room", async { while session.send(&calling("echo")).await.status == 429 {} }).await;
}

/// The place of a call that has just ended may be free a moment later.
async fn answer_when_there_is_room(session: &Session, id: &Value) {
    within("room", async { while session.send(&old::answer(id, roots(1))).await.status == 429 {} })
        .await;
}

#[tokio::test]
async fn answers_are_bounded_together() {
    let server = start(bound().limits(Limits::default().body(1000))).await;
    let session = able(&server, "ann").await;
    let mut call = Call::of(&session, &many(7, 2)).await;
    let ids = [call.question().await.0, call.question().await.0];
    let large = json!({"roots": [], "_meta": {"x": "x".repeat(600)}});
    tell(&session, &ids[0], large.clone()).await;
    tell(&session, &ids[1], large).await;
    assert_eq!(call.failed().await, -32602);
}
