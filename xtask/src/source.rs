//! Rust source as rough tokens: enough to tell code from text, comments and tests.

/// A token and the line it starts on, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    /// As written; of a string literal, what is between the quotes.
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier, a keyword or a number.
    Word,
    /// One character of punctuation.
    Sign,
    /// A string literal of any form.
    Text,
    /// A character, byte or lifetime.
    Quote,
    Comment,
}

impl Token<'_> {
    pub(crate) fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Sign) && self.text == text
    }
}

/// The tokens of a file.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let (mut rest, mut line, mut found) = (source, 1, Vec::new());
    while let Some(first) = rest.chars().next() {
        let (kind, length, text) = next(rest, first);
        if let Some(kind) = kind {
            found.push(Token { kind, text, line });
        }
        let (taken, left) = rest.split_at(length);
        line += taken.matches('\n').count();
        rest = left;
    }
    found
}

/// The tokens outside comments and outside items under `#[cfg(test)]`.
pub(crate) fn shipped<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let code: Vec<Token<'a>> =
        tokens.iter().copied().filter(|token| token.kind != Kind::Comment).collect();
    let (mut rest, mut kept) = (code.as_slice(), Vec::new());
    while let Some((token, after)) = rest.split_first() {
        match after_test_mark(rest) {
            Some(item) => rest = after_item(item),
            None => {
                kept.push(*token);
                rest = after;
            }
        }
    }
    kept
}

/// The names of the modules that a file declares, in files of their own, under `#[cfg(test)]`.
pub(crate) fn test_modules<'a>(tokens: &[Token<'a>]) -> Vec<&'a str> {
    let code: Vec<Token<'a>> =
        tokens.iter().copied().filter(|token| token.kind != Kind::Comment).collect();
    let items = (0..code.len()).filter_map(|at| after_test_mark(code.get(at..)?));
    items
        .filter_map(|item| match item {
            [key, name, end, ..] if key.is("mod") && end.is(";") => Some(name.text),
            _ => None,
        })
        .collect()
}

/// What is left behind a `#[cfg(test)]`, if that is what comes first.
fn after_test_mark<'s, 'a>(tokens: &'s [Token<'a>]) -> Option<&'s [Token<'a>]> {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (head, rest) = tokens.split_at_checked(mark.len())?;
    head.iter().zip(mark).all(|(token, text)| token.is(text)).then_some(rest)
}

/// What is left behind the item that comes first: behind its `;` or its block.
fn after_item<'s, 'a>(tokens: &'s [Token<'a>]) -> &'s [Token<'a>] {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if ["{", "(", "["].iter().any(|open| token.is(open)) {
            depth += 1;
        } else if ["}", ")", "]"].iter().any(|close| token.is(close)) {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 && (token.is("}") || token.is(";")) {
            return tokens.get(at + 1..).unwrap_or_default();
        }
    }
    &[]
}

/// The token that comes first: its kind (none for white space), its length in bytes, its text.
fn next(rest: &str, first: char) -> (Option<Kind>, usize, &str) {
    if first.is_whitespace() {
        return (None, first.len_utf8(), "");
    }
    if let Some(length) = comment(rest) {
        return (Some(Kind::Comment), length, head(rest, length));
    }
    if let Some((length, text)) = literal(rest) {
        return (Some(Kind::Text), length, text);
    }
    if first == '\'' || rest.starts_with("b'") {
        let length = quote(rest);
        return (Some(Kind::Quote), length, head(rest, length));
    }
    let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    match word {
        0 => (Some(Kind::Sign), first.len_utf8(), head(rest, first.len_utf8())),
        length => (Some(Kind::Word), length, head(rest, length)),
    }
}

fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let (mut at, mut depth) = (rest.starts_with("/*").then_some(2)?, 1);
    while depth > 0 {
        let inner = rest.get(at..).filter(|inner| !inner.is_empty());
        let Some(inner) = inner else { return Some(rest.len()) };
        let (step, change) = match inner {
            it if it.starts_with("/*") => (2, 1),
            it if it.starts_with("*/") => (2, -1),
            it => (it.chars().next().map_or(1, char::len_utf8), 0),
        };
        at += step;
        depth += change;
    }
    Some(at)
}

/// The length and the content of a string literal, plain or raw.
fn literal(rest: &str) -> Option<(usize, &str)> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let tail = rest.strip_prefix(prefix);
        let tail = tail
            .map(|tail| if prefix.ends_with('r') { tail.trim_start_matches('#') } else { tail });
        tail.is_some_and(|tail| tail.starts_with('"'))
    })?;
    let body = rest.get(prefix.len()..)?;
    if prefix.ends_with('r') {
        let hashes = body.len() - body.trim_start_matches('#').len();
        let text = body.get(hashes + 1..)?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = text.find(&end).unwrap_or(text.len());
        let whole = prefix.len() + hashes + 1 + length + end.len();
        return Some((whole.min(rest.len()), head(text, length)));
    }
    let text = body.get(1..)?;
    let length = unescaped(text, '"');
    Some(((prefix.len() + 1 + length + 1).min(rest.len()), head(text, length)))
}

/// The length of a character, a byte or a lifetime.
fn quote(rest: &str) -> usize {
    let start = if rest.starts_with('b') { 2 } else { 1 };
    let text = rest.get(start..).unwrap_or_default();
    let mut letters = text.chars();
    let (first, second) = (letters.next(), letters.next());
    if first == Some('\\') || second == Some('\'') {
        return (start + unescaped(text, '\'') + 1).min(rest.len());
    }
    start + text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The place of the first `end` that no backslash precedes.
fn unescaped(text: &str, end: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if letter == end && !escaped {
            return at;
        }
        escaped = letter == '\\' && !escaped;
    }
    text.len()
}

fn head(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{Kind, shipped, test_modules, tokens};

    fn texts(source: &str) -> Vec<&str> {
        let of = |kind| move |token: &super::Token<'_>| token.kind == kind;
        let found = tokens(source);
        found.iter().filter(|token| of(Kind::Text)(token)).map(|token| token.text).collect()
    }

    #[test]
    fn strings_of_every_form_are_found() {
        let source = r####"f("a", b"b", r"c\", r#"d"e"#, br##"f"#g"##, c"h", "i\"j", "k\\")"####;
        let expected = ["a", "b", "c\\", "d\"e", "f\"#g", "h", "i\\\"j", "k\\\\"];
        assert_eq!(texts(source), expected);
    }

    #[test]
    fn comments_lifetimes_and_characters_open_no_string() {
        assert_eq!(
            texts("// \"a\"\n/* \"b\" /* \"c\" */ \"d\" */ 'e' '\"' '\\'' b'\"' \"f\""),
            ["f"]
        );
        assert_eq!(texts("fn g<'a>(x: &'a str) -> &'static str { \"h\" } 'é' \"i\""), ["h", "i"]);
    }

    #[test]
    fn lines_are_counted_across_literals() {
        let found = tokens("a\n\"b\n\n\" /*\n*/ c");
        assert_eq!(found.last().map(|token| (token.text, token.line)), Some(("c", 5)));
    }

    #[test]
    fn test_code_is_not_shipped() {
        let source = "const A: &str = \"a\";\n#[cfg(test)]\nmod tests { fn f() { \"b\" } }\n\
                      #[cfg(test)] use x::{y}; #[cfg(test)] mod golden;\nfn g() { \"c\" }";
        let found = tokens(source);
        let shipped = shipped(&found);
        let words: Vec<_> =
            shipped.iter().filter(|t| t.kind == Kind::Text).map(|t| t.text).collect();
        assert_eq!(words, ["a", "c"]);
        assert_eq!(test_modules(&found), ["golden"]);
    }
}
