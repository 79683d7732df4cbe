//! Connecting: name resolution that drops addresses out of reach, TLS roots, the proxy's tunnel.

use std::{
    fmt,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
    vec,
};

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::{
    legacy::connect::{
        Connect, HttpConnector,
        dns::{GaiResolver, Name},
        proxy::Tunnel,
    },
    proxy::matcher::Intercept,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use toolgate_core::{BoxError, BoxFuture};
use tower_service::Service;

use super::{FetchError, FetchErrorKind, address::Reach, again::Clients};

/// A client that resolves and connects by itself.
pub(super) type Direct = Clients<HttpsConnector<HttpConnector<Guard>>>;
/// A client that asks a proxy for a tunnel. The proxy resolves, so no address can be judged here.
pub(super) type Proxied = Clients<HttpsConnector<Tunnel<HttpConnector>>>;

pub(super) fn direct(tls: &Arc<ClientConfig>, reach: Reach, timeout: Duration) -> Direct {
    let guard = Guard { resolver: GaiResolver::new(), reach };
    clients(tls, tcp(HttpConnector::new_with_resolver(guard), timeout))
}

pub(super) fn proxied(
    tls: &Arc<ClientConfig>,
    proxy: &Intercept,
    timeout: Duration,
) -> Result<Proxied, FetchError> {
    // The tunnel is asked for in the clear and carries TLS; a TLS or SOCKS proxy needs more.
    if proxy.uri().scheme_str() != Some("http") {
        let problem = "the proxy's URL has to begin with http://";
        return Err(FetchError::new(FetchErrorKind::Settings).caused_by(problem));
    }
    let tunnel = Tunnel::new(proxy.uri().clone(), tcp(HttpConnector::new(), timeout));
    let tunnel = match proxy.basic_auth() {
        Some(secret) => tunnel.with_auth(secret.clone()),
        None => tunnel,
    };
    Ok(clients(tls, tunnel))
}

fn tcp<R>(mut connector: HttpConnector<R>, timeout: Duration) -> HttpConnector<R> {
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(timeout));
    connector.set_nodelay(true);
    connector
}

fn clients<C>(tls: &Arc<ClientConfig>, connector: C) -> Clients<HttpsConnector<C>>
where
    HttpsConnector<C>: Connect + Clone + Send + Sync + 'static,
{
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(ClientConfig::clone(tls))
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(connector);
    Clients::new(connector)
}

/// TLS with a provider named here, so that no other crate's choice or absence of one matters.
pub(super) fn tls(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The platform's roots; where it has none, as in an empty container, those of Mozilla.
pub(super) fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (used, _) = roots.add_parsable_certificates(found.certs);
    if used == 0 {
        tracing::info!("the platform has no certificate roots: those of Mozilla are used");
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// Resolves names and keeps the addresses that may be reached. It works on the very addresses that
/// are connected to, so a name that changes its mind between two look-ups gains nothing.
#[derive(Clone)]
pub(super) struct Guard {
    resolver: GaiResolver,
    reach: Reach,
}

impl Service<Name> for Guard {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.resolver.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (host, reach) = (name.as_str().to_owned(), self.reach);
        let found = self.resolver.call(name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.collect();
            let allowed = keep(reach, &host, found)?;
            Ok(allowed.into_iter())
        })
    }
}

/// The addresses of `host` that may be reached; none of several is an error of its own.
fn keep(reach: Reach, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, OutOfReach> {
    let all = found.len();
    let allowed: Vec<_> =
        found.into_iter().filter(|address| reach.allows(host, address.ip())).collect();
    if allowed.is_empty() && all > 0 { Err(OutOfReach) } else { Ok(allowed) }
}

/// Every address behind a name is private and that is not allowed.
#[derive(Debug)]
pub(super) struct OutOfReach;

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to a private address, which `allow_private` would allow")
    }
}

impl std::error::Error for OutOfReach {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_within_reach_are_kept() {
        let address = |text: &str| SocketAddr::new(text.parse().unwrap(), 0);
        let mixed = vec![address("10.0.0.1"), address("1.1.1.1"), address("::1")];
        let kept = keep(Reach::default(), "issuer.example", mixed).unwrap();
        assert_eq!(kept, [address("1.1.1.1")]);
        assert!(keep(Reach::default(), "issuer.example", vec![address("10.0.0.1")]).is_err());
        assert!(keep(Reach::default(), "issuer.example", vec![]).unwrap().is_empty());
    }
}
