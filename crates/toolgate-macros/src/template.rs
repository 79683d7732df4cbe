//! URI templates (RFC 6570) as the server will read them: what is wrong, and which variables.
//!
//! A macro crate knows only `::toolgate::` paths, so the server's parser is out of reach here.
//! `tests/templates.txt` has the verdicts that both must come to.

use std::fmt;

/// What is wrong with a template, and where.
#[derive(Debug, PartialEq)]
pub(crate) struct Bad {
    pub(crate) fault: Fault,
    /// The expression that is to blame, with its braces, or the literal.
    at: String,
}

/// The faults of the server's parser, by its names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    Unbalanced,
    Form,
    Name,
    Twice,
    Adjacent,
    Wide,
    Query,
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, at } = self;
        write!(f, "`{at}`: ")?;
        f.write_str(match fault {
            Fault::Unbalanced => "a brace has no partner; one that stands for itself is %7B or %7D",
            Fault::Form => {
                "this form is not served; write {a}, {+a}, {#a}, {.a}, {/a}, {/a*}, {?a,b} or {&a,b}"
            }
            Fault::Name => "a variable is named with A-Z, a-z, 0-9 and `_`",
            Fault::Twice => "a variable before it has the same name; rename one of them",
            Fault::Adjacent => {
                "nobody could tell where the variable before it ends; \
                 put something between them, such as a `/`"
            }
            Fault::Wide => {
                "a variable before it may take in a `/`, and with it this one; \
                 put that one last, or write it as {a}"
            }
            Fault::Query => {
                "variables of the query stand at the very end, with no `?` before them: `..{?a,b}`"
            }
        })
    }
}

/// What stands between two braces, or between two such expressions.
struct Part<'t> {
    text: &'t str,
    form: Form,
    names: Vec<&'t str>,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Literal,
    /// `{a}`
    Simple,
    /// `{.a}`, `{/a}`
    Marked,
    /// `{+a}`
    Wide,
    /// `{#a}`, `{/a*}`
    MarkedWide,
    /// `{?a,b}`, `{&a,b}`
    Query,
}

/// The names of the variables, in order.
///
/// # Errors
/// The first fault, as the server's parser would find it.
pub(crate) fn variables(template: &str) -> Result<Vec<&str>, Bad> {
    let parts = parts(template)?;
    let mut names: Vec<&str> = Vec::new();
    for part in &parts {
        for name in &part.names {
            if names.contains(name) {
                return Err(part.bad(Fault::Twice));
            }
            names.push(name);
        }
    }
    place_of_query(&parts)?;
    let path = || parts.iter().filter(|part| part.form != Form::Query);
    let is_wide = |part: &&Part<'_>| matches!(part.form, Form::Wide | Form::MarkedWide);
    let mut behind = path().skip_while(|part| !is_wide(part)).skip(1);
    if let Some(part) = behind.find(|part| part.form != Form::Literal) {
        return Err(part.bad(Fault::Wide));
    }
    for (part, next) in path().zip(path().skip(1)) {
        if part.form != Form::Literal && matches!(next.form, Form::Simple | Form::Wide) {
            return Err(next.bad(Fault::Adjacent));
        }
    }
    Ok(names)
}

/// A query ends the template, and its `?` is the only one.
fn place_of_query(parts: &[Part<'_>]) -> Result<(), Bad> {
    let Some(start) = parts.iter().position(|part| part.form == Form::Query) else {
        return Ok(());
    };
    let late = parts.iter().skip(start).find(|part| part.form != Form::Query);
    let mut literals = parts.iter().filter(|part| part.form == Form::Literal);
    match late.or_else(|| literals.find(|part| part.text.contains('?'))) {
        Some(part) => Err(part.bad(Fault::Query)),
        None => Ok(()),
    }
}

fn parts(template: &str) -> Result<Vec<Part<'_>>, Bad> {
    let mut parts = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let (text, form, names) = if rest.starts_with('{') {
            let end = rest.find('}').ok_or_else(|| bad(Fault::Unbalanced, rest))?;
            let (text, _) = rest.split_at(end + 1);
            let (form, names) = expression(text)?;
            (text, form, names)
        } else {
            let (text, _) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            if text.contains('}') {
                return Err(bad(Fault::Unbalanced, text));
            }
            (text, Form::Literal, Vec::new())
        };
        rest = rest.strip_prefix(text).unwrap_or_default();
        parts.push(Part { text, form, names });
    }
    Ok(parts)
}

/// The form and the names of one expression, given with its braces.
fn expression(text: &str) -> Result<(Form, Vec<&str>), Bad> {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default();
    let (form, names) = match inner.split_at_checked(1) {
        Some(("+", name)) => (Form::Wide, vec![name]),
        Some(("#", name)) => (Form::MarkedWide, vec![name]),
        Some((".", name)) => (Form::Marked, vec![name]),
        Some(("/", name)) => match name.strip_suffix('*') {
            Some(name) => (Form::MarkedWide, vec![name]),
            None => (Form::Marked, vec![name]),
        },
        Some(("?" | "&", names)) => (Form::Query, names.split(',').collect()),
        _ if inner.contains([',', '*', ':', ';']) => return Err(bad(Fault::Form, text)),
        _ => (Form::Simple, vec![inner]),
    };
    let is_word = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if names.iter().all(is_word) { Ok((form, names)) } else { Err(bad(Fault::Name, text)) }
}

impl Part<'_> {
    fn bad(&self, fault: Fault) -> Bad {
        bad(fault, self.text)
    }
}

fn bad(fault: Fault, at: &str) -> Bad {
    Bad { fault, at: at.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::variables;

    #[test]
    fn verdicts_are_those_of_the_table() {
        let table = include_str!("../../../tests/templates.txt");
        let rows = table.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
        let mut seen = 0;
        for row in rows {
            let (expected, template) = row.split_once(char::is_whitespace).unwrap();
            let template = template.trim_start();
            let verdict = match variables(template) {
                Ok(names) if names.is_empty() => "-".to_owned(),
                Ok(names) => names.join(","),
                Err(bad) => format!("!{:?}", bad.fault),
            };
            assert_eq!(verdict, expected, "{template}");
            seen += 1;
        }
        assert!(seen > 50, "{seen} rows");
    }
}
