//! One level of an object, read without its values, with duplicate names refused.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::json::Json;

/// More members than any message has; a bound on the work one object can cause.
const MAX_MEMBERS: usize = 128;

/// The members of one object: names decoded, values as text.
///
/// Parsers disagree on which of two equal names counts, so whoever checks a message and whoever
/// acts on it could be shown different ones. Refusing duplicates closes that.
#[derive(Debug)]
pub(crate) struct Object<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'a> Object<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }

    pub(crate) fn take(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(known, _)| known.0 == name).map(|(_, value)| *value)
    }

    /// All members, their values as texts of their own.
    pub(crate) fn owned(&self) -> BTreeMap<String, Json> {
        self.0.iter().map(|(name, value)| (name.0.to_string(), Json::copy_of(value))).collect()
    }

    /// A member that has to be a string.
    pub(crate) fn text(&self, name: &str) -> Option<Result<Cow<'a, str>, serde_json::Error>> {
        self.take(name).map(|raw| serde_json::from_str::<Text<'a>>(raw.get()).map(|text| text.0))
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(Text<'de>, &'de RawValue)> = Vec::with_capacity(8);
        while let Some(name) = map.next_key::<Text<'de>>()? {
            if members.len() == MAX_MEMBERS {
                return Err(A::Error::custom("too many members"));
            }
            if members.iter().any(|(known, _)| known.0 == name.0) {
                return Err(A::Error::custom("duplicate member"));
            }
            members.push((name, map.next_value()?));
        }
        Ok(Object(members))
    }
}

/// A string: borrowed unless it was written with escapes. (serde's own `Cow` always copies.)
#[derive(Debug)]
pub(crate) struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(name)))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(name.to_owned())))
    }
}

/// An object whose values are all strings. Refuses duplicates, like [`Object`].
#[derive(Debug, Default)]
pub(crate) struct Texts(pub(crate) BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object(members) = Object::deserialize(deserializer)?;
        let text = |(name, value): (Text<'de>, &'de RawValue)| {
            let value = serde_json::from_str(value.get()).map_err(D::Error::custom)?;
            Ok((name.0.into_owned(), value))
        };
        members.into_iter().map(text).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_refused_however_they_are_written() {
        assert!(Object::parse(br#"{"name":1,"name":2}"#).is_err());
        assert!(Object::parse(br#"{"name":1,"na\u006de":2}"#).is_err());
        let object = Object::parse(br#"{"na\u006de":{"x":1,"x":2}}"#).unwrap();
        assert_eq!(object.take("name").unwrap().get(), r#"{"x":1,"x":2}"#);
    }

    #[test]
    fn members_are_bounded() {
        let many = (0..=MAX_MEMBERS).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(",");
        assert!(Object::parse(format!("{{{many}}}").as_bytes()).is_err());
    }
}
