//! Which URLs and addresses may be reached: pure decisions, the guard against being made to call
//! into a private network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;

/// What is allowed beyond `https` to public addresses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reach {
    /// Private, link-local and loopback addresses.
    pub(crate) private: bool,
    /// Loopback, under a name that says so, without TLS too.
    pub(crate) loopback: bool,
}

impl Reach {
    /// Whether `uri` may be asked at all. Addresses behind a name are judged on connecting.
    pub(crate) fn allows_uri(self, uri: &Uri) -> bool {
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return false };
        let userinfo = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        let secure = match scheme {
            "https" => true,
            "http" => (self.loopback || self.private) && is_loopback_host(host),
            _ => false,
        };
        secure && !userinfo && literal(host).is_none_or(|address| self.allows(host, address))
    }

    /// Whether `address` may be connected to in the name of `host`.
    pub(crate) fn allows(self, host: &str, address: IpAddr) -> bool {
        is_public(address)
            || (self.private && is_unicast(address))
            || (self.loopback && is_loopback_host(host) && address.to_canonical().is_loopback())
    }
}

/// Whether `uri` is `http` on a loopback host: fit for development alone.
pub(crate) fn is_loopback_http(uri: &Uri) -> bool {
    uri.scheme_str() == Some("http") && uri.host().is_some_and(is_loopback_host)
}

/// Whether keys may come from there: over TLS, or from loopback where the issuer is there as well.
pub(crate) fn is_safe(uri: &Uri, loopback: bool) -> bool {
    let https =
        uri.scheme_str() == Some("https") && uri.host().is_some_and(|host| !host.is_empty());
    https || (loopback && is_loopback_http(uri))
}

/// Whether `host` says by itself that it is this machine.
fn is_loopback_host(host: &str) -> bool {
    match literal(host) {
        Some(address) => address.to_canonical().is_loopback(),
        None => host.eq_ignore_ascii_case("localhost"),
    }
}

/// The address that `host` is written as.
fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

/// Whether `address` is globally reachable (IANA special-purpose registries, RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127, ..]
        | [169, 254, ..]
        | [172, 16..=31, ..]
        | [192, 168, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        // Shared address space (RFC 6598), used inside clouds.
        | [100, 64..=127, ..] => true,
        [first, ..] => first >= 224,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // An IPv4 address in other clothes is judged as what it is: mapped, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            embedded(high, low)
        }
        [0x2002, high, low, ..] => embedded(high, low),
        // Protocol assignments with Teredo, and documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

fn is_unicast(address: IpAddr) -> bool {
    let address = address.to_canonical();
    !(address.is_unspecified() || address.is_multicast() || address == Ipv4Addr::BROADCAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: Reach = Reach { private: false, loopback: false };
    const LOOPBACK: Reach = Reach { private: false, loopback: true };
    const PRIVATE: Reach = Reach { private: true, loopback: false };

    #[test]
    fn addresses_that_are_not_public_are_told() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "64:ff9b:1::1",
            "::7f00:1",
            "3fff::1",
        ] {
            let address = address.parse().unwrap();
            assert!(!is_public(address), "{address}");
            assert!(!CLOSED.allows("name.example", address), "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
        ] {
            assert!(CLOSED.allows("name.example", address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn loopback_is_reached_only_under_a_name_that_says_so() {
        let here = "127.0.0.1".parse().unwrap();
        assert!(LOOPBACK.allows("localhost", here) && LOOPBACK.allows("127.0.0.1", here));
        assert!(!LOOPBACK.allows("issuer.example", here));
        assert!(!LOOPBACK.allows("localhost", "10.0.0.1".parse().unwrap()));
        assert!(PRIVATE.allows("issuer.example", here));
        assert!(!PRIVATE.allows("issuer.example", "0.0.0.0".parse().unwrap()));
        assert!(!PRIVATE.allows("issuer.example", "ff02::1".parse().unwrap()));
    }

    #[test]
    fn only_https_or_loopback_may_be_asked() {
        let asked = |reach: Reach, uri: &str| reach.allows_uri(&uri.parse().unwrap());
        assert!(asked(CLOSED, "https://issuer.example/keys"));
        for uri in [
            "http://issuer.example/keys",
            "http://localhost/keys",
            "https://127.0.0.1/keys",
            "https://[::1]/keys",
            "https://[::ffff:169.254.169.254]/keys",
            "https://169.254.169.254/keys",
            "ftp://issuer.example/keys",
            "https://user@issuer.example/keys",
            "/keys",
        ] {
            assert!(!asked(CLOSED, uri), "{uri}");
        }
        for uri in ["http://localhost:8080/keys", "http://127.0.0.1/keys", "http://[::1]:1/keys"] {
            assert!(asked(LOOPBACK, uri) && asked(PRIVATE, uri), "{uri}");
        }
        assert!(!asked(LOOPBACK, "https://10.0.0.1/") && asked(PRIVATE, "https://10.0.0.1/"));
        assert!(!asked(PRIVATE, "http://10.0.0.1/") && !asked(PRIVATE, "http://issuer.example/"));
    }

    #[test]
    fn loopback_without_tls_is_for_issuers_that_are_there() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        assert!(is_safe(&uri("http://localhost:1/keys"), true));
        assert!(!is_safe(&uri("http://localhost:1/keys"), false));
        assert!(!is_safe(&uri("http://h.example/keys"), true));
    }
}
