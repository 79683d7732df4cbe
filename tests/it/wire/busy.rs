//! Calls that one caller may have running: one too many is told when to come back, and nobody else
//! notices.

use serde_json::json;
use toolgate_transport::http::Limits;

use super::{bound, echo, of_ann, said, with_hang};
use crate::support::{
    client::{Ask, Connection, within},
    mcp::{call, with_progress},
    served::Served,
};

const FIELDS: [&str; 4] = [
    "cache-control: no-store",
    "content-type: application/json",
    "retry-after: 1",
    "x-content-type-options: nosniff",
];

async fn open(server: &Served, ask: &Ask) -> Connection {
    let mut connection = Connection::open(server.addr).await;
    connection.write(&ask.bytes(server.addr)).await;
    connection
}

#[tokio::test]
async fn one_caller_s_calls_are_bounded_and_another_s_are_not_touched() {
    let (tools, mut calls) = with_hang();
    let server = Served::start(tools, bound().limits(Limits::default().calls_per_caller(2))).await;
    let hang = call(7, "hang", json!({}));
    // One that will answer with a document, and one that streams: both count.
    let first = open(&server, &of_ann(&hang)).await;
    let one = within("a call", calls.recv()).await.expect("it runs");
    let mut second = open(&server, &of_ann(&with_progress(hang, "p"))).await;
    let two = within("a call", calls.recv()).await.expect("it runs");

    let reply = server.send(&of_ann(&echo())).await;
    assert_eq!((reply.status, reply.told()), (429, FIELDS.map(str::to_owned).to_vec()));
    let error = json!({"code": -32000, "message": "too many requests"});
    assert_eq!(reply.json(), json!({"jsonrpc": "2.0", "id": 7, "error": error}));
    assert_eq!(said(&server.send(&of_ann(&echo()).bearer("bob")).await), "hi");
    // Whoever is nobody is told so, and is no burden on ann.
    assert_eq!(server.send(&of_ann(&echo()).bearer("nobody")).await.status, 401);

    // An answered call counts no longer, even while its connection stays.
    two.finish.send(()).expect("it still runs");
    second.head().await;
    while second.chunk().await.is_some() {}
    assert_eq!(said(&server.send(&of_ann(&echo())).await), "hi");

    // Nor does one whose client went away.
    let _third = open(&server, &of_ann(&call(7, "hang", json!({})))).await;
    let _three = within("a call", calls.recv()).await.expect("it runs");
    assert_eq!(server.send(&of_ann(&echo())).await.status, 429);
    drop(first);
    within("the end of the call", one.dropped).await.expect("it tells");
    let freed = within("a free place", async {
        loop {
            let reply = server.send(&of_ann(&echo())).await;
            if reply.status != 429 {
                break reply;
            }
        }
    });
    assert_eq!(said(&freed.await), "hi");
}

#[tokio::test]
async fn refused_requests_hold_no_place() {
    let limits = Limits::default().calls_per_caller(1).body(1000);
    let server = super::start_with(limits).await;
    let fine = of_ann(&echo());
    for _ in 0..5 {
        for bad in [
            fine.clone().body("{"),
            fine.clone().body("x".repeat(2000)),
            fine.clone().with("Mcp-Name", "other"),
            fine.clone().with("Accept", "text/html"),
            of_ann(&call(7, "nope", json!({}))),
            of_ann(&call(7, "panics", json!({}))),
            of_ann(&call(7, "ask", json!({}))),
        ] {
            let reply = server.send(&bad).await;
            assert!(reply.status != 429, "{:?}", reply.text());
        }
        assert_eq!(said(&server.send(&fine).await), "hi");
    }
}
