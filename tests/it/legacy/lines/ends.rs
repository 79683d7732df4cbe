//! When a line ends, and what ends with it.

use std::time::{Duration, SystemTime};

use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use toolgate_auth::{auth_fn, bearer};
use toolgate_core::{Authenticate, Context, Credentials, Identity, Key, Verdict};
use toolgate_server::ToolSpec;
use toolgate_transport::http::{self, Http, Limits, Listen};

use super::super::listening::listens;
use super::{Nothing, begin, both, calling, line, listening, text};
use crate::support::{
    client::within,
    line::Line,
    mcp::with_progress,
    old::{self, LATEST},
    served::Served,
};

struct Hanging {
    finish: oneshot::Sender<()>,
    dropped: oneshot::Receiver<()>,
}

type Calls = mpsc::UnboundedReceiver<Hanging>;

/// A server with a tool that hangs until it is told, and the calls of that tool.
async fn hanging(http: Http<Listen>) -> (Served, Calls) {
    let (calls, receiver) = mpsc::unbounded_channel();
    let tools =
        super::super::server().tool_fn(ToolSpec::new("hang"), move |_: Nothing, cx: Context| {
            let calls = calls.clone();
            async move {
                let ((finish, finished), (tell, dropped)) =
                    (oneshot::channel(), oneshot::channel());
                let _tells = super::super::Tells::new(tell);
                cx.progress(1.0).await?;
                let _ = calls.send(Hanging { finish, dropped });
                let _ = finished.await;
                Ok("finished")
            }
        });
    (Served::start(tools, http).await, receiver)
}

async fn next(calls: &mut Calls) -> Hanging {
    within("the call", calls.recv()).await.expect("it runs")
}

async fn ended(call: Hanging) {
    within("the end of the call", call.dropped).await.expect("it tells");
}

#[tokio::test]
async fn a_line_ends_with_its_stream_and_its_calls_do() {
    let (server, mut calls) = hanging(both()).await;
    let mut line = begin(&server, "ann").await;
    let other = begin(&server, "ann").await;
    line.tell(&calling("hang")).await;
    let call = next(&mut calls).await;
    other.tell(&calling("hang")).await;
    let others = next(&mut calls).await;
    let (stream, _) = line::open(server.addr, &line::get("ann")).await;
    drop(std::mem::replace(&mut line.stream, stream));
    ended(call).await;
    within("the end of the line", async { while line.lives().await {} }).await;
    assert_eq!(server.send(&line.post(&calling("who"))).await.outcome(), (404, Some(-32001)));
    others.finish.send(()).expect("it still runs");
}

#[tokio::test]
async fn what_it_listened_to_ends_with_it() {
    let (server, listener) = listening().await;
    let mut line = begin(&server, "ann").await;
    let subscribe = old::message(7, "resources/subscribe", json!({"uri": "a:1"}));
    line.ask(&subscribe).await;
    assert_eq!(listener.listens(), 2);
    drop(line);
    listens(&listener, 0).await;
}

#[tokio::test]
async fn a_call_is_cancelled_by_its_own_line_alone() {
    let (server, mut calls) = hanging(both()).await;
    let (mut line, other) = (begin(&server, "ann").await, begin(&server, "ann").await);
    line.tell(&with_progress(calling("hang"), "p")).await;
    assert_eq!(line.next().await["method"], "notifications/progress");
    let call = next(&mut calls).await;
    other.tell(&old::cancel(7)).await;
    assert_eq!(line.ask(&calling("who")).await["error"]["message"], "the id is in use");
    other.tell(&calling("hang")).await;
    next(&mut calls).await.finish.send(()).expect("it still runs");
    line.tell(&old::cancel(7)).await;
    ended(call).await;
    within("the id", async {
        while line.ask(&calling("who")).await["error"]["message"] == "the id is in use" {}
    })
    .await;
}

#[tokio::test]
async fn calls_have_their_time_and_their_bound() {
    let limits = Limits::default().call(Duration::from_millis(300)).calls_per_caller(2);
    let (server, mut calls) = hanging(both().limits(limits)).await;
    let mut line = begin(&server, "ann").await;
    line.tell(&old::call(1, "hang", json!({}))).await;
    line.tell(&old::call(2, "hang", json!({}))).await;
    assert_eq!(line.send(&calling("who")).await.outcome(), (429, Some(-32000)));
    for _ in 0..2 {
        assert_eq!(line.next().await["error"]["message"], "timed out");
        ended(next(&mut calls).await).await;
    }
    within("room", async { while line.send(&calling("who")).await.status == 429 {} }).await;
    assert_eq!(text(&line.next().await), "ann");
}

