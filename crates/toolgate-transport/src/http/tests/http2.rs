//! What a client is told when it opens an HTTP/2 connection, and how long it may keep one.

use std::{
    convert::Infallible,
    task::{Context as Task, Poll},
    time::Duration,
};

use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    sockets::{answer, local, serve, within},
    *,
};
use crate::http::Limits;

/// The settings that a server opens an HTTP/2 connection with (RFC 9113, section 6.5).
async fn settings(stream: &mut TcpStream) -> Vec<(u16, u32)> {
    let opening = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    stream.write_all(opening).await.unwrap();
    let mut head = [0; 9];
    within(stream.read_exact(&mut head)).await.unwrap();
    let [_, high, low, kind, ..] = head;
    assert_eq!(kind, 4, "the first frame has the settings");
    let mut rows = vec![0; usize::from(u16::from_be_bytes([high, low]))];
    within(stream.read_exact(&mut rows)).await.unwrap();
    let row = |row: &[u8]| {
        let (name, value) = row.split_at(2);
        (
            u16::from_be_bytes(name.try_into().unwrap()),
            u32::from_be_bytes(value.try_into().unwrap()),
        )
    };
    rows.chunks(6).map(row).collect()
}

#[tokio::test]
async fn http_2_connections_are_told_their_bounds() {
    const MAX_CONCURRENT_STREAMS: u16 = 3;
    const MAX_HEADER_LIST_SIZE: u16 = 6;
    let limits = Limits::default().header_bytes(10_000);
    let served = serve(local().limits(limits), echo()).await;
    let mut stream = TcpStream::connect(served.addr).await.unwrap();
    let settings = settings(&mut stream).await;
    for bound in [(MAX_CONCURRENT_STREAMS, 128), (MAX_HEADER_LIST_SIZE, 10_000)] {
        assert!(settings.contains(&bound), "{bound:?}: {settings:?}");
    }
}

/// Pages of an author's own.
#[derive(Clone)]
struct Page;

impl tower_service::Service<HttpRequest<Incoming>> for Page {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: HttpRequest<Incoming>) -> Self::Future {
        std::future::ready(Ok(Response::new(full("a page"))))
    }
}

/// It answers pings for ever, and grants no answer a byte.
#[tokio::test]
async fn a_client_that_grants_no_window_loses_its_connection() {
    for path in ["health", "mcp", "a/page"] {
        let limits = Limits::default().connections(1).call(Duration::from_secs(1));
        let limits = limits.head_timeout(Duration::from_millis(100));
        let served = serve(local().limits(limits).fallback(Page), echo()).await;
        let stream = TokioIo::new(TcpStream::connect(served.addr).await.unwrap());
        let mut client = http2::Builder::new(TokioExecutor::new());
        let (mut client, connection) =
            client.initial_stream_window_size(0).handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let request = HttpRequest::get(format!("http://localhost/{path}")).body(full(""));
        let unread = within(client.send_request(request.unwrap())).await.unwrap();
        let mut next = TcpStream::connect(served.addr).await.unwrap();
        next.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        assert!(answer(&mut next).await.starts_with("HTTP/1.1 200 "), "there is room after {path}");
        drop((unread, client));
    }
}
