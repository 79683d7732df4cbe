//! One value deep in an object, found without building the object, and not when a name on the way
//! stands there twice.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A name on the way stands there twice. Whoever checks and whoever acts might take two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Twice;

/// The value that `path` leads to; none where it leads nowhere.
pub(crate) fn at<'a, 'p>(
    text: &'a str,
    path: impl IntoIterator<Item = &'p str>,
) -> Result<Option<&'a str>, Twice> {
    let mut text = text;
    for name in path {
        match member(text, name)? {
            Some(value) => text = value,
            None => return Ok(None),
        }
    }
    Ok(Some(text))
}

fn member<'a>(text: &'a str, name: &str) -> Result<Option<&'a str>, Twice> {
    if !text.trim_ascii_start().starts_with('{') {
        return Ok(None);
    }
    // The text was parsed before, so what fails here is the second of two equal names.
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let found = Member(name).deserialize(&mut deserializer).map_err(|_| Twice)?;
    Ok(found.map(RawValue::get))
}

/// Reads one object and keeps one member.
struct Member<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(wanted) = map.next_key_seed(Is(self.0))? {
            if !wanted {
                map.next_value::<IgnoredAny>()?;
            } else if found.replace(map.next_value()?).is_some() {
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok(found)
    }
}

/// Whether a name is the one that is wanted.
struct Is<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_values_or_nowhere() {
        let text = r#" {"a":{"b":[1],"\u0063":"x"},"n":null,"z":0}"#;
        let rows: &[(&[&str], Option<&str>)] = &[
            (&["a", "b"], Some("[1]")),
            (&["a", "c"], Some("\"x\"")),
            (&["n"], Some("null")),
            (&["n", "b"], None),
            (&["a", "b", "0"], None),
            (&["q"], None),
            (&[], Some(text)),
        ];
        for (path, expected) in rows {
            assert_eq!(at(text, path.iter().copied()), Ok(*expected), "{path:?}");
        }
    }

    #[test]
    fn a_name_given_twice_on_the_way_is_told() {
        assert_eq!(at(r#"{"a":1,"\u0061":2}"#, ["a"]), Err(Twice));
        assert_eq!(at(r#"{"a":{},"a":{"b":1}}"#, ["a", "b"]), Err(Twice));
        assert_eq!(at(r#"{"q":1,"q":1,"a":2}"#, ["a"]), Ok(Some("2")), "beside the way");
    }
}