/// `<name>` for as long as anybody likes, `<name>.short` for a moment.
pub(super) fn in_time() -> impl Authenticate {
    auth_fn(|credentials: Credentials| async move {
        let token = bearer(&credentials)?;
        let (name, short) = match token.expose().split_once('.') {
            Some((name, _)) => (name, true),
            None => (token.expose(), false),
        };
        let identity = Identity::new(Key::new("test", name)).scopes(["base"]);
        let soon = SystemTime::now() + Duration::from_millis(500);
        Ok::<_, Verdict>(if short { identity.expires(soon) } else { identity })
    })
}

#[tokio::test]
async fn it_ends_with_the_token_unless_its_owner_brought_another() {
    let http = || http::bind("127.0.0.1:0").sse(line::PATH).auth(in_time());
    let server = super::served(&super::Listener::new(super::Lists::Told), http()).await;
    let mut left = Line::begin(server.addr, "ann.short", LATEST).await;
    let mut renewed = Line::begin(server.addr, "ann.short", LATEST).await;
    let ping = old::message(7, "ping", json!({}));
    assert_eq!(server.send(&renewed.post(&ping).bearer("ann")).await.status, 202);
    assert_eq!(server.send(&left.post(&ping).bearer("bob")).await.status, 404);
    assert_eq!(left.stream.message().await, None, "nobody renewed it");
    assert_eq!(server.send(&left.post(&ping).bearer("ann")).await.status, 404);
    assert_eq!(renewed.next().await["result"], json!({}));
    assert_eq!(renewed.ask(&ping).await["result"], json!({}));
}

/// A call that runs while the server stops is still answered, and then nothing keeps the stream.
#[tokio::test]
async fn it_ends_with_the_server_once_its_calls_were_answered() {
    let (server, mut calls) = hanging(both()).await;
    let (mut line, mut idle) = (begin(&server, "ann").await, begin(&server, "bob").await);
    line.tell(&calling("hang")).await;
    let call = next(&mut calls).await;
    let reads = async {
        assert_eq!(idle.stream.message().await, None);
        call.finish.send(()).expect("it still runs");
        assert_eq!(text(&line.next().await), "finished");
        assert_eq!(line.stream.message().await, None);
    };
    let ((), stopped) = tokio::join!(reads, server.stop());
    stopped.expect("it stops");
}

/// What is not read in time is lost, so that its client has to know.
#[tokio::test]
async fn a_line_whose_reader_takes_no_answer_in_time_ends() {
    let limits = Limits::default().call(Duration::from_millis(200));
    let server = Served::start(super::super::server(), both().limits(limits)).await;
    let line = begin(&server, "ann").await;
    let much = old::call(7, "echo", json!({"text": "x".repeat(1 << 20)}));
    within("the end of the line", async { while line.send(&much).await.status != 404 {} }).await;
    // Whoever reads takes as much.
    let mut line = begin(&server, "ann").await;
    for _ in 0..20 {
        assert_eq!(text(&line.ask(&much).await).len(), 1 << 20);
    }
}

/// Inside of somebody else's server, nobody but the line itself notices that.
#[tokio::test]
async fn nor_does_it_go_on_where_another_server_writes_it() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("its address");
    let limits = Limits::default().call(Duration::from_millis(200));
    let limits = limits.keep_alive(Duration::from_secs(600));
    let service = http::service(super::super::server()).auth(in_time()).limits(limits);
    let service = service.sse(line::PATH).build().expect("settings that agree");
    let router = axum::Router::new().nest_service(line::PATH, service.sse());
    let task = tokio::spawn(async move { axum::serve(listener, router).await });
    let (_stream, query) = line::open(addr, &line::get("ann")).await;
    let much = old::call(7, "echo", json!({"text": "x".repeat(1 << 20)}));
    let much = old::post(&much).at(&format!("{}{query}", line::PATH)).bearer("ann");
    within("the end of the line", async { while much.send(addr).await.status != 404 {} }).await;
    task.abort();
}

#[tokio::test]
async fn a_quiet_line_is_kept_alive() {
    let limits = Limits::default().keep_alive(Duration::from_millis(10));
    let server = Served::start(super::super::server(), both().limits(limits)).await;
    let (mut stream, _) = line::open(server.addr, &line::get("ann")).await;
    for _ in 0..2 {
        assert_eq!(stream.part().await.as_deref(), Some(": keep-alive"));
    }
}
