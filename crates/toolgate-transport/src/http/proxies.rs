//! The address of a caller behind proxies: what a header says of it, where whoever connects is trusted
//! to write that header, and never otherwise.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderMap, HeaderName, header};
use toolgate_core::Networks;

use super::list;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies in a row that are read past.
const HOPS: usize = 16;

/// The proxies that are trusted.
#[derive(Debug, Default)]
pub(crate) struct Proxies(Networks);

impl Proxies {
    pub(crate) fn new(trusted: Networks) -> Self {
        Self(trusted)
    }

    /// Whether what this peer says in headers counts.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.0.contains(peer)
    }

    /// Whether a request seems to come through a proxy that nobody has named: then all that is known
    /// is the proxy's address, and many callers may share it. Only a peer of our own network is
    /// believed to be one, or any caller could say so.
    pub(crate) fn is_unnamed(&self, peer: IpAddr, fields: &HeaderMap) -> bool {
        let forwards =
            || fields.contains_key(&X_FORWARDED_FOR) || fields.contains_key(header::FORWARDED);
        self.0.is_empty() && is_near(peer) && forwards()
    }

    /// Who calls. Proxies write both headers from left to right, so only what stands rightmost was
    /// written by the peer, and what is left of it by whom it names.
    ///
    /// A proxy that writes one of them may pass the other on as its caller wrote it. So where they
    /// differ neither counts, and the address is the peer's: the one that nobody can choose.
    pub(crate) fn caller(&self, peer: IpAddr, fields: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let usual = fields.contains_key(&X_FORWARDED_FOR).then(|| {
            let lines = fields.get_all(&X_FORWARDED_FOR).iter().rev();
            let nodes = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
            self.walk(peer, nodes.map(|node| address(node.trim())))
        });
        let standard = fields.contains_key(header::FORWARDED).then(|| {
            let lines = fields.get_all(header::FORWARDED).iter().rev();
            let nodes = lines.flat_map(|line| elements(line.to_str().ok()));
            self.walk(peer, nodes)
        });
        match (usual, standard) {
            (Some(one), Some(other)) if one != other => peer,
            (one, other) => one.or(other).unwrap_or(peer),
        }
    }

    /// Goes from the peer towards the caller for as long as whoever speaks is trusted and says it.
    fn walk(&self, peer: IpAddr, nodes: impl Iterator<Item = Option<IpAddr>>) -> IpAddr {
        let mut at = peer;
        for node in nodes.take(HOPS) {
            let Some(node) = node.filter(|_| self.trusts(at)) else { break };
            at = node;
        }
        at
    }
}

/// The caller that each element of `Forwarded` names (RFC 7239, section 4), the last one first; none
/// where that cannot be told. A line that cannot be read names one, who is nobody: left out, it would
/// have what a caller wrote in an earlier line count.
fn elements(line: Option<&str>) -> Vec<Option<IpAddr>> {
    let Some(line) = line.filter(|line| list::is_whole(line, b",;")) else { return vec![None] };
    let mut elements: Vec<_> = list::split(line, b',').map(named).collect();
    elements.reverse();
    elements
}

/// The address in the one `for` of an element.
fn named(element: &str) -> Option<IpAddr> {
    let mut nodes = list::split(element, b';').filter_map(|pair| {
        let (name, node) = pair.split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(node)
    });
    let (node, None) = (nodes.next()?, nodes.next()) else { return None };
    let quoted = node.strip_prefix('"').and_then(|node| node.strip_suffix('"'));
    // No address needs an escape, so one that has any is none.
    address(quoted.unwrap_or(node))
}

/// An address as proxies write it: alone, or with a port; IPv6 in brackets or bare.
fn address(node: &str) -> Option<IpAddr> {
    let found = match node.strip_prefix('[') {
        Some(rest) => {
            let (inside, port) = rest.split_once(']')?;
            let is_port = port.is_empty() || port.starts_with(':');
            inside.parse::<Ipv6Addr>().ok().filter(|_| is_port)?.into()
        }
        None => match node.split_once(':') {
            Some((first, port)) if !port.contains(':') => first.parse::<Ipv4Addr>().ok()?.into(),
            _ => node.parse::<IpAddr>().ok()?,
        },
    };
    Some(found.to_canonical())
}

