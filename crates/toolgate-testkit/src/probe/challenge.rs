//! Reading `WWW-Authenticate` (RFC 9110, section 11.6.1), as strictly as it is written.

/// One challenge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) scheme: String,
    /// Names in lower case.
    params: Vec<(String, String)>,
}

impl Sent {
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// All challenges in order; none where it cannot be read. A scheme with one bare value in place of
/// parameters is not read either.
pub(super) fn read(mut rest: &str) -> Option<Vec<Sent>> {
    let mut challenges: Vec<Sent> = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(challenges);
        }
        let (word, after) = token(rest)?;
        match blank(after).strip_prefix('=') {
            Some(value) => {
                let (value, after) = match blank(value).strip_prefix('"') {
                    Some(text) => quoted(text)?,
                    None => token(blank(value)).map(|(word, after)| (word.to_owned(), after))?,
                };
                challenges.last_mut()?.params.push((word.to_ascii_lowercase(), value));
                rest = ended(blank(after))?;
            }
            None => {
                challenges.push(Sent { scheme: word.to_owned(), params: Vec::new() });
                let follows = after.starts_with([' ', '\t', ',']) || after.is_empty();
                rest = follows.then_some(after)?;
            }
        }
    }
}

fn blank(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// What comes after a parameter: a comma or nothing.
fn ended(text: &str) -> Option<&str> {
    (text.is_empty() || text.starts_with(',')).then_some(text)
}

fn token(text: &str) -> Option<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(word, _)| !word.is_empty())
}

/// The rest of a quoted string, behind its first quote.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn challenges_are_read_or_they_are_not() {
        let text = r#"Bearer resource_metadata="https://h/a, b", Error=invalid_token, DPoP algs="ES256 \"x\"",Basic"#;
        let found = read(text).unwrap();
        let schemes: Vec<_> = found.iter().map(|challenge| &*challenge.scheme).collect();
        assert_eq!(schemes, ["Bearer", "DPoP", "Basic"]);
        assert_eq!(found[0].param("resource_metadata"), Some("https://h/a, b"));
        assert_eq!(found[0].param("error"), Some("invalid_token"));
        assert_eq!(found[1].param("algs"), Some("ES256 \"x\""));
        assert_eq!((found[1].param("error"), read("").unwrap().len()), (None, 0));
        for wrong in [
            "resource_metadata=\"x\"",
            "Bearer a=\"x",
            "Bearer a=\"x\" b=\"y\"",
            "Bearer a=",
            "Bearer: a",
            "\"Bearer\"",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
