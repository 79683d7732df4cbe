//! Asking and being answered: what the conformance suite's `input-required` scenarios look at, in
//! memory, and what it does not.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::{
    Context, Error, Reply, Request, Running,
    protocol::{Json, RequestMeta, code, note::Progress, sampling::ToolMode},
    reply::Kind,
};

use super::{Calls, serve, value};
use crate::{
    Asking, Elicited, Form, Page, Questions, Result, Sample, Sampling, Server, ToolError, ToolSpec,
};

#[derive(Deserialize, JsonSchema)]
pub(super) struct Nothing {}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Name {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
struct Colour {
    color: String,
}

#[derive(Deserialize, JsonSchema)]
struct Sure {
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
        value(&reply)
    }

    /// A try that has to be answered, and the text of its result.
    async fn told(&self, name: &str, more: Value) -> String {
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

fn said(text: &str) -> Value {
    json!({"role": "assistant", "content": {"type": "text", "text": text}, "model": "test-model",
           "stopReason": "endTurn"})
}

fn roots() -> Value {
    json!({"roots": [{"uri": "file:///test/root", "name": "Test Root"}]})
}

fn name_of(elicited: Elicited<Name>) -> String {
    match elicited {
        Elicited::Accepted(Name { name }) => name,
        Elicited::Declined => "(declined)".into(),
        Elicited::Cancelled => "(cancelled)".into(),
    }
}

async fn greet(cx: Context) -> Result<String> {
    let name = cx.elicit::<Name>("user_name", "What is your name?").await?;
    Ok(format!("Hello, {}!", name_of(name)))
}

/// The tools of the suite's fixture.
fn fixture() -> Calls {
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

#[tokio::test]
async fn answers_that_nobody_asked_for_count_for_nothing_unless_a_tool_says_so() {
    let answers = json!({"user_name": accept(json!({"name": "Alice"}))});
    let (calls, more) = (fixture(), json!({"inputResponses": answers}));
    calls.asked("asks_first", more.clone()).await;
    let told = calls.told("test_input_required_result_elicitation", more).await;
    assert_eq!(told, "Hello, Alice!");
}

#[tokio::test]
async fn only_what_was_asked_last_can_be_answered() {
    let (calls, tool) = (fixture(), "test_input_required_result_multi_round");
    let first = calls.asked(tool, json!({})).await;
    let both = json!({"step1": accept(json!({"name": "Alice"})),
                      "step2": accept(json!({"color": "blue"}))});
    let second = calls.asked(tool, retry(&first, both)).await;
    let other = json!({"step1": accept(json!({"name": "Mallory"})),
                       "step2": accept(json!({"color": "red"}))});
    assert_eq!(calls.told(tool, retry(&second, other)).await, "Alice likes red");
}

#[tokio::test]
async fn declining_and_going_away_are_answers() {
    let calls = fixture();
    for (action, told) in [("decline", "Hello, (declined)!"), ("cancel", "Hello, (cancelled)!")] {
        let asked = calls.asked("asks_first", json!({})).await;
        let answers = json!({"user_name": {"action": action}});
        assert_eq!(calls.told("asks_first", retry(&asked, answers)).await, told);
    }
}

#[tokio::test]
async fn a_wrong_answer_is_an_error_that_names_the_field() {
    let calls = fixture();
    let asked = calls.asked("asks_first", json!({})).await;
    for (answer, words) in [
        (accept(json!({"name": 1})), "`user_name` is not valid: `name`: invalid type"),
        (accept(json!({})), "`user_name` is not valid: missing field `name`"),
        (json!({"action": "accept"}), "missing field `name`"),
        (json!({"action": "perhaps"}), "`action`: unknown variant"),
        (json!({}), "missing field `action`"),
    ] {
        let more = retry(&asked, json!({"user_name": answer}));
        let error = calls.try_it("asks_first", more).await.unwrap_err();
        assert_eq!(error.code(), code::INVALID_PARAMS);
        assert!(error.message().contains(words), "{}", error.message());
    }
    // Nothing was used up.
    let answers = json!({"user_name": accept(json!({"name": "Alice"}))});
    assert_eq!(calls.told("asks_first", retry(&asked, answers)).await, "Hello, Alice!");
}

#[tokio::test]
async fn an_answer_keeps_the_bounds_of_its_form() {
    #[derive(Deserialize, JsonSchema)]
    struct Age {
        #[schemars(range(min = 18))]
        age: u8,
    }
    let server = Server::new("s", "1").open().tool_fn(
        ToolSpec::new("age"),
        |_: Nothing, cx: Context| async move {
            let age = cx.elicit::<Age>("age", "How old?").await?;
            Ok(age.accepted().map(|it| it.age).unwrap_or_default())
        },
    );
    let calls = serve(server);
    let asked = calls.asked("age", json!({})).await;
    let young = retry(&asked, json!({"age": accept(json!({"age": 17}))}));
    let error = calls.try_it("age", young).await.unwrap_err();
    assert!(error.message().contains("`age`: out of its bounds"), "{}", error.message());
    assert_eq!(
        calls.told("age", retry(&asked, json!({"age": accept(json!({"age": 18}))}))).await,
        "18"
    );
}

#[tokio::test]
async fn what_no_form_can_ask_is_a_failure_of_ours() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "it is never answered")]
    struct Nested {
        inner: Name,
    }
    let server = Server::new("s", "1")
        .open()
        .tool_fn(ToolSpec::new("nested"), |_: Nothing, cx: Context| async move {
            let _ = cx.elicit::<Nested>("nested", "?").await?;
            Ok(())
        })
        .tool_fn(ToolSpec::new("twice"), |_: Nothing, cx: Context| async move {
            let _ = cx.ask((Form::<Name>::new("k", "?"), Form::<Sure>::new("k", "?"))).await?;
            Ok(())
        })
        .tool_fn(ToolSpec::new("page"), |_: Nothing, cx: Context| async move {
            let _ = cx.ask(Page::new("k", "?", "https://user:s3cr3t@a/")).await?;
            Ok(())
        });
    let calls = serve(server);
    for tool in ["nested", "twice", "page"] {
        let error = calls.try_it(tool, json!({})).await.unwrap_err();
        assert_eq!(error.code(), code::INTERNAL_ERROR);
        assert!(error.message().starts_with("internal error "), "{}", error.message());
    }
}

