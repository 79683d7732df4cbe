//! Setting HTTP up, for a listener and for a service to mount alike.

use std::{convert::Infallible, fmt, sync::Arc};

use bytes::Bytes;
use futures::FutureExt;
use http::{Request, Response};
use hyper::body::Incoming;
use toolgate_core::{
    Authenticate, BoxError, BoxFuture, IntoService, Revocations, Service, StartError,
    env::Env,
    legacy::{EventStore, SessionStore},
};

use super::{
    about::About,
    body::Body,
    certificate::CertificateHeader,
    cors::Cors,
    door::Plan,
    endpoint::Endpoint,
    limits::Limits,
    listener::Listening,
    rate::Rate,
    service::McpService,
    settings::{Events, Settings},
    shown::Shown,
    site::Place,
};

/// HTTP, being set up. What is set in code wins over the environment, and that over defaults.
pub struct Http<S> {
    pub(crate) settings: Settings,
    pub(crate) stage: S,
}

/// A listener of its own.
#[derive(Default)]
pub struct Listen {
    pub(crate) addr: Option<String>,
    pub(crate) fallback: Option<Fallback>,
    pub(crate) door: Plan,
    pub(crate) on_listen: Option<Box<dyn FnOnce(Listening) + Send>>,
}

pub(crate) type Fallback =
    Arc<dyn Fn(Request<Incoming>) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// A service inside somebody else's server.
pub struct Mounted {
    service: Result<Arc<dyn Service>, StartError>,
}

/// A listener at an address, such as `127.0.0.1:8080`; port 0 takes a free one.
///
/// ```no_run
/// # async fn run(server: std::sync::Arc<dyn toolgate_core::Service>,
/// #     authenticator: impl toolgate_core::Authenticate) -> Result<(), Box<dyn std::error::Error>> {
/// use toolgate_core::{Shutdown, Transport};
/// use toolgate_transport::http;
///
/// http::bind("0.0.0.0:8080")
///     .public_url("https://mcp.example/mcp")
///     .auth(authenticator)
///     .serve(server, Shutdown::never())
///     .await?;
/// # Ok(()) }
/// ```
pub fn bind(addr: impl Into<String>) -> Http<Listen> {
    let stage = Listen { addr: Some(addr.into()), ..Listen::default() };
    Http { settings: Settings::default(), stage }
}

/// A listener at the address that `TOOLGATE_ADDR` names, and set up from the environment wherever
/// code says nothing.
pub fn listen() -> Http<Listen> {
    Http { settings: Settings::default(), stage: Listen::default() }.env()
}

/// A service to mount in an axum router or any other tower or hyper server. It spawns tasks, so it
/// has to be called inside a tokio runtime.
///
/// ```
/// # fn run(server: std::sync::Arc<dyn toolgate_core::Service>) -> Result<(), toolgate_core::StartError> {
/// use toolgate_transport::http;
///
/// let mcp = http::service(server).public_url("https://mcp.example/mcp").build()?;
/// # Ok(()) }
/// ```
pub fn service(server: impl IntoService) -> Http<Mounted> {
    let stage = Mounted { service: server.into_service() };
    Http { settings: Settings::default(), stage }
}

impl<S> Http<S> {
    /// Asks for credentials on every request. Without this only a server that was built open is
    /// served.
    #[must_use]
    pub fn auth(mut self, authenticator: impl Authenticate) -> Self {
        self.settings.auth = Some(Arc::new(authenticator));
        self
    }

    /// Asks on every request whether its caller was shut out since their token was made, also where
    /// a verdict on the token is remembered; and asks again while their streams are open.
    #[must_use]
    pub fn revocations(mut self, revocations: impl Revocations) -> Self {
        self.settings.revocations = Some(Arc::new(revocations));
        self
    }

