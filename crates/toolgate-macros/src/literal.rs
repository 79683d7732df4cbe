//! What the strings inside `#[tool(..)]` and its sisters may say: scopes, roles, timeouts, icons.

/// Checks one OAuth scope against `scope-token` of RFC 6749, section 3.3.
///
/// # Errors
/// A sentence for the user when it is empty or has a character outside the grammar.
pub(crate) fn scope(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("a scope cannot be empty".to_owned());
    }
    let allowed = |c: &char| matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
    match text.chars().find(|c| !allowed(c)) {
        None => Ok(()),
        Some(' ') => Err("a scope cannot contain a space; write one string for each".to_owned()),
        Some(c) => Err(format!("a scope cannot contain {c:?} (RFC 6749, section 3.3)")),
    }
}

/// Checks one role, or any other text that must say something.
///
/// # Errors
/// A sentence for the user when it is blank.
pub(crate) fn text(what: &str, text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err(format!("a {what} cannot be empty")) } else { Ok(()) }
}

/// The milliseconds in `"250ms"`, `"10s"` or `"2m"`.
///
/// # Errors
/// A sentence for the user when the text is anything else, zero, or more than a `u64` holds.
pub(crate) fn timeout(text: &str) -> Result<u64, String> {
    const FORM: &str = "expected a whole number and a unit, as in \"250ms\", \"10s\" or \"2m\"";
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let factor = match text.strip_prefix(digits) {
        Some("ms") => 1,
        Some("s") => 1_000,
        Some("m") => 60_000,
        _ => return Err(FORM.to_owned()),
    };
    // `u64::from_str` also takes a leading `+`.
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FORM.to_owned());
    }
    match digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)) {
        Some(0) => Err("with a timeout of zero no call could end in time".to_owned()),
        Some(millis) => Ok(millis),
        None => Err("this timeout is too long to be counted in milliseconds".to_owned()),
    }
}

/// Checks where an icon is, which has to be an `https:` or `data:` URI (basic, "Icons").
///
/// # Errors
/// A sentence for the user when it is anything else.
pub(crate) fn icon(source: &str) -> Result<(), String> {
    let (scheme, rest) = source.split_once(':').unwrap_or_default();
    let known = ["https", "data"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if known && !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Ok(());
    }
    Err("an icon is a URI that starts with `https:` or `data:`".to_owned())
}

/// Checks a media type: a type, a `/` and a subtype (RFC 6838, section 4.2), then parameters.
///
/// # Errors
/// A sentence for the user when it has another form.
pub(crate) fn media_type(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
    let name = |name: &str| !name.is_empty() && name.chars().all(allowed);
    let essence = text.split_once(';').map_or(text, |(essence, _)| essence.trim_end());
    match essence.split_once('/') {
        Some((kind, subtype)) if name(kind) && name(subtype) => Ok(()),
        _ => Err("expected a media type, as in \"text/markdown\"".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{icon, media_type, scope, text, timeout};

    #[test]
    fn icons_are_where_anybody_may_look() {
        for good in ["https://a.example/i.png", "HTTPS://a.example", "data:image/png;base64,AA=="] {
            assert_eq!(icon(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "https:",
            "icon.png",
            "http://a.example",
            "javascript:x",
            "https://a b",
            "file:///i",
        ] {
            assert!(icon(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn media_types_have_two_parts() {
        for good in ["text/plain", "application/vnd.a+json", "text/html; charset=utf-8"] {
            assert_eq!(media_type(good), Ok(()), "{good}");
        }
        for bad in ["", "text", "text/", "/plain", "text/plain/x", "text /plain", "*/*"] {
            assert!(media_type(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn scopes_follow_the_grammar() {
        for good in ["files:write", "a", "!", "#", "[", "]", "~", "https://a.example/b?c=d"] {
            assert_eq!(scope(good), Ok(()), "{good}");
        }
        for bad in ["", " ", "a b", "a\"b", "a\\b", "a\tb", "\u{7f}", "caf\u{e9}"] {
            assert!(scope(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn texts_say_something() {
        assert_eq!(text("role", "admin"), Ok(()));
        assert!(text("role", " ").is_err_and(|e| e.contains("role")));
    }

    #[test]
    fn timeouts_are_counted() {
        assert_eq!(timeout("250ms"), Ok(250));
        assert_eq!(timeout("10s"), Ok(10_000));
        assert_eq!(timeout("2m"), Ok(120_000));
        assert_eq!(timeout("18446744073709551615ms"), Ok(u64::MAX));
        for bad in [
            "",
            "10",
            "s",
            "ms",
            "10 s",
            " 10s",
            "10s ",
            "+10s",
            "-1s",
            "1.5s",
            "1_000ms",
            "10h",
            "10S",
            "0s",
            "0ms",
            "1s1s",
            "18446744073709551615s",
            "99999999999999999999ms",
            "\u{0661}s",
        ] {
            assert!(timeout(bad).is_err(), "{bad:?}");
        }
    }
}
