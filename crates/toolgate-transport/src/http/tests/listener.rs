//! Binding, serving, and letting go in order.

use std::{
    convert::Infallible,
    task::{Context as Task, Poll},
    time::Duration,
};

use hyper::body::Incoming;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::{mpsc, oneshot},
};
use toolgate_core::{Ending, Shutdown, Transport};

use super::{
    sockets::{answer, local, serve, whole, within},
    *,
};
use crate::http::{Limits, ListenError, Peer, bind, listen};

async fn probe(stream: &mut TcpStream, path: &str) -> String {
    let text = format!("GET {path} HTTP/1.1\r\nhost: 10.0.0.7\r\n\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    answer(stream).await
}

/// One call that says when it began, and ends when it is told to.
fn waiting() -> (Arc<Double>, mpsc::Receiver<oneshot::Sender<()>>) {
    let (started, starts) = mpsc::channel(1);
    let double = double(open_card(), move |_, cx| {
        let started = started.clone();
        async move {
            let inner = cx.clone();
            let end = async move {
                let (tell, told) = oneshot::channel();
                started.send(tell).await.unwrap();
                let ending = inner.ending().await;
                told.await.unwrap();
                Reply::of(&json!({ "shutdown": ending == Ending::Shutdown }))
            };
            Ok(Running::Open { notes: cx.streaming().1, end: Box::pin(end) })
        }
    });
    (double, starts)
}

#[tokio::test]
async fn a_shutdown_lets_calls_finish_and_nobody_new_in() {
    let (double, mut starts) = waiting();
    let served = serve(local(), double).await;
    let mut calling = TcpStream::connect(served.addr).await.unwrap();
    calling.write_all(whole().as_bytes()).await.unwrap();
    let finish = within(starts.recv()).await.unwrap();
    served.stop.request();
    within(async { while TcpStream::connect(served.addr).await.is_ok() {} }).await;
    assert!(!served.task.is_finished(), "a call still runs");
    finish.send(()).unwrap();
    let text = answer(&mut calling).await;
    assert!(text.starts_with("HTTP/1.1 200 ") && text.contains("\"shutdown\":true"), "{text}");
    within(served.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn readiness_goes_before_accepting_stops() {
    let limits = Limits::default().notice(Duration::from_secs(3600));
    let served = serve(local().limits(limits), echo()).await;
    let mut stream = TcpStream::connect(served.addr).await.unwrap();
    assert!(probe(&mut stream, "/ready").await.starts_with("HTTP/1.1 200 "));
    served.stop.request();
    let unready = async {
        loop {
            let mut stream = TcpStream::connect(served.addr).await.expect("still accepting");
            if probe(&mut stream, "/ready").await.starts_with("HTTP/1.1 503 ") {
                break;
            }
        }
    };
    within(unready).await;
    let mut stream = TcpStream::connect(served.addr).await.expect("still accepting");
    assert!(probe(&mut stream, "/health").await.starts_with("HTTP/1.1 200 "));
    assert!(!served.task.is_finished());
    served.task.abort();
}

#[tokio::test]
async fn calls_that_do_not_finish_are_cut_off() {
    let (double, mut starts) = waiting();
    let limits = Limits::default().drain(Duration::from_millis(50));
    let served = serve(local().limits(limits), double).await;
    let mut calling = TcpStream::connect(served.addr).await.unwrap();
    calling.write_all(whole().as_bytes()).await.unwrap();
    let mut finish = within(starts.recv()).await.unwrap();
    served.stop.request();
    within(served.task).await.unwrap().unwrap();
    within(finish.closed()).await;
}

#[tokio::test]
async fn refusals_to_start_are_errors() {
    let failed = async |http: Http<super::super::Listen>, server: Arc<Double>| {
        within(http.serve(server, Shutdown::never())).await.unwrap_err()
    };
    let mut card = open_card();
    card.open = false;
    let closed = double(card, |_, _| async { Ok(Running::Done(Reply::empty())) });
    assert!(failed(local(), closed).await.to_string().contains("set auth"));
    let needy = bind("0.0.0.0:0").auth(Tokens::issued());
    assert!(failed(needy, echo()).await.to_string().contains("public_url"));
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    assert!(matches!(failed(bind(addr), echo()).await, ListenError::Bind { .. }));
    let nonsense = failed(bind("no address"), echo()).await;
    assert!(std::error::Error::source(&nonsense).is_some());
}

#[tokio::test]
async fn the_address_comes_from_the_environment_where_code_has_none() {
    use toolgate_core::env::Env;
    let env = || Env::of([("TOOLGATE_ADDR", "127.0.0.1:0"), ("TOOLGATE_PATH", "/env")]);
    let (tell, told) = oneshot::channel();
    let http = listen().env_from(env()).on_listen(|listening| drop(tell.send(listening)));
    let task = tokio::spawn(http.serve(echo(), Shutdown::never()));
    let listening = within(told).await.unwrap();
    assert!(listening.addr.ip().is_loopback());
    assert_eq!(listening.endpoint, format!("http://{}/env", listening.addr));
    task.abort();
}

/// Answers with the address of whoever asks.
#[derive(Clone)]
struct Router;

impl tower_service::Service<HttpRequest<Incoming>> for Router {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Incoming>) -> Self::Future {
        let peer = request.extensions().get::<Peer>().unwrap().addr.ip().to_string();
        std::future::ready(Ok(Response::new(full(peer))))
    }
}

#[tokio::test]
async fn other_paths_are_the_fallbacks() {
    let served = serve(local().fallback(Router), echo()).await;
    let mut stream = TcpStream::connect(served.addr).await.unwrap();
    assert!(probe(&mut stream, "/").await.ends_with("\r\n\r\n127.0.0.1"));
    assert!(probe(&mut stream, "/mcp").await.starts_with("HTTP/1.1 403 "));
    assert!(probe(&mut stream, "/health").await.ends_with("{\"status\":\"ok\"}"));
    let alone = serve(local(), echo()).await;
    let mut stream = TcpStream::connect(alone.addr).await.unwrap();
    assert!(probe(&mut stream, "/").await.starts_with("HTTP/1.1 404 "));
}
