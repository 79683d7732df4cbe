//! What `uri = ".."` may say: a URI or a template of URIs, with a scheme (RFC 3986).

use super::template;

const NO_SCHEME: &str = "a URI starts with a scheme, as in `notes://{id}` (RFC 3986, section 3.1)";

/// Checks the template's grammar, then an instance of it as the server does.
///
/// # Errors
/// A sentence for the user with the first fault.
pub(crate) fn check(text: &str) -> Result<(), String> {
    template::variables(text).map_err(|bad| bad.to_string())?;
    let sample = sample(text);
    let Some((_, rest)) = sample.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return Err(NO_SCHEME.into());
    };
    if rest.is_empty() {
        return Err(format!("`{text}` is a scheme with nothing behind it"));
    }
    characters(rest)
}

/// The template with a letter for each expression.
fn sample(template: &str) -> String {
    let literal = |piece: &'_ str| match piece.split_once('}') {
        Some((_, literal)) => format!("x{literal}"),
        None => piece.to_owned(),
    };
    template.split('{').map(literal).collect()
}

/// RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(allowed)
}

/// The server takes no URI with other characters, so they would match nothing. Those beyond ASCII
/// pass (RFC 3987).
fn characters(text: &str) -> Result<(), String> {
    let refused = |c: &char| c.is_control() || c.is_whitespace() || "<>\"|\\^`".contains(*c);
    if let Some(c) = text.chars().find(refused) {
        return Err(format!(
            "a URI cannot contain {c:?}; percent-encode it (RFC 3986, section 2.1)"
        ));
    }
    let is_encoded = |after: &str| {
        let digits = after.chars().take(2).filter(char::is_ascii_hexdigit).count();
        digits == 2
    };
    if text.split('%').skip(1).all(is_encoded) {
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
            "{scheme}://a",
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
