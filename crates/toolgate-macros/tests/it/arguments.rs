//! `derive(Arguments)`: enums, newtypes, recursion, and types that are results as well.

use schemars::schema_for;
use serde_json::json;
use toolgate_macros::Arguments;

/// Which notes to take.
#[derive(Arguments, Debug, PartialEq)]
#[serde(tag = "by", rename_all = "snake_case")]
enum Filter {
    /// All of them.
    All,
    Tag {
        /// Without the `#`.
        tag: String,
    },
    Not {
        of: Box<Self>,
    },
}

#[derive(Arguments, Debug, PartialEq)]
struct Celsius(f64);

#[test]
fn enums_are_read() {
    let read: Filter =
        serde_json::from_value(json!({ "by": "not", "of": { "by": "tag", "tag": "x" } })).unwrap();
    assert_eq!(read, Filter::Not { of: Box::new(Filter::Tag { tag: "x".into() }) });
    assert_eq!(serde_json::from_value::<Celsius>(json!(1.5)).unwrap(), Celsius(1.5));
    assert_eq!(serde_json::from_value::<Filter>(json!({ "by": "all" })).unwrap(), Filter::All);
}

#[test]
fn enums_are_described() {
    let schema = schema_for!(Filter).to_value();
    assert_eq!(schema["title"], "Filter");
    assert_eq!(schema["description"], "Which notes to take.");
    assert_eq!(schema["oneOf"][0]["description"], "All of them.");
    assert_eq!(schema["oneOf"][1]["properties"]["tag"]["description"], "Without the `#`.");
    assert_eq!(schema["oneOf"][2]["properties"]["of"]["$ref"], "#");
}

/// The way the documentation names for a type on both sides.
#[derive(Arguments, toolgate::serde::Serialize, Debug, PartialEq)]
#[serde(crate = "toolgate::serde", rename = "State")]
enum Status {
    Open = 1,
    Closed = 2,
}

#[test]
fn a_type_can_be_on_both_sides() {
    assert_eq!(serde_json::to_value(Status::Open).unwrap(), json!("Open"));
    assert_eq!(serde_json::from_value::<Status>(json!("Closed")).unwrap(), Status::Closed);
    assert_eq!(schema_for!(Status).to_value()["title"], "State");
}
