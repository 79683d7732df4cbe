//! Elicitation: asking the person at the client, by a form or a page (client features,
//! "Elicitation").

mod field;

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

pub use self::field::{
    ArrayField, BooleanField, Choice, Field, Format, Items, NumberField, StringField,
};
use crate::json::Json;

/// Parameters of `elicitation/create`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "lowercase", try_from = "Wire")]
#[non_exhaustive]
pub enum Elicit {
    /// A form that the client shows. Not for secrets.
    #[serde(rename_all = "camelCase")]
    Form {
        /// Why it is asked.
        message: String,
        /// What is asked.
        requested_schema: FormSchema,
    },
    /// A page that the client opens once the person agreed.
    Url {
        /// Why it is asked.
        message: String,
        /// Where the page is.
        url: String,
    },
}

/// As it is read: without `mode` it is a form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    mode: Mode,
    message: String,
    requested_schema: Option<FormSchema>,
    url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Form,
    Url,
}

impl TryFrom<Wire> for Elicit {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let Wire { mode, message, requested_schema, url } = wire;
        Ok(match mode {
            Mode::Form => {
                let requested_schema = requested_schema.ok_or("a form needs `requestedSchema`")?;
                Self::Form { message, requested_schema }
            }
            Mode::Url => Self::Url { message, url: url.ok_or("`url` is missing")? },
        })
    }
}

/// The schema of a form: an object of which no field holds another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FormSchema {
    #[serde(rename = "type")]
    kind: Kind,
    /// The fields, in the order in which they are shown.
    #[serde(with = "ordered")]
    pub properties: Vec<(String, Field)>,
    /// Names of those that cannot be left out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub required: Vec<String>,
}

impl FormSchema {
    /// A form of these fields.
    pub fn new(properties: Vec<(String, Field)>, required: Vec<String>) -> Self {
        Self { kind: Kind::Object, properties, required }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Object,
}

/// The answer to `elicitation/create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ElicitResult {
    /// What the person did.
    pub action: Action,
    /// The fields of an accepted form.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content: Option<Json>,
}

impl ElicitResult {
    /// An answer without fields.
    pub fn new(action: Action) -> Self {
        Self { action, content: None }
    }
}

/// What the person did with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Action {
    /// Sent the form; agreed to open the page, which does not say that anything was done there.
    Accept,
    /// Said no.
    Decline,
    /// Went away without saying.
    Cancel,
}

/// An object whose members keep their order.
mod ordered {
    use super::{Deserializer, Field, Fields, Serializer};

    pub(super) fn serialize<S: Serializer>(
        fields: &[(String, Field)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(fields.iter().map(|(name, field)| (name, field)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, Field)>, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Vec<(String, Field)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests;
