//! Resources that a session watches: each for its owner, on the session's own stream.

use serde_json::{Value, json};
use toolgate_transport::http::Limits;

use super::{
    begin, bound,
    listening::{Change, Listener, Lists, listens, open, served, start},
};
use crate::support::old::{self, BATCHES, LATEST, REVISIONS, Session, Stream};

fn subscribe(uri: &str) -> Value {
    old::message(7, "resources/subscribe", json!({"uri": uri}))
}

fn unsubscribe(uri: &str) -> Value {
    old::message(7, "resources/unsubscribe", json!({"uri": uri}))
}

async fn done(session: &Session, message: &Value) {
    let reply = session.send(message).await;
    assert_eq!((reply.status, &reply.json()["result"]), (200, &json!({})), "{}", reply.text());
}

/// The URI of the next change that is told, and with which scopes it was.
async fn updated(stream: &mut Stream) -> (String, String) {
    let message = stream.message().await.expect("a change");
    assert_eq!(message["method"], "notifications/resources/updated");
    assert_eq!(message["params"].get("_meta"), None);
    let text = |name: &str| message["params"][name].as_str().unwrap_or_default().to_owned();
    (text("uri"), text("by"))
}

#[tokio::test]
async fn what_is_watched_is_told_and_what_is_not_any_more_is_not() {
    let (server, listener) = start().await;
    for revision in REVISIONS {
        let session = Session::begin(server.addr, "ann", revision).await;
        let mut stream = open(&session).await;
        for uri in ["a:1", "a:2", "a:1"] {
            done(&session, &subscribe(uri)).await;
        }
        listener.tell(Change::Resource("a:3"));
        listener.tell(Change::Resource("a:2"));
        assert_eq!(updated(&mut stream).await.0, "a:2", "{revision}");
        listener.tell(Change::Resource("a:1"));
        assert_eq!(updated(&mut stream).await.0, "a:1", "{revision}");
        done(&session, &unsubscribe("a:1")).await;
        done(&session, &unsubscribe("a:never")).await;
        listener.tell(Change::Resource("a:1"));
        listener.tell(Change::Resource("a:2"));
        assert_eq!(updated(&mut stream).await.0, "a:2", "once, and a:1 not at all");
        assert_eq!(server.send(&session.delete()).await.status, 204);
        listens(&listener, 0).await;
    }
}

#[tokio::test]
async fn a_change_while_nobody_reads_is_told_when_somebody_does() {
    let (server, listener) = start().await;
    let session = begin(&server, "ann").await;
    done(&session, &subscribe("a:1")).await;
    listener.tell(Change::Resource("a:1"));
    let mut stream = open(&session).await;
    let first = stream.event().await.expect("a change");
    drop(stream);
    listener.tell(Change::Resource("a:1"));
    // Whether or not it was noticed in time that nobody reads any more.
    let back = session.get().with("Last-Event-ID", first.id.as_deref().expect("an id"));
    assert_eq!(updated(&mut Stream::open(server.addr, &back).await).await.0, "a:1");
}

#[tokio::test]
async fn it_is_told_to_its_own_session_alone() {
    let (server, listener) = start().await;
    let (hers, other) = (begin(&server, "ann").await, begin(&server, "ann").await);
    let (mut stream, mut others) = (open(&hers).await, open(&other).await);
    done(&hers, &subscribe("a:1")).await;
    done(&other, &subscribe("a:2")).await;
    listener.tell(Change::Resource("a:1"));
    listener.tell(Change::Resource("a:2"));
    assert_eq!(updated(&mut others).await.0, "a:2");
    assert_eq!(updated(&mut stream).await.0, "a:1");
    // Nobody else's word changes that.
    for message in [subscribe("a:9"), unsubscribe("a:1")] {
        let reply = hers.with_token("bob").send(&message).await;
        assert_eq!(reply.outcome(), (404, Some(-32001)));
    }
    listener.tell(Change::Resource("a:9"));
    listener.tell(Change::Resource("a:1"));
    assert_eq!(updated(&mut stream).await.0, "a:1");
}

#[tokio::test]
async fn what_the_service_refuses_is_refused_as_for_a_call() {
    let (server, listener) = start().await;
    let low = begin(&server, "ann.low").await;
    let reply = low.send(&subscribe("secret:1")).await;
    assert_eq!(reply.outcome(), (403, Some(-32000)));
    assert!(reply.field("www-authenticate").is_some_and(|it| it.contains("insufficient_scope")));
    assert_eq!(reply.json()["id"], 7);
    done(&low.with_token("ann"), &subscribe("secret:1")).await;
    // What is not there and what this caller may not see.
    let reply = low.send(&subscribe("none:1")).await;
    assert_eq!(reply.outcome(), (200, Some(-32602)));
    assert_eq!(reply.json()["error"]["data"]["uri"], "none:1");
    for params in [json!({}), json!({"uri": 7}), json!({"uri": ""})] {
        for method in ["resources/subscribe", "resources/unsubscribe"] {
            let reply = low.send(&old::message(7, method, params.clone())).await;
            assert_eq!(reply.outcome(), (200, Some(-32602)), "{method} {params}");
        }
    }
    listens(&listener, 1).await;
}

