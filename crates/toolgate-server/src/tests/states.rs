//! Request states: whom and what they belong to, how long, how often, and by which keys.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use proptest::prelude::*;
use serde_json::{Value, json};
use toolgate_core::{
    Caller, Context, Error, Identity, Key, Request,
    env::Env,
    protocol::{
        Json, code,
        input::{Answers, InputRequest, InputRequired},
    },
};

use super::{
    Calls,
    asks::{Name, Nothing, accept, everything, retry},
    serve,
};
use crate::{
    AskPolicy, Asking, SealKey, Server, ToolSpec,
    ask::{
        desk::{Desk, Round},
        settings::Settings,
    },
    seal::Sealer,
};

fn server() -> Server {
    let greet = |_: Nothing, cx: Context| async move {
        let name = cx.elicit::<Name>("user_name", "Who?").await?;
        Ok(format!("{}", name.accepted().is_some()))
    };
    Server::new("s", "1")
        .open()
        .tool_fn(ToolSpec::new("greet"), greet)
        .tool_fn(ToolSpec::new("other"), greet)
        .tool_fn(ToolSpec::new("once").single_use(true), greet)
}

fn key(digit: &str) -> SealKey {
    format!("{}{}", digit.repeat(62), "42").parse().unwrap()
}

fn alice() -> Value {
    json!({"user_name": accept(json!({"name": "Alice"}))})
}

async fn invalid(calls: &Calls, tool: &str, more: Value) {
    let error = calls.try_it(tool, more).await.unwrap_err();
    assert_eq!(
        (error.code(), error.message(), error.data()),
        (code::INVALID_PARAMS, "the request state is not valid", None)
    );
}

#[tokio::test]
async fn a_changed_state_is_refused_whichever_byte_it_is() {
    let calls = serve(server());
    let asked = calls.asked("greet", json!({})).await;
    let state = asked["requestState"].as_str().unwrap();
    for at in 0..state.len() {
        let mut bytes = state.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        invalid(&calls, "greet", json!({"inputResponses": alice(), "requestState": changed})).await;
    }
    for state in ["", "A", &state[1..], &state[..state.len() - 1]] {
        invalid(&calls, "greet", json!({"requestState": state})).await;
    }
    calls.try_it("greet", retry(&asked, alice())).await.unwrap();
}

#[tokio::test]
async fn a_state_belongs_to_its_owner() {
    let open = serve(server());
    let by = |key: Key| open.by_identity(Identity::new(key));
    let owner = by(Key::new("issuer", "ann").client("app"));
    let asked = owner.asked("greet", json!({})).await;
    for other in [
        Key::new("issuer", "bob").client("app"),
        Key::new("other", "ann").client("app"),
        Key::new("issuer", "ann").client("other"),
        Key::new("issuer", "ann"),
    ] {
        invalid(&by(other), "greet", retry(&asked, alice())).await;
    }
    invalid(&open, "greet", retry(&asked, alice())).await;
    // A new token of the same owner is the same owner.
    let renewed = Identity::new(Key::new("issuer", "ann").client("app")).scopes(["more"]);
    open.by_identity(renewed).try_it("greet", retry(&asked, alice())).await.unwrap();
    let asked = open.asked("greet", json!({})).await;
    invalid(&owner, "greet", retry(&asked, alice())).await;
}

#[tokio::test]
async fn a_state_belongs_to_its_tool_and_arguments() {
    let calls = serve(server());
    let asked = calls.asked("greet", json!({"arguments": {"a": 1, "b": [1, 2]}})).await;
    invalid(&calls, "other", {
        let mut more = retry(&asked, alice());
        more["arguments"] = json!({"a": 1, "b": [1, 2]});
        more
    })
    .await;
    for arguments in [json!({}), json!({"a": 2, "b": [1, 2]}), json!({"a": 1, "b": [2, 1]})] {
        let mut more = retry(&asked, alice());
        more["arguments"] = arguments;
        invalid(&calls, "greet", more).await;
    }
    let mut more = retry(&asked, alice());
    more["arguments"] = json!({"b": [1, 2], "a": 1});
    calls.try_it("greet", more).await.unwrap();
}

/// A clock that stands where it is set.
fn clocked(server: Server) -> (Server, Arc<AtomicU64>) {
    let now = Arc::new(AtomicU64::new(1_000_000));
    let clock = now.clone();
    let mut server = server;
    server.asking.clock =
        Arc::new(move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst)));
    (server, now)
}

#[tokio::test]
async fn a_state_expires() {
    let (server, now) = clocked(server().answer_within(Duration::from_secs(60)));
    let calls = serve(server);
    let asked = calls.asked("greet", json!({})).await;
    now.fetch_add(59, Ordering::SeqCst);
    let again = calls.asked("greet", retry(&asked, json!({}))).await;
    calls.try_it("greet", retry(&asked, alice())).await.unwrap();
    now.fetch_add(1, Ordering::SeqCst);
    invalid(&calls, "greet", retry(&asked, alice())).await;
    calls.try_it("greet", retry(&again, alice())).await.unwrap();
}

