//! The lint as a whole, and what the tables of the clients are tested with.

mod derived;

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};
use toolgate_core::{
    BoxFuture, Card, Context, Error, Reply, Request, Running, Service,
    protocol::{Json, discover::Implementation, tool::Tool},
};

use super::{
    Client, Finding, Part, Rule, assert_portable,
    check::{BOOKS, Book},
    portable, schemas,
};
use crate::TestClient;

/// A schema that trips a rule, the field where it does, and one like it that does not.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) rule: Rule,
    pub(super) part: Part,
    pub(super) trips: Value,
    pub(super) field: &'static str,
    pub(super) passes: Value,
}

pub(super) fn input(rule: Rule, trips: Value, field: &'static str, passes: Value) -> Case {
    Case { rule, part: Part::Input, trips, field, passes }
}

/// Arguments with one field `a`.
pub(super) fn field(rule: Rule, trips: Value, passes: Value) -> Case {
    let object = |schema| json!({"type": "object", "properties": {"a": schema}});
    input(rule, object(trips), "a", object(passes))
}

pub(super) fn output(rule: Rule, trips: Value, field: &'static str, passes: Value) -> Case {
    Case { rule, part: Part::Output, trips, field, passes }
}

/// Holds a client's table to its cases; each rule needs one.
pub(super) fn hold(client: Client, cases: &[Case]) {
    for case in cases {
        let found = |schema: &Value| {
            let mut found = of(&[described(case.part, schema)], client);
            found.retain(|one| (one.part, one.rule) == (case.part, case.rule));
            found
        };
        let tripped = found(&case.trips);
        assert_eq!(tripped.len(), 1, "{:?} by {}: {tripped:?}", case.rule, case.trips);
        assert_eq!(tripped[0].field, case.field, "{tripped:?}");
        let passed = found(&case.passes);
        assert!(passed.is_empty(), "{:?} by {}: {passed:?}", case.rule, case.passes);
    }
    let Book { checks, .. } = BOOKS.iter().find(|book| book.client == client).unwrap();
    let rules: BTreeSet<_> = checks.iter().map(|check| (check.part, check.rule)).collect();
    let held: BTreeSet<_> = cases.iter().map(|case| (case.part, case.rule)).collect();
    assert_eq!(rules, held, "each rule has a case");
}

/// Holds names to a client: those that it refuses, and those that it takes.
pub(super) fn hold_names(client: Client, refused: &[&str], taken: &[&str]) {
    for (names, is_refused) in [(refused, true), (taken, false)] {
        for name in names {
            let found = of(&[tool(name, &plain())], client);
            let named: Vec<_> = found.iter().filter(|one| one.rule == Rule::Name).collect();
            assert_eq!(!named.is_empty(), is_refused, "{client}, {name:?}: {named:?}");
        }
    }
}

fn of(tools: &[Tool], client: Client) -> Vec<Finding> {
    schemas("shop", tools).into_iter().filter(|found| found.client == client).collect()
}

fn plain() -> Value {
    json!({"type": "object", "properties": {}})
}

pub(super) fn tool(name: &str, schema: &Value) -> Tool {
    Tool::new(name, Json::of(schema).unwrap())
}

fn described(part: Part, schema: &Value) -> Tool {
    match part {
        Part::Output => {
            let mut tool = tool("t", &plain());
            tool.output_schema = Some(Json::of(schema).unwrap());
            tool
        }
        _ => tool("t", schema),
    }
}

/// What everybody takes.
fn order() -> Value {
    json!({
        "type": "object",
        "properties": {
            "customer": {"type": "string", "description": "Who orders.", "maxLength": 100},
            "express": {"type": "boolean", "default": false},
            "when": {"type": "string", "format": "date-time"},
            "speed": {"type": "string", "enum": ["slow", "fast"]},
            "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "lines": {"type": "array", "minItems": 1, "items": {
                "type": "object",
                "properties": {
                    "count": {"type": "integer", "format": "int64", "minimum": 1},
                    "price": {"type": "number", "format": "double"},
                },
                "required": ["count"],
                "additionalProperties": false,
            }},
            "region": {"type": "string", "x-mcp-header": "Region"},
        },
        "required": ["customer", "lines"],
        "additionalProperties": false,
    })
}

