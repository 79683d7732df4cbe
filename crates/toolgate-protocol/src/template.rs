//! URI templates (RFC 6570) as resources use them: parsed once, matched against URIs, expanded.

use std::{borrow::Cow, fmt};

mod matching;

/// A template.
///
/// Forms: `{a}`, `{+a}`, `{#a}`, `{.a}`, `{/a}`, `{/a*}`, `{?a,b}`, `{&a,b}`. Two variables need
/// something between them, and of those that can take in a `/` (`{+a}`, `{#a}`, `{/a*}`) there may
/// be one, with nothing but a literal and a query behind it; so a URI matches in one way, found
/// without going back.
///
/// ```
/// use toolgate_protocol::Template;
///
/// let template = Template::parse("notes://{user}/{+path}{?rev}").unwrap();
/// let values = template.matches("notes://ada/2026/may%20day?rev=2").unwrap();
/// let values: Vec<_> = values.iter().map(|(name, value)| (*name, &**value)).collect();
/// assert_eq!(values, [("user", "ada"), ("path", "2026/may day"), ("rev", "2")]);
/// assert!(template.matches("notes:///x").is_none());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    text: Box<str>,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(Box<str>),
    /// One value, within a segment.
    Simple(Box<str>),
    /// One value behind a mark, within a segment: `{.a}`, `{/a}`.
    Marked(char, Box<str>),
    /// One value that may have slashes: `{+a}`, `{#a}` behind a `#`, `{/a*}` behind a `/`.
    Wide(Option<char>, Box<str>),
    /// Members of the query, each of which may be left out: `{?a,b}`, `{&a,b}`.
    Query(Vec<Box<str>>),
}

/// What is wrong with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadTemplate {
    /// A brace has no partner.
    Unbalanced,
    /// A form that is not among those of [`Template`].
    Form,
    /// A variable's name is empty or has other characters than `A-Za-z0-9_`.
    Name,
    /// Two variables are named alike.
    Twice,
    /// Two variables follow each other with nothing between them, so nobody knows where one ends.
    Adjacent,
    /// There is more than one variable that can take in a slash, or another one behind it.
    Wide,
    /// Something follows the query, or a literal has a `?` of its own.
    Query,
}

impl fmt::Display for BadTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unbalanced => "a brace has no partner",
            Self::Form => "only {a}, {+a}, {#a}, {.a}, {/a}, {/a*}, {?a,b} and {&a,b} are served",
            Self::Name => "names of variables are made of A-Za-z0-9_",
            Self::Twice => "two variables are named alike",
            Self::Adjacent => "two variables need something between them",
            Self::Wide => "a variable that may take in a slash has to be the last",
            Self::Query => "a query stands at the end, as {?a,b}",
        })
    }
}

impl std::error::Error for BadTemplate {}

/// The longest URI that is matched, in bytes.
const MAX_URI: usize = 8192;

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (expression, after) = after.split_once('}').ok_or(BadTemplate::Unbalanced)?;
            push_literal(&mut parts, literal)?;
            parts.push(expression_part(expression)?);
            rest = after;
        }
        push_literal(&mut parts, rest)?;
        check(&parts)?;
        Ok(Self { text: text.into(), parts })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names of its variables, in order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(Part::names)
    }

    /// Whether a variable may be left out of a URI.
    pub fn is_optional(&self, name: &str) -> bool {
        let optional =
            |part: &Part| matches!(part, Part::Query(_)) && part.names().any(|it| it == name);
        self.parts.iter().any(optional)
    }

    /// What stands between the members of a variable that is a list: `/` for `{/a*}`, else `,`.
    pub fn separator(&self, name: &str) -> char {
        let spread = |part: &Part| matches!(part, Part::Wide(Some('/'), it) if **it == *name);
        if self.parts.iter().any(spread) { '/' } else { ',' }
    }

    /// An instance of it, each expression a letter: what it takes to be the template of URIs.
    pub fn sample(&self) -> String {
        let sample = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            _ => "x".into(),
        };
        self.parts.iter().map(sample).collect()
    }

    /// The values of the variables in a URI, decoded once; none where it does not match.
    ///
    /// A value may be anything that its form admits, decoded: a `%2F` or a `..` too. Whoever makes a
    /// path of it has to look at it as at any text from a peer.
    pub fn matches<'t, 'u>(&'t self, uri: &'u str) -> Option<Vec<(&'t str, Cow<'u, str>)>> {
        if uri.len() > MAX_URI { None } else { matching::matches(&self.parts, uri) }
    }
}

