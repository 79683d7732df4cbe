//! What can be asked for, what cannot, and which answers keep their bounds.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;

fn asked<T: DeserializeOwned + JsonSchema>() -> Value {
    serde_json::to_value(form::<T>().unwrap()).unwrap()
}

fn refused<T: JsonSchema>() -> String {
    check::<T>().unwrap_err().to_string()
}

#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Plain {
    Active,
    Pending,
}

#[derive(Deserialize, JsonSchema)]
enum Titled {
    /// The first.
    #[serde(rename = "value1")]
    First,
    #[schemars(title = "Second Option", description = "More words.")]
    #[serde(rename = "value2")]
    Second,
    #[serde(rename = "value3")]
    Third,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Flat {
    #[serde(flatten)]
    some: Single,
    several: Vec<Plain>,
    set: BTreeSet<Plain>,
    titled: Option<Vec<Titled>>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Single {
    /// The whole name.
    #[schemars(title = "Name", length(min = 3, max = 50))]
    name: String,
    #[schemars(email)]
    mail: String,
    #[schemars(url)]
    page: Option<String>,
    #[schemars(extend("format" = "date"))]
    day: Option<String>,
    #[schemars(extend("format" = "uuid"))]
    tag: String,
    age: u8,
    #[schemars(range(min = 0.5, max = 10))]
    score: Option<f64>,
    agreed: bool,
    state: Plain,
    maybe: Option<Plain>,
    one: Titled,
    perhaps: Option<Titled>,
}

#[test]
fn primitives_and_choices_are_asked_for() {
    let titled = json!([{"const": "value1", "title": "The first"},
                        {"const": "value2", "title": "Second Option"},
                        {"const": "value3", "title": "value3"}]);
    let asked = asked::<Flat>();
    let expected = json!({
        "name": {"type": "string", "title": "Name", "description": "The whole name.",
                 "minLength": 3, "maxLength": 50},
        "mail": {"type": "string", "format": "email"},
        "page": {"type": "string", "format": "uri"},
        "day": {"type": "string", "format": "date"},
        "tag": {"type": "string"},
        "age": {"type": "integer", "minimum": 0, "maximum": 255},
        "score": {"type": "number", "minimum": 0.5, "maximum": 10},
        "agreed": {"type": "boolean"},
        "state": {"type": "string", "enum": ["active", "pending"]},
        "maybe": {"type": "string", "enum": ["active", "pending"]},
        "one": {"type": "string", "oneOf": titled},
        "perhaps": {"type": "string", "oneOf": titled},
        "several": {"type": "array", "items": {"type": "string", "enum": ["active", "pending"]}},
        "set": {"type": "array", "items": {"type": "string", "enum": ["active", "pending"]}},
        "titled": {"type": "array", "items": {"anyOf": titled}},
    });
    for (name, field) in expected.as_object().unwrap() {
        let found = &asked["properties"][name];
        // Labels follow the order of the schema, which groups variants without words.
        assert_eq!(sorted(found), sorted(field), "{name}");
    }
    assert_eq!(asked["properties"].as_object().unwrap().len(), 15);
    let required = asked["required"].as_array().unwrap();
    assert!(
        required.contains(&json!("name")) && !required.contains(&json!("maybe")),
        "{required:?}"
    );
}

fn sorted(field: &Value) -> Value {
    let mut field = field.clone();
    for at in ["/oneOf", "/items/anyOf"] {
        if let Some(Value::Array(choices)) = field.pointer_mut(at) {
            choices.sort_by_key(ToString::to_string);
        }
    }
    field
}

/// What a person is asked first, the author wrote first.
#[test]
fn fields_are_asked_for_in_the_order_of_their_declaration() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Ordered {
        zebra: String,
        apple: Option<u8>,
        #[serde(rename = "middle")]
        another: bool,
        #[serde(default)]
        last: String,
        #[serde(alias = "b")]
        bee: String,
    }
    let form = form::<Ordered>().unwrap();
    let names: Vec<_> = form.properties.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["zebra", "apple", "middle", "last", "bee"]);
    assert_eq!(form.required, ["zebra", "middle", "bee"]);
}

