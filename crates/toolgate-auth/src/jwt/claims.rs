//! What a verified token says.

use std::{any::type_name, fmt};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toolgate_core::Refusal;

/// The claims of a verified token (RFC 7519, section 4). `Debug` shows their names alone.
#[derive(Clone)]
pub struct Claims(pub(super) Map<String, Value>);

impl Claims {
    /// The claim as text, when it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The claim's texts: of an array of them, or the one that it is. Empty when it is anything
    /// else.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.texts(name).unwrap_or_default()
    }

    /// The claim as `true` or `false`, when it is that.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    /// The claim as a number, when it is one.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }

    /// Whether there is such a claim.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All claims as a type of yours.
    ///
    /// # Errors
    /// A refusal, when a claim is missing or of another shape.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        T::deserialize(Value::Object(self.0.clone())).map_err(|error| {
            // Of the parser's messages, only this one is sure to repeat no value.
            let message = error.to_string();
            let cause =
                if message.starts_with("missing field") { &*message } else { "wrong shape" };
            Refusal::invalid("the token lacks a claim that this server needs")
                .detail(format!("the claims are no {}: {cause}", type_name::<T>()))
        })
    }

    /// The texts of a claim that is one text or an array of nothing else; `None` otherwise.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        match self.0.get(name)? {
            Value::String(one) => Some(vec![one]),
            Value::Array(several) => several.iter().map(Value::as_str).collect(),
            _ => None,
        }
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claims").field(&self.0.keys().collect::<Vec<_>>()).finish()
    }
}
