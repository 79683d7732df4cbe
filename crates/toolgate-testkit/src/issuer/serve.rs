//! What a development authorization server answers.

use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use super::{State, keys::Algorithm};

/// Serves until it is dropped, and its connections with it.
pub(super) async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { return };
                let state = state.clone();
                let answering = service_fn(move |request: Request<Incoming>| {
                    let response = answer(&state, request.method(), request.uri().path());
                    async move { Ok::<_, Infallible>(response) }
                });
                let io = TokioIo::new(stream);
                connections.spawn(http1::Builder::new().serve_connection(io, answering));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

fn answer(state: &State, method: &Method, path: &str) -> Response<Full<Bytes>> {
    if state.down.load(Ordering::SeqCst) {
        return response(StatusCode::SERVICE_UNAVAILABLE, Bytes::new());
    }
    if method != Method::GET && method != Method::HEAD {
        return response(StatusCode::METHOD_NOT_ALLOWED, Bytes::new());
    }
    let document = match path {
        "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration" => {
            metadata(state)
        }
        "/jwks" => {
            state.key_requests.fetch_add(1, Ordering::SeqCst);
            if state.garbled.load(Ordering::SeqCst) {
                return response(StatusCode::OK, Bytes::from_static(b"{\"keys\":"));
            }
            state.ring().document()
        }
        _ => return response(StatusCode::NOT_FOUND, Bytes::new()),
    };
    response(StatusCode::OK, document.to_string().into())
}

/// RFC 8414, section 2. No endpoint is named that is not there.
fn metadata(state: &State) -> Value {
    let algorithms = Algorithm::ALL.map(Algorithm::name);
    json!({
        "issuer": state.issuer,
        "jwks_uri": state.jwks_uri(),
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
    })
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    fields.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
