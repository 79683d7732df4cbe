//! What is derived is for every client, and what a client leaves out or sends as `null` is read all
//! the same.

use std::{collections::HashSet, num::NonZeroU32};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use toolgate_server::{Json, Server, ToolSpec};

use super::{
    super::{Rule, assert_portable, portable},
    Client,
};
use crate::TestClient;

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Order {
    /// Who orders.
    customer: String,
    note: Option<String>,
    count: u32,
    size: Option<u8>,
    big: Option<u64>,
    wide: Option<NonZeroU32>,
    ratio: f64,
    exact: Option<f32>,
    sure: Option<bool>,
    letter: Option<char>,
    speed: Speed,
    /// How it feels.
    mood: Option<Mood>,
    next: Option<Speed>,
    lines: Vec<Line>,
    more: Option<Vec<Line>>,
    tags: HashSet<String>,
    point: (f64, f64),
    pair: [i32; 2],
    line: Option<Line>,
    #[serde(default)]
    page: u16,
    #[schemars(range(min = 1, max = 9))]
    stars: Option<i64>,
    #[serde(default)]
    kind: Option<Kind>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Line {
    /// How many.
    count: u64,
    price: Option<f64>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Speed {
    Slow,
    Fast,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mood {
    /// All is well.
    Good,
    /// All is lost,
    /// or seems so.
    Bad,
    Other,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// There is one.
    Only,
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

fn client() -> TestClient {
    let order = |order: Order, _| async move { Ok(Json(order)) };
    let server = Server::new("shop", "1")
        .open()
        .tool_fn(ToolSpec::new("order"), order)
        .tool_fn(ToolSpec::new("nothing"), |_: Nothing, _| async { Ok(()) });
    TestClient::new(server).unwrap()
}

fn least() -> Value {
    json!({"customer": "ann", "count": 1, "ratio": 0.5, "speed": "slow", "lines": [], "tags": [],
           "point": [0.0, 1.0], "pair": [1, 2]})
}

#[tokio::test]
async fn everybody_takes_what_is_derived() {
    assert_portable(&client()).await;
}

#[tokio::test]
async fn what_may_be_left_out_may_be_null_too_and_the_answer_says_so() {
    let client = client();
    let least = client.call_tool("order", least()).await.unwrap();
    assert!(!least.is_error, "{least:?}");
    let answer: Value = least.structured_content.unwrap().parse().unwrap();
    assert_eq!(answer["note"], Value::Null);
    // All that is `null` in the answer is read as an argument.
    let again = client.call_tool("order", answer).await.unwrap();
    assert!(!again.is_error, "{again:?}");
}

#[tokio::test]
async fn what_is_said_is_said_in_plain_words() {
    let tools = client().list_tools().await.unwrap();
    let schema: Value = tools[0].input_schema.parse().unwrap();
    let field = |name: &str| schema["properties"][name].clone();
    assert_eq!(field("note"), json!({"type": "string"}));
    assert_eq!(field("count"), json!({"type": "integer", "minimum": 0}));
    assert_eq!(field("size"), json!({"type": "integer", "minimum": 0, "maximum": 255}));
    assert_eq!(field("ratio"), json!({"type": "number"}));
    assert_eq!(field("next"), json!({"type": "string", "enum": ["slow", "fast"]}));
    let words = "How it feels.\n- `good`: All is well.\n- `bad`: All is lost, or seems so.";
    let mood = field("mood");
    assert_eq!((&mood["type"], &mood["description"]), (&json!("string"), &json!(words)));
    let mut moods: Vec<_> = mood["enum"].as_array().unwrap().iter().map(Value::as_str).collect();
    moods.sort_unstable();
    assert_eq!(moods, [Some("bad"), Some("good"), Some("other")]);
    assert_eq!(field("point")["items"], json!({"type": "number"}));
    assert_eq!(field("line")["properties"]["price"], json!({"type": "number"}));
    assert_eq!(schema["required"].as_array().unwrap().len(), 8);
    let answer: Value = tools[0].output_schema.as_ref().unwrap().parse().unwrap();
    assert_eq!(answer["properties"]["note"], json!({"type": ["string", "null"]}));
    assert_eq!(answer["properties"]["tags"]["uniqueItems"], true);
    let nothing: Value = tools[1].input_schema.parse().unwrap();
    assert_eq!(nothing, json!({"type": "object", "properties": {}}));
}

#[tokio::test]
async fn what_no_client_can_be_told_otherwise_is_still_found() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Odd {
        any: Value,
        either: Either,
        spots: Vec<Option<u8>>,
    }
    #[derive(Deserialize, JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Either {
        Number(u8),
        Text(String),
    }
    let server = Server::new("shop", "1").open();
    let server = server.tool_fn(ToolSpec::new("odd"), |_: Odd, _| async { Ok(()) });
    let client = TestClient::new(server).unwrap();
    portable(&client)
        .allow("odd", "any", Rule::NoType)
        .allow("odd", "either", Rule::Composition)
        .allow("odd", "spots[]", Rule::TypeList)
        .check()
        .await
        .unwrap();
    assert!(portable(&client).without(Client::Gemini).check().await.is_err());
}
