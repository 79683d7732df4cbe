//! Finding a template's values in a URI, from left to right and never back.

use std::borrow::Cow;

use super::Part;

type Values<'t, 'u> = Vec<(&'t str, Cow<'u, str>)>;

/// The values, decoded once; none where the URI does not match.
pub(super) fn matches<'t, 'u>(parts: &'t [Part], uri: &'u str) -> Option<Values<'t, 'u>> {
    let of_path = parts.iter().take_while(|part| !matches!(part, Part::Query(_))).count();
    let (of_path, of_query) = parts.split_at_checked(of_path)?;
    let (mut rest, query) = match uri.split_once('?') {
        Some((path, query)) if !of_query.is_empty() => (path, query),
        _ => (uri, ""),
    };
    let mut values = Vec::new();
    for (index, part) in of_path.iter().enumerate() {
        let (mark, name, read): (_, _, Read) = match part {
            Part::Literal(text) => {
                rest = rest.strip_prefix(&**text)?;
                continue;
            }
            Part::Simple(name) => (None, name, segment),
            Part::Marked(mark, name) => (Some(*mark), name, segment),
            Part::Wide(mark, name) => (*mark, name, segments),
            Part::Query(_) => continue,
        };
        let marked = mark.map_or(Some(rest), |mark| rest.strip_prefix(mark))?;
        let end = end(marked, of_path.get(index + 1), index + 2 == of_path.len())?;
        let (value, after) = marked.split_at_checked(end)?;
        values.push((&**name, read(value)?));
        rest = after;
    }
    for part in of_query {
        if let Part::Query(names) = part {
            members(names, query, &mut values)?;
        }
    }
    rest.is_empty().then_some(values)
}

type Read = fn(&str) -> Option<Cow<'_, str>>;

/// Where a value ends: before what follows it. A literal at the very end is the last of its kind.
fn end(rest: &str, next: Option<&Part>, at_the_end: bool) -> Option<usize> {
    match next {
        None => Some(rest.len()),
        Some(Part::Literal(text)) if at_the_end => Some(rest.strip_suffix(&**text)?.len()),
        Some(Part::Literal(text)) => rest.find(&**text),
        Some(Part::Marked(mark, _) | Part::Wide(Some(mark), _)) => rest.find(*mark),
        // A template with these is refused.
        Some(Part::Simple(_) | Part::Wide(None, _) | Part::Query(_)) => None,
    }
}

/// A value that has no slash, query or fragment of its own.
fn segment(value: &str) -> Option<Cow<'_, str>> {
    let whole = !value.is_empty() && !value.contains(['/', '?', '#']);
    decoded(value).filter(|_| whole)
}

/// A value that may have slashes.
fn segments(value: &str) -> Option<Cow<'_, str>> {
    decoded(value).filter(|value| !value.is_empty())
}

/// Reads the members that are named. Others are none of a template's business, but twice the same
/// would leave open which one counts.
fn members<'t, 'u>(
    names: &'t [Box<str>],
    query: &'u str,
    values: &mut Values<'t, 'u>,
) -> Option<()> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name)?;
        let Some(name) = names.iter().find(|known| ***known == *name) else { continue };
        if values.iter().any(|(known, _)| **known == **name) {
            return None;
        }
        values.push((name, decoded(value)?));
    }
    Some(())
}

/// Undoes percent-encoding, once; none where that is no UTF-8 or a `%` encodes nothing.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}
