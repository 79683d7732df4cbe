//! Asking and being answered: what the conformance suite's `input-required` scenarios look at, in
//! memory.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::{Context, Error, Reply, protocol::code, reply::Kind};

use super::{Calls, serve, value};
use crate::{
    Asking, Elicited, Form, Questions, Result, Sample, Sampling, Server, ToolSpec, kept::minted,
};

#[derive(Deserialize, JsonSchema)]
pub(super) struct Nothing {}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Name {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Colour {
    color: String,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Sure {
    #[expect(dead_code, reason = "that it is there is enough")]
    ok: bool,
}

/// What every client of these tests declares, unless it says otherwise.
pub(super) fn everything() -> Value {
    json!({"elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}}, "roots": {}})
}

impl Calls {
    /// A request by a client that can do so much.
    pub(super) async fn try_with(
        &self,
        declared: Value,
        name: &str,
        more: Value,
    ) -> Result<Reply, Error> {
        let mut params = json!({
            "name": name,
            "arguments": {},
            "_meta": {"io.modelcontextprotocol/clientCapabilities": declared},
        });
        let members = params.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        self.request("tools/call", params).await
    }

    pub(super) async fn try_it(&self, name: &str, more: Value) -> Result<Reply, Error> {
        self.try_with(everything(), name, more).await
    }

    /// A try that has to end in questions, and its result.
    pub(super) async fn asked(&self, name: &str, more: Value) -> Value {
        let reply = self.try_it(name, more).await.unwrap();
        assert_eq!(reply.kind, Kind::InputRequired, "{}", value(&reply));
        assert!(reply.cache.is_none());
        let asked = value(&reply);
        asked["requestState"].as_str().into_iter().for_each(minted);
        asked
    }

    /// A try that has to be answered, and the text of its result.
    pub(super) async fn told(&self, name: &str, more: Value) -> String {
        let reply = self.try_it(name, more).await.unwrap();
        assert_eq!(reply.kind, Kind::Complete, "{}", value(&reply));
        value(&reply)["content"][0]["text"].as_str().unwrap().to_owned()
    }
}

pub(super) fn accept(content: Value) -> Value {
    json!({"action": "accept", "content": content})
}

/// The next try: these answers, and the state that came with `asked`.
pub(super) fn retry(asked: &Value, answers: Value) -> Value {
    json!({"inputResponses": answers, "requestState": asked["requestState"]})
}

pub(super) fn said(text: &str) -> Value {
    json!({"role": "assistant", "content": {"type": "text", "text": text}, "model": "test-model",
           "stopReason": "endTurn"})
}

fn roots() -> Value {
    json!({"roots": [{"uri": "file:///test/root", "name": "Test Root"}]})
}

pub(super) fn name_of(elicited: Elicited<Name>) -> String {
    match elicited {
        Elicited::Accepted(Name { name }) => name,
        Elicited::Declined => "(declined)".into(),
        Elicited::Cancelled => "(cancelled)".into(),
    }
}

pub(super) async fn greet(cx: Context) -> Result<String> {
    let name = cx.elicit::<Name>("user_name", "What is your name?").await?;
    Ok(format!("Hello, {}!", name_of(name)))
}

/// The tools of the suite's fixture.
pub(super) fn fixture() -> Calls {
    let capital = || Sampling::new(100).user("What is the capital of France?");
    let server = Server::new("s", "1")
        .open()
        .tool_fn(
            ToolSpec::new("test_input_required_result_elicitation").unasked_answers(true),
            |_: Nothing, cx| greet(cx),
        )
        .tool_fn(ToolSpec::new("asks_first"), |_: Nothing, cx| greet(cx))
        .tool_fn(
            ToolSpec::new("test_input_required_result_sampling"),
            move |_: Nothing, cx: Context| async move {
                Ok(cx.sample("capital_question", capital()).await?.text())
            },
        )
        .tool_fn(
            ToolSpec::new("test_input_required_result_list_roots"),
            |_: Nothing, cx: Context| async move {
                let roots = cx.roots("client_roots").await?;
                Ok(roots.into_iter().map(|root| root.uri).collect::<String>())
            },
        )
        .tool_fn(
            ToolSpec::new("test_input_required_result_request_state"),
            |_: Nothing, cx: Context| async move {
                let _ = cx.elicit::<Sure>("confirm", "Please confirm").await?;
                Ok("state-ok")
            },
        )
        .tool_fn(
            ToolSpec::new("test_input_required_result_multiple_inputs"),
            |_: Nothing, cx: Context| async move {
                let questions = Questions::new()
                    .elicit::<Name>("user_name", "What is your name?")
                    .sample("greeting", Sampling::new(50).user("Generate a greeting"))
                    .roots("client_roots");
                let (name, greeting, roots) = cx.ask(questions).await?;
                Ok(format!("{} {} {}", greeting.text(), name_of(name), roots.len()))
            },
        )
        .tool_fn(
            ToolSpec::new("test_input_required_result_multi_round"),
            |_: Nothing, cx: Context| async move {
                let name = cx.elicit::<Name>("step1", "Step 1: What is your name?").await?;
                let step2 = "Step 2: What is your favorite color?";
                let colour = cx.elicit::<Colour>("step2", step2).await?;
                let colour = colour.accepted().map(|it| it.color).unwrap_or_default();
                Ok(format!("{} likes {colour}", name_of(name)))
            },
        )
        .tool_fn(
            ToolSpec::new("test_input_required_result_capabilities"),
            move |_: Nothing, cx: Context| async move {
                let form = cx.can_elicit().then(|| Form::<Name>::new("user_name", "Who?"));
                let sample = cx.can_sample().then(|| Sample::new("capital", capital()));
                let (name, _) = cx.ask((form, sample)).await?;
                Ok(name.map(name_of).unwrap_or_default())
            },
        );
    serve(server)
}

#[tokio::test]
async fn basic_elicitation() {
    let (calls, tool) = (fixture(), "test_input_required_result_elicitation");
    let asked = calls.asked(tool, json!({})).await;
    assert_eq!(
        asked["inputRequests"],
        json!({"user_name": {"method": "elicitation/create", "params": {
            "mode": "form", "message": "What is your name?",
            "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}},
                                "required": ["name"]}}}})
    );
    let answers = json!({"user_name": accept(json!({"name": "Alice"}))});
    assert_eq!(calls.told(tool, retry(&asked, answers)).await, "Hello, Alice!");
}

#[tokio::test]
async fn a_written_form_is_asked_as_it_is_and_its_answer_keeps_to_it() {
    const SIZE: &str = concat!(
        r#"{"type":"object","properties":{"size":{"type":"string","enum":["s","l"],"#,
        r#""enumNames":["Small","Large"]}},"required":["size"]}"#
    );
    let spec = |name: &'static str| ToolSpec::new(name);
    let calls = serve(
        Server::new("asks", "1")
            .open()
            .tool_fn(spec("size"), |_: Nothing, cx: Context| async move {
                let form = Form::<Value>::new("size", "Which?").schema(SIZE);
                Ok(format!("{:?}", cx.ask(form).await?.accepted()))
            })
            .tool_fn(spec("odd"), |_: Nothing, cx: Context| async move {
                let form = Form::<Value>::new("odd", "Which?").schema("{}");
                Ok(format!("{:?}", cx.ask(form).await?.accepted()))
            }),
    );
    let asked = calls.asked("size", json!({})).await;
    let schema = &asked["inputRequests"]["size"]["params"]["requestedSchema"];
    assert_eq!(*schema, serde_json::from_str::<Value>(SIZE).unwrap());
    let answered = |content: Value| retry(&asked, json!({"size": accept(content)}));
    let told = calls.told("size", answered(json!({"size": "l"}))).await;
    assert!(told.contains("\"l\""), "{told}");
    for wrong in [json!({}), json!({"size": "x"}), json!({"size": 7})] {
        let error = calls.try_it("size", answered(wrong.clone())).await.unwrap_err();
        assert_eq!(error.code(), code::INVALID_PARAMS, "{wrong}");
    }
    let error = calls.try_it("odd", json!({})).await.unwrap_err();
    assert_eq!(error.code(), code::INTERNAL_ERROR);
}

#[tokio::test]
async fn a_model_uses_tools_where_it_was_offered_some() {
    use toolgate_core::protocol::{sampling::ToolMode, tool::Tool};
    let tool = || Tool::new("add", toolgate_core::protocol::Json::object());
    let serve_with = |sampling: fn(Sampling, Tool) -> Sampling| {
        serve(Server::new("asks", "1").open().tool_fn(
            ToolSpec::new("model"),
            move |_: Nothing, cx: Context| async move {
                let sampling = sampling(Sampling::new(9).user("?"), tool());
                Ok(cx.sample("m", sampling).await?.tool_uses().count().to_string())
            },
        ))
    };
    let uses = json!({"type": "tool_use", "id": "1", "name": "add", "input": {}});
    let says = |content: Value| json!({"role": "assistant", "model": "m", "content": content});
    for (offers, sampling) in [
        (false, (|it, _| it) as fn(Sampling, Tool) -> Sampling),
        (true, |it, tool| it.tool(tool)),
        (false, |it, tool| it.tool(tool).tool_choice(ToolMode::None)),
    ] {
        let calls = serve_with(sampling);
        let asked = calls.asked("model", json!({})).await;
        let used = calls.try_it("model", retry(&asked, json!({"m": says(uses.clone())}))).await;
        assert_eq!(used.map(|_| ()).map_err(|error| error.code()).is_ok(), offers);
        let text = says(json!({"type": "text", "text": "no"}));
        assert_eq!(calls.told("model", retry(&asked, json!({"m": text}))).await, "0");
    }
}

#[tokio::test]
async fn basic_sampling() {
    let (calls, tool) = (fixture(), "test_input_required_result_sampling");
    let asked = calls.asked(tool, json!({})).await;
    assert_eq!(
        asked["inputRequests"],
        json!({"capital_question": {"method": "sampling/createMessage", "params": {
            "messages": [{"role": "user", "content": {
                "type": "text", "text": "What is the capital of France?"}}],
            "maxTokens": 100}}})
    );
    let answers = json!({"capital_question": said("The capital of France is Paris.")});
    let told = calls.told(tool, retry(&asked, answers)).await;
    assert_eq!(told, "The capital of France is Paris.");
}

#[tokio::test]
async fn basic_list_roots() {
    let (calls, tool) = (fixture(), "test_input_required_result_list_roots");
    let asked = calls.asked(tool, json!({})).await;
    assert_eq!(
        asked["inputRequests"],
        json!({"client_roots": {"method": "roots/list", "params": {}}})
    );
    let told = calls.told(tool, retry(&asked, json!({"client_roots": roots()}))).await;
    assert_eq!(told, "file:///test/root");
}

#[tokio::test]
async fn request_state() {
    let (calls, tool) = (fixture(), "test_input_required_result_request_state");
    let asked = calls.asked(tool, json!({})).await;
    assert!(asked["requestState"].as_str().is_some_and(|state| !state.is_empty()));
    let answers = json!({"confirm": accept(json!({"ok": true}))});
    assert_eq!(calls.told(tool, retry(&asked, answers)).await, "state-ok");
}

#[tokio::test]
async fn multiple_input_requests() {
    let (calls, tool) = (fixture(), "test_input_required_result_multiple_inputs");
    let asked = calls.asked(tool, json!({})).await;
    let requests = asked["inputRequests"].as_object().unwrap();
    let mut methods: Vec<_> =
        requests.values().map(|request| request["method"].as_str().unwrap()).collect();
    methods.sort_unstable();
    assert_eq!(methods, ["elicitation/create", "roots/list", "sampling/createMessage"]);
    // The answers may come in rounds of their own; those that are there are not asked for again.
    let some = json!({"user_name": accept(json!({"name": "Alice"})), "client_roots": roots()});
    let asked = calls.asked(tool, retry(&asked, some)).await;
    let keys: Vec<_> = asked["inputRequests"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["greeting"]);
    let told = calls.told(tool, retry(&asked, json!({"greeting": said("Hello there,")}))).await;
    assert_eq!(told, "Hello there, Alice 1");
}

#[tokio::test]
async fn multi_round() {
    let (calls, tool) = (fixture(), "test_input_required_result_multi_round");
    let first = calls.asked(tool, json!({})).await;
    let answers = json!({"step1": accept(json!({"name": "Alice"}))});
    let second = calls.asked(tool, retry(&first, answers)).await;
    assert!(second["inputRequests"].get("step2").is_some());
    assert!(second["inputRequests"].get("step1").is_none());
    assert_ne!(first["requestState"], second["requestState"]);
    // The client brings the answers of the last round alone.
    let answers = json!({"step2": accept(json!({"color": "blue"}))});
    assert_eq!(calls.told(tool, retry(&second, answers)).await, "Alice likes blue");
}

#[tokio::test]
async fn missing_input_response() {
    let wrong = json!({"wrong_key": accept(json!({"data": "wrong"}))});
    let calls = fixture();
    for tool in ["test_input_required_result_elicitation", "asks_first"] {
        let asked = calls.asked(tool, json!({"inputResponses": wrong})).await;
        let again = calls.asked(tool, retry(&asked, wrong.clone())).await;
        assert!(again["inputRequests"].get("user_name").is_some());
        let again = calls.asked(tool, retry(&asked, json!({}))).await;
        assert!(again["inputRequests"].get("user_name").is_some());
    }
}

#[tokio::test]
async fn tampered_state() {
    let (calls, tool) = (fixture(), "asks_first");
    let asked = calls.asked(tool, json!({})).await;
    let state = format!("{}-TAMPERED", asked["requestState"].as_str().unwrap());
    let answers = json!({"user_name": accept(json!({"ok": true}))});
    let more = json!({"inputResponses": answers, "requestState": state});
    let error = calls.try_it(tool, more).await.unwrap_err();
    assert_eq!(
        (error.code(), error.message(), error.data()),
        (code::INVALID_PARAMS, "the request state is not valid", None)
    );
}

#[tokio::test]
async fn capability_check() {
    let (calls, tool) = (fixture(), "test_input_required_result_capabilities");
    let keys = async |declared: Value| {
        let reply = calls.try_with(declared, tool, json!({})).await.unwrap();
        let asked = value(&reply)["inputRequests"].as_object().cloned().unwrap_or_default();
        (reply.kind, asked.keys().cloned().collect::<Vec<_>>())
    };
    let asks = Kind::InputRequired;
    assert_eq!(keys(json!({"sampling": {}})).await, (asks.clone(), vec!["capital".into()]));
    assert_eq!(keys(json!({"elicitation": {}})).await, (asks.clone(), vec!["user_name".into()]));
    assert_eq!(keys(json!({"elicitation": {"url": {}}})).await, (Kind::Complete, vec![]));
    assert_eq!(keys(everything()).await, (asks, vec!["capital".into(), "user_name".into()]));
}

#[tokio::test]
async fn ignore_extra_params() {
    let (calls, tool) = (fixture(), "test_input_required_result_elicitation");
    let answers = json!({"user_name": accept(json!({"name": "Alice"})),
                         "unknown_extra_key": accept(json!({"foo": "bar"})),
                         "another_unexpected": accept(json!({"baz": 123}))});
    assert_eq!(calls.told(tool, json!({"inputResponses": answers})).await, "Hello, Alice!");
    let asked = calls.asked("asks_first", json!({})).await;
    assert_eq!(calls.told("asks_first", retry(&asked, answers)).await, "Hello, Alice!");
}

#[tokio::test]
async fn validate_input() {
    let calls = fixture();
    for tool in ["test_input_required_result_elicitation", "asks_first"] {
        for wrong in [
            json!({"inputResponses": {"user_name": 12345}}),
            json!({"inputResponses": {"other": null}}),
            json!({"inputResponses": null}),
            json!({"inputResponses": []}),
            json!({"requestState": null}),
        ] {
            let error = calls.try_it(tool, wrong.clone()).await.unwrap_err();
            assert_eq!(error.code(), code::INVALID_PARAMS, "{wrong}");
        }
    }
}

#[tokio::test]
async fn nobody_is_asked_who_did_not_say_that_they_can_answer() {
    let calls = fixture();
    for (tool, needed) in [
        ("asks_first", json!({"elicitation": {}})),
        ("test_input_required_result_sampling", json!({"sampling": {}})),
        ("test_input_required_result_list_roots", json!({"roots": {}})),
        (
            "test_input_required_result_multiple_inputs",
            json!({"elicitation": {}, "sampling": {}, "roots": {}}),
        ),
    ] {
        let error = calls.try_with(json!({}), tool, json!({})).await.unwrap_err();
        assert_eq!(error.code(), code::MISSING_CLIENT_CAPABILITY, "{tool}");
        let data: Value = error.data().unwrap().parse().unwrap();
        assert_eq!(data["requiredCapabilities"], needed, "{tool}");
    }
}