#[tokio::test]
async fn ten_minutes_are_the_default() {
    let (server, now) = clocked(server());
    let calls = serve(server);
    let asked = calls.asked("greet", json!({})).await;
    now.fetch_add(599, Ordering::SeqCst);
    calls.try_it("greet", retry(&asked, alice())).await.unwrap();
    now.fetch_add(1, Ordering::SeqCst);
    invalid(&calls, "greet", retry(&asked, alice())).await;
}

#[tokio::test]
async fn a_state_may_be_used_once_or_as_often_as_one_likes() {
    let calls = serve(server());
    let asked = calls.asked("greet", json!({})).await;
    for _ in 0..2 {
        calls.try_it("greet", retry(&asked, alice())).await.unwrap();
    }
    let asked = calls.asked("once", json!({})).await;
    calls.try_it("once", retry(&asked, alice())).await.unwrap();
    for answers in [alice(), json!({})] {
        invalid(&calls, "once", retry(&asked, answers)).await;
    }
    // Without answers it is used up too, for another.
    let first = calls.asked("once", json!({})).await;
    let second = calls.asked("once", retry(&first, json!({}))).await;
    invalid(&calls, "once", retry(&first, alice())).await;
    calls.try_it("once", retry(&second, alice())).await.unwrap();
}

#[tokio::test]
async fn what_may_be_used_once_is_of_use_to_its_process_alone() {
    let (one, other) =
        (|| serve(server().seal_keys([key("1")])), serve(server().seal_keys([key("1")])));
    let one = one();
    let asked = one.asked("greet", json!({})).await;
    other.try_it("greet", retry(&asked, alice())).await.unwrap();
    let asked = one.asked("once", json!({})).await;
    invalid(&other, "once", retry(&asked, alice())).await;
    one.try_it("once", retry(&asked, alice())).await.unwrap();
}

#[tokio::test]
async fn without_room_to_remember_nothing_more_is_used() {
    let mut server = server();
    server.asking.used = 1;
    let (server, now) = clocked(server);
    let calls = serve(server);
    let (first, second) =
        (calls.asked("once", json!({})).await, calls.asked("once", json!({})).await);
    calls.try_it("once", retry(&first, alice())).await.unwrap();
    let error = calls.try_it("once", retry(&second, alice())).await.unwrap_err();
    assert_eq!(error.code(), code::REFUSED);
    invalid(&calls, "once", retry(&first, alice())).await;
    now.fetch_add(600, Ordering::SeqCst);
    let third = calls.asked("once", json!({})).await;
    calls.try_it("once", retry(&third, alice())).await.unwrap();
}

#[test]
fn once_and_unasked_contradict_each_other() {
    use toolgate_core::IntoService;
    let spec = ToolSpec::new("t").single_use(true).unasked_answers(true);
    let server = Server::new("s", "1").open().tool_fn(spec, |_: Nothing, _| async { Ok(()) });
    let problem = server.into_service().err().unwrap().to_string();
    assert!(problem.contains("`single_use`"), "{problem}");
}

#[tokio::test]
async fn old_keys_open_and_removed_ones_do_not() {
    let with = |keys: &[&str]| serve(server().seal_keys(keys.iter().map(|digit| key(digit))));
    let asked = with(&["1"]).asked("greet", json!({})).await;
    with(&["1"]).try_it("greet", retry(&asked, alice())).await.unwrap();
    with(&["2", "1"]).try_it("greet", retry(&asked, alice())).await.unwrap();
    invalid(&with(&["2"]), "greet", retry(&asked, alice())).await;
    let newer = with(&["2", "1"]).asked("greet", json!({})).await;
    with(&["2"]).try_it("greet", retry(&newer, alice())).await.unwrap();
    // Without keys every process has its own.
    let asked = serve(server()).asked("greet", json!({})).await;
    invalid(&serve(server()), "greet", retry(&asked, alice())).await;
}

