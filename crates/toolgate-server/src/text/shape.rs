//! What a type would like to be read from, asked without a value: names of fields, in order, and of
//! variants.

use std::fmt;

use serde::{
    de::{
        self, DeserializeOwned, Deserializer, IntoDeserializer, MapAccess, Visitor,
        value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

type Names = &'static [&'static str];

/// The names of a struct's fields as they are read, in the order of the declaration; none where `T`
/// is no struct, or one that keeps its fields to itself.
pub(crate) fn fields<T: DeserializeOwned>() -> Option<Names> {
    let mut seen = Seen::default();
    let _stopped = T::deserialize(Capture { seen: &mut seen, field: None });
    seen.fields
}

/// The names of the variants of a field that is an enum; none where it is none.
pub(crate) fn variants<T: DeserializeOwned>(field: &str) -> Names {
    let mut seen = Seen::default();
    let _stopped = T::deserialize(Capture { seen: &mut seen, field: Some(field) });
    seen.variants
}

#[derive(Default)]
struct Seen {
    fields: Option<Names>,
    variants: Names,
}

/// Says no to everything, and remembers what it was asked.
struct Capture<'a> {
    seen: &'a mut Seen,
    /// The field to be looked into, at first.
    field: Option<&'a str>,
}

#[derive(Debug)]
struct Stop;

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no value")
    }
}

impl std::error::Error for Stop {}

impl de::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Capture<'_> {
    type Error = Stop;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        Err(Stop)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: Names,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        match self.field {
            Some(field) => visitor.visit_map(One { seen: self.seen, key: Some(field) }),
            None => {
                self.seen.fields = Some(fields);
                Err(Stop)
            }
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        self.seen.fields = Some(&[]);
        Err(Stop)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: Names,
        _: V,
    ) -> Result<V::Value, Stop> {
        self.seen.variants = variants;
        Err(Stop)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf seq
        tuple tuple_struct map identifier ignored_any
    }
}

/// An object of one field.
struct One<'a> {
    seen: &'a mut Seen,
    key: Option<&'a str>,
}

impl<'de> MapAccess<'de> for One<'_> {
    type Error = Stop;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Stop> {
        let key = self.key.take().map(IntoDeserializer::into_deserializer);
        key.map(|key: StrDeserializer<'_, Stop>| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Stop> {
        seed.deserialize(Capture { seen: self.seen, field: None })
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is wanted")]
    struct Mixed {
        zebra: String,
        #[serde(rename = "Ape")]
        ape: Option<Colour>,
        list: Vec<Colour>,
        plain: Colour,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Colour {
        Red,
        Green,
    }

    #[test]
    fn fields_are_found_in_order_and_variants_within_options() {
        assert_eq!(fields::<Mixed>().unwrap(), ["zebra", "Ape", "list", "plain"]);
        assert_eq!(variants::<Mixed>("Ape"), ["red", "green"]);
        assert_eq!(variants::<Mixed>("plain"), ["red", "green"]);
        assert!(variants::<Mixed>("zebra").is_empty() && variants::<Mixed>("list").is_empty());
        assert!(variants::<Mixed>("no such").is_empty());
        assert_eq!(fields::<()>().unwrap(), [""; 0]);
        assert!(fields::<std::collections::BTreeMap<String, String>>().is_none());
        assert!(fields::<String>().is_none());
    }
}
