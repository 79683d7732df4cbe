//! The loop that accepts connections and answers one request on each.

use std::{fmt, future::pending, sync::Arc};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use josekit::JoseError;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinSet, yield_now},
};

use super::{
    documents::{self, Answer, Place},
    state::State,
};

/// Connections that are open at once; more wait until one is closed.
pub(super) const CONNECTIONS: usize = 64;

/// Serves until it is aborted, and all connections with it.
pub(super) async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        if open.len() >= CONNECTIONS {
            open.join_next().await;
            continue;
        }
        match listener.accept().await {
            Ok((stream, _)) => {
                open.spawn(connection(stream, state.clone()));
            }
            // Out of descriptors, perhaps; a connection that ends frees one.
            Err(_) if open.is_empty() => yield_now().await,
            Err(_) => {
                open.join_next().await;
            }
        }
    }
}

async fn connection(stream: TcpStream, state: Arc<State>) {
    let service = service_fn(|request| answer(request, &state));
    // One request each: no outage and no rotation hides behind a connection that is kept.
    let served =
        http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
    // A client that is gone and one that we hang up on end alike.
    let _ = served.await;
}

async fn answer(
    request: Request<Incoming>,
    state: &State,
) -> Result<Response<Full<Bytes>>, HangUp> {
    let place = Place::at(request.uri().path());
    state.count(place);
    let decided = documents::decide(request.method(), place, state.outage(|_| {}));
    Ok(match decided {
        Answer::Metadata => document(documents::metadata(state.issuer()).to_string()),
        Answer::Keys => document(keys(state).map_err(|_| HangUp)?),
        Answer::NoKeys => document(r#"{"keys":[]}"#),
        Answer::Garbage => document("<html>\u{fffd}"),
        Answer::Preflight => preflight(),
        Answer::Status(status) => bare(status),
        Answer::HangUp => return Err(HangUp),
        Answer::Silence => pending().await,
    })
}

fn keys(state: &State) -> Result<String, JoseError> {
    state.keys().published().map(|keys| keys.to_string())
}

fn document(text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = bare(StatusCode::OK);
    *response.body_mut() = Full::new(text.into());
    put(&mut response, header::CONTENT_TYPE, "application/json");
    put(&mut response, header::CACHE_CONTROL, "no-cache");
    response
}

/// Clients that are pages send headers with their request for metadata, so they ask first.
fn preflight() -> Response<Full<Bytes>> {
    let mut response = bare(StatusCode::NO_CONTENT);
    put(&mut response, header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD");
    put(&mut response, header::ACCESS_CONTROL_ALLOW_HEADERS, "*");
    response
}

fn bare(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    put(&mut response, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    if status == StatusCode::METHOD_NOT_ALLOWED {
        put(&mut response, header::ALLOW, "GET, HEAD");
    }
    response
}

fn put(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// What makes hyper close the connection without an answer.
#[derive(Debug)]
struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody is here")
    }
}

impl std::error::Error for HangUp {}