    /// The URL that clients reach the endpoint under, in full: its resource identifier (RFC 8707).
    /// It gives the metadata document, the challenges, and what `Host` and `Origin` may say. One
    /// without a path gets the endpoint's. `TOOLGATE_PUBLIC_URL`.
    ///
    /// A listener on loopback does without: it uses `http`, the bound address and the path.
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.settings.public_url = Some(url.into());
        self
    }

    /// The path of the endpoint; `/mcp` unless set. `TOOLGATE_PATH`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.settings.path = Some(path.into());
        self
    }

    /// Further hosts that requests may name, as `name` on any port or `name:port`. Accepted anyway
    /// are that of the public URL, the bound address, and loopback names where the listener is
    /// bound to loopback or there is no public URL. `TOOLGATE_HOSTS`.
    #[must_use]
    pub fn hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.settings.hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// Proxies that say who calls, by address or network: `10.1.2.3`, `10.1.0.0/16`, `fd00::/8`. Of
    /// a request that one of them sends, the caller's address is read from `X-Forwarded-For` or
    /// `Forwarded` (RFC 7239), from the right, past all that are named here. Of any other it is the
    /// address that it comes from. None is trusted unless set. `TOOLGATE_TRUSTED_PROXIES`.
    ///
    /// They have to write one of the two on every request. Where both are there and differ, neither
    /// counts: one of them may be the caller's own.
    #[must_use]
    pub fn trusted_proxies<P: Into<String>>(
        mut self,
        proxies: impl IntoIterator<Item = P>,
    ) -> Self {
        self.settings.trusted_proxies = Some(proxies.into_iter().map(Into::into).collect());
        self
    }

    /// Lets pages of other origins call. None may unless set. `TOOLGATE_CORS_ORIGINS`.
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.settings.cors = Some(cors);
        self
    }

    /// Pages about the server, for the metadata document. `TOOLGATE_DOCUMENTATION_URL`,
    /// `TOOLGATE_POLICY_URL`, `TOOLGATE_TERMS_URL`.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.settings.about = about;
        self
    }

    /// Mints no sessions for clients of revisions before 2026-07-28: each of their requests stands
    /// for itself, too, and any replica may answer it. `TOOLGATE_STATELESS`.
    #[must_use]
    pub fn stateless(mut self) -> Self {
        self.settings.stateless = Some(true);
        self
    }

    /// Where sessions of clients of revisions before 2026-07-28 are kept; in memory unless set.
    #[must_use]
    pub fn sessions(mut self, store: impl SessionStore) -> Self {
        self.settings.sessions = Some(Arc::new(store));
        self
    }

    /// Where events of streams are kept for clients of revisions before 2026-07-28 that lost their
    /// connection; in memory unless set. While they are kept, such a client may go away and come
    /// back for its answer, so that its going away cancels nothing.
    #[must_use]
    pub fn events(mut self, store: impl EventStore) -> Self {
        self.settings.events = Events::In(Arc::new(store));
        self
    }

    /// Keeps no events. A client that goes away cancels its call then, in every revision.
    #[must_use]
    pub fn no_events(mut self) -> Self {
        self.settings.events = Events::Nowhere;
        self
    }

    /// Serves the transport that streamable HTTP has replaced as well, for clients that know no
    /// other: a GET of this path, such as `/sse`, opens the stream that all answers come on. It is not
    /// served unless set. `TOOLGATE_SSE_PATH`.
    ///
    /// Clients that look for an authorization server want the path to begin with the endpoint's own,
    /// as `/mcp/sse` does.
    #[must_use]
    pub fn sse(mut self, path: impl Into<String>) -> Self {
        self.settings.sse = Some(path.into());
        self
    }

    /// Shows the metadata of the authorization server at this server's origin as well, at
    /// `/.well-known/oauth-authorization-server`: clients of 2025-03-26 look for it there and nowhere
    /// else. Of several it is the first that `auth` names. `TOOLGATE_MIRROR_AUTHORIZATION_SERVER`.
    ///
    /// It is a copy, renewed every 10 minutes and used for 6 hours while the authorization server
    /// cannot be reached; 503 while there is none. It has what RFC 8414 knows, with the `issuer` that
    /// it has there. Nothing else of the authorization server is served here, and nothing that
    /// clients send is passed on to it.
    #[must_use]
    pub fn mirror_authorization_server(mut self) -> Self {
        self.settings.mirrors = Some(true);
        self
    }

    /// Bounds on what peers may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// How often one owner may ask: issuer, subject and client, or for whom nobody asked the address.
    /// Beyond, it is 429 with the time to wait in `Retry-After`. Each message of a batch counts. There
    /// is no bound unless set.
    ///
    /// The table of owners has 65,536 places and takes 1 MiB; where more ask at a time, those count
    /// anew who have asked least.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.settings.rate = Some(rate);
        self
    }

    /// Shows the authenticator request extensions of a type, such as a layer in front leaves. It
    /// sees no others.
    #[must_use]
    pub fn show<T: Send + Sync + 'static>(mut self) -> Self {
        self.settings.shown.push(Shown::of::<T>());
        self
    }

    /// Settings that believe what cannot be checked here, each named for it.
    #[must_use]
    pub fn danger(self) -> Danger<S> {
        Danger(self)
    }

    /// Takes what is not set in code from the environment of this process.
    #[must_use]
    pub fn env(self) -> Self {
        self.env_from(Env::process())
    }

    /// Takes what is not set in code from an environment.
    #[must_use]
    pub fn env_from(mut self, env: Env) -> Self {
        self.settings.env = Some(env);
        self
    }
}

