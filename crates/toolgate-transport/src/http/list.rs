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

#[cfg(test)]
mod tests {
    use super::*;

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
