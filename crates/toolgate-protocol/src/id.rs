//! Request ids and progress tokens: a short string or an integer, echoed as the same type.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

const MAX: usize = 256;

macro_rules! string_or_integer {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(Token);

        impl $name {
            /// The longest that is read, in bytes. It is echoed in every answer and every note, and
            /// written in every record.
            pub const MAX: usize = MAX;
        }

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                Self(Token::Integer(number))
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(Token::String(text.into()))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(TokenVisitor).map(Self)
            }
        }
    };
}

string_or_integer! {
    /// The id of a request (JSON-RPC 2.0, section 4; MCP forbids null and fractions).
    RequestId
}
string_or_integer! {
    /// A progress token: unique among the client's requests in flight (utilities, "Progress").
    ProgressToken
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Token {
    Integer(i64),
    String(Box<str>),
}

// Written by hand: a derived one would be an untagged enum.
impl Serialize for Token {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::String(text) => serializer.serialize_str(text),
        }
    }
}

struct TokenVisitor;

impl serde::de::Visitor<'_> for TokenVisitor {
    type Value = Token;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a string of at most {MAX} bytes or an integer")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Token, E> {
        Ok(Token::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Token, E> {
        i64::try_from(number).map(Token::Integer).map_err(|_| E::custom("integer out of range"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Token, E> {
        if text.len() > MAX {
            return Err(E::custom("it is too long"));
        }
        Ok(Token::String(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_integers_keep_their_type() {
        for text in ["1", "-7", "\"1\"", "\"\"", "9007199254740993"] {
            let id: RequestId = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&id).unwrap(), text);
        }
    }

    #[test]
    fn nothing_else_is_an_id() {
        for text in ["null", "1.5", "true", "[]", "{}", "18446744073709551615"] {
            assert!(serde_json::from_str::<RequestId>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_string_is_read_up_to_its_bound() {
        let read = |len: usize| {
            let text = format!("\"{}\"", "x".repeat(len));
            serde_json::from_str::<RequestId>(&text).is_ok()
                && serde_json::from_str::<ProgressToken>(&text).is_ok()
        };
        assert_eq!((read(RequestId::MAX), read(RequestId::MAX + 1)), (true, false));
    }
}