/// Settings that believe what cannot be checked here; from [`Http::danger`].
#[derive(Debug)]
pub struct Danger<S>(Http<S>);

impl<S> Danger<S> {
    /// Takes the certificate of a client from a header that one of these proxies has written, and from
    /// nobody else: of requests that they send, it is the header's or none, and never that of the
    /// proxy's own connection. They are named by address or network, as they connect to this server.
    ///
    /// The danger: whoever gets a header past such a proxy has any certificate he likes. The proxy has to
    /// write it, or take it out, on every request, whoever it serves. So it is a list of its own, and not
    /// that of [`trusted_proxies`](Http::trusted_proxies): a CDN may say for whom it asks, and what
    /// strangers send through it is theirs.
    #[must_use]
    pub fn trust_certificate_header<P: Into<String>>(
        self,
        header: CertificateHeader,
        proxies: impl IntoIterator<Item = P>,
    ) -> Http<S> {
        let Self(mut http) = self;
        let proxies = proxies.into_iter().map(Into::into).collect();
        http.settings.certificate_header = Some((header, proxies));
        http
    }
}

impl Http<Listen> {
    /// Speaks TLS, and nothing else, on the address. `TOOLGATE_TLS_CERT`, `TOOLGATE_TLS_KEY`,
    /// `TOOLGATE_TLS_CLIENT_CA`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: super::tls::Tls) -> Self {
        self.stage.door.tls = Some(tls);
        self
    }

    /// Who answers for all other paths: an axum router, or any tower service. Neither hosts nor
    /// origins nor callers are checked on the way to it.
    #[must_use]
    pub fn fallback<F, B>(mut self, service: F) -> Self
    where
        F: tower_service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        F::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.stage.fallback = Some(Arc::new(move |request| {
            let mut service = service.clone();
            let answer = async move {
                // Readiness is for services that queue; one that never is ready never answers.
                let ready = std::future::poll_fn(|cx| service.poll_ready(cx)).await;
                let Ok(()) = ready;
                let Ok(response) = service.call(request).await;
                response.map(Body::wrap)
            };
            answer.boxed()
        }));
        self
    }

    /// Called once the address is bound, with what came of it.
    #[must_use]
    pub fn on_listen(mut self, tell: impl FnOnce(Listening) + Send + 'static) -> Self {
        self.stage.on_listen = Some(Box::new(tell));
        self
    }
}

impl Http<Mounted> {
    /// Makes the service.
    ///
    /// # Errors
    /// When settings contradict each other, the server or the authenticator; says which.
    pub fn build(self) -> Result<McpService, StartError> {
        let service = self.stage.service?;
        let setup = self.settings.settle(&service.card(), Place::Mounted)?;
        for warning in &setup.warnings {
            tracing::warn!("{warning}");
        }
        Ok(McpService::new(Endpoint::new(service, setup)))
    }
}

impl<S> fmt::Debug for Http<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl fmt::Debug for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listen").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl fmt::Debug for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mounted")
    }
}
