//! The default [`Fetch`]: hyper and rustls, with bounds.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::{
    Request, Response, Uri,
    header::{ACCEPT, HeaderValue, USER_AGENT},
};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::client::{legacy::connect::Connect, proxy::matcher::Matcher};
use rustls::{ClientConfig, RootCertStore};
use toolgate_core::{BoxFuture, StartError};

use super::{
    Fetch, FetchError, FetchErrorKind,
    address::Reach,
    again::{Clients, cause},
    connect::{self, Direct, OutOfReach, Proxied},
};

const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(10);
const BODY: usize = 512 * 1024;

/// Outbound requests over hyper and rustls.
///
/// `https` alone, with the platform's roots or, where there are none, Mozilla's. Private, link-local
/// and loopback addresses are refused, judged by the address that is connected to. An answer has
/// 10 seconds, 5 of them to connect, and 512 KiB. Redirects are not followed.
///
/// Connections are kept for the next request. A `GET` that is lost with a kept connection which the peer
/// closes is sent once more, over a new one; a `POST` only where it surely never left.
///
/// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are respected. A proxy resolves names by itself, so
/// behind one it is the proxy that has to keep private addresses out of reach.
///
/// ```
/// use toolgate_auth::HttpFetch;
///
/// let fetch = HttpFetch::builder().allow_private(true).build()?;
/// # Ok::<(), toolgate_core::StartError>(())
/// ```
pub struct HttpFetch {
    tls: Arc<ClientConfig>,
    direct: Direct,
    /// Made when the first URL needs it. All `https` URLs share one proxy.
    proxied: OnceLock<Proxied>,
    proxies: Matcher,
    settings: HttpFetchBuilder,
}

/// Settings of an [`HttpFetch`].
#[derive(Clone, Debug)]
pub struct HttpFetchBuilder {
    reach: Reach,
    connect: Duration,
    total: Duration,
    body: usize,
}

impl HttpFetch {
    /// The settings that [`HttpFetch`] describes, to be changed.
    pub fn builder() -> HttpFetchBuilder {
        HttpFetchBuilder { reach: Reach::default(), connect: CONNECT, total: TOTAL, body: BODY }
    }

    async fn answer(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, FetchError> {
        if !self.settings.reach.allows_uri(request.uri()) {
            return Err(FetchError::new(FetchErrorKind::NotAllowed));
        }
        introduce(&mut request);
        let request = request.map(Full::new);
        let body = self.settings.body;
        match self.proxy(request.uri())? {
            Some(clients) => send(clients, request, body).await,
            None => send(&self.direct, request, body).await,
        }
    }

    /// The clients that go through a proxy, where `uri` needs one.
    fn proxy(&self, uri: &Uri) -> Result<Option<&Proxied>, FetchError> {
        // Plain `http` is for loopback, where a proxy has no business.
        if uri.scheme_str() != Some("https") {
            return Ok(None);
        }
        let Some(proxy) = self.proxies.intercept(uri) else { return Ok(None) };
        if self.proxied.get().is_none() {
            let clients = connect::proxied(&self.tls, &proxy, self.settings.connect)?;
            return Ok(Some(self.proxied.get_or_init(|| clients)));
        }
        Ok(self.proxied.get())
    }
}

impl Fetch for HttpFetch {
    fn fetch(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        Box::pin(async move {
            match tokio::time::timeout(self.settings.total, self.answer(request)).await {
                Ok(answer) => answer,
                Err(_) => Err(FetchError::new(FetchErrorKind::Timeout)),
            }
        })
    }
}

impl fmt::Debug for HttpFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFetch").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl HttpFetchBuilder {
    /// Whether private, link-local and loopback addresses may be reached, for an issuer inside a
    /// private network. The URLs that it publishes are then trusted with the same.
    #[must_use]
    pub fn allow_private(mut self, allow: bool) -> Self {
        self.reach.private = allow;
        self
    }

    /// Whether loopback may be reached under a name that says so, `http` included: for development.
    #[must_use]
    pub fn allow_loopback(mut self, allow: bool) -> Self {
        self.reach.loopback = allow;
        self
    }

    /// How long connecting to one host may take. Names and TLS count towards the whole time.
    #[must_use]
    pub fn connect_timeout(self, connect: Duration) -> Self {
        Self { connect, ..self }
    }

    /// How long a request may take, from the first look-up to the last byte.
    #[must_use]
    pub fn timeout(self, total: Duration) -> Self {
        Self { total, ..self }
    }

    /// How large an answer's body may be, in bytes.
    #[must_use]
    pub fn max_body(self, bytes: usize) -> Self {
        Self { body: bytes, ..self }
    }

    /// Loads the certificate roots and reads the proxy's variables.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn build(self) -> Result<HttpFetch, StartError> {
        self.build_with(connect::roots(), Matcher::from_env())
    }

    pub(super) fn build_with(
        self,
        roots: RootCertStore,
        proxies: Matcher,
    ) -> Result<HttpFetch, StartError> {
        let tls = connect::tls(roots).map_err(|error| {
            StartError::new(format!("TLS for outbound requests cannot be set up: {error}"))
        })?;
        let direct = connect::direct(&tls, self.reach, self.connect);
        Ok(HttpFetch { tls, direct, proxied: OnceLock::new(), proxies, settings: self })
    }
}

fn introduce(request: &mut Request<Bytes>) {
    let headers = request.headers_mut();
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
    let name = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(name));
}

async fn send<C>(
    clients: &Clients<C>,
    request: Request<Full<Bytes>>,
    limit: usize,
) -> Result<Response<Bytes>, FetchError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let failed = |error: hyper_util::client::legacy::Error| {
        let kind = match () {
            () if cause::<OutOfReach>(&error).is_some() => FetchErrorKind::NotAllowed,
            () if error.is_connect() => FetchErrorKind::Connect,
            () => FetchErrorKind::Broken,
        };
        FetchError::new(kind).caused_by(error)
    };
    let (head, body) = clients.send(request).await.map_err(failed)?.into_parts();
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(Response::from_parts(head, body.to_bytes())),
        Err(error) if cause::<LengthLimitError>(&*error).is_some() => {
            Err(FetchError::new(FetchErrorKind::TooLarge))
        }
        Err(error) => Err(FetchError::new(FetchErrorKind::Broken).caused_by(error)),
    }
}
