//! What `uri = ".."` may say: a URI or a template of URIs, with a scheme (RFC 3986).

use crate::template;

const NO_SCHEME: &str = "a URI starts with a scheme, as in `notes://{id}` (RFC 3986, section 3.1)";

/// Checks the template's grammar, then what stands between its variables.
///
/// # Errors
/// A sentence for the user with the first fault.
pub(crate) fn check(text: &str) -> Result<(), String> {
    template::variables(text).map_err(|bad| bad.to_string())?;
    let before = text.split_once('{').map_or(text, |(before, _)| before);
    let Some((_, rest)) = before.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return Err(NO_SCHEME.into());
    };
    if rest.is_empty() && before == text {
        return Err(format!("`{text}` is a scheme with nothing behind it"));
    }
    literals(text).try_for_each(characters)
}

/// RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(allowed)
}

/// What stands outside of braces.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').enumerate().map(|(at, piece)| match piece.split_once('}') {
        Some((_, literal)) if at > 0 => literal,
        _ => piece,
    })
}

/// The server takes no URI with other characters, so they would match nothing. Those beyond ASCII
/// pass (RFC 3987).
fn characters(literal: &str) -> Result<(), String> {
    let refused = |c: &char| c.is_control() || c.is_whitespace() || "<>\"|\\^`".contains(*c);
    if let Some(c) = literal.chars().find(refused) {
        return Err(format!(
            "a URI cannot contain {c:?}; percent-encode it (RFC 3986, section 2.1)"
        ));
    }
    let is_encoded = |after: &str| {
        let digits = after.chars().take(2).filter(char::is_ascii_hexdigit).count();
        digits == 2
    };
    if literal.split('%').skip(1).all(is_encoded) {
        return Ok(());
    }
    Err("a `%` in a URI needs two hex digits; one that stands for itself is `%25`".into())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn uris_have_a_scheme_and_nothing_that_no_client_sends() {
        for good in [
            "config://app",
            "urn:a:b",
            "a:{+b}",
            "a://{b}/\u{e9}",
            "notes://{user}/{+path}{?rev}",
            "a+b-c.d:x",
            "file:///a%20b#c",
            "https://[::1]:8080/a?b=c&d",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, told) in [
            ("", "scheme"),
            ("notes", "scheme"),
            ("/notes/{id}", "scheme"),
            ("://a", "scheme"),
            ("1a://b", "scheme"),
            ("a b://c", "scheme"),
            ("{scheme}://a", "scheme"),
            ("notes/{id}:x", "scheme"),
            ("a://b c", "' '"),
            ("a:", "nothing behind it"),
            ("a://b|c", "percent-encode"),
            ("c:\\path", "'\\\\'"),
            ("a://b%2", "hex"),
            ("a://b%{c}", "hex"),
            ("a://{b", "partner"),
        ] {
            let message = check(bad).unwrap_err();
            assert!(message.contains(told), "{bad}: {message}");
        }
    }
}
