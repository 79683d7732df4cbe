//! Several messages in one body, which one revision has.

use serde_json::{Value, json};
use toolgate_core::legacy::MemorySessions;
use toolgate_transport::http::Limits;

use super::{bound, calling, counting, echo, ping, server, start, start_kept};
use crate::support::{
    mcp,
    old::{self, BATCHES, LATEST, REVISIONS, Session},
    served::Served,
};

fn ready() -> Value {
    old::notification("notifications/initialized", json!({}))
}

fn answer() -> Value {
    json!({"jsonrpc": "2.0", "id": 9, "result": {}})
}

fn say(id: impl Into<Value>, text: &str) -> Value {
    old::call(id, "echo", json!({"text": text}))
}

async fn begun(server: &Served) -> Session {
    Session::begin(server.addr, "ann", BATCHES).await
}

#[tokio::test]
async fn a_batch_is_for_one_revision_alone() {
    let server = start().await;
    for revision in REVISIONS {
        let session = Session::begin(server.addr, "ann", revision).await;
        for batch in [json!([echo()]), json!([ready()]), json!([]), json!([echo(), ping()])] {
            let reply = session.send(&batch).await;
            let fine = revision == BATCHES && batch != json!([]);
            assert_eq!(reply.status == 400, !fine, "{revision} {batch}: {}", reply.text());
            if !fine {
                assert_eq!(reply.outcome(), (400, Some(-32600)));
            }
        }
    }
}

#[tokio::test]
async fn without_sessions_the_header_says_whether_there_are_batches() {
    let server = Served::start(server(), bound().stateless()).await;
    let ask = super::of_ann(&json!([echo()]));
    assert_eq!(server.send(&ask).await.json()[0]["id"], 7, "without one it is that revision");
    for revision in REVISIONS {
        let reply = server.send(&ask.clone().with("MCP-Protocol-Version", revision)).await;
        assert_eq!(reply.status, if revision == BATCHES { 200 } else { 400 }, "{revision}");
    }
    let reply = server.send(&ask.with("MCP-Protocol-Version", mcp::VERSION)).await;
    assert_eq!(reply.outcome(), (400, Some(-32600)));
}

#[tokio::test]
async fn each_request_of_a_batch_has_its_answer_and_nothing_else_has() {
    let server = start().await;
    let session = begun(&server).await;
    let batch = json!([
        say(1, "one"),
        ready(),
        say("two", "two"),
        answer(),
        ping(),
        old::message(4, "no/such", json!({})),
        calling("fails"),
    ]);
    let reply = session.send(&batch).await;
    assert_eq!((reply.status, reply.field("content-type")), (200, Some("application/json")));
    let answers = reply.json().as_array().expect("an array").clone();
    let ids: Vec<_> = answers.iter().map(|answer| answer["id"].clone()).collect();
    assert_eq!(json!(ids), json!([1, "two", 7, 4, 7]));
    assert_eq!(answers[0]["result"], json!({"content": [{"type": "text", "text": "one"}]}));
    assert_eq!(answers[1]["result"]["content"][0]["text"], "two");
    assert_eq!(answers[2]["result"], json!({}));
    assert_eq!(answers[3]["error"]["code"], -32601);
    assert_eq!(answers[4]["error"]["code"], -32603);
    assert!(!reply.text().contains("s3cr3t"));
    let events = session.post(&batch).with("Accept", "text/event-stream");
    let streamed = mcp::events(server.send(&events).await.text());
    let streamed: Vec<_> = streamed.iter().map(|answer| answer["id"].clone()).collect();
    assert_eq!(streamed, ids);
}

#[tokio::test]
async fn a_batch_that_wants_no_answer_gets_none() {
    let server = start().await;
    let session = begun(&server).await;
    for batch in [json!([ready()]), json!([ready(), old::cancel(7)]), json!([answer(), answer()])] {
        let reply = session.send(&batch).await;
        assert_eq!((reply.status, &*reply.body), (202, &b""[..]), "{batch}");
    }
}

