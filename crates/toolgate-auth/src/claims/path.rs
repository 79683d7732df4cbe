//! Where among the claims something is: `realm_access.roles`, `[https://example.com/roles]`.

use serde_json::{Map, Value};

/// Most names in a path.
const MAX_NAMES: usize = 8;

/// The way to a claim: the names of members, one inside the other.
///
/// As text, names stand between dots. A name with dots of its own stands in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// As it was written, for people.
    text: String,
    /// `None` where the text is no path.
    names: Option<Vec<Box<str>>>,
}

/// What is at the end of a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// Something. Never `null`, which counts as absent.
    Value(&'a Value),
    /// Nothing.
    Absent,
    /// Something in the way has no members.
    Blocked,
}

impl Path {
    /// The path that `text` writes, or one that [`is_path`](Self::is_path) tells to be none.
    pub(crate) fn read(text: impl Into<String>) -> Self {
        let text = text.into();
        let names = names(&text);
        Self { text, names }
    }

    pub(crate) fn is_path(&self) -> bool {
        self.names.is_some()
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn find<'a>(&self, claims: &'a Map<String, Value>) -> Found<'a> {
        let Some((last, way)) = self.names.as_deref().and_then(<[_]>::split_last) else {
            return Found::Absent;
        };
        let mut members = claims;
        for name in way {
            match members.get(&**name) {
                None | Some(Value::Null) => return Found::Absent,
                Some(Value::Object(inner)) => members = inner,
                Some(_) => return Found::Blocked,
            }
        }
        match members.get(&**last) {
            None | Some(Value::Null) => Found::Absent,
            Some(value) => Found::Value(value),
        }
    }
}

/// The names in a path's text. A URL without brackets would fall apart at its dots and find nothing,
/// so it is no path.
fn names(text: &str) -> Option<Vec<Box<str>>> {
    let (mut names, mut rest) = (Vec::new(), text);
    loop {
        let (name, after) = match rest.strip_prefix('[') {
            Some(inside) => {
                let (name, after) = inside.split_once(']')?;
                (name, if after.is_empty() { None } else { Some(after.strip_prefix('.')?) })
            }
            None => match rest.split_once('.') {
                Some((name, after)) => (name, Some(after)),
                None => (rest, None),
            },
        };
        let bare = !rest.starts_with('[');
        if name.is_empty() || names.len() == MAX_NAMES || (bare && is_odd(name)) {
            return None;
        }
        names.push(name.into());
        match after {
            Some(after) => rest = after,
            None => return Some(names),
        }
    }
}

/// What a name outside of brackets may not have in it.
fn is_odd(name: &str) -> bool {
    name.contains("://") || name.contains(|c: char| matches!(c, '[' | ']') || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn names_stand_between_dots_or_in_brackets() {
        let read = |text: &str| {
            let names = Path::read(text).names?;
            Some(names.iter().map(|name| name.to_string()).collect::<Vec<_>>())
        };
        for (text, expected) in [
            ("sub", &["sub"][..]),
            ("cognito:groups", &["cognito:groups"]),
            ("realm_access.roles", &["realm_access", "roles"]),
            ("resource_access.[my.app].roles", &["resource_access", "my.app", "roles"]),
            ("[https://example.com/roles]", &["https://example.com/roles"]),
            ("[https://example.com/app].roles", &["https://example.com/app", "roles"]),
            ("[a b]", &["a b"]),
            ("a.b.c.d.e.f.g.h", &["a", "b", "c", "d", "e", "f", "g", "h"]),
        ] {
            assert_eq!(read(text).as_deref().unwrap(), expected, "{text}");
        }
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "[]",
            "[a",
            "a]",
            "a[b]",
            "[a]b",
            "[a].",
            "a b",
            "[[a]]",
            "https://example.com/roles",
            "a.b.c.d.e.f.g.h.i",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_from_what_is_in_the_way() {
        let claims = json!({
            "sub": "ann", "none": null, "a": {"b": {"c": 1}, "null": null}, "list": [{"c": 1}],
            "https://example.com/roles": ["x"],
        });
        let claims = claims.as_object().unwrap();
        let find = |text: &str| Path::read(text).find(claims);
        assert_eq!(find("sub"), Found::Value(&json!("ann")));
        assert_eq!(find("a.b.c"), Found::Value(&json!(1)));
        assert_eq!(find("[https://example.com/roles]"), Found::Value(&json!(["x"])));
        for absent in ["x", "none", "none.x", "a.x", "a.x.y", "a.null", "a.null.x", "Sub"] {
            assert_eq!(find(absent), Found::Absent, "{absent}");
        }
        for blocked in ["sub.x", "a.b.c.d", "list.c", "list.0"] {
            assert_eq!(find(blocked), Found::Blocked, "{blocked}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_path_or_none(text in "[a.\\[\\]: /\u{e4}]{0,20}") {
            let (path, claims) = (Path::read(text), Map::new());
            prop_assert_eq!(path.find(&claims), Found::Absent);
        }
    }
}
