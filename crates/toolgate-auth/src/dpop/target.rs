//! Whether two URLs are the same target (RFC 9449, section 4.3, step 9; RFC 3986, sections 6.2.2 and
//! 6.2.3), without query and fragment.

use http::{Uri, uri::Authority};

pub(super) fn same(one: &str, other: &str) -> bool {
    match (parts(one), parts(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// Scheme, host, port and path.
fn parts(url: &str) -> Option<(String, String, u16, String)> {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let usual = match &*scheme {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let authority = uri.authority()?;
    if authority.as_str().contains('@') {
        return None;
    }
    let port = port(authority, usual)?;
    let path = if uri.path().is_empty() { "/" } else { uri.path() };
    Some((scheme, authority.host().to_ascii_lowercase(), port, path.to_owned()))
}

/// The port that is written, or the `usual` one. `Authority` reads as none what is no port.
fn port(authority: &Authority, usual: u16) -> Option<u16> {
    let written = authority.as_str().strip_prefix(authority.host())?;
    match written.strip_prefix(':') {
        None => written.is_empty().then_some(usual),
        Some("") => Some(usual),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => port.parse().ok(),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_the_same() {
        for (one, other) in [
            ("https://h.example/mcp", "https://h.example/mcp"),
            ("HTTPS://H.Example:443/mcp", "https://h.example/mcp"),
            ("http://localhost:80", "http://localhost/"),
            ("https://h.example/mcp?a=b", "https://h.example/mcp"),
            ("https://h.example/mcp#a?b", "https://h.example/mcp?c"),
            ("https://h.example:/mcp", "https://h.example/mcp"),
            ("http://[::1]:080/mcp", "http://[::1]/mcp"),
        ] {
            assert!(same(one, other) && same(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("https://h.example/mcp", "https://h.example/MCP"),
            ("https://h.example/mcp", "https://h.example/mcp/"),
            ("https://h.example/mcp", "https://h.example/"),
            ("https://h.example/mcp", "http://h.example/mcp"),
            ("https://h.example/mcp", "https://h.example:8443/mcp"),
            ("https://h.example/mcp", "https://h.example.evil/mcp"),
            ("https://h.example/mcp", "https://h.example@evil/mcp"),
            ("https://h.example/mcp", "https://ann@h.example/mcp"),
            ("https://h.example/mcp", "https://h.example:44,/mcp"),
            ("https://h.example/mcp", "https://h.example:+443/mcp"),
            ("https://h.example/mcp", "https://h.example:99999/mcp"),
            ("/mcp", "/mcp"),
            ("", ""),
            ("ftp://h.example/", "ftp://h.example/"),
        ] {
            assert!(!same(one, other) && !same(other, one), "{one} {other}");
        }
    }
}