#[tokio::test]
async fn a_part_that_is_no_message_is_told_so_and_the_others_are_answered() {
    let server = start().await;
    let session = begun(&server).await;
    let rows = [
        (json!(1), json!(null), -32600),
        (json!([echo()]), json!(null), -32600),
        (json!({"jsonrpc": "1.0", "id": 3, "method": "ping"}), json!(3), -32600),
        (json!({"jsonrpc": "2.0", "id": null, "method": "ping"}), json!(null), -32600),
        (old::message(3, "ping", json!([])), json!(3), -32602),
    ];
    for (part, id, code) in rows {
        let answers = session.send(&json!([say(1, "a"), part, say(2, "b")])).await.json();
        assert_eq!(answers.as_array().map(Vec::len), Some(3), "{part}: {answers}");
        assert_eq!((&answers[0]["id"], &answers[2]["id"]), (&json!(1), &json!(2)));
        assert_eq!(answers[1]["error"]["code"], code, "{part}");
        assert_eq!(answers[1].get("id").unwrap_or(&Value::Null), &id, "{part}");
    }
}

#[tokio::test]
async fn a_handshake_stands_alone() {
    let (server, sessions) = start_kept(MemorySessions::new()).await;
    let session = begun(&server).await;
    let answers = session.send(&json!([old::handshake(LATEST), say(1, "a")])).await;
    assert_eq!(answers.field("mcp-session-id"), None);
    let answers = answers.json();
    assert_eq!(answers[0]["error"]["code"], -32600);
    assert_eq!(answers[1]["result"]["content"][0]["text"], "a");
    // Nor does one open the door from outside.
    let reply = server.send(&super::of_ann(&json!([old::handshake(BATCHES)]))).await;
    assert_eq!(reply.outcome(), (400, Some(-32000)));
    assert_eq!(sessions.len(), 1);
}

#[tokio::test]
async fn modern_methods_are_unknown_in_a_batch() {
    let server = start().await;
    let session = begun(&server).await;
    let methods = ["server/discover", "subscriptions/listen"];
    let batch = json!(methods.map(|method| old::message(7, method, json!({}))));
    let answers = session.send(&batch).await.json();
    for at in 0..methods.len() {
        assert_eq!(answers[at]["error"]["code"], -32601, "{answers}");
    }
}

#[tokio::test]
async fn a_batch_has_a_bound() {
    let (tools, count) = counting();
    let server = Served::start(tools, bound()).await;
    let session = begun(&server).await;
    let batch = |count| json!(vec![calling("count"); count]);
    assert_eq!(session.send(&batch(32)).await.json().as_array().map(Vec::len), Some(32));
    assert_eq!(count.is(), 32);
    for more in [33, 1000] {
        assert_eq!(session.send(&batch(more)).await.outcome(), (400, Some(-32600)));
    }
    assert_eq!(count.is(), 32, "of what is too long nothing runs");
    for body in ["[{}".to_owned(), "[".repeat(100_000)] {
        let reply = server.send(&session.post(&Value::Null).body(body)).await;
        assert_eq!(reply.outcome(), (400, Some(-32700)));
    }
    let deep = "[".repeat(50_000) + &"]".repeat(50_000);
    let answers = server.send(&session.post(&Value::Null).body(deep)).await.json();
    assert_eq!(answers.as_array().map(Vec::len), Some(1));
    assert!(answers[0]["error"]["code"].is_i64(), "{answers}");
}

