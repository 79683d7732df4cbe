//! Lists in header values: elements separated by one byte, outside quoted strings (RFC 9110,
//! sections 5.6.1 and 5.6.4).

/// The trimmed, non-empty elements.
pub(crate) fn split(value: &str, separator: u8) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().position(|byte| {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ => return byte == separator && !quoted,
            }
            false
        });
        // The separator is ASCII, so both cuts are at the edges of characters.
        let (element, after) = match end {
            Some(end) => (text.get(..end), text.get(end + 1..)),
            None => (Some(text), None),
        };
        rest = after;
        element
    })
    .map(|element| element.trim_matches([' ', '\t']))
    .filter(|element| !element.is_empty())
}

/// Whether every quoted string is a whole value: opened right behind `=`, and closed right before
/// one of the separators or the end. A header that somebody else has begun to write may hold a quote
/// that takes in what was appended to it, and then nothing in it can be told apart.
pub(crate) fn is_whole(value: &str, separators: &[u8]) -> bool {
    let mut before = b' ';
    let mut rest = value.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte == b'"' {
            if before != b'=' || !is_closed(&mut rest) {
                return false;
            }
            while rest.next_if(|byte| matches!(byte, b' ' | b'\t')).is_some() {}
            if rest.peek().is_some_and(|next| !separators.contains(next)) {
                return false;
            }
        }
        before = byte;
    }
    true
}

/// Goes behind the end of a quoted string that was opened; whether it has one.
fn is_closed(rest: &mut impl Iterator<Item = u8>) -> bool {
    loop {
        match rest.next() {
            Some(b'\\') => drop(rest.next()),
            Some(b'"') => return true,
            Some(_) => {}
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_string_is_a_whole_value_or_the_header_says_nothing() {
        for (value, whole) in [
            ("", true),
            ("a=1;b=2, c=3", true),
            (r#"a="x,y;z";b="\"" , c="""#, true),
            (r#"a="x"#, false),
            (r#"a="x\""#, false),
            (r#"a="x"y"#, false),
            (r#"a=x"y""#, false),
            (r#"a= "x""#, false),
            (r#""x""#, false),
            (r#"a="x" "y""#, false),
            (r#"a=1;x=", b=2"#, false),
            (r#"a=1;x=", b="2""#, false),
            (r#"a=1;x=", b="""#, false),
        ] {
            assert_eq!(is_whole(value, b",;"), whole, "{value}");
        }
    }

    #[test]
    fn separators_inside_quotes_are_text() {
        let rows: &[(&str, &[&str])] = &[
            ("a, b\t,,c", &["a", "b", "c"]),
            ("a;x=\"1,2\\\",3\", b", &["a;x=\"1,2\\\",3\"", "b"]),
            ("a;x=\"never closed, b", &["a;x=\"never closed, b"]),
            ("", &[]),
            (" , ", &[]),
        ];
        for (value, expected) in rows {
            assert_eq!(split(value, b',').collect::<Vec<_>>(), *expected, "{value}");
        }
    }
}
