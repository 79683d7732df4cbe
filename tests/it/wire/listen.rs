//! Changes are told on a stream that goes on, to those whom they concern, in HTTP's terms.

use std::time::Duration;

use serde_json::{Value, json};
use toolgate_server::{Live, ToolSpec};
use toolgate_transport::http::Limits;

use super::{Nothing, bound, echo, of_ann, said, server};
use crate::support::{
    client::{Ask, Connection},
    mcp::{self, message},
    served::Served,
};

const ID: &str = "io.modelcontextprotocol/subscriptionId";

async fn start(limits: Limits) -> (Served, Live) {
    let server = server();
    let live = server.live();
    (Served::start(server, bound().limits(limits)).await, live)
}

fn listen(id: impl Into<Value>, filter: Value) -> Value {
    let mut message = message(0, "subscriptions/listen", json!({ "notifications": filter }));
    message["id"] = id.into();
    message
}

fn tools() -> Value {
    json!({ "toolsListChanged": true })
}

/// A stream whose acknowledgement was read.
struct Watching(Connection);

impl Watching {
    async fn begin(server: &Served, ask: &Ask) -> Self {
        let mut connection = Connection::open(server.addr).await;
        connection.write(&ask.bytes(server.addr)).await;
        let head = connection.head().await;
        assert_eq!((head.status, head.field("content-type")), (200, Some("text/event-stream")));
        assert_eq!(head.field("x-accel-buffering"), Some("no"));
        Self(connection)
    }

    /// The next message; none at the end of the stream.
    async fn next(&mut self) -> Option<Value> {
        loop {
            let event = String::from_utf8(self.0.chunk().await?).unwrap();
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            if let Some(data) = data {
                return serde_json::from_str(data).ok();
            }
        }
    }
}

fn add(live: &Live, name: &str) {
    live.add_tool_fn(ToolSpec::new(name), |_: Nothing, _| async { Ok(()) }).unwrap();
}

#[tokio::test]
async fn the_acknowledgement_comes_first_and_every_message_names_the_request() {
    let (server, live) = start(Limits::default()).await;
    for id in [json!(7), json!("7")] {
        let asked = json!({ "toolsListChanged": true, "promptsListChanged": true });
        let mut stream = Watching::begin(&server, &of_ann(&listen(id.clone(), asked))).await;
        let first = stream.next().await.unwrap();
        assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
        // There are no prompts, so nobody can be told of them.
        assert_eq!(first["params"]["notifications"], tools());
        assert_eq!(first["params"]["_meta"][ID], id);
        add(&live, &format!("added-{}", id.is_string()));
        let note = stream.next().await.unwrap();
        assert_eq!(note["method"], "notifications/tools/list_changed");
        assert_eq!((&note["params"]["_meta"][ID], note.get("id")), (&id, None));
    }
}

#[tokio::test]
async fn it_outlasts_a_call_and_counts_as_none() {
    let limits =
        Limits::default().call(Duration::from_millis(1500)).keep_alive(Duration::from_millis(100));
    let (server, live) = start(limits.calls_per_caller(1).streams_per_caller(1)).await;
    let mut stream = Watching::begin(&server, &of_ann(&listen(7, tools()))).await;
    stream.next().await.unwrap();
    // As many keep-alives as take longer than a call may.
    for _ in 0..20 {
        assert_eq!(stream.0.chunk().await.unwrap(), b": keep-alive\n\n");
    }
    assert_eq!(said(&of_ann(&echo()).send(server.addr).await), "hi");
    let another = of_ann(&listen(8, tools())).send(server.addr).await;
    assert_eq!(another.status, 429);
    assert_eq!(mcp::post(&echo()).bearer("bob").send(server.addr).await.status, 200);
    add(&live, "added");
    assert_eq!(stream.next().await.unwrap()["method"], "notifications/tools/list_changed");
    drop(stream);
}

#[tokio::test]
async fn its_last_word_is_a_result() {
    let (server, _live) = start(Limits::default()).await;
    let mut stream = Watching::begin(&server, &of_ann(&listen("x", tools()))).await;
    stream.next().await.unwrap();
    let stopped = tokio::spawn(server.stop());
    let last = stream.next().await.unwrap();
    assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!("x"), &json!("complete")));
    assert_eq!(last["result"]["_meta"][ID], "x");
    assert_eq!(stream.next().await, None);
    stopped.await.unwrap().unwrap();
}

#[tokio::test]
async fn one_who_takes_no_events_cannot_watch() {
    let (server, _live) = start(Limits::default()).await;
    let ask = of_ann(&listen(7, tools())).with("accept", "application/json");
    assert_eq!(ask.send(server.addr).await.status, 406);
    let nobody = mcp::post(&listen(7, tools())).send(server.addr).await;
    assert_eq!(nobody.status, 401);
}
