//! Which URLs a person may be sent to.

/// What is wrong with a URL for `elicitation/create` (client features, "Elicitation", URL mode); it
/// is not repeated.
pub(super) fn problem(url: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = url.split_once("://") else { return Some("has no scheme") };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Some("is neither https nor http");
    }
    if !url.bytes().all(|byte| byte.is_ascii_graphic() && !br#"<>"\^`{|}"#.contains(&byte)) {
        return Some("holds what has to be escaped (RFC 3986, section 2)");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority {
        "" => Some("names no host"),
        credentials if credentials.contains('@') => Some("holds credentials"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn pages_of_the_web_without_credentials_are_fine() {
        for fine in ["https://mcp.example.com/ui/set_api_key", "http://[::1]:8080?a=b@c#d"] {
            assert_eq!(problem(fine), None, "{fine}");
        }
        for wrong in [
            "",
            "/pay",
            "javascript://a/%0aalert(1)",
            "file:///etc/passwd",
            "https://",
            "https:///path",
            "https://user:pass@a/",
            "https://a/ b",
            "https://a/\n",
            "https://ä/",
        ] {
            assert!(problem(wrong).is_some(), "{wrong}");
        }
    }
}
