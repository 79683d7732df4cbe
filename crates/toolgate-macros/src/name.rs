//! Names: the default made from the type's name, and what a name may contain.

/// The longest name of a tool, in characters, and of a prompt, in bytes.
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

/// Checks a tool's name against the rule of the specification's tools page: 1 to 128 characters out of
/// `A-Z`, `a-z`, `0-9`, `_`, `-` and `.`.
///
/// # Errors
/// A sentence for the user when the name breaks it.
pub(crate) fn tool(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a tool needs a name of at least one character".to_owned());
    }
    let length = name.chars().count();
    if length > LONGEST {
        return Err(format!("a tool name has at most {LONGEST} characters; this one has {length}"));
    }
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match name.chars().find(|c| !allowed(c)) {
        None => Ok(()),
        Some(c) => Err(format!(
            "a tool name consists of A-Z, a-z, 0-9, `_`, `-` and `.`; `{name}` contains {c:?}"
        )),
    }
}

/// Checks a resource's name. The specification has no rule, so it may be any line of text.
///
/// # Errors
/// A sentence for the user when it is blank, or more than a line.
pub(crate) fn resource(name: &str) -> Result<(), String> {
    line("resource", name)
}

/// Checks a prompt's name, which is a line of text too, and one that fits a header.
///
/// # Errors
/// A sentence for the user when it is blank, too long, or more than a line.
pub(crate) fn prompt(name: &str) -> Result<(), String> {
    let length = name.len();
    if length > LONGEST {
        return Err(format!("a prompt name has at most {LONGEST} bytes; this one has {length}"));
    }
    line("prompt", name)
}

fn line(what: &str, name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err(format!("a {what} needs a name of at least one character"));
    }
    match name.chars().find(|c| c.is_control()) {
        None => Ok(()),
        Some(c) => Err(format!("a {what} name cannot contain {c:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{prompt, resource, snake_case, tool};

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
    fn names_of_tools_are_checked() {
        for good in ["a", "A-z_0.9", &"x".repeat(128)] {
            assert_eq!(tool(good), Ok(()), "{good}");
        }
        for bad in ["", "two words", "caf\u{e9}", "a/b", "a,b", "a\n", &"x".repeat(129)] {
            assert!(tool(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn other_names_are_lines() {
        for good in ["a", "README.md", "The weather, by day", "caf\u{e9}", &"x".repeat(128)] {
            assert_eq!(resource(good), Ok(()), "{good}");
            assert_eq!(prompt(good), Ok(()), "{good}");
        }
        for bad in ["", " ", "a\n", "a\tb", "\u{7f}"] {
            assert!(resource(bad).is_err(), "{bad:?}");
            assert!(prompt(bad).is_err(), "{bad:?}");
        }
        assert_eq!(resource(&"x".repeat(129)), Ok(()));
        assert!(prompt(&"x".repeat(129)).is_err());
    }
}
