//! What only a socket shows: framing, closing, and clients that write while they are refused.

use std::{net::SocketAddr, time::Duration};

use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use toolgate_core::{Shutdown, Transport, transport::Trigger};

use super::*;
use crate::http::{Limits, Listen, ListenError, bind};

/// Longer than anything here takes; only a test that fails waits for it.
const LONG: Duration = Duration::from_secs(30);

pub(super) struct Served {
    pub(super) addr: SocketAddr,
    pub(super) stop: Trigger,
    pub(super) task: JoinHandle<Result<(), ListenError>>,
}

pub(super) async fn within<F: Future>(future: F) -> F::Output {
    timeout(LONG, future).await.expect("it never happened")
}

pub(super) async fn serve(http: Http<Listen>, server: Arc<Double>) -> Served {
    let (tell, told) = oneshot::channel();
    let (stop, until) = Shutdown::new();
    let http = http.on_listen(|listening| tell.send(listening.addr).unwrap());
    let task = tokio::spawn(http.serve(server, until));
    Served { addr: within(told).await.unwrap(), stop, task }
}

pub(super) fn local() -> Http<Listen> {
    bind("127.0.0.1:0")
}

/// The head of a right request, but for its body.
pub(super) fn head(length: usize, more: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\nmcp-protocol-version: {MODERN}\r\n\
         mcp-method: tools/list\r\n{more}content-length: {length}\r\n\r\n"
    )
}

pub(super) fn whole() -> String {
    let body = message("tools/list", json!({})).to_string();
    head(body.len(), "") + &body
}

/// All that the server says until it closes. How it closes does not matter.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = within(stream.read(&mut piece)).await {
        text.extend_from_slice(piece.get(..count).unwrap());
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// One answer with its body, of a connection that stays open.
pub(super) async fn answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut piece = [0; 4096];
    loop {
        let count = within(stream.read(&mut piece)).await.unwrap();
        assert_ne!(count, 0, "closed after {text}");
        text.push_str(std::str::from_utf8(piece.get(..count).unwrap()).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() >= length.parse().unwrap() {
            return text;
        }
    }
}