#[tokio::test]
async fn keys_come_from_code_before_the_environment() {
    use toolgate_core::IntoService;
    const KEY: &str = "4242424242424242424242424242424242424242424242424242424242424211";
    const TWO: &str = "1111111111111111111111111111111111111111111111111111111111111142,4242424242424242424242424242424242424242424242424242424242424211";
    let env = |value| server().env_from(Env::of([("TOOLGATE_SEAL_KEYS", value)]));
    let asked = serve(env(KEY)).asked("greet", json!({})).await;
    serve(env(TWO)).try_it("greet", retry(&asked, alice())).await.unwrap();
    let in_code = serve(env(KEY).seal_keys([key("1")]));
    invalid(&in_code, "greet", retry(&asked, alice())).await;
    let asked = serve(env(TWO)).asked("greet", json!({})).await;
    in_code.try_it("greet", retry(&asked, alice())).await.unwrap();
    for wrong in ["s3cr3t", "4242,", &KEY[1..]] {
        let problem = env(String::from(wrong).leak()).into_service().err().unwrap().to_string();
        assert!(problem.contains("TOOLGATE_SEAL_KEYS") && !problem.contains(wrong), "{problem}");
    }
    let none = server().seal_keys([]).into_service().err().unwrap().to_string();
    assert!(none.contains("seal_keys"), "{none}");
}

#[tokio::test]
async fn what_a_client_keeps_is_bounded() {
    let server = server().state_size(1024).tool_fn(
        ToolSpec::new("two"),
        |_: Nothing, cx: Context| async move {
            let _ = cx.elicit::<Name>("one", "Who?").await?;
            let _ = cx.elicit::<Name>("two", "Who else?").await?;
            Ok(())
        },
    );
    let calls = serve(server);
    let asked = calls.asked("two", json!({})).await;
    let state = asked["requestState"].as_str().unwrap();
    assert!(state.len() < 512, "{}", state.len());
    invalid(&calls, "two", json!({"requestState": format!("{state}{}", "A".repeat(1024))})).await;
    let long = |len| json!({"one": accept(json!({"name": "x".repeat(len)}))});
    calls.asked("two", retry(&asked, long(100))).await;
    let error = calls.try_it("two", retry(&asked, long(1024))).await.unwrap_err();
    assert_eq!(error.code(), code::INVALID_PARAMS);
    assert!(error.message().contains("too large"), "{}", error.message());
}

#[test]
fn settings_that_no_question_survives_are_refused() {
    use toolgate_core::IntoService;
    for server in [server().state_size(1023), server().answer_within(Duration::from_millis(999))] {
        assert!(server.into_service().is_err());
    }
}

/// A desk, and who comes to it: what methods other than `tools/call` share.
fn desk() -> Arc<Desk> {
    let sealer = Arc::new(Sealer::new(vec![key("1")]).unwrap());
    Arc::new(Desk::new(sealer, Settings::default()).unwrap())
}

fn comes(
    desk: &Arc<Desk>,
    method: &'static str,
    mut params: Value,
    brought: &Value,
) -> Result<(Context, Round), Error> {
    let capabilities = json!({"io.modelcontextprotocol/clientCapabilities": everything()});
    params["_meta"] = capabilities;
    params.as_object_mut().unwrap().extend(brought.as_object().unwrap().clone());
    let params = Json::of(&params).unwrap();
    let meta = toolgate_core::protocol::RequestMeta::read(Some(&params)).unwrap();
    let brought = Answers::read(&params).unwrap();
    let cx = Context::with(Caller::Open, meta, None);
    desk.resume(&Request::new(method, params), brought, AskPolicy::default(), cx)
}

#[test]
fn prompts_and_resources_are_asked_for_at_the_same_desk() {
    let desk = desk();
    let mut question = InputRequired::default();
    question.input_requests.insert("k".into(), InputRequest::new("roots/list", Json::object()));
    for (method, params, other) in [
        ("prompts/get", json!({"name": "p"}), json!({"name": "q"})),
        ("resources/read", json!({"uri": "a:b"}), json!({"uri": "a:c"})),
        ("tools/call", json!({"name": "p"}), json!({"name": "p", "arguments": {}})),
    ] {
        let (cx, round) = comes(&desk, method, params.clone(), &json!({})).unwrap();
        let asked = super::value(&round.put(question.clone(), &cx).unwrap());
        let brought = retry(&asked, json!({"k": {"roots": []}}));
        let (cx, _) = comes(&desk, method, params.clone(), &brought).unwrap();
        assert!(cx.answers().input_responses.contains_key("k"));
        assert!(cx.answers().request_state.is_none(), "handlers never see the state");
        assert!(comes(&desk, method, other, &brought).is_err(), "{method}");
        for another in ["prompts/get", "resources/read", "tools/call", "tools/list"] {
            let same = comes(&desk, another, params.clone(), &brought).is_ok();
            assert_eq!(same, another == method, "{another} {method}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_refused_and_nothing_panics(state in ".*", sealed in "[A-Za-z0-9_-]{0,200}") {
        let desk = desk();
        for state in [state, sealed.clone(), format!("AQ{sealed}")] {
            let brought = json!({"requestState": state});
            let refused = comes(&desk, "tools/call", json!({"name": "t"}), &brought).err();
            prop_assert_eq!(refused.map(|error| error.code()), Some(code::INVALID_PARAMS));
        }
    }
}
