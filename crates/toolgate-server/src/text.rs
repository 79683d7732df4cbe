//! Values that arrive as text, typed: variables of URI templates and arguments of prompts.
//!
//! A text is read as a string, number, `bool`, character, unit variant, list of these, or newtype
//! around one; an empty one is `None` where the field is optional.

use std::{fmt, str::FromStr};

use serde::{
    de::{
        self, DeserializeOwned, Deserializer, IntoDeserializer, MapAccess, Unexpected, Visitor,
        value::{SeqDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};

pub(crate) mod shape;

/// The longest text that is quoted back.
const MAX: usize = 400;

/// One value by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextValue {
    pub(crate) name: String,
    pub(crate) text: String,
    /// What stands between the members of a list.
    pub(crate) separator: char,
}

/// Reads values as a `T`.
///
/// # Errors
/// Words for the caller: the name, and what was expected there.
pub(crate) fn typed<T: DeserializeOwned>(values: &[TextValue]) -> Result<T, String> {
    T::deserialize(Values(values)).map_err(|Wrong(problem)| {
        let text = format!("invalid arguments: {problem}");
        text.chars().take(MAX).collect()
    })
}

/// What is wrong, in words.
#[derive(Debug)]
struct Wrong(String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self(problem.to_string())
    }
}

/// All values, as an object.
struct Values<'a>(&'a [TextValue]);

impl<'de> Deserializer<'de> for Values<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(Members { rest: self.0.iter(), value: None })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Members<'a> {
    rest: std::slice::Iter<'a, TextValue>,
    value: Option<&'a TextValue>,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Wrong;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Wrong> {
        self.value = self.rest.next();
        let key = self.value.map(|value| value.name.as_str().into_deserializer());
        key.map(|key: StrDeserializer<'_, Wrong>| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let Some(TextValue { name, text, separator }) = self.value.take() else {
            return Err(Wrong("a value without a name".into()));
        };
        let read = seed.deserialize(Text { text, separator: *separator });
        read.map_err(|Wrong(problem)| Wrong(format!("`{name}`: {problem}")))
    }
}

/// One value.
#[derive(Clone, Copy)]
struct Text<'a> {
    text: &'a str,
    separator: char,
}

impl Text<'_> {
    fn parsed<T: FromStr>(self, expected: &dyn de::Expected) -> Result<T, Wrong> {
        self.text.parse().map_err(|_| de::Error::invalid_type(Unexpected::Str(self.text), expected))
    }
}

/// Methods that read a text as a number of the widest kind and leave the range to the visitor.
macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            match self.text.parse() {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => {
                    let number = self.parsed(&visitor)?;
                    visitor.visit_i64(number)
                }
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_str(self.text)
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let number = self.parsed(&visitor)?;
        visitor.visit_i128(number)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let number = self.parsed(&visitor)?;
        visitor.visit_u128(number)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        // What no JSON has, no text brings in: a NaN passes every comparison that refuses.
        match self.parsed::<f64>(&visitor)? {
            number if number.is_finite() => visitor.visit_f64(number),
            _ => Err(de::Error::invalid_type(Unexpected::Str(self.text), &visitor)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let truth = self.parsed(&visitor)?;
        visitor.visit_bool(truth)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.text.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let text: StrDeserializer<'_, Wrong> = self.text.into_deserializer();
        text.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Self { text, separator } = self;
        let members = (!text.is_empty()).then(|| text.split(separator)).into_iter().flatten();
        let members = members.map(|text| Self { text, separator });
        SeqDeserializer::new(members).deserialize_seq(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
    }
}

impl<'de> IntoDeserializer<'de, Wrong> for Text<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests;