impl Part {
    fn names(&self) -> impl Iterator<Item = &str> {
        let (one, many): (Option<&str>, &[Box<str>]) = match self {
            Self::Literal(_) => (None, &[]),
            Self::Simple(name) | Self::Marked(_, name) | Self::Wide(_, name) => (Some(name), &[]),
            Self::Query(names) => (None, names),
        };
        one.into_iter().chain(many.iter().map(|name| &**name))
    }
}

fn push_literal(parts: &mut Vec<Part>, literal: &str) -> Result<(), BadTemplate> {
    if literal.contains('}') {
        return Err(BadTemplate::Unbalanced);
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal.into()));
    }
    Ok(())
}

fn expression_part(text: &str) -> Result<Part, BadTemplate> {
    let all = |names: &str| names.split(',').map(one).collect::<Result<_, _>>();
    let mut chars = text.chars();
    match (chars.next(), chars.as_str()) {
        (Some('+'), name) => Ok(Part::Wide(None, one(name)?)),
        (Some('#'), name) => Ok(Part::Wide(Some('#'), one(name)?)),
        (Some('/'), name) => match name.strip_suffix('*') {
            Some(name) => Ok(Part::Wide(Some('/'), one(name)?)),
            None => Ok(Part::Marked('/', one(name)?)),
        },
        (Some('.'), name) => Ok(Part::Marked('.', one(name)?)),
        (Some('?' | '&'), names) => Ok(Part::Query(all(names)?)),
        _ if text.contains([',', '*', ':', ';']) => Err(BadTemplate::Form),
        _ => Ok(Part::Simple(one(text)?)),
    }
}

fn one(name: &str) -> Result<Box<str>, BadTemplate> {
    let word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if word && !name.is_empty() { Ok(name.into()) } else { Err(BadTemplate::Name) }
}

fn check(parts: &[Part]) -> Result<(), BadTemplate> {
    let names: Vec<&str> = parts.iter().flat_map(Part::names).collect();
    let twice = |(index, name): (usize, &&str)| names.iter().take(index).any(|it| it == name);
    if names.iter().enumerate().any(twice) {
        return Err(BadTemplate::Twice);
    }
    let of_path: Vec<&Part> =
        parts.iter().take_while(|part| !matches!(part, Part::Query(_))).collect();
    let query = parts.get(of_path.len()..).unwrap_or_default();
    let marked = |part: &&Part| matches!(part, Part::Literal(text) if text.contains('?'));
    if query.iter().any(|part| !matches!(part, Part::Query(_)))
        || (!query.is_empty() && of_path.iter().any(marked))
    {
        return Err(BadTemplate::Query);
    }
    let behind = of_path.iter().skip_while(|part| !matches!(part, Part::Wide(..))).skip(1);
    if behind.clone().any(|part| !matches!(part, Part::Literal(_))) {
        return Err(BadTemplate::Wide);
    }
    let pairs = of_path.iter().zip(of_path.iter().skip(1));
    // What has a mark is told from what stands before it.
    let adjacent = |(one, next): (&&Part, &&Part)| {
        let open = matches!(next, Part::Simple(_) | Part::Wide(None, _));
        open && !matches!(one, Part::Literal(_))
    };
    if pairs.into_iter().any(adjacent) { Err(BadTemplate::Adjacent) } else { Ok(()) }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({:?})", self.text)
    }
}

#[cfg(test)]
mod tests;
