//! TLS and the way through a proxy. The certificate is for `localhost`, by a root of the tests' own.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use hyper_util::client::proxy::matcher::Matcher;
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

use super::{Fetch, FetchErrorKind, HttpFetch, kind, net::Peer, plain, request};

const ROOT: &[u8] = include_bytes!("root.der");
const CERTIFICATE: &[u8] = include_bytes!("localhost.der");
/// Of no use to anybody: its certificate is by a root that only these tests trust.
const KEY: &[u8] = include_bytes!("localhost.key.der");

/// A server that answers each connection once.
fn server() -> SocketAddr {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KEY.to_vec()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            // A client that does not trust the certificate is gone by now.
            if stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                // It says that it will close: otherwise the next request may go the same way.
                let answer =
                    b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\nsecret";
                drop(stream.write_all(answer).and_then(|()| stream.flush()));
            }
        }
    });
    address
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(ROOT)).unwrap();
    roots
}

fn url(address: SocketAddr, host: &str) -> String {
    format!("https://{host}:{}/keys", address.port())
}

fn through(proxies: Matcher) -> HttpFetch {
    HttpFetch::builder().allow_loopback(true).build_with(roots(), proxies).unwrap()
}

#[tokio::test]
async fn a_trusted_certificate_is_accepted_for_its_own_name() {
    let address = server();
    let fetch = through(Matcher::builder().build());
    let answer = fetch.fetch(request(&url(address, "localhost"))).await.unwrap();
    assert_eq!(&**answer.body(), b"secret");
    assert_eq!(kind(&fetch, &url(address, "127.0.0.1")).await, FetchErrorKind::Connect);
}

#[tokio::test]
async fn private_addresses_are_reached_when_allowed_and_only_then() {
    let (address, none) = (server(), || Matcher::builder().build());
    let fetch = HttpFetch::builder().allow_private(true).build_with(roots(), none()).unwrap();
    fetch.fetch(request(&url(address, "localhost"))).await.unwrap();
    let fetch = HttpFetch::builder().build_with(roots(), none()).unwrap();
    assert_eq!(kind(&fetch, &url(address, "localhost")).await, FetchErrorKind::NotAllowed);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let fetch = plain(HttpFetch::builder().allow_loopback(true));
    assert_eq!(kind(&fetch, &url(server(), "localhost")).await, FetchErrorKind::Connect);
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel_and_sees_no_more() {
    let address = server();
    let proxy = Peer::proxy(address).await;
    let proxies = || Matcher::builder().https(proxy.url("http", "/").replace("//", "//ann:pw@"));
    let fetch = through(proxies().build());
    for _ in 0..2 {
        let answer = fetch.fetch(request(&url(address, "localhost"))).await.unwrap();
        assert_eq!(&**answer.body(), b"secret");
    }
    let heads = proxy.heads();
    assert!(!heads.is_empty());
    for head in &heads {
        assert!(head.starts_with(&format!("CONNECT localhost:{} ", address.port())), "{head}");
        assert!(head.contains("Proxy-Authorization: Basic YW5uOnB3"), "{head}");
    }
    // What `NO_PROXY` names goes the direct way.
    let fetch = through(proxies().no("localhost").build());
    fetch.fetch(request(&url(address, "localhost"))).await.unwrap();
    assert_eq!(proxy.heads().len(), heads.len());
}

#[tokio::test]
async fn a_proxy_is_no_way_around_what_may_be_asked() {
    let proxy = Peer::proxy(server()).await;
    let proxies = Matcher::builder().all(proxy.url("http", "/")).build();
    let fetch = HttpFetch::builder().build_with(roots(), proxies).unwrap();
    for url in ["https://169.254.169.254/", "https://127.0.0.1/", "http://localhost/"] {
        assert_eq!(kind(&fetch, url).await, FetchErrorKind::NotAllowed, "{url}");
    }
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn a_proxy_of_another_sort_is_told_and_not_gone_around() {
    for proxy in ["https://localhost:1", "socks5://localhost:1"] {
        let fetch = through(Matcher::builder().https(proxy).build());
        assert_eq!(kind(&fetch, &url(server(), "localhost")).await, FetchErrorKind::Settings);
    }
}

#[tokio::test]
async fn loopback_in_the_clear_goes_past_the_proxy() {
    let proxy = Peer::proxy(server()).await;
    let peer = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let fetch = through(Matcher::builder().all(proxy.url("http", "/")).build());
    fetch.fetch(request(&peer.url("http", "/"))).await.unwrap();
    assert_eq!((proxy.connections(), peer.connections()), (0, 1));
}
