//! Where metadata has to be, by the rules of its standards; and when two URLs are one.

use std::net::IpAddr;

use http::Uri;

const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const ISSUER: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

/// An endpoint's URL, in its parts.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// Scheme and authority.
    pub(super) origin: String,
    /// Empty for the root.
    path: String,
    pub(super) is_loopback: bool,
}

impl Places {
    pub(super) fn read(url: &str) -> Option<Self> {
        let uri = absolute(url)?;
        let path = if uri.path() == "/" { "" } else { uri.path() };
        let is_loopback = uri.host().is_some_and(is_loopback);
        Some(Self { origin: origin(&uri)?, path: path.to_owned(), is_loopback })
    }

    /// RFC 9728, section 3.1: between host and path.
    pub(super) fn path_form(&self) -> String {
        format!("{}{RESOURCE}{}", self.origin, self.path)
    }

    pub(super) fn root_form(&self) -> String {
        format!("{}{RESOURCE}", self.origin)
    }

    /// Where clients that know nothing of resource metadata look.
    pub(super) fn old_root(&self) -> String {
        format!("{}{ISSUER}", self.origin)
    }

    /// The endpoint with a slash at its end, or without the one it has; none at the root.
    pub(super) fn other_slash(&self) -> Option<String> {
        let path = match self.path.strip_suffix('/') {
            Some(bare) => bare.to_owned(),
            None => format!("{}/", self.path),
        };
        (!self.path.is_empty()).then(|| format!("{}{path}", self.origin))
    }
}

/// Where an issuer's metadata may be, in the order in which clients look (RFC 8414, sections 3.1
/// and 5).
pub(super) fn of_issuer(issuer: &str) -> Vec<String> {
    let Some((uri, origin)) = absolute(issuer).and_then(|uri| Some((uri.clone(), origin(&uri)?)))
    else {
        return Vec::new();
    };
    let path = uri.path().trim_end_matches('/');
    let mut forms = vec![
        format!("{origin}{ISSUER}{path}"),
        format!("{origin}{OPENID}{path}"),
        format!("{origin}{path}{OPENID}"),
    ];
    forms.dedup();
    forms
}

/// Whether a URL may be used for logging in: `https`, or `http` on this machine; no fragment.
pub(super) fn is_safe(url: &str) -> bool {
    !url.contains('#')
        && absolute(url).is_some_and(|uri| match uri.scheme_str() {
            Some("https") => true,
            _ => uri.host().is_some_and(is_loopback),
        })
}

/// How near one URL is to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Identical, as clients compare them.
    Same,
    /// Another spelling: a slash at the end, upper case, the scheme's own port.
    Spelling,
    Other,
}

/// Compares as RFC 9728, section 3.3, asks for: as text. That a URL without a path has the path `/`
/// is left to its writer, since browsers write it so by themselves.
pub(super) fn compare(one: &str, two: &str) -> Likeness {
    let is_root = |url: &str| absolute(url).is_some_and(|uri| uri.path() == "/");
    let bare = |url: &str| url.strip_suffix('/').unwrap_or(url).to_owned();
    if one == two || (is_root(one) && is_root(two) && bare(one) == bare(two)) {
        return Likeness::Same;
    }
    match (spelled(one), spelled(two)) {
        (Some(one), Some(two)) if one == two => Likeness::Spelling,
        _ => Likeness::Other,
    }
}

fn spelled(url: &str) -> Option<String> {
    let uri = absolute(url)?;
    let (scheme, host) = (uri.scheme_str()?, uri.host()?.to_ascii_lowercase());
    let usual = if scheme == "https" { 443 } else { 80 };
    let port = uri.port_u16().unwrap_or(usual);
    let query = uri.query().unwrap_or_default();
    Some(format!("{scheme}://{host}:{port}{}?{query}", uri.path().trim_end_matches('/')))
}

fn absolute(url: &str) -> Option<Uri> {
    let uri: Uri = url.parse().ok()?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    (known && uri.authority().is_some_and(|it| !it.as_str().contains('@'))).then_some(uri)
}

fn origin(uri: &Uri) -> Option<String> {
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_between_host_and_path() {
        let places = Places::read("https://h:8443/public/mcp").unwrap();
        let form = "https://h:8443/.well-known/oauth-protected-resource";
        assert_eq!(places.path_form(), format!("{form}/public/mcp"));
        assert_eq!(places.root_form(), form);
        assert_eq!(places.other_slash().as_deref(), Some("https://h:8443/public/mcp/"));
        let root = Places::read("http://127.0.0.1:1/").unwrap();
        assert_eq!((root.path_form(), root.other_slash()), (root.root_form(), None));
        assert!(root.is_loopback && !places.is_loopback);
        for wrong in ["h/mcp", "/mcp", "ftp://h/mcp", "https://u@h/mcp", ""] {
            assert!(Places::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_issuer_with_a_path_has_three_forms_and_one_without_has_two() {
        let three = [
            "https://as/.well-known/oauth-authorization-server/t",
            "https://as/.well-known/openid-configuration/t",
            "https://as/t/.well-known/openid-configuration",
        ];
        assert_eq!(of_issuer("https://as/t"), three);
        assert_eq!(of_issuer("https://as/t/"), three);
        let two = [
            "https://as/.well-known/oauth-authorization-server",
            "https://as/.well-known/openid-configuration",
        ];
        for issuer in ["https://as", "https://as/"] {
            assert_eq!(of_issuer(issuer), two);
        }
        assert!(of_issuer("as").is_empty());
    }

    #[test]
    fn urls_are_the_same_spelled_otherwise_or_different() {
        for (one, two, likeness) in [
            ("https://h/mcp", "https://h/mcp", Likeness::Same),
            ("https://h", "https://h/", Likeness::Same),
            ("https://h/mcp", "https://h/mcp/", Likeness::Spelling),
            ("https://h/mcp", "https://H/mcp", Likeness::Spelling),
            ("https://h/mcp", "https://h:443/mcp", Likeness::Spelling),
            ("https://h/mcp", "http://h/mcp", Likeness::Other),
            ("https://h/mcp", "https://h/MCP", Likeness::Other),
            ("https://h/mcp", "mcp", Likeness::Other),
        ] {
            assert_eq!(compare(one, two), likeness, "{one} {two}");
        }
    }

    #[test]
    fn only_https_or_this_machine_is_safe() {
        for safe in ["https://h/a", "http://localhost:1/a", "http://[::1]/a", "http://127.9.0.1"] {
            assert!(is_safe(safe), "{safe}");
        }
        for unsafe_ in ["http://h/a", "https://h/#a", "/a", "http://127.0.0.1.example/"] {
            assert!(!is_safe(unsafe_), "{unsafe_}");
        }
    }
}
