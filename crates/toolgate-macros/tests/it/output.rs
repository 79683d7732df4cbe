//! `derive(Output)`: what is written, and what its schema says.

use serde_json::{Value, json};
use toolgate_macros::Output;

use crate::Output;

fn schema<T: Output>() -> Value {
    T::schema().map(schemars::Schema::to_value).unwrap_or_default()
}

/// What was deleted.
#[derive(Output)]
struct Deleted {
    /// In bytes.
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    kind: Kind,
}

#[derive(Output)]
#[serde(rename_all = "lowercase")]
enum Kind {
    File,
    #[expect(dead_code, reason = "only its schema is of interest")]
    Link(String),
}

#[derive(Output)]
struct Done;

#[test]
fn fields_are_written() {
    let deleted = Deleted { size: 3, note: None, kind: Kind::File };
    assert_eq!(deleted.into_result().unwrap().0, json!({ "size": 3, "kind": "file" }));
    assert_eq!(serde_json::to_value(Done).unwrap(), json!({}));
}

#[test]
fn the_schema_is_that_of_the_output() {
    let schema = schema::<Deleted>();
    assert_eq!(schema["description"], "What was deleted.");
    assert_eq!(schema["properties"]["size"]["description"], "In bytes.");
    assert_eq!(schema["required"], json!(["size", "kind"]));
    assert_eq!(self::schema::<Done>()["type"], "object");
}

#[derive(Output)]
#[serde(tag = "kind")]
struct Circle {
    radius: f64,
}

#[test]
fn serde_knows_the_struct_by_its_own_name() {
    let written = serde_json::to_value(Circle { radius: 0.5 }).unwrap();
    assert_eq!(written, json!({ "kind": "Circle", "radius": 0.5 }));
}
