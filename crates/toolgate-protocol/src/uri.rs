//! Whether a text can be a URI (RFC 3986, section 3), as far as somebody who only compares it cares.

use std::borrow::Cow;

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

/// A URI or a template of URIs with its percent-encoding undone once, so that two that may be taken for
/// the same read alike. A `%` and braces stay encoded, and what is no UTF-8 becomes U+FFFD: it is for
/// comparing, and for nothing else.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match (*first, encoded(after)) {
            (b'%', Some(byte @ (b'%' | b'{' | b'}'))) => {
                bytes.extend_from_slice(format!("%{byte:02X}").as_bytes());
            }
            (b'%', Some(byte)) => bytes.push(byte),
            (byte, _) => {
                bytes.push(byte);
                rest = after;
                continue;
            }
        }
        rest = after.get(2..).unwrap_or_default();
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The byte that two digits behind a `%` mean.
fn encoded(after: &[u8]) -> Option<u8> {
    let digit = |index: usize| char::from(*after.get(index)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
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

    #[test]
    fn what_means_the_same_reads_alike() {
        for (text, expected) in [
            ("n://secret", "n://secret"),
            ("n://%73ecret", "n://secret"),
            ("n://caf%C3%A9", "n://caf\u{e9}"),
            ("n://caf%c3%a9", "n://caf\u{e9}"),
            ("n://%2573ecret", "n://%2573ecret"),
            ("n://a%2fb", "n://a/b"),
            ("n://%7bx%7D", "n://%7Bx%7D"),
            ("n://%ff", "n://\u{fffd}"),
            ("n://%", "n://%"),
            ("n://%7", "n://%7"),
            ("n://%zz%41", "n://%zzA"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }
}
