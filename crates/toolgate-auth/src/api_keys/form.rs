//! The form of a key and of its prefix: what tells a key from any other bearer token.

/// Characters of base64url, without padding, for 32 bytes.
const SECRET: usize = 43;

/// Longest prefix, in bytes. With the secret it bounds what is ever hashed.
pub(super) const MAX_PREFIX: usize = 64;

/// The prefix of what has the form of a key: `<brand>_<name>_<secret>`.
///
/// Counted from the end, since a secret may have `_` and `-` in it.
pub(super) fn prefix<'a>(sent: &'a [u8], brand: &str) -> Option<&'a str> {
    let (prefix, rest) = sent.split_at_checked(sent.len().checked_sub(SECRET + 1)?)?;
    let secret = rest.strip_prefix(b"_")?;
    let base64url = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let prefix = std::str::from_utf8(prefix).ok()?;
    (is_prefix(prefix, brand) && secret.iter().all(base64url)).then_some(prefix)
}

/// Whether `text` is `<brand>_<name>`, the name of lower-case letters, digits, `_` and `-`, with one
/// of the first two in front.
pub(super) fn is_prefix(text: &str, brand: &str) -> bool {
    let name = text.strip_prefix(brand).and_then(|rest| rest.strip_prefix('_'));
    let named = |name: &str| {
        name.bytes().next().is_some_and(is_plain)
            && name.bytes().all(|byte| is_plain(byte) || matches!(byte, b'-' | b'_'))
    };
    text.len() <= MAX_PREFIX && name.is_some_and(named)
}

/// What a prefix begins with, up to the first `_`.
pub(super) fn brand_of(prefix: &str) -> &str {
    prefix.split_once('_').map_or(prefix, |(brand, _)| brand)
}

/// Whether keys can begin with `text`: 2 to 16 lower-case letters and digits, a letter in front.
pub(super) fn is_brand(text: &str) -> bool {
    (2..=16).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(is_plain)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_by_its_form() {
        let secret = "_-".repeat(22)[..SECRET].to_owned();
        let plain = "a".repeat(SECRET);
        let long = format!("tg_{}", "x".repeat(MAX_PREFIX - 3));
        for name in ["tg_a", "tg_reports", "tg_0-a_b-", &long] {
            assert_eq!(prefix(format!("{name}_{secret}").as_bytes(), "tg"), Some(name));
        }
        for no_key in [
            String::new(),
            secret.clone(),
            format!("_{secret}"),
            format!("tg_{secret}"),
            format!("tg__{secret}"),
            format!("tg_-_{secret}"),
            format!("tg___{secret}"),
            format!("tg_Reports_{secret}"),
            format!("tg_re.ports_{secret}"),
            format!("tgg_reports_{secret}"),
            format!("acme_reports_{secret}"),
            format!("TG_reports_{secret}"),
            format!(" tg_reports_{secret}"),
            format!("{long}x_{secret}"),
            format!("tg_reports_{plain}x"),
            format!("tg_reports{plain}"),
            format!("tg_reports-{plain}"),
            format!("tg_reports_{}.", &secret[1..]),
            format!("tg_reports_{}=", &secret[1..]),
            format!("tg_reports_{}\u{e4}", &secret[2..]),
            format!("tg_\u{e4}_{secret}"),
        ] {
            assert_eq!(prefix(no_key.as_bytes(), "tg"), None, "{no_key}");
        }
    }

    #[test]
    fn a_brand_is_one_plain_word() {
        for brand in ["tg", "acme", "a0", &"a".repeat(16)] {
            assert!(is_brand(brand), "{brand}");
        }
        for no_brand in ["", "a", "0a", "Acme", "a-b", "a_b", "\u{e4}\u{e4}", &"a".repeat(17)] {
            assert!(!is_brand(no_brand), "{no_brand}");
        }
        assert_eq!(brand_of("acme_a_b"), "acme");
        assert_eq!(brand_of("acme"), "acme");
    }
}
