//! Names of tools and prompts: the default made from the type's name, and what one may contain.

/// The longest name, in characters.
const LONGEST: usize = 128;

/// `HTTPFetch` becomes `http_fetch`.
///
/// A word starts at an upper-case letter that follows a lower-case letter or a digit, and at the
/// last letter of a row of upper-case letters when a lower-case letter follows.
pub(crate) fn snake_case(type_name: &str) -> String {
    let mut snake = String::with_capacity(type_name.len() + 4);
    let mut before: Option<char> = None;
    let mut letters = type_name.chars().peekable();
    while let Some(letter) = letters.next() {
        let ends_a_row = letters.peek().is_some_and(|next| next.is_lowercase());
        let starts_a_word = match before {
            None | Some('_') => false,
            Some(before) => letter.is_uppercase() && (!before.is_uppercase() || ends_a_row),
        };
        if starts_a_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        before = Some(letter);
    }
    snake
}

/// Checks a name against the rule of the specification's tools page: 1 to 128 characters out of
/// `A-Z`, `a-z`, `0-9`, `_`, `-` and `.`. `what` has it, for the message.
///
/// # Errors
/// A sentence for the user when the name breaks it.
pub(crate) fn check(what: &str, name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!("a {what} needs a name of at least one character"));
    }
    let length = name.chars().count();
    if length > LONGEST {
        return Err(format!(
            "a {what} name has at most {LONGEST} characters; this one has {length}"
        ));
    }
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match name.chars().find(|c| !allowed(c)) {
        None => Ok(()),
        Some(c) => Err(format!(
            "a {what} name consists of A-Z, a-z, 0-9, `_`, `-` and `.`; `{name}` contains {c:?}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{check, snake_case};

    #[test]
    fn words_are_found() {
        for (type_name, expected) in [
            ("Add", "add"),
            ("DeleteFile", "delete_file"),
            ("HTTPFetch", "http_fetch"),
            ("FetchHTTP", "fetch_http"),
            ("Utf8Check", "utf8_check"),
            ("S3Upload", "s3_upload"),
            ("HTTP2Fetch", "http2_fetch"),
            ("X", "x"),
            ("AB", "ab"),
            ("ABTest", "ab_test"),
            ("Already_Snake", "already_snake"),
            ("already_snake", "already_snake"),
            ("_Hidden", "_hidden"),
        ] {
            assert_eq!(snake_case(type_name), expected, "{type_name}");
        }
    }

    #[test]
    fn names_are_checked() {
        for good in ["a", "A-z_0.9", &"x".repeat(128)] {
            assert_eq!(check("tool", good), Ok(()), "{good}");
        }
        for bad in ["", "two words", "caf\u{e9}", "a/b", "a,b", "a\n", &"x".repeat(129)] {
            assert!(check("tool", bad).is_err(), "{bad}");
        }
    }
}