/// The brackets of the batch do not count: each message has the whole depth.
#[tokio::test]
async fn each_message_of_a_batch_is_bounded_in_depth() {
    let server = start().await;
    let session = begun(&server).await;
    let ping = |id: u32, depth: usize| {
        let nest = "[".repeat(depth) + &"]".repeat(depth);
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping","params":{{"x":{nest}}}}}"#)
    };
    let body = format!("[{},{}]", ping(1, 62), ping(2, 63));
    let answers = server.send(&session.post(&Value::Null).body(body)).await.json();
    assert_eq!(answers[0], json!({"jsonrpc": "2.0", "id": 1, "result": {}}));
    let error = json!({"code": -32600, "message": "the message is nested too deeply"});
    assert_eq!(answers[1], json!({"jsonrpc": "2.0", "error": error}), "its id was not read");
}

/// It is no way around the bound on calls: one runs after the other.
#[tokio::test]
async fn a_batch_counts_as_one_call() {
    let one = Limits::default().calls_per_caller(1);
    let server = Served::start(server(), bound().limits(one)).await;
    let session = begun(&server).await;
    let answers = session.send(&json!([say(1, "a"), say(2, "b"), say(3, "c")])).await.json();
    assert_eq!(answers[2]["result"]["content"][0]["text"], "c");
}

#[tokio::test]
async fn each_part_is_decided_by_the_token_of_the_request() {
    let (tools, count) = counting();
    let server = Served::start(tools, bound()).await;
    let session = begun(&server).await;
    let batch = json!([calling("write"), say(1, "a")]);
    let answers = session.with_token("ann.low").send(&batch).await.json();
    assert_eq!(answers[0]["error"]["code"], -32000);
    assert_eq!(answers[1]["result"]["content"][0]["text"], "a");
    let batch = json!([calling("count"), old::message(1, "tools/list", json!({}))]);
    // What every request needs, the whole batch does.
    let reply = session.with_token("ann.none").send(&batch).await;
    assert_eq!(reply.outcome(), (403, Some(-32000)));
    assert!(reply.field("www-authenticate").is_some_and(|it| it.contains("insufficient_scope")));
    assert_eq!(session.with_token("bob").send(&batch).await.outcome(), (404, Some(-32001)));
    assert_eq!(count.is(), 0);
}

#[tokio::test]
async fn a_batch_of_which_nothing_is_let_in_is_refused() {
    let server = start().await;
    let low = begun(&server).await.with_token("ann.low");
    let refused = |answer: &Value| answer["error"]["code"] == -32000;
    let rows = [
        (json!([calling("write")]), 403),
        (json!([ready(), calling("write"), old::call(8, "write", json!({}))]), 403),
        (json!([calling("write"), say(1, "a")]), 200),
        (json!([calling("write"), calling("nope")]), 200),
        (json!([calling("panics")]), 200),
    ];
    for (batch, status) in rows {
        let reply = low.send(&batch).await;
        assert_eq!(reply.status, status, "{batch}: {}", reply.text());
        let challenge = reply.field("www-authenticate").unwrap_or_default();
        assert_eq!(challenge.contains("insufficient_scope"), status == 403, "{challenge}");
        let answers = reply.json().as_array().expect("an array").clone();
        assert_eq!(answers.iter().all(refused), status == 403, "{answers:?}");
        // Each is told what it would be alone.
        let alone = low.send(&calling("write")).await.json()["error"].take();
        assert!(answers.iter().filter(|it| refused(it)).all(|it| it["error"] == alone));
    }
}

#[tokio::test]
async fn a_part_knows_what_its_session_knows() {
    let server = start().await;
    let session = begun(&server).await;
    let alone = session.send(&calling("client")).await.json();
    assert_eq!(session.send(&json!([calling("client")])).await.json(), json!([alone]));
    assert_eq!(alone["result"]["content"][0]["text"], format!("Some({BATCHES:?}) true {{}}"));
}

#[tokio::test]
async fn a_panic_in_one_part_harms_no_other() {
    let server = start().await;
    let session = begun(&server).await;
    let answers = session.send(&json!([calling("panics"), say(1, "a")])).await.json();
    assert_eq!(answers[0]["error"]["code"], -32603);
    assert_eq!(answers[1]["result"]["content"][0]["text"], "a");
}