#[test]
fn what_everybody_takes_is_found_by_nobody() {
    let mut order = tool("place_order", &order());
    order.output_schema = Some(
        Json::of(&json!({
            "type": "object",
            "properties": {"id": {"type": ["string", "null"], "format": "uuid"}},
        }))
        .unwrap(),
    );
    let found = schemas("shop", &[order, tool("list-orders", &plain())]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn findings_go_by_tool_and_are_told_once() {
    let choices =
        json!([{"type": "string", "pattern": "(?=a)"}, {"type": "string", "pattern": "(?!a)"}]);
    let schema = json!({"type": "object", "properties": {"a": {"anyOf": choices}}});
    let found = schemas("shop", &[tool("b", &schema), tool("a", &schema)]);
    let tools: Vec<_> = found.iter().map(|one| one.tool.as_str()).collect();
    assert_eq!(tools, ["b", "b", "b", "a", "a", "a"], "{found:?}");
    let told: BTreeSet<_> = found.iter().map(Finding::to_string).collect();
    assert_eq!(told.len(), found.len());
}

#[test]
fn a_schema_that_is_none_is_found_and_breaks_nothing() {
    for odd in [json!(null), json!([]), json!(true), json!("x"), json!({"properties": {"a": 1}})] {
        let found = schemas("shop", &[tool("t", &odd)]);
        assert!(found.iter().any(|one| one.rule == Rule::Root), "{odd}: {found:?}");
    }
}

/// A service that lists these tools.
struct Shop(Value);

impl Service for Shop {
    fn card(&self) -> Arc<Card> {
        Arc::new(Card::new(Implementation::new("shop", "1")))
    }

    fn call(&self, _: Request, _: Context) -> BoxFuture<'_, Result<Running, Error>> {
        let tools = json!({"tools": self.0});
        Box::pin(async move { Ok(Running::Done(Reply::of(&tools)?)) })
    }
}

fn shop(tools: Value) -> TestClient {
    TestClient::new(Shop(tools)).unwrap()
}

fn bad() -> TestClient {
    let schema = json!({"type": "object", "properties": {
        "lines": {"type": "array", "items": {"type": "integer", "format": "uint8"}},
        "note": {"type": ["string", "null"]},
    }});
    shop(json!([{"name": "order", "inputSchema": schema}]))
}

#[tokio::test]
async fn findings_are_told_by_tool_field_and_client() {
    let unportable = portable(&bad()).check().await.unwrap_err();
    assert_eq!(unportable.findings().len(), 3);
    let told = unportable.to_string();
    assert_eq!(told, format!("{unportable:?}"));
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines[0], "the tools of `shop` are not for every client:");
    for part in [
        "  tool `order`, argument `lines[]`: Gemini knows no format `uint8` for an integer, only ",
        "  tool `order`, argument `note`: Gemini takes one `type`",
        "  tool `order`, argument `note`: Cursor lets no value through",
    ] {
        assert!(lines.iter().any(|line| line.starts_with(part)), "{part}: {told}");
    }
}

#[tokio::test]
#[should_panic(expected = "tool `order`, argument `lines[]`: Gemini")]
async fn an_assertion_panics_with_the_findings() {
    assert_portable(&bad()).await;
}

#[tokio::test]
async fn an_assertion_passes_what_everybody_takes() {
    assert_portable(&shop(json!([{"name": "order", "inputSchema": order()}]))).await;
}

#[tokio::test]
async fn what_is_allowed_is_allowed_there_and_nowhere_else() {
    let bad = bad();
    let lint = || portable(&bad).without(Client::Cursor);
    let allowed = lint().allow("order", "note", Rule::TypeList);
    let left = allowed.check().await.unwrap_err();
    assert_eq!(left.findings().len(), 1, "{left}");
    let allowed = lint().allow("order", "note", Rule::TypeList);
    allowed.allow("order", "lines[]", Rule::Format).check().await.unwrap();
    for (tool, field, rule) in [
        ("other", "note", Rule::TypeList),
        ("order", "lines", Rule::TypeList),
        ("order", "note", Rule::Format),
    ] {
        let left = lint().allow(tool, field, rule).check().await.unwrap_err();
        assert_eq!(left.findings().len(), 2, "{left}");
        assert!(left.to_string().contains("allowed and not found"), "{left}");
    }
}

#[tokio::test]
async fn an_exception_has_to_be_needed() {
    let good = shop(json!([{"name": "order", "inputSchema": order()}]));
    let idle = portable(&good).allow("order", "customer", Rule::Format).check().await.unwrap_err();
    assert!(idle.findings().is_empty() && idle.to_string().contains("`customer`"), "{idle}");
}

#[tokio::test]
async fn a_lint_without_tools_is_no_success() {
    let nothing = portable(&shop(json!([]))).check().await.unwrap_err();
    assert!(nothing.to_string().contains("sees no tools"), "{nothing}");
    let refused = portable(&shop(json!(1))).check().await.unwrap_err();
    assert!(refused.to_string().contains("cannot be listed"), "{refused}");
    let server = toolgate_server::Server::new("closed", "1");
    assert!(portable(&TestClient::new(server).unwrap()).check().await.is_err());
}
