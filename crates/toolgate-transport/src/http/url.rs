//! The URL that clients reach the endpoint under, and origins of pages.

use std::fmt;

use http::Uri;

use super::host::Host;

/// A scheme, a host and a port (RFC 6454, section 4). Equal with or without the scheme's own port.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) scheme: String,
    pub(crate) host: Host,
}

impl Origin {
    /// Reads `scheme://host[:port]` and nothing more; `null`, `*` and hosts with a `*` are none.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let mut letters = scheme.bytes();
        let starts = letters.next().is_some_and(|byte| byte.is_ascii_alphabetic());
        let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let host = Host::read(rest)?;
        (starts && letters.all(goes_on)).then(|| Self { scheme: scheme.to_ascii_lowercase(), host })
    }

    pub(crate) fn implied_port(&self) -> Option<u16> {
        match &*self.scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        }
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        let port = |origin: &Self| origin.host.port.or(origin.implied_port());
        self.scheme == other.scheme
            && self.host.name == other.host.name
            && port(self) == port(other)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)
    }
}

/// The public URL of an endpoint: its resource identifier (RFC 8707, section 2).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PublicUrl {
    pub(crate) origin: Origin,
    pub(crate) path: String,
}

impl PublicUrl {
    /// Reads a URL; one without a path gets the configured one.
    ///
    /// # Errors
    /// What is wrong with it, to follow "public_url ".
    pub(crate) fn read(text: &str, path: &str) -> Result<Self, &'static str> {
        // `Uri` drops fragments unseen.
        if text.contains('#') {
            return Err("has a fragment; write it without");
        }
        let uri: Uri = text.parse().map_err(|_| "is no URL")?;
        if uri.query().is_some() {
            return Err("has a query; write it without");
        }
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("is no absolute URL; write it with its scheme and host");
        };
        if !matches!(scheme, "http" | "https") {
            return Err("is neither http nor https");
        }
        let origin = Origin::read(&format!("{scheme}://{authority}"));
        let origin = origin.ok_or("has more than a host and a port before its path")?;
        let path = if uri.path() == "/" { path } else { uri.path() };
        Ok(Self { origin, path: path.to_owned() })
    }

    /// Whether tokens would travel in the open, over a network.
    pub(crate) fn is_exposed(&self) -> bool {
        self.origin.scheme == "http" && !self.origin.host.is_loopback()
    }

    /// Where its metadata document is: the well-known part goes between host and path (RFC 9728,
    /// section 3.1).
    pub(crate) fn metadata(&self) -> String {
        format!("{}{}{}", self.origin, super::metadata::WELL_KNOWN, self.suffix())
    }

    /// The path, where it is not the root.
    pub(crate) fn suffix(&self) -> &str {
        if self.path == "/" { "" } else { &self.path }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.suffix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_exactly_and_compared_by_meaning() {
        let read = |text| Origin::read(text).map(|origin| origin.to_string());
        for text in ["https://a.example", "http://localhost:6274", "vscode-webview://abc"] {
            assert_eq!(read(text).as_deref(), Some(text));
        }
        for text in [
            "null",
            "*",
            "https://*",
            "https://*.a",
            "https://a/",
            "https://a/b",
            "a",
            "://a",
            "1s://a",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(Origin::read("HTTPS://A.example:443"), Origin::read("https://a.example"));
        assert_ne!(Origin::read("http://a.example:443"), Origin::read("https://a.example"));
        assert_ne!(Origin::read("https://a.example:444"), Origin::read("https://a.example"));
    }

    #[test]
    fn public_urls_are_resource_identifiers() {
        let read = |text| PublicUrl::read(text, "/mcp").map(|url| url.to_string());
        let rows = [
            ("https://mcp.example", Ok("https://mcp.example/mcp")),
            ("https://mcp.example/", Ok("https://mcp.example/mcp")),
            ("HTTPS://MCP.example:8443/Public/mcp", Ok("https://mcp.example:8443/Public/mcp")),
            ("http://localhost:8080/mcp", Ok("http://localhost:8080/mcp")),
            ("https://h/mcp?x=1", Err("query")),
            ("https://h/mcp#x", Err("fragment")),
            ("ftp://h/mcp", Err("neither")),
            ("mcp.example/mcp", Err("")),
            ("/mcp", Err("absolute")),
            ("https://user@h/mcp", Err("more than a host")),
            ("", Err("")),
        ];
        for (text, expected) in rows {
            match (read(text), expected) {
                (Ok(url), Ok(expected)) => assert_eq!(url, expected),
                (Err(problem), Err(part)) => assert!(problem.contains(part), "{text}: {problem}"),
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
    }

    #[test]
    fn the_metadata_document_is_found_before_the_path() {
        let url = PublicUrl::read("https://h/public/mcp", "/mcp").unwrap();
        assert_eq!(url.metadata(), "https://h/.well-known/oauth-protected-resource/public/mcp");
        let root = PublicUrl::read("https://h", "/").unwrap();
        assert_eq!(root.metadata(), "https://h/.well-known/oauth-protected-resource");
        assert_eq!(root.to_string(), "https://h");
    }

    #[test]
    fn plain_http_is_exposed_beyond_loopback_alone() {
        let exposed = |text| PublicUrl::read(text, "/mcp").unwrap().is_exposed();
        assert!(exposed("http://mcp.example"));
        assert!(!exposed("https://mcp.example") && !exposed("http://[::1]:8080"));
    }
}
