//! For which hosts this server answers. A page whose name was pointed at this machine sends its own
//! name in `Host`, and that gives it away (DNS rebinding).

use std::{
    fmt,
    net::{Ipv6Addr, SocketAddr},
};

use http::{HeaderMap, Uri, header, uri::Authority};

/// A host and a port, as `Host` carries them; lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) port: Option<u16>,
}

impl Host {
    /// Reads `host[:port]` (RFC 9110, section 7.2); none for anything else, user names included. A `*`
    /// is part of no name: in settings it would stand for no host at all, where its author meant many.
    pub(crate) fn read(text: &str) -> Option<Self> {
        // It takes brackets in the middle of names, signs before ports, and whole users.
        let authority: Authority = text.parse().ok()?;
        let name = authority.host();
        let port = match text.strip_prefix(name)?.strip_prefix(':') {
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(port.parse().ok()?)
            }
            None if text == name => None,
            _ => return None,
        };
        let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let is_name = match address {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => !name.is_empty() && !name.contains(['*', '[', ']']),
        };
        is_name.then(|| Self { name: name.to_ascii_lowercase(), port })
    }

    pub(crate) fn of(addr: SocketAddr) -> Self {
        let name = match addr {
            SocketAddr::V4(addr) => addr.ip().to_string(),
            SocketAddr::V6(addr) => format!("[{}]", addr.ip()),
        };
        Self { name, port: Some(addr.port()) }
    }

    pub(crate) fn is_loopback(&self) -> bool {
        matches!(&*self.name, "localhost" | "127.0.0.1" | "[::1]")
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The hosts that are answered for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    rules: Vec<Rule>,
    /// `localhost` and its addresses, on any port.
    pub(crate) loopback: bool,
}

#[derive(Clone, Debug)]
struct Rule {
    host: Host,
    /// The port that goes without saying.
    implied: Option<u16>,
}

impl Hosts {
    /// Adds a host. Without a port it is meant on every port, unless the scheme implies one.
    pub(crate) fn add(&mut self, host: Host, implied: Option<u16>) {
        self.rules.push(Rule { host, implied });
    }

    fn accept(&self, host: &Host) -> bool {
        let fits = |rule: &Rule| {
            rule.host.name == host.name
                && match rule.host.port.or(rule.implied) {
                    None => true,
                    Some(port) => host.port.or(rule.implied) == Some(port),
                }
        };
        (self.loopback && host.is_loopback()) || self.rules.iter().any(fits)
    }

    /// The host that a request is for.
    ///
    /// # Errors
    /// When it names none, several, or one that is not answered for.
    pub(crate) fn judge(&self, uri: &Uri, headers: &HeaderMap) -> Result<Host, BadHost> {
        let host = named(uri, headers)?;
        if self.accept(&host) { Ok(host) } else { Err(BadHost::Foreign) }
    }
}

/// What is wrong with a request's host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHost {
    Missing,
    Ambiguous,
    Malformed,
    Foreign,
}

impl BadHost {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Missing => "the request names no host",
            Self::Ambiguous => "the request names several hosts",
            Self::Malformed => "the request's host is malformed",
            Self::Foreign => "the request is for a host that this server does not answer for",
        }
    }
}

/// `Host`, or what HTTP/2 and absolute targets put in its place. All that is there must agree (RFC
/// 9112, section 3.2; RFC 9113, section 8.3.1).
fn named(uri: &Uri, headers: &HeaderMap) -> Result<Host, BadHost> {
    let mut fields = headers.get_all(header::HOST).iter();
    let field = fields.next().map(|value| {
        let text = value.to_str().ok().map(|text| text.trim_matches([' ', '\t']));
        text.and_then(Host::read).ok_or(BadHost::Malformed)
    });
    if fields.next().is_some() {
        return Err(BadHost::Ambiguous);
    }
    let target = uri.authority().map(|it| Host::read(it.as_str()).ok_or(BadHost::Malformed));
    match (field.transpose()?, target.transpose()?) {
        (None, None) => Err(BadHost::Missing),
        (Some(field), Some(target)) if field != target => Err(BadHost::Ambiguous),
        (Some(host), _) | (None, Some(host)) => Ok(host),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn judge(hosts: &Hosts, uri: &str, fields: &[&str]) -> Result<String, BadHost> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(header::HOST, HeaderValue::from_bytes(field.as_bytes()).unwrap());
        }
        hosts.judge(&uri.parse().unwrap(), &headers).map(|host| host.to_string())
    }

    #[test]
    fn loopback_names_are_accepted_on_any_port_and_no_others() {
        let hosts = Hosts { loopback: true, ..Hosts::default() };
        for host in ["localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]:9"] {
            assert_eq!(judge(&hosts, "/", &[host]), Ok(host.to_lowercase()), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "localhost.", "127.0.0.2", "0.0.0.0"]
        {
            assert_eq!(judge(&hosts, "/", &[host]), Err(BadHost::Foreign), "{host}");
        }
        assert_eq!(judge(&Hosts::default(), "/", &["localhost"]), Err(BadHost::Foreign));
    }

    #[test]
    fn a_port_counts_where_one_is_said_or_implied() {
        let mut hosts = Hosts::default();
        hosts.add(Host::read("mcp.example").unwrap(), Some(443));
        hosts.add(Host::read("any.example").unwrap(), None);
        hosts.add(Host::read("one.example:81").unwrap(), None);
        for host in
            ["mcp.example", "MCP.example:443", "any.example", "any.example:7", "one.example:81"]
        {
            assert!(judge(&hosts, "/", &[host]).is_ok(), "{host}");
        }
        for host in ["mcp.example:8443", "one.example", "one.example:82", "x.mcp.example"] {
            assert_eq!(judge(&hosts, "/", &[host]), Err(BadHost::Foreign), "{host}");
        }
    }

    #[test]
    fn there_is_one_host_and_all_who_name_it_agree() {
        let hosts = Hosts { loopback: true, ..Hosts::default() };
        let rows: &[(&str, &[&str], Result<&str, BadHost>)] = &[
            ("/", &[], Err(BadHost::Missing)),
            ("/", &["localhost", "localhost"], Err(BadHost::Ambiguous)),
            ("http://localhost/mcp", &[], Ok("localhost")),
            ("http://localhost/mcp", &["Localhost"], Ok("localhost")),
            ("http://localhost/mcp", &["evil.example"], Err(BadHost::Ambiguous)),
            ("http://evil.example/mcp", &["localhost"], Err(BadHost::Ambiguous)),
            ("http://evil.example/mcp", &[], Err(BadHost::Foreign)),
        ];
        for (uri, fields, expected) in rows {
            let got = judge(&hosts, uri, fields);
            assert_eq!(got, expected.map(str::to_owned), "{uri} {fields:?}");
        }
    }

    #[test]
    fn what_is_no_host_and_port_is_malformed() {
        let hosts = Hosts { loopback: true, ..Hosts::default() };
        for host in [
            "",
            "é",
            "*",
            "*.localhost",
            "localhost@evil.example",
            "localhost:1@localhost:2",
            "localhost:x",
            "localhost:",
            "localhost:+80",
            "localhost:99999",
            "localhost:[x]:80",
            "localhost[:x]:80",
            "localhost/x",
            "[localhost]",
            "[::1]x",
            "[::1",
        ] {
            assert_eq!(judge(&hosts, "/", &[host]), Err(BadHost::Malformed), "{host}");
        }
    }
}
