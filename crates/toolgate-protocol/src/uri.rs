//! Whether a text can be a URI (RFC 3986, section 3), as far as somebody who only compares it cares.

/// The longest URI that a resource is looked for by, in bytes.
pub const MAX: usize = 8192;

/// Whether a text has a scheme, and behind it nothing that no URI has: controls, spaces, a `%` that
/// encodes nothing. Characters beyond ASCII pass, as RFC 3987 has them.
pub fn is_uri(text: &str) -> bool {
    text.len() <= MAX
        && text.split_once(':').is_some_and(|(scheme, rest)| {
            is_scheme(scheme)
                && !rest.is_empty()
                && rest.chars().all(is_allowed)
                && is_encoded(rest)
        })
}

fn is_scheme(scheme: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(inner)
}

fn is_allowed(char: char) -> bool {
    !char.is_control() && !char.is_whitespace() && !"<>\"{}|\\^`".contains(char)
}

fn is_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let mut digits = after.chars().map(|char| char.is_ascii_hexdigit());
        (digits.next(), digits.next()) == (Some(true), Some(true))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_has_a_scheme_and_no_strange_characters() {
        for uri in ["a:b", "test://static-text", "file:///x%20y?z#w", "urn:x", "n://\u{e4}"] {
            assert!(is_uri(uri), "{uri}");
        }
        let long = format!("a:{}", "x".repeat(MAX));
        for text in [
            "", "a", "a:", ":a", "1a:b", "a b:c", "a:b c", "a:\n", "a:%", "a:%2", "a:%zz", "a:{b}",
            "a:\\b", "../a", &long,
        ] {
            assert!(!is_uri(text), "{text}");
        }
    }
}
