//! `derive(Tool)`: what the struct accepts, what its schema says, what its spec calls.

use serde_json::{Value, json};
use toolgate_macros::{Arguments, Tool};

use crate::Tool;

fn schema<T: schemars::JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// Delete a file.
#[derive(Tool, Debug, PartialEq)]
#[tool(name = "files.delete", title = "Delete", read_only = false, destructive, idempotent)]
#[tool(open_world = true, recursive, scopes("a", "b"), roles("c"), guard = || true, listed, advertised = false, timeout = "1500ms", icon = "https://a.example/i")]
#[tool(single_use, unasked_answers = false)]
struct DeleteFile {
    /// Path relative to the root.
    path: String,
    force: Option<bool>,
}

#[test]
fn every_key_is_a_call() {
    let spec = DeleteFile::spec();
    assert_eq!(spec.new, "files.delete");
    let expected = [
        "description(\"Delete a file.\")",
        "title(\"Delete\")",
        "read_only(false)",
        "destructive(true)",
        "idempotent(true)",
        "open_world(true)",
        "recursive(true)",
        "scopes([\"a\", \"b\"])",
        "roles([\"c\"])",
        "guard(true)",
        "listed(true)",
        "advertised(false)",
        "timeout(1.5s)",
        "icon(\"https://a.example/i\")",
        "single_use(true)",
        "unasked_answers(false)",
    ];
    assert_eq!(spec.calls, expected);
}

#[test]
fn fields_are_the_arguments() {
    let read: DeleteFile = serde_json::from_value(json!({ "path": "a" })).unwrap();
    assert_eq!(read, DeleteFile { path: "a".into(), force: None });
    assert!(serde_json::from_value::<DeleteFile>(json!({})).is_err());
    let wrong = serde_json::from_value::<DeleteFile>(json!(1)).unwrap_err();
    assert!(wrong.to_string().contains("struct DeleteFile"), "{wrong}");
}

#[test]
fn the_schema_describes_fields_and_not_the_tool() {
    let schema = schema::<DeleteFile>();
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["title"], "DeleteFile");
    assert_eq!(schema["properties"]["path"]["description"], "Path relative to the root.");
    assert_eq!(schema["required"], json!(["path"]));
    assert_eq!(schema.get("description"), None);
}

#[derive(Tool, Debug)]
struct Utf8Clock;

#[derive(Tool, Debug)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[test]
fn no_arguments_are_an_empty_object() {
    assert_eq!(Utf8Clock::spec(), crate::ToolSpec::new("utf8_clock"));
    for schema in [schema::<Utf8Clock>(), schema::<Nothing>()] {
        assert_eq!(schema["type"], "object");
    }
    serde_json::from_value::<Utf8Clock>(json!({})).unwrap();
    serde_json::from_value::<Utf8Clock>(json!({ "more": 1 })).unwrap();
    serde_json::from_value::<Utf8Clock>(json!(null)).unwrap_err();
    serde_json::from_value::<Nothing>(json!({})).unwrap();
    serde_json::from_value::<Nothing>(json!({ "more": 1 })).unwrap_err();
}

/// How the hits are sorted.
#[derive(Arguments, Debug, Default, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Order {
    #[default]
    NewestFirst,
    OldestFirst,
}

#[derive(Tool, Debug, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Search {
    words: Vec<String>,
    #[schemars(range(min = 1, max = 100))]
    at_most: u32,
    order: Order,
    within: Option<Box<Self>>,
}

impl Default for Search {
    fn default() -> Self {
        Self { words: Vec::new(), at_most: 10, order: Order::OldestFirst, within: None }
    }
}

#[test]
fn serde_and_schemars_attributes_keep_their_meaning() {
    let read: Search =
        serde_json::from_value(json!({ "words": ["a"], "within": { "atMost": 1 } })).unwrap();
    let within = Search { at_most: 1, ..Search::default() };
    assert_eq!(
        read,
        Search { words: vec!["a".into()], within: Some(Box::new(within)), ..Search::default() }
    );

    let schema = schema::<Search>();
    assert_eq!(schema["properties"]["atMost"]["maximum"], 100);
    assert_eq!(schema["properties"]["atMost"]["default"], 10);
    assert_eq!(schema.get("required"), None);
    assert!(schema["properties"]["within"].to_string().contains("\"#\""), "{schema:#}");
    assert_eq!(schema["$defs"]["Order"]["description"], "How the hits are sorted.");
}

#[derive(Tool)]
struct Aged {
    #[deprecated]
    #[expect(dead_code, reason = "only its schema is of interest")]
    since: Option<u32>,
}

#[test]
fn a_deprecated_argument_is_marked() {
    assert_eq!(schema::<Aged>()["properties"]["since"]["deprecated"], true);
    serde_json::from_value::<Aged>(json!({ "since": 1 })).unwrap();
}

#[derive(Tool)]
#[deprecated]
struct Retired {}

#[test]
#[expect(deprecated, reason = "what a deprecated type does is asked")]
fn a_deprecated_tool_is_marked() {
    assert_eq!(schema::<Retired>()["deprecated"], true);
}

#[derive(Arguments)]
struct Span {
    from: u8,
    to: u8,
}

/// A span that is not empty.
#[derive(Tool, Debug, PartialEq)]
#[serde(try_from = "Span")]
struct Take {
    length: u8,
}

impl TryFrom<Span> for Take {
    type Error = &'static str;

    fn try_from(span: Span) -> Result<Self, Self::Error> {
        let length = span.to.checked_sub(span.from).ok_or("the span ends before it starts")?;
        Ok(Self { length })
    }
}

#[test]
fn conversions_build_the_tool() {
    let read: Take = serde_json::from_value(json!({ "from": 1, "to": 3 })).unwrap();
    assert_eq!(read, Take { length: 2 });
    let wrong = serde_json::from_value::<Take>(json!({ "from": 3, "to": 1 })).unwrap_err();
    assert!(wrong.to_string().contains("the span ends before it starts"), "{wrong}");
    assert_eq!(schema::<Take>()["required"], json!(["from", "to"]));
}

/// Names that the expansion uses itself.
mod names {
    use toolgate_macros::{Arguments, Tool};

    #[derive(Arguments)]
    pub(super) struct Arguments {
        pub(super) d: u8,
    }

    #[derive(Tool)]
    pub(super) struct D {
        pub(super) arguments: Arguments,
        pub(super) r#type: u8,
    }

    #[derive(Tool)]
    #[allow(non_camel_case_types, reason = "a raw identifier is wanted")]
    pub(super) struct r#move {}
}

#[test]
fn names_do_not_clash() {
    let read: names::D =
        serde_json::from_value(json!({ "arguments": { "d": 1 }, "type": 2 })).unwrap();
    assert_eq!((read.arguments.d, read.r#type), (1, 2));
    serde_json::from_value::<names::r#move>(json!({})).unwrap();
    assert_eq!(names::r#move::spec().new, "move");
    assert_eq!(schema::<names::r#move>()["title"], "move");
}
