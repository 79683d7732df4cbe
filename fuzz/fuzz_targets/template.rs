//! A URI matches a template in one way: what a template is expanded to gives the values back, and
//! values that were found make up the URI again.
//!
//! An input is a template, a URI, and values to expand the template with, a line each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toolgate_protocol::Template;

/// The longest URI that is matched, in bytes.
const MAX_URI: usize = 8192;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let (text, uri) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let Ok(template) = Template::parse(text) else { return };
    let parts = parts(text);
    assert_eq!(template.as_str(), text);
    let names: Vec<&str> = parts.iter().flat_map(Part::names).collect();
    assert_eq!(template.variables().collect::<Vec<_>>(), names);
    for part in &parts {
        let in_query = matches!(part, Part::Query(_));
        assert!(part.names().iter().all(|name| template.is_optional(name) == in_query));
    }
    found(&template, &parts, uri);
    expanded(&template, &parts, &lines.collect::<Vec<_>>());
});

enum Part<'a> {
    Literal(&'a str),
    /// What stands before the value, and the variable.
    One(&'a str, &'a str),
    Query(Vec<&'a str>),
}

impl Part<'_> {
    fn names(&self) -> Vec<&str> {
        match self {
            Self::Literal(_) => vec![],
            Self::One(_, name) => vec![name],
            Self::Query(names) => names.clone(),
        }
    }
}

/// The parts of a template that is known to be one.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for piece in text.split_inclusive('}') {
        let (literal, expression) = piece.split_once('{').unwrap_or((piece, ""));
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        let Some(expression) = expression.strip_suffix('}') else { continue };
        let expression = expression.trim_end_matches('*');
        let (mark, names) = expression.split_at(expression.len().min(1));
        parts.push(match mark {
            "?" | "&" => Part::Query(names.split(',').collect()),
            "+" => Part::One("", names),
            "#" | "." | "/" => Part::One(mark, names),
            _ => Part::One("", expression),
        });
    }
    parts
}

/// What was found in a URI makes up the URI.
fn found(template: &Template, parts: &[Part<'_>], uri: &str) {
    let Some(values) = template.matches(uri) else { return };
    assert!(uri.len() <= MAX_URI);
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|it| &*it.1);
    let has_query = parts.iter().any(|part| matches!(part, Part::Query(_)));
    let (path, query) = match uri.split_once('?') {
        Some((path, query)) if has_query => (path, query),
        _ => (uri, ""),
    };
    let (mut whole, mut count) = (String::new(), 0);
    for part in parts {
        match part {
            Part::Literal(text) => whole.push_str(text),
            Part::One(mark, name) => {
                let value = value(name).expect("all of the path");
                assert!(!value.is_empty());
                whole.extend([mark, value]);
                count += 1;
            }
            Part::Query(names) => {
                for name in names {
                    let sent = sent(query, name);
                    assert_eq!(value(name).map(str::as_bytes), sent.first().map(Vec::as_slice));
                    assert!(sent.len() <= 1, "two values, and one was taken");
                    count += sent.len();
                }
            }
        }
    }
    assert_eq!(values.len(), count);
    // A `%` of the template's own may stand for itself, and begin what looks like an escape.
    let plain = |part: &Part<'_>| matches!(part, Part::Literal(text) if text.contains('%'));
    if !parts.iter().any(plain) {
        assert_eq!(decoded(path), whole.as_bytes());
    }
}

/// The values that a query has under a name.
fn sent(query: &str, name: &str) -> Vec<Vec<u8>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter(|(it, _)| decoded(it) == name.as_bytes()).map(|(_, it)| decoded(it)).collect()
}

fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|two| str::from_utf8(two).ok());
        match hex.filter(|two| two.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            Some(two) if *first == b'%' => {
                bytes.push(u8::from_str_radix(two, 16).unwrap());
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

/// What a template is expanded to gives the values back.
fn expanded(template: &Template, parts: &[Part<'_>], given: &[&str]) {
    // With these a value's escapes could be taken for what stands behind it in the template.
    let mistakable = |text: &str| text.starts_with(|c: char| c.is_ascii_hexdigit() || c == '%');
    let last = parts.len().saturating_sub(1);
    if parts.iter().enumerate().any(|(at, part)| match part {
        Part::Literal(text) => at > 0 && at < last && mistakable(text),
        _ => false,
    }) {
        return;
    }
    let mut values = given.iter().copied().chain(std::iter::repeat("x"));
    let (mut uri, mut expected, mut mark) = (String::new(), Vec::new(), '?');
    for part in parts {
        if let Part::Literal(text) = part {
            uri.push_str(text);
        }
        for name in part.names() {
            let value = values.next().unwrap();
            let value = match part {
                Part::One(before, _) => {
                    uri.push_str(before);
                    if value.is_empty() { "x" } else { value }
                }
                _ => {
                    uri.extend([&*mark.to_string(), name, "="]);
                    mark = '&';
                    value
                }
            };
            uri.extend(value.bytes().map(|byte| format!("%{byte:02X}")));
            expected.push((name, value));
        }
    }
    let found = template.matches(&uri);
    if uri.len() > MAX_URI {
        assert_eq!(found, None);
        return;
    }
    let found = found.unwrap_or_else(|| panic!("{template:?} does not match its own {uri}"));
    let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (*name, &**value)).collect();
    assert_eq!(found, expected);
}
