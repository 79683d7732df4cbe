//! Going down, coming back, and answering with rubbish.

use std::{pin::pin, time::Duration};

use futures::FutureExt;
use serde_json::json;
use tokio::{net::TcpStream, task::yield_now, time::timeout};

use super::{ask, fetch, named, post, published, start, verifies};
use crate::{Endpoint, Fault, JwksFault, authorization::serve::CONNECTIONS};

const METADATA: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn while_it_is_down_requests_are_counted_and_not_answered() {
    let server = start().await;
    server.go_down();
    for path in ["/jwks", METADATA, "/"] {
        assert!(ask(&server, "GET", path).await.is_none(), "{path}");
    }
    assert_eq!((server.jwks_requests(), server.metadata_requests()), (1, 1));
    server.come_back();
    let token = server.token("ann").sign();
    assert!(verifies(named(&published(&server).await, &token).unwrap(), &token));
    assert_eq!(server.jwks_requests(), 2);
}

#[tokio::test]
async fn keys_can_be_broken_in_each_way_and_metadata_stays() {
    let server = start().await;
    for (fault, status) in [
        (JwksFault::Garbage, 200),
        (JwksFault::Empty, 200),
        (JwksFault::Status(503), 503),
        (JwksFault::Status(302), 302),
    ] {
        server.break_jwks(fault);
        let reply = fetch(&server, "/jwks").await;
        assert_eq!(reply.status, status, "{fault:?}");
        let json = serde_json::from_str::<serde_json::Value>(&reply.body);
        match fault {
            JwksFault::Empty => assert_eq!(json.unwrap(), serde_json::json!({"keys": []})),
            _ => assert!(json.is_err(), "{fault:?}"),
        }
        assert_eq!(fetch(&server, METADATA).await.json()["issuer"], server.issuer());
    }
    server.come_back();
    assert_eq!(published(&server).await.len(), 2);
    assert_eq!(server.jwks_requests(), 5);
}

#[tokio::test]
async fn silence_keeps_the_connection_open_and_others_served() {
    let server = start().await;
    server.break_jwks(JwksFault::Silence);
    let mut silent = Box::pin(ask(&server, "GET", "/jwks"));
    // Its request has arrived once it is counted.
    let counted = async {
        while server.jwks_requests() == 0 {
            tokio::select! {
                _ = &mut silent => panic!("an answer"),
                _ = fetch(&server, METADATA) => {}
            }
        }
    };
    timeout(Duration::from_secs(10), counted).await.expect("the request arrives");
    server.come_back();
    assert_eq!(published(&server).await.len(), 2);
    assert!((&mut silent).now_or_never().is_none(), "still nothing");
}

#[tokio::test]
async fn connections_are_bounded_and_one_that_ends_makes_room() {
    let server = start().await;
    let mut idle = Vec::new();
    for _ in 0..CONNECTIONS {
        idle.push(TcpStream::connect(super::addr(&server)).await.unwrap());
    }
    let mut late = pin!(fetch(&server, "/jwks"));
    // Many times the turns that an answer takes when there is room.
    for _ in 0..2_000 {
        assert!(late.as_mut().now_or_never().is_none(), "answered beyond the bound");
        yield_now().await;
    }
    idle.pop();
    assert_eq!(timeout(Duration::from_secs(10), late).await.expect("an answer").status, 200);
}

#[tokio::test]
async fn each_place_fails_by_itself_and_is_mended_by_itself() {
    let server = start().await;
    let refused = json!({"error": "interaction_required", "suberror": "basic_action"});
    server.fail(Endpoint::Token, Fault::Answer(400, refused.clone()));
    server.fail(Endpoint::Introspect, Fault::HangUp);
    let reply = post(&server, "/token", &[]).await;
    assert_eq!((reply.status, reply.json()), (400, refused));
    assert!(ask(&server, "POST", "/introspect").await.is_none());
    assert_eq!(fetch(&server, "/jwks").await.status, 200);
    server.mend(Endpoint::Token);
    assert_eq!(post(&server, "/token", &[]).await.json()["error"], "invalid_client");
    assert!(ask(&server, "POST", "/introspect").await.is_none());
    let asked = [Endpoint::Token, Endpoint::Introspect, Endpoint::Jwks];
    assert_eq!(asked.map(|place| server.requests(place)), [2, 2, 1]);
}

#[tokio::test]
async fn what_is_held_is_answered_when_it_is_let_go() {
    let server = start().await;
    server.fail(Endpoint::Jwks, Fault::Held);
    let mut held = Box::pin(fetch(&server, "/jwks"));
    while server.requests(Endpoint::Jwks) == 0 {
        tokio::select! {
            _ = &mut held => panic!("an answer"),
            _ = fetch(&server, METADATA) => {}
        }
    }
    server.mend(Endpoint::Jwks);
    let reply = timeout(Duration::from_secs(10), held).await.expect("an answer");
    assert_eq!((reply.status, reply.json()["keys"].as_array().unwrap().len()), (200, 2));
}
