//! A call's end by its client's word: its session's, and nobody else's.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use toolgate_core::Context;
use toolgate_server::ToolSpec;
use toolgate_transport::http::Limits;

use super::{Nothing, Tells, begin, bound, calling, echo, said};
use crate::support::{
    client::{Ask, Connection, Reply, within},
    mcp::{self, with_progress},
    old::{self, BATCHES, Session, Stream},
    served::Served,
};

/// One call of `hang`, from the inside: ends it, and hears of its end.
struct Hanging {
    finish: oneshot::Sender<()>,
    dropped: oneshot::Receiver<()>,
}

type Calls = mpsc::UnboundedReceiver<Hanging>;

/// A server with a tool that hangs until it is told, and the calls of that tool.
async fn hanging(
    http: toolgate_transport::http::Http<toolgate_transport::http::Listen>,
) -> (Served, Calls) {
    let (calls, receiver) = mpsc::unbounded_channel();
    let tools = super::server().tool_fn(ToolSpec::new("hang"), move |_: Nothing, cx: Context| {
        let calls = calls.clone();
        async move {
            let ((finish, finished), (tell, dropped)) = (oneshot::channel(), oneshot::channel());
            let _tells = Tells::new(tell);
            cx.progress(1.0).await?;
            let _ = calls.send(Hanging { finish, dropped });
            let _ = finished.await;
            Ok("finished")
        }
    });
    (Served::start(tools, http).await, receiver)
}

/// Sends a request without waiting for its answer.
async fn open(ask: &Ask, server: &Served) -> Connection {
    let mut connection = Connection::open(server.addr).await;
    connection.write(&ask.bytes(server.addr)).await;
    connection
}

async fn next(calls: &mut Calls) -> Hanging {
    within("the call", calls.recv()).await.expect("it runs")
}

async fn ended(call: Hanging) {
    within("the end of the call", call.dropped).await.expect("it tells");
}

#[track_caller]
fn taken(reply: &Reply) {
    assert_eq!((reply.status, &*reply.body), (202, &b""[..]), "{}", reply.text());
}

#[tokio::test]
async fn a_cancelled_call_is_dropped_and_its_stream_ends_without_a_reply() {
    let (server, mut calls) = hanging(bound()).await;
    let session = begin(&server, "ann").await;
    for id in [json!(7), json!("seven"), json!(0), json!("")] {
        let mut message = with_progress(calling("hang"), "p");
        message["id"] = id.clone();
        let mut stream = Stream::open(server.addr, &session.post(&message)).await;
        assert_eq!(stream.message().await.expect("a note")["method"], "notifications/progress");
        let call = next(&mut calls).await;
        taken(&session.send(&old::cancel(id)).await);
        ended(call).await;
        assert_eq!(stream.message().await, None);
    }
}

#[tokio::test]
async fn before_anything_was_sent_the_stream_is_empty() {
    let (server, mut calls) = hanging(bound()).await;
    let session = begin(&server, "ann").await;
    let mut connection = open(&session.post(&calling("hang")), &server).await;
    let call = next(&mut calls).await;
    taken(&session.send(&old::cancel(7)).await);
    ended(call).await;
    let reply = connection.reply("POST").await;
    assert_eq!((reply.status, &*reply.body), (200, &b""[..]));
    assert_eq!(reply.field("content-type"), Some("text/event-stream"));
}

/// A document cannot end without a word.
#[tokio::test]
async fn whoever_takes_documents_alone_is_told() {
    let (server, mut calls) = hanging(bound()).await;
    let session = begin(&server, "ann").await;
    let ask = session.post(&calling("hang")).with("Accept", "application/json");
    let mut connection = open(&ask, &server).await;
    let call = next(&mut calls).await;
    taken(&session.send(&old::cancel(7)).await);
    ended(call).await;
    assert_eq!(connection.reply("POST").await.outcome(), (200, Some(-32000)));
}

#[tokio::test]
async fn nothing_but_the_session_s_own_word_cancels() {
    let (server, mut calls) = hanging(bound()).await;
    let (session, other) = (begin(&server, "ann").await, begin(&server, "ann").await);
    let bobs = begin(&server, "bob").await;
    let mut connection = open(&session.post(&calling("hang")), &server).await;
    let call = next(&mut calls).await;
    // Each is answered before the next is sent, so had one cancelled, the call would not finish.
    taken(&other.send(&old::cancel(7)).await);
    taken(&bobs.send(&old::cancel(7)).await);
    let reply = session.with_token("bob").send(&old::cancel(7)).await;
    assert_eq!(reply.outcome(), (404, Some(-32001)));
    let reply = session.with_token("refused").send(&old::cancel(7)).await;
    assert_eq!(reply.outcome(), (401, Some(-32000)));
    let modern = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": 7, "_meta": mcp::meta()}});
    taken(
        &server
            .send(&session.stamp(mcp::post(&modern)).with("MCP-Protocol-Version", mcp::VERSION))
            .await,
    );
    for id in [json!("7"), json!(8), json!(null), json!({}), json!(7.5)] {
        taken(&session.send(&old::cancel(id)).await);
    }
    taken(&session.send(&old::notification("notifications/cancelled", json!({}))).await);
    call.finish.send(()).expect("it still runs");
    assert_eq!(said(&connection.reply("POST").await), "finished");
    taken(&session.send(&old::cancel(7)).await);
}

