//! What becomes of answers: unasked, declined, wrong; questions that cannot be asked, or again.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::{
    Context, Request, Running,
    protocol::{Json, RequestMeta, code, note::Progress, sampling::ToolMode},
};

use super::{
    Calls,
    asks::{Name, Nothing, Sure, accept, everything, fixture, name_of, retry, said},
    serve, value,
};
use crate::{Asking, Elicited, Form, Page, Sampling, Server, ToolError, ToolSpec};

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
