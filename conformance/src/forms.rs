//! What is asked of the person: the forms of `questions.rs`.
#![expect(dead_code, reason = "forms are asked for; that they are answered is enough")]

use toolgate::prelude::*;

/// Who somebody is.
#[derive(Arguments)]
pub(crate) struct Name {
    pub(crate) name: String,
}

/// What a prompt is about.
#[derive(Arguments)]
pub(crate) struct Topic {
    pub(crate) context: String,
}

/// Whether somebody agrees.
#[derive(Arguments)]
pub(crate) struct Confirmed {
    ok: bool,
}

/// What somebody likes.
#[derive(Arguments)]
pub(crate) struct Color {
    color: String,
}

/// How somebody is reached.
#[derive(Arguments)]
pub(crate) struct Contact {
    username: String,
    email: String,
}

/// A value in every field.
#[derive(Arguments)]
pub(crate) struct Defaults {
    #[schemars(extend("default" = "John Doe"))]
    name: Option<String>,
    #[schemars(extend("default" = 30))]
    age: Option<i64>,
    #[schemars(extend("default" = 95.5))]
    score: Option<f64>,
    #[schemars(extend("default" = "active"))]
    status: Option<Status>,
    #[schemars(extend("default" = true))]
    verified: Option<bool>,
}

#[derive(Arguments)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Inactive,
    Pending,
}

/// Every kind of choice.
#[derive(Arguments)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Choices {
    untitled_single: Option<Plain>,
    titled_single: Option<Titled>,
    legacy_enum: Option<String>,
    untitled_multi: Option<Vec<Plain>>,
    titled_multi: Option<Vec<Titled>>,
}

/// The form for them, written by hand: labels beside the values are a form that no type makes any
/// more.
pub(crate) const CHOICES: &str = r#"{
    "type": "object",
    "properties": {
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {"type": "string", "oneOf": [
            {"const": "value1", "title": "First Option"},
            {"const": "value2", "title": "Second Option"},
            {"const": "value3", "title": "Third Option"}
        ]},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"]
        },
        "untitledMulti": {
            "type": "array",
            "items": {"type": "string", "enum": ["option1", "option2", "option3"]}
        },
        "titledMulti": {"type": "array", "items": {"anyOf": [
            {"const": "value1", "title": "First Choice"},
            {"const": "value2", "title": "Second Choice"},
            {"const": "value3", "title": "Third Choice"}
        ]}}
    }
}"#;

#[derive(Arguments)]
#[serde(rename_all = "lowercase")]
enum Plain {
    Option1,
    Option2,
    Option3,
}

#[derive(Arguments)]
#[serde(rename_all = "lowercase")]
enum Titled {
    /// First Option
    Value1,
    /// Second Option
    Value2,
    /// Third Option
    Value3,
}
