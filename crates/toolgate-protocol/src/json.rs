//! JSON kept as text: one value, or the members of an object.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::value::RawValue;

/// One JSON value as text, known to be well-formed.
///
/// Cloning costs a reference count; a value cut from a message shares the message's bytes. `Debug`
/// prints the length alone, since arguments may hold what no log should.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Bytes);

impl Json {
    /// Serializes a value.
    ///
    /// # Errors
    /// When `value` refuses to be serialized, for example a map whose keys are not strings.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_vec(value).map(|text| Self(text.into()))
    }

    /// The empty object, `{}`.
    pub const fn object() -> Self {
        Self(Bytes::from_static(b"{}"))
    }

    /// Checks that `text` is one JSON value and takes it as it is.
    ///
    /// # Errors
    /// When it is not.
    pub fn from_text(text: impl Into<Bytes>) -> Result<Self, serde_json::Error> {
        let text = text.into();
        serde_json::from_slice::<&RawValue>(&text)?;
        Ok(Self(text))
    }

    /// Reads the value as a `T`.
    ///
    /// # Errors
    /// When the value has another shape.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A copy that shares no bytes with what it was part of.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }

    /// Whether the value is an object.
    pub fn is_object(&self) -> bool {
        self.0.trim_ascii_start().first() == Some(&b'{')
    }

    /// The part of `text` that `raw` was borrowed from, sharing its bytes.
    pub(crate) fn within(text: &Bytes, raw: &RawValue) -> Self {
        Self(text.slice_ref(raw.get().as_bytes()))
    }

    pub(crate) fn copy_of(raw: &RawValue) -> Self {
        Self(Bytes::copy_from_slice(raw.get().as_bytes()))
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.0.len())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = self.parse().map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text: Box<str> = raw.into();
        Ok(Self(text.into_boxed_bytes().into_vec().into()))
    }
}

/// The members of a JSON object as text, without the braces: `"a":1,"b":2`.
///
/// A result is written by joining members, so the bytes of a cached list go out unparsed whatever
/// stamps surround them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Members(Bytes);

impl Members {
    /// No members.
    pub const fn none() -> Self {
        Self(Bytes::new())
    }

    /// The members of what `value` serializes to.
    ///
    /// # Errors
    /// When `value` does not serialize to an object.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        let text = Bytes::from(serde_json::to_vec(value)?);
        let inside = text.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
        // Text that is passed on as it came may have space in there, and space alone is no member.
        let members = inside.map(|inside| Self(text.slice_ref(inside.trim_ascii())));
        members.ok_or_else(|| serde_json::Error::custom("not an object"))
    }

    /// One member whose value is an array of values that are text already.
    ///
    /// # Errors
    /// When the name cannot be written, which no name here fails to.
    pub fn array<'a>(
        name: &str,
        values: impl Iterator<Item = &'a Json>,
    ) -> Result<Self, serde_json::Error> {
        let mut text = BytesMut::new();
        serde_json::to_writer((&mut text).writer(), name)?;
        text.put_slice(b":[");
        for (index, value) in values.enumerate() {
            if index > 0 {
                text.put_u8(b',');
            }
            text.put_slice(value.as_bytes());
        }
        text.put_u8(b']');
        Ok(Self(text.freeze()))
    }

    /// One member whose value is the object of `members`.
    pub fn object(name: &str, members: &Self) -> Self {
        Self::one(name, &[b"{", &members.0, b"}"])
    }

    /// One member and its value.
    pub fn value(name: &str, value: &Json) -> Self {
        Self::one(name, &[&value.0])
    }

    fn one(name: &str, value: &[&[u8]]) -> Self {
        let len = value.iter().map(|part| part.len()).sum::<usize>();
        let mut text = BytesMut::with_capacity(name.len() + len + 3);
        let written = serde_json::to_writer((&mut text).writer(), name);
        debug_assert!(written.is_ok(), "a string was refused");
        text.put_u8(b':');
        value.iter().for_each(|part| text.put_slice(part));
        Self(text.freeze())
    }

    /// Both, one after the other. Names must differ; nothing checks that.
    pub fn and(&self, more: &Self) -> Self {
        if self.is_empty() || more.is_empty() {
            return if self.is_empty() { more.clone() } else { self.clone() };
        }
        let mut text = BytesMut::with_capacity(self.0.len() + 1 + more.0.len());
        text.put_slice(&self.0);
        text.put_u8(b',');
        text.put_slice(&more.0);
        Self(text.freeze())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text, without braces.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The object that has just these members.
    pub fn to_object(&self) -> Json {
        let mut text = BytesMut::with_capacity(self.0.len() + 2);
        text.put_u8(b'{');
        text.put_slice(&self.0);
        text.put_u8(b'}');
        Json(text.freeze())
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Members({} bytes)", self.0.len())
    }
}

/// Whether no value in `text` is nested deeper than `max`, told by one scan that parses nothing.
///
/// A raw value has no depth limit of its own, so this runs before anything recursive sees the text.
pub fn depth_within(text: &[u8], max: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in text {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > max {
                    return false;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_drop_the_braces_and_nothing_else() {
        let members = Members::of(&serde_json::json!({"a": [1, "}"]})).unwrap();
        assert_eq!(members.as_bytes(), br#""a":[1,"}"]"#);
        assert!(Members::of(&serde_json::json!({})).unwrap().is_empty());
        let spaced = |text: &'static str| Members::of(&Json::from_text(text).unwrap()).unwrap();
        assert!(spaced(" { \n} ").is_empty());
        assert_eq!(spaced("{ \"a\" : 1 }").and(&members).as_bytes(), br#""a" : 1,"a":[1,"}"]"#);
        assert!(Members::of(&[1]).is_err());
        assert!(Members::of(&1).is_err());
    }

    #[test]
    fn members_join_with_one_comma() {
        let (a, none) = (Members::of(&serde_json::json!({"a": 1})).unwrap(), Members::none());
        let list = Members::array("l", [Json::object(), Json::object()].iter()).unwrap();
        assert_eq!(a.and(&list).to_object().as_bytes(), br#"{"a":1,"l":[{},{}]}"#);
        assert_eq!(a.and(&none), a);
        assert_eq!(none.and(&a), a);
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert!(depth_within(br#"{"a":["[[[[","\"[[["]}"#, 2));
        assert!(!depth_within(br#"{"a":[[1]]}"#, 2));
        assert!(depth_within("[]".repeat(10_000).as_bytes(), 1));
        assert!(!depth_within("[".repeat(200_000).as_bytes(), 64));
    }

    #[test]
    fn debug_never_shows_the_value() {
        let secret = Json::of("s3cr3t").unwrap();
        assert_eq!(format!("{secret:?}"), "Json(8 bytes)");
    }
}