/// Whether an address is of this machine or of a network that the internet does not lead to
/// (RFC 1918, RFC 4193, RFC 3927, RFC 6598).
fn is_near(peer: IpAddr) -> bool {
    match peer.to_canonical() {
        IpAddr::V4(peer) => {
            let [first, second, ..] = peer.octets();
            let shared = first == 100 && (64..128).contains(&second);
            peer.is_loopback() || peer.is_private() || peer.is_link_local() || shared
        }
        IpAddr::V6(peer) => {
            peer.is_loopback() || peer.is_unique_local() || peer.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const X: &str = "x-forwarded-for";
    const F: &str = "forwarded";

    fn caller(peer: &str, fields: &[(&'static str, &str)]) -> String {
        let trusted = Networks::read(["10.0.0.0/8", "fd00::/8"]).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Proxies::new(trusted).caller(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn a_header_counts_from_whom_it_is_trusted_and_from_the_right() {
        type Fields<'a> = &'a [(&'static str, &'a str)];
        let rows: [(&str, Fields<'_>, &str); 31] = [
            ("192.0.2.1", &[(X, "198.51.100.7")], "192.0.2.1"),
            ("192.0.2.1", &[(F, "for=198.51.100.7")], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &[(X, "198.51.100.7")], "198.51.100.7"),
            ("::ffff:10.0.0.1", &[(X, "::ffff:198.51.100.7")], "198.51.100.7"),
            // What a caller has written itself stands left of what is true.
            ("10.0.0.1", &[(X, "203.0.113.9, 198.51.100.7")], "198.51.100.7"),
            ("10.0.0.1", &[(X, "203.0.113.9"), (X, "198.51.100.7")], "198.51.100.7"),
            ("10.0.0.1", &[(X, "203.0.113.9, 198.51.100.7, 10.0.0.2,10.0.0.3")], "198.51.100.7"),
            ("10.0.0.1", &[(X, "10.0.0.9, 10.0.0.2")], "10.0.0.9"),
            // Where it cannot be told who is next, whoever was last is it.
            ("10.0.0.1", &[(X, "198.51.100.7, unknown")], "10.0.0.1"),
            ("10.0.0.1", &[(X, "198.51.100.7, nobody, 10.0.0.2")], "10.0.0.2"),
            ("10.0.0.1", &[(X, "198.51.100.7,")], "10.0.0.1"),
            ("10.0.0.1", &[(X, "198.51.100.7, \u{e9}")], "10.0.0.1"),
            ("10.0.0.1", &[(X, "198.51.100.7:4711")], "198.51.100.7"),
            ("10.0.0.1", &[(X, "[2001:db8::7]:4711")], "2001:db8::7"),
            ("10.0.0.1", &[(X, "2001:db8::7")], "2001:db8::7"),
            ("10.0.0.1", &[(X, "[2001:db8::7]x")], "10.0.0.1"),
            ("fd00::1", &[(F, "for=\"[2001:db8::7]:4711\";proto=https")], "2001:db8::7"),
            ("10.0.0.1", &[(F, "proto=https; For=198.51.100.7")], "198.51.100.7"),
            ("10.0.0.1", &[(F, "for=203.0.113.9, for=198.51.100.7")], "198.51.100.7"),
            ("10.0.0.1", &[(F, "for=198.51.100.7, for=unknown")], "10.0.0.1"),
            ("10.0.0.1", &[(F, "for=198.51.100.7;for=203.0.113.9")], "10.0.0.1"),
            // A quote that a caller leaves open takes in what the proxy wrote.
            ("10.0.0.1", &[(F, "for=\"203.0.113.9, for=198.51.100.7")], "10.0.0.1"),
            ("10.0.0.1", &[(F, "for=203.0.113.9;x=\", for=198.51.100.7")], "10.0.0.1"),
            ("10.0.0.1", &[(F, "for=203.0.113.9;x=\", for=\"[2001:db8::7]\"")], "10.0.0.1"),
            ("10.0.0.1", &[(F, "for=203.0.113.9;x=a\", for=198.51.100.7")], "10.0.0.1"),
            // Nor does a line that cannot be read let an earlier one count.
            ("10.0.0.1", &[(F, "for=203.0.113.9"), (F, "\u{e9}, for=198.51.100.7")], "10.0.0.1"),
            ("10.0.0.1", &[(F, "for=203.0.113.9"), (F, "x=\", for=198.51.100.7")], "10.0.0.1"),
            (
                "10.0.0.1",
                &[(F, "for=\"a\\\", for=203.0.113.9\", for=198.51.100.7")],
                "198.51.100.7",
            ),
            ("10.0.0.1", &[(X, "198.51.100.7"), (F, "for=198.51.100.7")], "198.51.100.7"),
            // One of them is the proxy's and one the caller's, and nobody knows which.
            ("10.0.0.1", &[(X, "198.51.100.7"), (F, "for=203.0.113.9")], "10.0.0.1"),
        ];
        for (peer, fields, expected) in rows {
            assert_eq!(caller(peer, fields), expected, "{peer} {fields:?}");
        }
        let long = vec!["10.0.0.2"; HOPS].join(",");
        let long = format!("198.51.100.7,{long}");
        assert_eq!(caller("10.0.0.1", &[(X, &long)]), "10.0.0.2", "a row has an end");
    }

    #[test]
    fn a_proxy_that_nobody_named_is_one_of_our_own_network() {
        let (none, mut fields) = (Proxies::default(), HeaderMap::new());
        let near =
            ["127.0.0.1", "10.1.2.3", "169.254.1.1", "100.64.0.1", "::1", "fd00::1", "fe80::1"];
        assert!(!none.is_unnamed("10.1.2.3".parse().unwrap(), &fields));
        fields.insert(X, HeaderValue::from_static("198.51.100.7"));
        for peer in near {
            assert!(none.is_unnamed(peer.parse().unwrap(), &fields), "{peer}");
        }
        for peer in ["198.51.100.7", "100.128.0.1", "2001:db8::1"] {
            assert!(!none.is_unnamed(peer.parse().unwrap(), &fields), "{peer}");
        }
        let some = Proxies::new(Networks::read(["10.0.0.1"]).unwrap());
        assert!(!some.is_unnamed("127.0.0.1".parse().unwrap(), &fields));
    }
}