#[test]
fn defaults_are_shown_and_need_no_answer() {
    fn john() -> String {
        "John Doe".into()
    }
    fn active() -> Plain {
        Plain::Active
    }
    fn both() -> Vec<Plain> {
        vec![Plain::Active, Plain::Pending]
    }
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Defaults {
        #[serde(default = "john")]
        name: String,
        #[schemars(default = "thirty")]
        #[serde(default)]
        age: i64,
        #[serde(default = "active")]
        status: Plain,
        #[serde(default)]
        verified: bool,
        #[serde(default = "both")]
        several: Vec<Plain>,
    }
    fn thirty() -> i64 {
        30
    }
    let asked = asked::<Defaults>();
    for (name, value) in [
        ("name", json!("John Doe")),
        ("age", json!(30)),
        ("status", json!("active")),
        ("verified", json!(false)),
        ("several", json!(["active", "pending"])),
    ] {
        assert_eq!(asked["properties"][name]["default"], value, "{name}");
    }
    assert!(asked.get("required").is_none());
}

#[test]
fn what_no_form_has_is_refused_by_name() {
    macro_rules! of {
        ($($attribute:meta)? => $kind:ty) => {{
            #[derive(JsonSchema)]
            #[expect(dead_code, reason = "only its schema is wanted")]
            struct Form {
                fine: bool,
                $(#[$attribute])?
                culprit: $kind,
            }
            refused::<Form>()
        }};
    }
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Data {
        Unit,
        Holds { size: u8 },
    }
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Deep {
        deeper: Option<Box<Deep>>,
    }
    for problem in [
        of!(=> Single),
        of!(=> Option<Single>),
        of!(=> Vec<String>),
        of!(=> Vec<Single>),
        of!(=> (u8, u8)),
        of!(=> std::collections::BTreeMap<String, u8>),
        of!(=> Value),
        of!(=> Data),
        of!(=> Option<Data>),
        of!(=> Deep),
        of!(=> ()),
        of!(schemars(regex(pattern = "^a$")) => String),
        of!(schemars(extend("multipleOf" = 5)) => u8),
        of!(schemars(extend("default" = 5)) => String),
    ] {
        assert!(problem.contains("`culprit`"), "{problem}");
    }
}

#[test]
fn a_form_is_a_struct() {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Rest {
        #[serde(flatten)]
        rest: std::collections::BTreeMap<String, u8>,
    }
    #[derive(JsonSchema)]
    struct Nothing {}
    check::<Nothing>().unwrap();
    for problem in [
        refused::<String>(),
        refused::<()>(),
        refused::<Plain>(),
        refused::<Option<Single>>(),
        refused::<Rest>(),
        refused::<Value>(),
    ] {
        assert!(problem.contains("struct"), "{problem}");
    }
}

#[test]
fn answers_keep_the_bounds_of_their_form() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Bounded {
        #[schemars(length(min = 2, max = 3))]
        text: Option<String>,
        #[schemars(range(min = -1, max = 1.5))]
        number: Option<f64>,
        #[schemars(length(min = 1, max = 2))]
        several: Option<Vec<Plain>>,
    }
    let form = form::<Bounded>().unwrap();
    let within = |content: Value| within(&form, &Json::of(&content).unwrap());
    for content in [
        json!({}),
        json!({"text": null, "other": 1}),
        json!({"text": "äöü", "number": -1, "several": ["active"]}),
        json!({"text": "ab", "number": 1.5, "several": ["active", "active"]}),
    ] {
        assert_eq!(within(content.clone()), Ok(()), "{content}");
    }
    for (name, content) in [
        ("text", json!({"text": "a"})),
        ("text", json!({"text": "abcd"})),
        ("number", json!({"number": 1.6})),
        ("number", json!({"number": -2})),
        ("several", json!({"several": []})),
        ("several", json!({"several": ["active", "active", "active"]})),
    ] {
        assert!(within(content.clone()).unwrap_err().contains(name), "{content}");
    }
}
