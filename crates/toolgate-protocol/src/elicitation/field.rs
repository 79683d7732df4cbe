//! The fields that a form can have: primitives and choices, nothing nested.

use serde::{Deserialize, Serialize};
use serde_json::Number;

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Field {
    /// Text, or one of several texts.
    String(StringField),
    /// A number.
    Number(NumberField),
    /// A whole number.
    Integer(NumberField),
    /// Yes or no.
    Boolean(BooleanField),
    /// Several of several texts.
    Array(ArrayField),
}

/// Text. With `one_of` or `choices` it is one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct StringField {
    /// Its label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The least number of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u64>,
    /// The largest number of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// What kind of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The values to choose from.
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// The values to choose from, with labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Choice>,
    /// Labels of `choices`, as revisions before 2025-11-25 have them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enum_names: Vec<String>,
    /// What stands there at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// What kind of text a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// An address for mail.
    Email,
    /// A URI.
    Uri,
    /// A day (RFC 3339, `full-date`).
    Date,
    /// A day and time (RFC 3339, `date-time`).
    DateTime,
}

/// A number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NumberField {
    /// Its label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Number>,
    /// The largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Number>,
    /// What stands there at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Number>,
}

/// Yes or no.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BooleanField {
    /// Its label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What stands there at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
}

/// Several of several texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ArrayField {
    /// Its label.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// The least number of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min_items: Option<u64>,
    /// The largest number of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_items: Option<u64>,
    /// What to choose from.
    pub items: Items,
    /// What is chosen at first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<Vec<String>>,
}

/// What to choose several from: either `choices` or `any_of`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Items {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<Text>,
    /// The values.
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// The values, with labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<Choice>,
}

impl Items {
    /// Values without labels.
    pub fn plain(choices: Vec<String>) -> Self {
        Self { kind: Some(Text::String), choices, any_of: Vec::new() }
    }

    /// Values with labels.
    pub fn titled(any_of: Vec<Choice>) -> Self {
        Self { kind: None, choices: Vec::new(), any_of }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Text {
    String,
}

/// A value with a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Choice {
    /// What is answered.
    #[serde(rename = "const")]
    pub value: String,
    /// What is shown.
    pub title: String,
}

impl Choice {
    /// A value and its label.
    pub fn new(value: impl Into<String>, title: impl Into<String>) -> Self {
        Self { value: value.into(), title: title.into() }
    }
}
