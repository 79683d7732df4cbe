//! HTTP as a service: what a listener runs, and what somebody else's server can mount.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Buf;
use futures::FutureExt;
use http::{Request, Response, StatusCode, request::Parts};
use toolgate_core::{BoxFuture, Error, error::incident_id};
use tracing::Instrument;

use super::{
    answer::{self, Problem},
    body::Body,
    endpoint::Endpoint,
    read::Inbound,
    site::Route,
};

/// A server behind HTTP, for tower and hyper alike. Clones share everything.
///
/// As it comes from [`build`](super::Http::build) it takes every path for the endpoint, so that it
/// works however it is mounted. Needs a tokio runtime.
#[derive(Clone)]
pub struct McpService {
    endpoint: Arc<Endpoint>,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Endpoint,
    Sse,
    Documents,
    App,
}

impl McpService {
    pub(crate) fn new(endpoint: Arc<Endpoint>) -> Self {
        Self { endpoint, role: Role::Endpoint }
    }

    /// The service for what lies beside the endpoint: `/health`, `/ready`, and
    /// `/.well-known/oauth-protected-resource`, alone and with the endpoint's path behind it; and
    /// `/.well-known/oauth-authorization-server` where that is
    /// [mirrored](super::Http::mirror_authorization_server). It has to see whole paths.
    #[must_use]
    pub fn documents(&self) -> Self {
        Self { endpoint: self.endpoint.clone(), role: Role::Documents }
    }

    /// The service for [`sse`](super::Http::sse), where that is served. It takes every path.
    #[must_use]
    pub fn sse(&self) -> Self {
        Self { endpoint: self.endpoint.clone(), role: Role::Sse }
    }

    /// The service for all of it, by path; what is at no path is 404.
    #[must_use]
    pub fn app(&self) -> Self {
        Self { endpoint: self.endpoint.clone(), role: Role::App }
    }

    /// Says no at `/ready`, tells long requests to end, and waits until none runs or the bound of
    /// [`Limits::drain`](super::Limits::drain) is over. What still comes is still answered.
    pub fn drain(&self) -> impl Future<Output = ()> + Send + 'static {
        let endpoint = self.endpoint.clone();
        async move {
            endpoint.stop();
            endpoint.idle().await;
        }
    }

    /// Whether a path leads anywhere in [`app`](Self::app).
    pub(crate) fn has(&self, path: &str) -> bool {
        self.endpoint.site.route(path).is_some()
    }

    fn answer<B>(&self, request: Request<B>) -> Answering
    where
        B: http_body::Body<Data: Buf> + Send + 'static,
    {
        let (head, body) = request.into_parts();
        let body = Inbound::new(&head.headers, body);
        let (endpoint, role) = (self.endpoint.clone(), self.role);
        let span = tracing::info_span!("request", method = tracing::field::Empty);
        let answer = async move {
            let answer = AssertUnwindSafe(respond(&endpoint, role, head, body)).catch_unwind();
            let mut response = answer.await.unwrap_or_else(|_| panicked());
            answer::seal(&mut response);
            Ok(response)
        };
        answer.instrument(span).boxed()
    }
}

async fn respond(endpoint: &Endpoint, role: Role, head: Parts, body: Inbound) -> Response<Body> {
    let route = match role {
        Role::Endpoint => Some(Route::Endpoint),
        Role::Sse => endpoint.site.sse.is_some().then_some(Route::Sse),
        Role::App => endpoint.site.route(head.uri.path()),
        Role::Documents => {
            let beside = |route: &Route| !matches!(route, Route::Endpoint | Route::Sse);
            endpoint.site.route(head.uri.path()).filter(beside)
        }
    };
    match route {
        Some(route @ (Route::Endpoint | Route::Sse)) => endpoint.exchange(route, head, body).await,
        Some(Route::Metadata) => endpoint.metadata(head, body).await,
        Some(Route::Mirrored) => endpoint.mirrored(head, body).await,
        Some(Route::Health) => endpoint.probe(false, head, body).await,
        Some(Route::Ready) => endpoint.probe(true, head, body).await,
        None => endpoint.nowhere(head, body).await,
    }
}

fn panicked() -> Response<Body> {
    let incident = incident_id();
    tracing::error!(incident, "answering a request panicked");
    let error = Error::internal_with_id(&incident);
    Problem::of(StatusCode::INTERNAL_SERVER_ERROR, error).response()
}

type Answering = BoxFuture<'static, Result<Response<Body>, Infallible>>;

impl<B> tower_service::Service<Request<B>> for McpService
where
    B: http_body::Body<Data: Buf> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        self.answer(request)
    }
}

impl<B> hyper::service::Service<Request<B>> for McpService
where
    B: http_body::Body<Data: Buf> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<B>) -> Answering {
        self.answer(request)
    }
}

impl fmt::Debug for McpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpService").field("site", &self.endpoint.site).finish_non_exhaustive()
    }
}
