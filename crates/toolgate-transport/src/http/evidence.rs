//! The head of a request as evidence of who asks.

use std::{
    any::{Any, TypeId},
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use bytes::Bytes;
use http::{Extensions, HeaderName, request::Parts};
use tokio::time::Instant;
use toolgate_core::Evidence;

use super::{site::Site, throttle::Wanted};
use crate::audited::Asked;

/// Who is at the other end of the connection. The listener puts it among a request's extensions;
/// where the service is mounted, a layer in front may.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Peer {
    /// The address.
    pub addr: SocketAddr,
    /// The client's certificate, DER, where the connection has proven it.
    pub certificate: Option<Bytes>,
}

impl Peer {
    /// A peer without a certificate.
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, certificate: None }
    }

    /// The same, with the certificate that it has proven to own, DER.
    #[must_use]
    pub fn certificate(self, der: impl Into<Bytes>) -> Self {
        Self { certificate: Some(der.into()), ..self }
    }

    /// The address at the other end, where it is known.
    pub(crate) fn of(extensions: &Extensions) -> Option<IpAddr> {
        extensions.get::<Self>().map(|peer| peer.addr.ip())
    }
}

/// A head, and the parts of it that configuration knows better than the peer.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) parts: Parts,
    /// The caller's, as far as it is known.
    pub(crate) address: Option<IpAddr>,
    /// Whether somebody should have been asked about its credentials.
    pub(crate) wanted: Wanted,
    /// When it came.
    since: Instant,
    target: String,
    site: Arc<Site>,
}

impl Head {
    /// `url` is what clients reach by, where that is known.
    pub(crate) fn new(mut parts: Parts, site: Arc<Site>, url: Option<&str>) -> Self {
        take_certificate(&mut parts, &site);
        let target = match (url, parts.uri.query()) {
            (Some(url), Some(query)) => format!("{url}?{query}"),
            (Some(url), None) => url.to_owned(),
            (None, _) => parts.uri.path_and_query().map_or("", |it| it.as_str()).to_owned(),
        };
        let peer = Peer::of(&parts.extensions);
        let address = peer.map(|peer| site.proxies.caller(peer, &parts.headers));
        let (wanted, since) = (Wanted::default(), Instant::now());
        Self { parts, address, wanted, since, target, site }
    }
}

/// Takes the certificate of whoever calls from a proxy that tells it. Such a proxy has one of its own
/// at most, which is not its clients'. Proxies that are believed about addresses are not meant: they may
/// be far from here, and shared with strangers.
fn take_certificate(parts: &mut Parts, site: &Site) {
    let Some(relayed) = &site.relayed else { return };
    if let Some(peer) = parts.extensions.get_mut::<Peer>()
        && relayed.is_told_by(peer.addr.ip())
    {
        peer.certificate = relayed.certificate(&parts.headers);
    }
}

impl Head {
    /// What a record of its refusal says of a request.
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { method: self.parts.method.as_str(), peer: self.address, since: self.since }
    }
}

/// A head on its way to an authenticator.
pub(crate) struct Shared {
    pub(crate) head: Arc<Head>,
    pub(crate) may_ask: bool,
}

