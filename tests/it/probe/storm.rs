//! Many refused requests at once leave nothing behind.

use futures::{StreamExt, stream};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::{Hello, expect_greeting, hello};
use crate::support::{
    client::{Ask, within},
    mcp,
};

/// How many requests, and how many of them at a time.
const REQUESTS: usize = 400;
const AT_ONCE: usize = 32;

/// Requests that fail at every step there is.
fn bad(server: &Hello) -> Vec<Ask> {
    let fine = hello().bearer(&server.token());
    vec![
        hello(),
        hello().bearer("garbage"),
        hello().bearer(&server.token_with(&[])),
        fine.clone().with("Origin", "https://evil.example"),
        fine.clone().with("Host", "evil.example"),
        fine.clone().with("Content-Type", "text/plain"),
        fine.clone().with("Accept", "text/html"),
        fine.clone().body("{"),
        fine.clone().body("[]"),
        fine.clone().body("[".repeat(5000)),
        fine.clone().body("x".repeat(200_000)),
        fine.clone().with("Mcp-Name", "other"),
        fine.clone().without("Mcp-Method"),
        mcp::post(&mcp::message(1, "no/such", json!({}))).bearer(&server.token()),
        Ask::get("/mcp").bearer(&server.token()),
        Ask::get("/nowhere"),
    ]
}

#[tokio::test]
async fn after_a_storm_of_bad_requests_a_good_one_is_answered() {
    let limits = [
        ("TOOLGATE_CALLS_PER_CALLER", "2"),
        ("TOOLGATE_CONNECTIONS", "40"),
        ("TOOLGATE_MAX_BODY", "100000"),
    ];
    let mut server = Hello::start_with(&limits).await;
    let bad = bad(&server);
    let storm = stream::iter((0..REQUESTS).map(|n| bad[n % bad.len()].clone()));
    let statuses = storm.map(|ask| {
        let server = &server;
        async move { server.send(&ask).await.status }
    });
    let statuses: Vec<u16> = statuses.buffer_unordered(AT_ONCE).collect().await;
    assert_eq!(statuses.len(), REQUESTS);
    for status in statuses {
        assert!((400..500).contains(&status), "{status}");
    }
    good_calls(&mut server).await;
}

#[tokio::test]
async fn after_a_storm_of_broken_connections_a_good_one_is_answered() {
    let limits = [("TOOLGATE_CALLS_PER_CALLER", "2"), ("TOOLGATE_CONNECTIONS", "40")];
    let mut server = Hello::start_with(&limits).await;
    let addr = server.program.addr;
    let whole = hello().bearer(&server.token()).bytes(addr);
    let storm = stream::iter(0..REQUESTS).map(|n| {
        // All lengths: within the head, within the body, and all of it without taking the answer.
        let part = whole[..whole.len() * (n + 1) / REQUESTS].to_vec();
        async move {
            let mut stream = tokio::net::TcpStream::connect(addr).await.expect("a connection");
            let _ = stream.write_all(&part).await;
        }
    });
    storm.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    good_calls(&mut server).await;
}

/// As many at once as there are permits, so that one which was not given back would show.
async fn good_calls(server: &mut Hello) {
    let ask = hello().bearer(&server.token());
    // The server may still be about to notice who is gone.
    within("all permits", async {
        loop {
            let (one, two) = tokio::join!(server.send(&ask), server.send(&ask));
            if [&one, &two].iter().all(|reply| reply.status != 429) {
                break;
            }
        }
    })
    .await;
    for _ in 0..8 {
        let (one, two) = tokio::join!(server.send(&ask), server.send(&ask));
        expect_greeting(&one, "ada");
        expect_greeting(&two, "ada");
    }
    let log = server.program.log().await;
    assert!(!log.iter().any(|line| line.contains("panicked")), "{log:#?}");
}
