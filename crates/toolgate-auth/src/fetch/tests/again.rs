//! Peers that close connections which are kept, at the moment of use and before.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
};

use ::http::Response;

use super::*;
use crate::fetch::again::Repeatable;

const KEPT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

fn post(uri: &str) -> Request<Bytes> {
    Request::post(uri).body(Bytes::from_static(b"a=b")).unwrap()
}

fn marked(uri: &str) -> Request<Bytes> {
    let mut request = post(uri);
    request.extensions_mut().insert(Repeatable);
    request
}

/// Sends until a request came over a connection that had been used: what became of that one.
async fn over_a_kept_connection(
    peer: &Peer,
    make: impl Fn(&str) -> Request<Bytes>,
) -> Result<Response<Bytes>, FetchError> {
    let (fetch, url) = (local(), peer.url("http", "/"));
    for sent in 1..100 {
        let answer = fetch.fetch(make(&url)).await;
        if answer.is_err() || peer.heads().len() > sent {
            return answer;
        }
    }
    panic!("no connection was kept");
}

#[tokio::test]
async fn a_question_that_is_lost_with_its_connection_is_asked_again_over_a_new_one() {
    for make in [request, marked] {
        let peer = Peer::closing_at_the_second(KEPT, "").await;
        let answer = over_a_kept_connection(&peer, make).await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        let heads = peer.heads();
        let [.., lost, again] = &*heads else { panic!("{heads:?}") };
        // Before it came what nobody has read of the body of the one that was answered.
        assert!(lost.ends_with(again), "{heads:?}");
    }
}

#[tokio::test]
async fn what_may_have_been_done_or_was_answered_is_not_sent_twice() {
    type Make = fn(&str) -> Request<Bytes>;
    let cases: [(Make, &str); 2] = [(post, ""), (request, "SSH-2.0-x\r\n\r\n")];
    for (make, second) in cases {
        let peer = Peer::closing_at_the_second(KEPT, second).await;
        let lost = over_a_kept_connection(&peer, make).await.unwrap_err();
        assert_eq!(lost.kind(), FetchErrorKind::Broken);
        assert_eq!(peer.heads().len(), peer.connections() + 1);
    }
}

/// A peer that keeps each connection after an answer until it is told to close; and what tells it so, and
/// returns when it has.
fn patient() -> (String, impl Fn()) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    let (close, told) = mpsc::channel::<()>();
    let (done, closed) = mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            stream.write_all(KEPT.as_bytes()).unwrap();
            if told.recv().is_err() {
                return;
            }
            drop(stream);
            done.send(()).unwrap();
        }
    });
    let close = move || {
        close.send(()).unwrap();
        closed.recv().unwrap();
    };
    (url, close)
}

#[tokio::test]
async fn a_peer_that_closes_what_lies_idle_is_asked_all_the_same() {
    let (url, close) = patient();
    let fetch = local();
    for _ in 0..5 {
        assert_eq!(fetch.fetch(request(&url)).await.unwrap().status().as_u16(), 200);
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        // This thread waits, so nothing here has noticed it.
        close();
    }
}

#[tokio::test]
async fn what_never_left_is_sent_whatever_it_is() {
    let (url, close) = patient();
    let fetch = local();
    for _ in 0..5 {
        assert_eq!(fetch.fetch(post(&url)).await.unwrap().status().as_u16(), 200);
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        close();
        // Now it can be known.
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_peer_that_closes_new_connections_is_asked_once() {
    let (peer, fetch) = (Peer::answering("").await, local());
    for asked in 1..4 {
        assert_eq!(kind(&fetch, &peer.url("http", "/")).await, FetchErrorKind::Broken);
        assert_eq!(peer.heads().len(), asked);
    }
}