impl Evidence for Shared {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { return };
        for value in self.head.parts.headers.get_all(name) {
            each(value.as_bytes());
        }
    }

    fn method(&self) -> &str {
        self.head.parts.method.as_str()
    }

    fn target(&self) -> &str {
        &self.head.target
    }

    fn resource(&self) -> &str {
        self.head.site.resource.as_deref().unwrap_or_default()
    }

    fn peer(&self) -> Option<IpAddr> {
        Peer::of(&self.head.parts.extensions)
    }

    fn address(&self) -> Option<IpAddr> {
        self.head.address
    }

    fn may_ask(&self) -> bool {
        self.head.wanted.note();
        self.may_ask
    }

    fn certificate(&self) -> Option<&[u8]> {
        self.head.parts.extensions.get::<Peer>()?.certificate.as_deref()
    }

    fn extension(&self, of: TypeId) -> Option<&(dyn Any + Send + Sync)> {
        let shown = self.head.site.shown.iter().find(|shown| shown.is(of))?;
        shown.find(&self.head.parts.extensions)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};
    use toolgate_core::{Credentials, Networks, credentials::Field};

    use super::{
        super::{proxies::Proxies, shown::Shown},
        *,
    };

    fn credentials(resource: Option<&str>) -> Credentials {
        let site = Site {
            resource: resource.map(str::to_owned),
            shown: vec![Shown::of::<u8>()],
            ..Site::default()
        };
        let request = Request::post("/evil?access_token=x").header("a", "1").header("A", "2");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.headers.insert("b", HeaderValue::from_bytes(b"\xff").unwrap());
        parts.extensions.insert(7u8);
        parts.extensions.insert("hidden");
        let peer = Peer::new(([10, 0, 0, 1], 7).into()).certificate(&b"der"[..]);
        parts.extensions.insert(peer);
        let head = Arc::new(Head::new(parts, Arc::new(site), resource));
        Credentials::new(Shared { head, may_ask: true })
    }

    #[test]
    fn a_proxy_that_is_named_tells_the_certificate_and_nobody_else_does() {
        use super::super::certificate::{CertificateHeader, Relayed};
        let certificate = |relayed: bool, peer: [u8; 4], told: bool| {
            let by = Networks::read(["10.0.0.1"]).unwrap();
            let header = CertificateHeader::ClientCert;
            let relayed = relayed.then(|| Relayed::new(&header, by)).flatten();
            // All of these may say for whom they ask.
            let proxies = Proxies::new(Networks::read(["10.0.0.0/8"]).unwrap());
            let site = Arc::new(Site { proxies, relayed, ..Site::default() });
            let mut request = Request::post("/mcp");
            if told {
                request = request.header("client-cert", ":dG9sZA==:");
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            parts.extensions.insert(Peer::new((peer, 7).into()).certificate(&b"own"[..]));
            let head = Head::new(parts, site, None);
            head.parts.extensions.get::<Peer>().unwrap().certificate.clone()
        };
        let (told, own) = (Some(&b"told"[..]), Some(&b"own"[..]));
        let rows = [
            (true, [10, 0, 0, 1], true, told),
            // Its own is not its client's, who has none.
            (true, [10, 0, 0, 1], false, None),
            (true, [10, 0, 0, 2], true, own),
            (false, [10, 0, 0, 1], true, own),
        ];
        for (relayed, peer, header, expected) in rows {
            let got = certificate(relayed, peer, header);
            assert_eq!(got.as_deref(), expected, "{relayed} {peer:?} {header}");
        }
    }

    #[test]
    fn a_trusted_proxy_says_who_calls_and_stays_the_peer() {
        let site = Site {
            proxies: Proxies::new(Networks::read(["10.0.0.1"]).unwrap()),
            ..Site::default()
        };
        let request = Request::post("/mcp").header("x-forwarded-for", "192.0.2.7");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(Peer::new(([10, 0, 0, 1], 7).into()));
        let head = Arc::new(Head::new(parts, Arc::new(site), None));
        let it = Credentials::new(Shared { head, may_ask: true });
        // A gateway is believed by its own address, and not by that of whoever calls through it.
        assert_eq!(it.peer(), Some([10, 0, 0, 1].into()));
        assert_eq!(it.address(), Some([192, 0, 2, 7].into()));
    }

    #[test]
    fn an_authenticator_sees_the_head_and_what_is_configured() {
        let it = credentials(Some("https://mcp.example/mcp"));
        assert_eq!(it.field("a"), Field::Many);
        assert_eq!(it.field("B"), Field::One(b"\xff".as_slice().into()));
        assert_eq!(it.field("not a name"), Field::Absent);
        assert_eq!(it.method(), "POST");
        assert_eq!(it.target(), "https://mcp.example/mcp?access_token=x");
        assert_eq!(it.resource(), "https://mcp.example/mcp");
        assert_eq!(it.peer(), Some([10, 0, 0, 1].into()));
        assert_eq!(it.certificate(), Some(&b"der"[..]));
        assert_eq!(it.extension::<u8>(), Some(&7));
        assert_eq!(it.extension::<&str>(), None, "only what was asked for");
        assert_eq!(credentials(None).target(), "/evil?access_token=x");
    }
}
