//! Sessions that nobody uses end, and only their owner's requests are use.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use toolgate_core::legacy::MemorySessions;

use super::{begin, calling, of_ann, ping, start_kept};
use crate::support::old::{self, LATEST};

const IDLE: Duration = Duration::from_secs(60);

/// A clock of a test's own, which goes when it is told to.
macro_rules! clock {
    () => {{
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        static PASSED: AtomicU64 = AtomicU64::new(0);
        fn now() -> Instant {
            *START + Duration::from_secs(PASSED.load(Ordering::SeqCst))
        }
        let pass = |seconds: u64| {
            PASSED.fetch_add(seconds, Ordering::SeqCst);
        };
        (MemorySessions::new().idle(IDLE).clock(now), pass)
    }};
}

#[tokio::test]
async fn a_session_ends_when_its_owner_did_not_use_it_for_long() {
    let (sessions, pass) = clock!();
    let (server, sessions) = start_kept(sessions).await;
    let session = begin(&server, "ann").await;
    for _ in 0..4 {
        pass(59);
        assert!(session.lives().await);
    }
    pass(60);
    assert_eq!(session.send(&calling("who")).await.outcome(), (404, Some(-32001)));
    assert!(sessions.is_empty());
}

#[tokio::test]
async fn each_kind_of_request_of_the_owner_s_is_use() {
    let (sessions, pass) = clock!();
    let (server, _) = start_kept(sessions).await;
    let session = begin(&server, "ann").await;
    let ready = old::notification("notifications/initialized", json!({}));
    let level = old::message(7, "logging/setLevel", json!({"level": "error"}));
    let answer = json!({"jsonrpc": "2.0", "id": 7, "result": {}});
    for message in [calling("who"), ping(), ready, level, old::cancel(7), answer] {
        pass(59);
        let reply = session.send(&message).await;
        assert!([200, 202].contains(&reply.status), "{message}: {}", reply.text());
    }
    pass(59);
    // A renewed token is the same owner's.
    assert!(session.with_token("ann.again").lives().await);
    pass(59);
    assert!(session.lives().await);
}

#[tokio::test]
async fn nobody_else_s_request_keeps_it_alive() {
    let (sessions, pass) = clock!();
    let (server, sessions) = start_kept(sessions).await;
    let session = begin(&server, "ann").await;
    pass(59);
    for token in ["bob", "refused", "banned", "error", "panic", "down"] {
        let theirs = session.with_token(token);
        for ask in
            [theirs.post(&ping()), theirs.post(&old::cancel(7)), theirs.delete(), theirs.get()]
        {
            let status = server.send(&ask).await.status;
            assert!(status >= 400, "{token}: {status}");
        }
    }
    let unsigned = session.post(&ping()).without("Authorization");
    assert_eq!(server.send(&unsigned).await.status, 401);
    // Nor what its owner does elsewhere, or what never comes to be a request.
    for ask in [of_ann(&old::handshake(LATEST)), of_ann(&ping())] {
        server.send(&ask).await;
    }
    assert_eq!(server.send(&session.post(&ping()).body("{")).await.status, 400);
    assert_eq!(sessions.len(), 2);
    pass(1);
    assert_eq!(session.send(&ping()).await.outcome(), (404, Some(-32001)));
    assert_eq!(sessions.len(), 1);
}

#[tokio::test]
async fn what_nobody_misses_goes_with_the_next_handshake() {
    let (sessions, pass) = clock!();
    let (server, sessions) = start_kept(sessions).await;
    for name in ["ann", "bob", "cid"] {
        begin(&server, name).await;
    }
    pass(60);
    assert_eq!(sessions.len(), 3);
    begin(&server, "ann").await;
    assert_eq!(sessions.len(), 1);
}

#[tokio::test]
async fn an_idle_session_cannot_be_ended_twice_over() {
    let (sessions, pass) = clock!();
    let (server, _) = start_kept(sessions).await;
    let session = begin(&server, "ann").await;
    pass(60);
    assert_eq!(server.send(&session.delete()).await.outcome(), (404, Some(-32001)));
}