#[tokio::test]
async fn they_are_bounded_for_each_session() {
    let listener = Listener::new(Lists::Told);
    let limits = Limits::default().subscriptions(2);
    let server = served(&listener, bound().limits(limits)).await;
    let session = begin(&server, "ann").await;
    for uri in ["a:1", "a:2", "a:2"] {
        done(&session, &subscribe(uri)).await;
    }
    assert_eq!(session.send(&subscribe("a:3")).await.outcome(), (200, Some(-32000)));
    done(&begin(&server, "ann").await, &subscribe("a:3")).await;
    done(&session, &unsubscribe("a:1")).await;
    done(&session, &subscribe("a:3")).await;
    assert_eq!(listener.listens(), 3);
}

/// Sessions that only listen are let go of where there are too many.
#[tokio::test]
async fn sessions_that_listen_are_bounded_in_all() {
    let listener = Listener::new(Lists::Told);
    let server = served(&listener, bound().limits(Limits::default().streams(2))).await;
    for name in ["ann", "bob", "cid", "dan"] {
        done(&begin(&server, name).await, &subscribe("a:1")).await;
        assert!(listener.listens() <= 2);
    }
    // One that is read is not.
    let (eve, fay) = (begin(&server, "eve").await, begin(&server, "fay").await);
    let (_eves, _fays) = (open(&eve).await, open(&fay).await);
    let reply = begin(&server, "gil").await.send(&subscribe("a:1")).await;
    assert_eq!(reply.outcome(), (429, Some(-32000)));
}

/// With what the owner may by now, not with what they might when they began to watch.
#[tokio::test]
async fn each_change_is_decided_with_the_owner_s_last_credentials() {
    let (server, listener) = start().await;
    let session = begin(&server, "ann.low").await;
    let mut stream = open(&session).await;
    done(&session, &subscribe("a:1")).await;
    for (token, scopes) in [("ann.low", "base openid"), ("ann", "base openid write")] {
        assert!(session.with_token(token).lives().await);
        listener.tell(Change::Resource("a:1"));
        let (_, by) = updated(&mut stream).await;
        let mut by: Vec<_> = by.split(' ').collect();
        by.sort_unstable();
        assert_eq!(by.join(" "), scopes);
    }
}

#[tokio::test]
async fn where_the_service_cannot_tell_any_more_the_client_is_told_to_look() {
    let (server, listener) = start().await;
    let session = begin(&server, "ann").await;
    let mut stream = open(&session).await;
    done(&session, &subscribe("a:1")).await;
    listener.tell(Change::Lost("a:1"));
    assert_eq!(updated(&mut stream).await.0, "a:1");
    done(&session, &subscribe("a:1")).await;
    listener.tell(Change::Resource("a:1"));
    assert_eq!(updated(&mut stream).await.0, "a:1");
}

#[tokio::test]
async fn a_batch_watches_too() {
    let (server, listener) = start().await;
    let session = Session::begin(server.addr, "ann", BATCHES).await;
    let mut none = subscribe("none:1");
    none["id"] = json!(8);
    let answers = session.send(&json!([subscribe("a:1"), none])).await.json();
    assert_eq!(answers[0]["result"], json!({}));
    assert_eq!(answers[1]["error"]["code"], -32602);
    listener.tell(Change::Resource("a:1"));
    assert_eq!(updated(&mut open(&session).await).await.0, "a:1");
}

/// What is promised is what can be kept.
#[tokio::test]
async fn the_handshake_promises_changes_where_there_is_a_stream_to_tell_them_on() {
    let promised = async |http| {
        let server = served(&Listener::new(Lists::Told), http).await;
        let reply = server.send(&super::of_ann(&old::handshake(LATEST))).await;
        reply.json()["result"]["capabilities"].clone()
    };
    let all = json!({
        "tools": {"listChanged": true},
        "resources": {"subscribe": true, "listChanged": true},
    });
    assert_eq!(promised(bound()).await, all);
    assert_eq!(promised(bound().stateless()).await, json!({"tools": {}, "resources": {}}));
}

#[tokio::test]
async fn without_sessions_or_a_service_that_listens_nothing_can_be_watched() {
    let listener = Listener::new(Lists::Told);
    let server = served(&listener, bound().stateless()).await;
    for message in [subscribe("a:1"), unsubscribe("a:1")] {
        let reply = server.send(&super::of_ann(&message)).await;
        assert_eq!(reply.outcome(), (200, Some(-32601)));
    }
    assert_eq!(listener.listens(), 0);
}
