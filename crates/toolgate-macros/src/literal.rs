//! What the strings inside `#[tool(..)]` and its sisters may say: scopes, roles, times, icons.

/// Checks one OAuth scope against `scope-token` of RFC 6749, section 3.3.
///
/// # Errors
/// A sentence for the user when it is empty or has a character outside the grammar.
pub(crate) fn scope(text: &str) -> Result<(), String> {
    token("a scope", "RFC 6749, section 3.3", text)
}

/// Checks one authentication context class, as it can stand in a challenge between spaces.
///
/// # Errors
/// A sentence for the user when it is empty or has a character that a challenge cannot say.
pub(crate) fn class(text: &str) -> Result<(), String> {
    token("an `acr`", "RFC 6750, section 3", text)
}

fn token(what: &str, source: &str, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("{what} cannot be empty"));
    }
    let allowed = |c: &char| matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
    match text.chars().find(|c| !allowed(c)) {
        None => Ok(()),
        Some(' ') => Err(format!("{what} cannot contain a space; write one string for each")),
        Some(c) => Err(format!("{what} cannot contain {c:?} ({source})")),
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
    match counted(text, &[("ms", 1), ("s", 1_000), ("m", 60_000)]).ok_or(FORM)? {
        Some(0) => Err("with a timeout of zero no call could end in time".to_owned()),
        Some(millis) => Ok(millis),
        None => Err("this timeout is too long to be counted in milliseconds".to_owned()),
    }
}

/// The seconds in `"30s"`, `"15m"`, `"8h"` or `"1d"`.
///
/// # Errors
/// A sentence for the user when the text is anything else, zero, or more than a `u64` holds.
pub(crate) fn age(text: &str) -> Result<u64, String> {
    const FORM: &str =
        "expected a whole number and a unit, as in \"30s\", \"15m\", \"8h\" or \"1d\"";
    match counted(text, &[("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)]).ok_or(FORM)? {
        Some(0) => Err("no login is of the very moment; give it some seconds".to_owned()),
        Some(seconds) => Ok(seconds),
        None => Err("this age is too long to be counted in seconds".to_owned()),
    }
}

/// A whole number times what its unit stands for, where it has that form; none inside, where it is
/// too large.
fn counted(text: &str, units: &[(&str, u64)]) -> Option<Option<u64>> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.strip_prefix(digits)?;
    let (_, factor) = units.iter().find(|(known, _)| *known == unit)?;
    // `u64::from_str` also takes a leading `+`.
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse::<u64>().ok()?.checked_mul(*factor))
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
    use super::{age, class, icon, media_type, scope, text, timeout};

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
    fn classes_can_stand_in_a_challenge() {
        for good in ["phr", "1", "urn:mace:incommon:iap:silver", "https://a.example/mfa"] {
            assert_eq!(class(good), Ok(()), "{good}");
        }
        for bad in ["", "a b", "a\"b", "\u{e9}"] {
            assert!(class(bad).is_err_and(|e| e.contains("`acr`")), "{bad:?}");
        }
    }

    #[test]
    fn ages_are_counted() {
        assert_eq!(
            (age("30s"), age("15m"), age("8h"), age("1d")),
            (Ok(30), Ok(900), Ok(28_800), Ok(86_400))
        );
        for bad in ["", "15", "250ms", "0s", "+1s", "1.5h", "1w", "213503982334602d"] {
            assert!(age(bad).is_err(), "{bad:?}");
        }
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
