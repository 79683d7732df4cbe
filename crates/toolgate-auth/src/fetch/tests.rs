//! The default fetch against real sockets: what it reaches, what it refuses, where it stops.

mod again;
pub(crate) mod net;
mod tls;

use std::time::Duration;

use ::http::Request;
use bytes::Bytes;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::RootCertStore;

use self::net::Peer;
use super::{Fetch, FetchError, FetchErrorKind, HttpFetch, HttpFetchBuilder};

fn request(uri: &str) -> Request<Bytes> {
    Request::builder().uri(uri).body(Bytes::new()).unwrap()
}

/// A fetch that no variable of the environment changes.
fn plain(builder: HttpFetchBuilder) -> HttpFetch {
    builder.build_with(RootCertStore::empty(), Matcher::builder().build()).unwrap()
}

fn local() -> HttpFetch {
    plain(HttpFetch::builder().allow_loopback(true))
}

async fn kind(fetch: &HttpFetch, uri: &str) -> FetchErrorKind {
    fetch.fetch(request(uri)).await.unwrap_err().kind()
}

#[tokio::test]
async fn an_answer_is_read_whole() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-a: b\r\n\r\nhello").await;
    let answer = local().fetch(request(&peer.url("http", "/a?b=c"))).await.unwrap();
    assert_eq!((answer.status().as_u16(), &**answer.body()), (200, &b"hello"[..]));
    assert_eq!(answer.headers()["x-a"], "b");
    let asked = peer.heads();
    assert!(asked[0].starts_with("GET /a?b=c HTTP/1.1\r\n"), "{asked:?}");
    assert!(asked[0].contains("accept: application/json"), "{asked:?}");
    assert!(asked[0].contains("user-agent: toolgate-auth/"), "{asked:?}");
}

#[tokio::test]
async fn any_status_is_an_answer_and_a_redirect_is_not_followed() {
    let elsewhere = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        elsewhere.url("http", "/")
    );
    let peer = Peer::answering(redirect).await;
    let answer = local().fetch(request(&peer.url("http", "/"))).await.unwrap();
    assert_eq!(answer.status().as_u16(), 302);
    assert_eq!((peer.heads().len(), elsewhere.heads().len()), (1, 0));
}

#[tokio::test]
async fn a_large_answer_is_cut_off_whether_it_says_its_size_or_not() {
    let body = "x".repeat(101);
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n65\r\n{body}\r\n");
    for head in [format!("HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n{body}"), chunked] {
        let peer = Peer::answering(head).await;
        let fetch = plain(HttpFetch::builder().allow_loopback(true).max_body(100));
        assert_eq!(kind(&fetch, &peer.url("http", "/")).await, FetchErrorKind::TooLarge);
    }
}

#[tokio::test]
async fn the_largest_answer_still_fits() {
    let body = "x".repeat(100);
    let peer =
        Peer::answering(format!("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{body}")).await;
    let fetch = plain(HttpFetch::builder().allow_loopback(true).max_body(100));
    assert_eq!(fetch.fetch(request(&peer.url("http", "/"))).await.unwrap().body().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_is_given_up() {
    for start in ["", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe"] {
        let peer = Peer::stalling(start).await;
        assert_eq!(kind(&local(), &peer.url("http", "/")).await, FetchErrorKind::Timeout);
    }
}

#[tokio::test]
async fn what_is_no_answer_is_told_from_no_connection() {
    for answer in ["SSH-2.0-x\r\n\r\n", "", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe"] {
        let peer = Peer::answering(answer).await;
        assert_eq!(kind(&local(), &peer.url("http", "/")).await, FetchErrorKind::Broken);
    }
    assert_eq!(kind(&local(), "http://localhost:1/").await, FetchErrorKind::Connect);
}

#[tokio::test]
async fn private_addresses_are_refused_before_anybody_is_connected_to() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let fetch = plain(HttpFetch::builder());
    // By the address as it is written, and by the address that a name turns out to have.
    for url in [peer.url_at("https", "127.0.0.1"), peer.url("https", "/"), peer.url("http", "/")] {
        assert_eq!(kind(&fetch, &url).await, FetchErrorKind::NotAllowed, "{url}");
    }
    // Other spellings of the same address, which only the resolver understands.
    for host in ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"] {
        let kind = kind(&fetch, &peer.url_at("https", host)).await;
        assert!(matches!(kind, FetchErrorKind::NotAllowed | FetchErrorKind::Connect), "{host}");
    }
    assert_eq!(peer.connections(), 0);
}

#[tokio::test]
async fn plain_http_is_for_loopback_alone() {
    let fetch = plain(HttpFetch::builder().allow_private(true).allow_loopback(true));
    for url in ["http://issuer.example/keys", "http://10.0.0.1/keys", "ftp://localhost/", "/keys"] {
        assert_eq!(kind(&fetch, url).await, FetchErrorKind::NotAllowed, "{url}");
    }
}

#[test]
fn an_error_tells_its_kind_and_keeps_its_cause() {
    let error = FetchError::new(FetchErrorKind::Connect).caused_by("no route");
    assert_eq!(error.kind(), FetchErrorKind::Connect);
    assert_eq!(super::chain(&error), "the peer cannot be reached: no route");
}

#[test]
fn the_bounds_are_those_that_are_documented() {
    let shown = format!("{:?}", HttpFetch::builder());
    let bounds =
        [Duration::from_secs(5), Duration::from_secs(10)].map(|bound| format!("{bound:?}"));
    assert!(
        bounds.iter().all(|bound| shown.contains(bound)) && shown.contains("524288"),
        "{shown}"
    );
}