#[tokio::test]
async fn a_page_is_asked_for_again_until_its_work_is_done() {
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = done.clone();
    let pay = move |_: Nothing, cx: Context| {
        let done = seen.load(std::sync::atomic::Ordering::SeqCst);
        async move {
            let url = "https://pay.example.com/7";
            match cx.elicit_url("pay", "Please pay", url).await? {
                Elicited::Accepted(()) if done => Ok("paid"),
                Elicited::Accepted(()) => {
                    let again = cx.asking_again("pay");
                    let _ = again.elicit_url("pay", "Not yet paid", url).await?;
                    Ok("never reached")
                }
                Elicited::Declined | Elicited::Cancelled => Err(ToolError::shown("not paid")),
            }
        }
    };
    let calls = serve(Server::new("s", "1").open().tool_fn(ToolSpec::new("pay"), pay));
    let first = calls.asked("pay", json!({})).await;
    assert_eq!(
        first["inputRequests"]["pay"],
        json!({"method": "elicitation/create", "params": {
            "mode": "url", "message": "Please pay", "url": "https://pay.example.com/7"}})
    );
    let agreed = json!({"pay": {"action": "accept"}});
    let second = calls.asked("pay", retry(&first, agreed.clone())).await;
    assert_eq!(second["inputRequests"]["pay"]["params"]["message"], "Not yet paid");
    // The first answer is gone: without a new one, the question is what it was.
    let third = calls.asked("pay", retry(&second, json!({}))).await;
    assert_eq!(third["inputRequests"]["pay"]["params"]["message"], "Please pay");
    done.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(calls.told("pay", retry(&third, agreed)).await, "paid");
}

#[tokio::test]
async fn a_model_may_use_tools_where_the_client_lets_it() {
    let server = Server::new("s", "1").open().tool_fn(
        ToolSpec::new("think"),
        |_: Nothing, cx: Context| async move {
            let thought = Sampling::new(10).user("think").tool_choice(ToolMode::None);
            Ok(cx.sample("thought", thought).await?.model)
        },
    );
    let calls = serve(server);
    let declared = json!({"sampling": {}});
    let error = calls.try_with(declared, "think", json!({})).await.unwrap_err();
    assert_eq!(error.code(), code::MISSING_CLIENT_CAPABILITY);
    let asked = calls.asked("think", json!({})).await;
    assert_eq!(asked["inputRequests"]["thought"]["params"]["toolChoice"]["mode"], "none");
    let told = calls.told("think", retry(&asked, json!({"thought": said("hm")}))).await;
    assert_eq!(told, "test-model");
}

#[tokio::test]
async fn a_blocking_tool_asks_too() {
    let server = Server::new("s", "1").open().blocking_tool_fn(
        ToolSpec::new("block"),
        |_: Nothing, cx: Context| {
            Ok(name_of(cx.ask_blocking(Form::<Name>::new("user_name", "Who?"))?))
        },
    );
    let calls = serve(server);
    let asked = calls.asked("block", json!({})).await;
    let answers = json!({"user_name": accept(json!({"name": "Alice"}))});
    assert_eq!(calls.told("block", retry(&asked, answers)).await, "Alice");
}

#[tokio::test]
async fn progress_never_goes_back_on_a_replay() {
    let server = Server::new("s", "1").open().tool_fn(
        ToolSpec::new("work"),
        |_: Nothing, cx: Context| async move {
            cx.progress(1.0).await?;
            cx.progress(2.5).await?;
            let _ = cx.elicit::<Name>("user_name", "Who?").await?;
            cx.progress(3.0).await?;
            Ok("done")
        },
    );
    let calls = serve(server);
    let (steps, asked) = with_progress(&calls, json!({})).await;
    assert_eq!(steps, [1.0, 2.5]);
    let answers = json!({"user_name": accept(json!({"name": "Alice"}))});
    let (steps, _) = with_progress(&calls, retry(&asked, answers)).await;
    assert_eq!(steps, [3.0]);
}

/// Calls `work` with a progress token: what was reported, and the result.
async fn with_progress(calls: &Calls, more: Value) -> (Vec<f64>, Value) {
    let mut params = json!({"name": "work", "_meta": {
        "progressToken": 1, "io.modelcontextprotocol/clientCapabilities": everything()}});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let params = Json::of(&params).unwrap();
    let meta = RequestMeta::read(Some(&params)).unwrap();
    let cx = Context::with(calls.caller.clone(), meta, None);
    let running = calls.service.call(Request::new("tools/call", params), cx).await.unwrap();
    let Running::Open { mut notes, end } = running else { panic!("there are notes") };
    let reply = end.await.unwrap();
    let mut steps = Vec::new();
    while let Some(toolgate_core::Out::Note(note)) = notes.waiting() {
        steps.push(note.params.parse::<Progress>().unwrap().progress);
    }
    (steps, value(&reply))
}
