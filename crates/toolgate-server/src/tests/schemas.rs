//! Schemas as they are listed: what contains itself is refused, what was written by hand stays.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use toolgate_core::IntoService;

use super::{serve, value};
use crate::{Json, Output, Server, ToolSpec};

#[derive(Clone, Deserialize, Serialize, JsonSchema)]
struct Node {
    name: String,
    #[serde(default)]
    children: Vec<Node>,
}

/// Its schema has `patternProperties`.
#[derive(Deserialize, JsonSchema)]
struct Numbered {
    #[expect(dead_code, reason = "only its schema is wanted")]
    by_number: BTreeMap<u32, Numbered>,
}

#[derive(Deserialize, JsonSchema)]
struct Planted {
    #[expect(dead_code, reason = "only its schema is wanted")]
    forest: Vec<Option<Node>>,
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

fn node() -> Node {
    Node { name: "root".into(), children: Vec::new() }
}

fn taking<A: DeserializeOwned + JsonSchema + Send + 'static>(spec: ToolSpec) -> Server {
    Server::new("s", "1").open().tool_fn(spec, |_: A, _| async { Ok(()) })
}

fn answering<O: Output + Sync + Clone>(spec: ToolSpec, answer: O) -> Server {
    Server::new("s", "1").open().tool_fn(spec, move |_: Nothing, _| {
        let answer = answer.clone();
        async { Ok(answer) }
    })
}

fn problem(server: Server) -> String {
    server.into_service().err().expect("a problem").to_string()
}

/// The only tool of a server, as it is listed.
async fn listed(server: Server) -> Value {
    let list = serve(server).request("tools/list", json!({})).await.unwrap();
    value(&list)["tools"][0].clone()
}

#[tokio::test]
async fn what_contains_itself_is_refused_by_field_and_type() {
    let spec = || ToolSpec::new("plant");
    let told = problem(taking::<Planted>(spec()));
    for words in ["`plant`", "argument `forest[].children[]`", "`Node`", "`recursive`"] {
        assert!(told.contains(words), "{told}");
    }
    let told = problem(taking::<Node>(spec()));
    assert!(told.contains("argument `children[]`"), "{told}");
    let told = problem(taking::<Numbered>(spec()));
    assert!(told.contains("argument `by_number.*`"), "{told}");
    let told = problem(answering(spec(), Json(vec![node()])));
    assert!(told.contains("answer `result[].children[]`") && told.contains("`Node`"), "{told}");
    let told = problem(answering(spec(), Json(node())));
    assert!(told.contains("answer `children[]`"), "{told}");
}

#[tokio::test]
async fn what_contains_itself_is_served_where_it_is_allowed() {
    let tool = listed(taking::<Planted>(ToolSpec::new("plant").recursive(true))).await;
    let mut refs = Vec::new();
    references(&tool["inputSchema"], &mut refs);
    assert!(!refs.is_empty() && refs.iter().all(|to| to == "#/$defs/Node"), "{tool}");
    // What is wrapped refers from its new root.
    for (server, to) in [
        (answering(ToolSpec::new("t").recursive(true), Json(vec![node()])), "/items"),
        (answering(ToolSpec::new("t").recursive(true), Json(Some(node()))), ""),
    ] {
        let schema = listed(server).await["outputSchema"].clone();
        let mut refs = Vec::new();
        references(&schema, &mut refs);
        assert!(!refs.is_empty(), "{schema}");
        for to in refs {
            let found = schema.pointer(to.strip_prefix('#').unwrap());
            assert_eq!(found.unwrap()["properties"]["name"], json!({"type": "string"}), "{schema}");
        }
        assert!(schema.pointer(&format!("/properties/result{to}")).is_some());
    }
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// A schema written by hand, with much that no derived one has.
#[derive(Deserialize)]
struct Written {}

fn written() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Written",
        "type": "object",
        "properties": {
            "a": {"type": ["integer", "null"], "format": "uint8"},
            "b": {"oneOf": [{"const": "x"}], "deprecated": true},
            "more": {"$ref": "#"},
        },
    })
}

impl JsonSchema for Written {
    fn schema_name() -> Cow<'static, str> {
        "Written".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        written().try_into().unwrap()
    }
}

#[tokio::test]
async fn what_was_written_by_hand_is_listed_as_it_stands() {
    assert_eq!(listed(taking::<Written>(ToolSpec::new("t"))).await["inputSchema"], written());
}

#[tokio::test]
async fn words_that_clients_stumble_over_are_said_otherwise() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Odd {
        #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 10))]
        within: i32,
        /// Still here.
        #[schemars(extend("deprecated" = true, "readOnly" = true, "format" = "made-up"))]
        old: String,
        #[schemars(extend("format" = "uri"))]
        page: String,
        // Null is a value of its own here: it cannot be left out.
        #[schemars(schema_with = "nullable")]
        needed: Option<u8>,
        #[serde(default)]
        kept: Option<Kept>,
        none: Option<(u8, String)>,
    }
    #[derive(Deserialize, Serialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    enum Kept {
        One { a: Option<u8> },
    }
    fn nullable(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["integer", "null"]})
    }
    let tool = listed(taking::<Odd>(ToolSpec::new("t"))).await;
    let field = |name: &str| tool["inputSchema"]["properties"][name].clone();
    assert_eq!(field("within"), json!({"type": "integer", "minimum": 1, "maximum": 9}));
    let old = json!({"type": "string", "description": "Still here.\nDeprecated."});
    assert_eq!(field("old"), old);
    assert_eq!(field("page")["format"], "uri");
    assert_eq!(field("needed"), json!({"type": ["integer", "null"]}));
    let kept = field("kept");
    assert!(!kept.to_string().contains("null"), "{kept}");
    let one = &kept["oneOf"][0]["properties"];
    assert_eq!(one["kind"], json!({"type": "string", "enum": ["one"]}));
    assert_eq!(one["a"], json!({"type": "integer", "minimum": 0, "maximum": 255}));
    assert_eq!(field("none")["prefixItems"].as_array().unwrap().len(), 2);
    assert!(kept.get("default").is_none());
}