#[tokio::test]
async fn without_sessions_nobody_can_say_whose_call_an_id_means() {
    let (server, mut calls) = hanging(bound().stateless()).await;
    let ask = super::of_ann(&calling("hang"));
    let mut connections = [open(&ask, &server).await, open(&ask, &server).await];
    let running = [next(&mut calls).await, next(&mut calls).await];
    taken(&server.send(&super::of_ann(&old::cancel(7))).await);
    for call in running {
        call.finish.send(()).expect("it still runs");
    }
    for connection in &mut connections {
        assert_eq!(said(&connection.reply("POST").await), "finished");
    }
}

#[tokio::test]
async fn an_id_in_use_is_refused_and_its_call_goes_on() {
    let (server, mut calls) = hanging(bound()).await;
    let (session, other) = (begin(&server, "ann").await, begin(&server, "ann").await);
    let mut connection = open(&session.post(&calling("hang")), &server).await;
    let call = next(&mut calls).await;
    for message in [calling("hang"), echo(), old::message(7, "tools/list", json!({}))] {
        let reply = session.send(&message).await;
        let error = json!({"code": -32600, "message": "the id is in use"});
        assert_eq!((reply.status, reply.json()["error"].clone()), (200, error));
    }
    // To others it is free, and so is what only looks like it.
    assert_eq!(said(&other.send(&echo()).await), "hi");
    let mut text = echo();
    text["id"] = json!("7");
    assert_eq!(session.send(&text).await.json()["result"]["content"][0]["text"], "hi");
    call.finish.send(()).expect("it still runs");
    assert_eq!(said(&connection.reply("POST").await), "finished");
    assert_eq!(said(&session.send(&echo()).await), "hi", "it is free again");
}

/// Whatever became of a call, its id is free afterwards.
#[tokio::test]
async fn an_id_is_free_however_its_call_ended() {
    let (server, _calls) = hanging(bound()).await;
    let session = begin(&server, "ann").await;
    for tool in ["nope", "fails", "panics", "declines", "ask", "steps"] {
        session.send(&calling(tool)).await;
        assert_eq!(said(&session.send(&echo()).await), "hi", "after {tool}");
    }
}

/// Nor does it stay with a client that went away, where that drops the call.
#[tokio::test]
async fn an_id_is_free_once_a_client_that_went_away_cannot_come_back() {
    let (server, mut calls) = hanging(bound().no_events()).await;
    let session = begin(&server, "ann").await;
    let connection = open(&session.post(&calling("hang")), &server).await;
    let call = next(&mut calls).await;
    drop(connection);
    ended(call).await;
    let free = within("the id", async {
        loop {
            let reply = session.send(&echo()).await;
            if reply.outcome() != (200, Some(-32600)) {
                break reply;
            }
        }
    });
    assert_eq!(said(&free.await), "hi");
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_told_so_and_its_id_is_free() {
    let short = Limits::default().call(Duration::from_millis(50));
    let (server, mut calls) = hanging(bound().limits(short)).await;
    let session = begin(&server, "ann").await;
    for _ in 0..2 {
        let reply = session.send(&calling("hang")).await;
        assert_eq!(reply.outcome(), (200, Some(-32603)), "{}", reply.text());
        assert_eq!(reply.json()["error"]["message"], "timed out");
        ended(next(&mut calls).await).await;
    }
}

#[tokio::test]
async fn a_cancelled_part_of_a_batch_has_no_answer_and_the_others_have() {
    let (server, mut calls) = hanging(bound()).await;
    let session = Session::begin(server.addr, "ann", BATCHES).await;
    let say = |id: i32| -> Value { old::call(id, "echo", json!({"text": "hi"})) };
    let batch = json!([say(1), calling("hang"), say(2)]);
    let mut connection = open(&session.post(&batch), &server).await;
    let call = next(&mut calls).await;
    taken(&session.send(&old::cancel(7)).await);
    ended(call).await;
    let answers = connection.reply("POST").await.json();
    let ids: Vec<_> = answers.as_array().expect("answers").iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [1, 2]);
}

#[tokio::test]
async fn a_batch_cancels_too_and_refuses_an_id_in_use() {
    let (server, mut calls) = hanging(bound()).await;
    let session = Session::begin(server.addr, "ann", BATCHES).await;
    let mut connection = open(&session.post(&calling("hang")), &server).await;
    let call = next(&mut calls).await;
    let answers = session.send(&json!([echo()])).await.json();
    assert_eq!(answers[0]["error"]["code"], -32600, "{answers}");
    taken(&session.send(&json!([old::cancel(7)])).await);
    ended(call).await;
    assert_eq!(connection.reply("POST").await.text(), "");
}

