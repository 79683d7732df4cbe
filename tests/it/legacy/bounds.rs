//! How many sessions there may be, in all and of one owner.

use toolgate_core::legacy::MemorySessions;
use toolgate_server::Server;
use toolgate_transport::http;

use super::{begin, of_ann, start_kept, tools};
use crate::support::{
    old::{self, LATEST},
    served::Served,
};

#[tokio::test]
async fn an_owner_with_too_many_loses_the_one_not_used_for_longest_and_nobody_else_does() {
    let (server, sessions) = start_kept(MemorySessions::new().per_owner(2)).await;
    let bobs = begin(&server, "bob").await;
    let (first, second) = (begin(&server, "ann").await, begin(&server, "ann").await);
    assert!(first.lives().await, "which makes the second the oldest");
    let third = begin(&server, "ann").await;
    assert!(!second.lives().await);
    assert!(first.lives().await && third.lives().await && bobs.lives().await);
    assert_eq!(sessions.len(), 3);
}

#[tokio::test]
async fn full_is_503_and_says_when_to_come_back() {
    let (server, sessions) = start_kept(MemorySessions::new().all(2)).await;
    let (anns, bobs) = (begin(&server, "ann").await, begin(&server, "bob").await);
    let handshake = old::post(&old::handshake(LATEST)).bearer("cid");
    let reply = server.send(&handshake).await;
    assert_eq!(reply.outcome(), (503, Some(-32000)));
    assert_eq!((reply.field("retry-after"), reply.field("mcp-session-id")), (Some("1"), None));
    assert_eq!(reply.json()["id"], 7);
    assert!(anns.lives().await && bobs.lives().await, "nobody is pushed out by somebody else");
    assert_eq!(server.send(&anns.delete()).await.status, 204);
    assert_eq!(server.send(&handshake).await.outcome(), (200, None));
    assert_eq!(sessions.len(), 2);
}

/// Strangers are one owner, so one may push out another's; but none is locked out by the others.
#[tokio::test]
async fn strangers_push_each_other_out() {
    let sessions = MemorySessions::new().all(3).per_owner(1);
    let http = http::bind("127.0.0.1:0").sessions(sessions.clone());
    let server = Served::start(tools(Server::new("open", "1").open()), http).await;
    for _ in 0..5 {
        let reply = server.send(&old::post(&old::handshake(LATEST))).await;
        assert!(reply.field("mcp-session-id").is_some(), "{}", reply.text());
    }
    assert_eq!(sessions.len(), 3);
}

#[tokio::test]
async fn refused_handshakes_take_no_room() {
    let (server, sessions) = start_kept(MemorySessions::new().all(1)).await;
    for token in ["refused", "banned", "error", "panic", "down", "ann.none"] {
        let reply = server.send(&old::post(&old::handshake(LATEST)).bearer(token)).await;
        assert!(reply.status >= 400, "{token}");
    }
    for fault in ["Accept", "Content-Type"] {
        let reply = server.send(&of_ann(&old::handshake(LATEST)).with(fault, "text/html")).await;
        assert!(reply.status >= 400, "{fault}");
    }
    assert!(sessions.is_empty());
    begin(&server, "ann").await;
}
