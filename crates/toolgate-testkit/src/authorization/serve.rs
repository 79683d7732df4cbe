//! The loop that accepts connections and answers one request on each.

use std::{fmt, future::pending, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinSet, yield_now},
};

use super::{
    described, documents, driven, endpoint,
    fault::{Endpoint, Fate},
    respond::{self, Answer},
    state::State,
};

/// Connections that are open at once; more wait until one is closed.
pub(super) const CONNECTIONS: usize = 64;

/// Largest body that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Largest head that is read, in bytes.
const MAX_HEAD: usize = 64 * 1024;

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
    let mut server = http1::Builder::new();
    server.keep_alive(false).max_buf_size(MAX_HEAD);
    let served = server.serve_connection(TokioIo::new(stream), service);
    // A client that is gone and one that we hang up on end alike.
    let _ = served.await;
}

async fn answer(request: Request<Incoming>, state: &Arc<State>) -> Result<Answer, HangUp> {
    let (head, body) = request.into_parts();
    let place = documents::place(head.uri.path());
    if let Some(place) = place.filter(|_| head.method != Method::OPTIONS) {
        state.count(place);
    }
    let mut outage = state.outage();
    let fate = outage.borrow_and_update().fate(place);
    let mut answer = match fate {
        Fate::HangUp => return Err(HangUp),
        Fate::Silence => pending().await,
        Fate::Told(status, body) => respond::raw(status, body),
        Fate::Held => {
            // The state, which has the other end, is there as long as this is.
            drop(outage.wait_for(|now| now.fate(place) != Fate::Held).await);
            right(place, &head, body, state).await?
        }
        Fate::Served => right(place, &head, body, state).await?,
    };
    if place.is_none_or(Endpoint::is_open) {
        respond::open(&mut answer);
    }
    Ok(answer)
}

/// The right answer.
async fn right(
    place: Option<Endpoint>,
    head: &Parts,
    body: Incoming,
    state: &Arc<State>,
) -> Result<Answer, HangUp> {
    let Some(place) = place else { return Ok(driven::answer(state, head)) };
    if head.method == Method::OPTIONS && place.is_open() {
        return Ok(respond::preflight(place));
    }
    if !place.takes(&head.method) {
        let mut answer = respond::bare(StatusCode::METHOD_NOT_ALLOWED);
        respond::put(&mut answer, header::ALLOW, place.methods());
        return Ok(answer);
    }
    let body: Bytes = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return Ok(respond::bare(StatusCode::PAYLOAD_TOO_LARGE));
        }
        Err(_) => return Err(HangUp),
    };
    if place == Endpoint::Authorize {
        described::learn(state, head.uri.query().unwrap_or_default()).await;
    }
    Ok(endpoint::answer(place, head, &body, state))
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