/// Nothing could bring its answer any more: there is no stream to come back to.
#[tokio::test]
async fn going_away_drops_the_call_where_nothing_is_kept() {
    let (server, mut calls) = hanging(bound().no_events()).await;
    let session = begin(&server, "ann").await;
    for message in [calling("hang"), with_progress(calling("hang"), "p")] {
        let connection = open(&session.post(&message), &server).await;
        let call = next(&mut calls).await;
        drop(connection);
        ended(call).await;
    }
    assert!(session.lives().await);
    let (server, mut calls) = hanging(bound().stateless()).await;
    let connection = open(&super::of_ann(&calling("hang")), &server).await;
    let call = next(&mut calls).await;
    drop(connection);
    ended(call).await;
}

/// 2025-11-25, transports: a disconnect should not be read as cancelling.
#[tokio::test]
async fn going_away_cancels_nothing_where_one_can_come_back() {
    let (server, mut calls) = hanging(bound()).await;
    let session = begin(&server, "ann").await;
    for message in [calling("hang"), with_progress(calling("hang"), "p")] {
        let connection = open(&session.post(&message), &server).await;
        let call = next(&mut calls).await;
        drop(connection);
        // Whoever went away is noticed by now, as where that drops the call.
        for _ in 0..5 {
            let reply = session.send(&echo()).await;
            assert_eq!(reply.json()["error"]["message"], "the id is in use");
        }
        call.finish.send(()).expect("it still runs");
        ended_by_itself(call.dropped, &session).await;
    }
}

async fn ended_by_itself(dropped: oneshot::Receiver<()>, session: &Session) {
    within("the end of the call", dropped).await.expect("it tells");
    within("the id", async {
        while session.send(&echo()).await.outcome() == (200, Some(-32600)) {}
    })
    .await;
    assert_eq!(said(&session.send(&echo()).await), "hi");
}

#[tokio::test]
async fn a_batch_goes_on_or_ends_as_one_call_does() {
    let batch = json!([calling("hang"), old::call(8, "hang", json!({}))]);
    let (server, mut calls) = hanging(bound()).await;
    let session = Session::begin(server.addr, "ann", BATCHES).await;
    let connection = open(&session.post(&batch), &server).await;
    let first = next(&mut calls).await;
    drop(connection);
    for _ in 0..5 {
        let reply = session.send(&echo()).await;
        assert_eq!(reply.json()["error"]["message"], "the id is in use");
    }
    taken_by(first).await;
    // Nor has it ended before its end.
    let second = next(&mut calls).await;
    taken(&session.send(&old::cancel(8)).await);
    ended(second).await;
    let (server, mut calls) = hanging(bound().no_events()).await;
    let session = Session::begin(server.addr, "ann", BATCHES).await;
    let connection = open(&session.post(&batch), &server).await;
    let first = next(&mut calls).await;
    drop(connection);
    ended(first).await;
    assert!(session.lives().await && calls.try_recv().is_err());
}

/// A call that nobody waits for counts as one, and is told to end like others.
#[tokio::test]
async fn a_call_that_outlives_its_connection_is_bounded() {
    let limits = Limits::default().calls_per_caller(2).drain(Duration::from_millis(50));
    let (server, mut calls) = hanging(bound().limits(limits)).await;
    let session = begin(&server, "ann").await;
    let mut running = Vec::new();
    for id in [1, 2] {
        let connection = open(&session.post(&old::call(id, "hang", json!({}))), &server).await;
        running.push(next(&mut calls).await);
        drop(connection);
    }
    assert_eq!(session.send(&echo()).await.outcome(), (429, Some(-32000)));
    assert_eq!(begin(&server, "bob").await.send(&echo()).await.status, 200);
    taken_by(running.pop().expect("a call")).await;
    within("room", async { while session.send(&echo()).await.status == 429 {} }).await;
    // The drain waits for it, and then no longer.
    server.stop().await.expect("it ends");
    for call in running {
        ended(call).await;
    }
}

async fn taken_by(call: Hanging) {
    call.finish.send(()).expect("it still runs");
    within("the end of the call", call.dropped).await.expect("it tells");
}

#[tokio::test]
async fn the_end_of_a_session_leaves_its_running_calls_their_answers() {
    let (server, mut calls) = hanging(bound()).await;
    let session = begin(&server, "ann").await;
    let mut connection = open(&session.post(&calling("hang")), &server).await;
    let call = next(&mut calls).await;
    assert_eq!(server.send(&session.delete()).await.status, 204);
    call.finish.send(()).expect("it still runs");
    assert_eq!(said(&connection.reply("POST").await), "finished");
}