async fn tell(addr: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_still_sending_sees_why_it_is_refused() {
    const SIZE: usize = 16 << 20;
    let rows = [
        (local().auth(Tokens::default()), "", "401"),
        (local(), "", "413"),
        (local(), "content-encoding: gzip\r\n", "415"),
        (local(), "origin: http://evil.example\r\n", "403"),
    ];
    for (http, more, status) in rows {
        let served = serve(http, echo()).await;
        let mut stream = tell(served.addr, &head(SIZE, more)).await;
        // All of it, before the first byte of the answer is read, as Node's fetch does.
        within(stream.write_all(&vec![b' '; SIZE])).await.expect("the connection is not torn down");
        let text = rest(&mut stream).await;
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {text}");
        assert!(text.contains("connection: close"));
        assert!(!text.contains("\"id\""));
        served.task.abort();
    }
}

#[tokio::test]
async fn what_a_refused_client_may_send_is_bounded() {
    let limits = Limits::default().discard_bytes(100_000);
    let served = serve(local().limits(limits).auth(Tokens::default()), echo()).await;
    let mut stream = tell(served.addr, &head(usize::MAX >> 1, "")).await;
    let piece = vec![b' '; 65536];
    let endless = async { while stream.write_all(&piece).await.is_ok() {} };
    within(endless).await;
}

#[tokio::test]
async fn a_client_that_waits_for_leave_is_refused_without_it() {
    let served = serve(local().auth(Tokens::default()), echo()).await;
    for length in [100, 1 << 20] {
        let mut stream = tell(served.addr, &head(length, "expect: 100-continue\r\n")).await;
        let text = rest(&mut stream).await;
        assert!(text.starts_with("HTTP/1.1 401 "), "{text}");
    }
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let served = serve(local().auth(Tokens::default()), echo()).await;
    let mut stream = TcpStream::connect(served.addr).await.unwrap();
    for _ in 0..3 {
        stream.write_all(whole().as_bytes()).await.unwrap();
        let text = answer(&mut stream).await;
        assert!(text.starts_with("HTTP/1.1 401 ") && text.contains("\"id\":1"), "{text}");
    }
}

#[tokio::test]
async fn heads_are_bounded_in_fields_bytes_and_time() {
    let limits = Limits::default().head_timeout(Duration::from_millis(100));
    let served = serve(local().limits(limits), echo()).await;
    let many: String = (0..101).map(|n| format!("x-{n}: y\r\n")).collect();
    let large = format!("x-large: {}\r\n", "y".repeat(40 << 10));
    // The second is never finished, so it is refused while it arrives.
    let large = format!("POST /mcp HTTP/1.1\r\nhost: localhost\r\n{large}");
    for text in [head(0, &many), large] {
        let mut stream = TcpStream::connect(served.addr).await.unwrap();
        // The server may answer and close before it has taken all of it.
        let _ = stream.write_all(text.as_bytes()).await;
        let text = rest(&mut stream).await;
        assert!(text.starts_with("HTTP/1.1 431 "), "{text}");
    }
    // None of these is ever finished: closing is all that ends the wait.
    for beginning in ["", "P", "POST /mcp HTTP/1.1\r\nhost:", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = tell(served.addr, beginning).await;
        let text = rest(&mut stream).await;
        assert!(!text.contains("200 OK"), "{text}");
    }
}

/// A server whose calls never end, and what tells of their beginnings and ends.
fn endless() -> (Arc<Double>, mpsc::UnboundedReceiver<oneshot::Receiver<()>>) {
    let (started, starts) = mpsc::unbounded_channel();
    let double = double(open_card(), move |_, cx| {
        let started = started.clone();
        async move {
            let end = Box::pin(async move {
                let (alive, gone) = oneshot::channel::<()>();
                started.send(gone).unwrap();
                std::future::pending::<()>().await;
                drop(alive);
                Ok(Reply::empty())
            });
            Ok(Running::Open { notes: cx.streaming().1, end })
        }
    });
    (double, starts)
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_call() {
    let (double, mut starts) = endless();
    let served = serve(local(), double).await;
    let stream = tell(served.addr, &whole()).await;
    let gone = within(starts.recv()).await.unwrap();
    drop(stream);
    assert!(within(gone).await.is_err());
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_stream() {
    let (double, mut starts) = endless();
    let limits = Limits::default().keep_alive(Duration::from_millis(10));
    let served = serve(local().limits(limits), double).await;
    let mut stream = tell(served.addr, &whole()).await;
    let gone = within(starts.recv()).await.unwrap();
    let mut text = String::new();
    while !text.contains(": keep-alive") {
        let mut piece = [0; 512];
        let count = within(stream.read(&mut piece)).await.unwrap();
        text.push_str(std::str::from_utf8(piece.get(..count).unwrap()).unwrap());
    }
    drop(stream);
    assert!(within(gone).await.is_err());
}

#[tokio::test]
async fn connections_are_bounded_and_wait_their_turn() {
    let served = serve(local().limits(Limits::default().connections(1)), echo()).await;
    let mut first = tell(served.addr, &whole()).await;
    assert!(answer(&mut first).await.starts_with("HTTP/1.1 200 "));
    let mut second = tell(served.addr, &whole()).await;
    let mut byte = [0];
    let waits = timeout(Duration::from_millis(100), second.peek(&mut byte)).await;
    assert!(waits.is_err(), "no second connection while there is one");
    drop(first);
    assert!(answer(&mut second).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn one_address_has_its_share_of_connections_and_a_proxy_as_many_as_it_wants() {
    let limits = || Limits::default().connections_per_address(1);
    let served = serve(local().limits(limits()), echo()).await;
    let mut first = tell(served.addr, &whole()).await;
    assert!(answer(&mut first).await.starts_with("HTTP/1.1 200 "));
    let mut second = TcpStream::connect(served.addr).await.unwrap();
    // It may be closed before it is written to.
    let _ = second.write_all(whole().as_bytes()).await;
    assert_eq!(rest(&mut second).await, "", "nobody answers");
    drop(first);
    let again = async {
        loop {
            let mut next = tell(served.addr, &whole()).await;
            if next.read(&mut [0]).await.is_ok_and(|read| read > 0) {
                break;
            }
        }
    };
    within(again).await;
    let proxy = local().limits(limits()).trusted_proxies(["127.0.0.1"]);
    let served = serve(proxy, echo()).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = tell(served.addr, &whole()).await;
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
        streams.push(stream);
    }
}

#[tokio::test]
async fn http_2_is_served_and_its_authority_is_its_host() {
    let served = serve(local().auth(Tokens::default()), echo()).await;
    let stream = TokioIo::new(TcpStream::connect(served.addr).await.unwrap());
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
    let (mut client, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let request = |authority: &str, token: &str| {
        let mut request = list();
        request.headers_mut().remove("host");
        let token = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", token);
        *request.uri_mut() = format!("http://{authority}/mcp").parse().unwrap();
        request
    };
    let rows = [("localhost", "ada", 200), ("evil.example", "ada", 403), ("[::1]", "expired", 401)];
    for (authority, token, status) in rows {
        let response = within(client.send_request(request(authority, token))).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{authority}");
        assert!(!response.headers().contains_key("connection"));
        within(response.into_body().collect()).await.unwrap();
    }
    let large = request("localhost", "expired").map(|_| full(vec![b' '; 5 << 20]));
    let refused = within(client.send_request(large)).await.unwrap();
    assert_eq!(refused.status().as_u16(), 401);
}

/// The last word of a server that nobody listens to is not waited for.
#[tokio::test]
async fn a_reader_that_never_takes_its_answer_loses_its_connection() {
    let double = double(open_card(), |_, _| async {
        Reply::of(&json!({ "large": "x".repeat(16 << 20) })).map(Running::Done)
    });
    let limits = Limits::default().connections(1).call(Duration::from_secs(1));
    let limits = limits.head_timeout(Duration::from_millis(100));
    let served = serve(local().limits(limits), double).await;
    let idle = tell(served.addr, &whole()).await;
    let mut next = TcpStream::connect(served.addr).await.unwrap();
    next.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    assert!(answer(&mut next).await.starts_with("HTTP/1.1 200 "), "there is room again");
    drop(idle);
}
