//! One call's questions, without anybody to ask.

use serde_json::Value;

use super::*;

const BYTES: usize = 1000;

fn call() -> Request {
    let params = json!({"name": "t", "arguments": {"a": 1}, "_meta": {"progressToken": 1},
                        "inputResponses": {"x": {}}, "requestState": "the client's"});
    Request::new(method::TOOLS_CALL, Json::of(&params).unwrap())
}

fn asking(revision: Revision) -> Asking {
    Asking::new(revision, call(), BYTES)
}

fn reply(asked: Value, state: Option<&str>) -> Reply {
    let mut fields = json!({"inputRequests": asked});
    if let Some(state) = state {
        fields["requestState"] = state.into();
    }
    Reply::of(&fields).unwrap().kind(Kind::InputRequired)
}

fn three() -> Value {
    json!({
        "who": {"method": "elicitation/create", "params": {"message": "m", "requestedSchema": {
            "type": "object", "properties": {}}}},
        "what": {"method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 1}},
        "where": {"method": "roots/list"},
    })
}

/// Ids in order: `0`, `1` and so on.
fn ask(asking: &mut Asking, reply: &Reply) -> Result<Vec<Value>, Error> {
    let mut next = 0;
    let questions = asking.ask_as(reply, || {
        next += 1;
        Ok(RequestId::from(next - 1))
    })?;
    let read = |it: &Question| -> Value { serde_json::from_slice(&it.message).unwrap() };
    for (number, question) in questions.iter().enumerate() {
        assert_eq!(read(question)["id"], json!(number));
        assert_eq!(question.id, RequestId::from(number as i64));
    }
    Ok(questions.iter().map(read).collect())
}

fn result(value: &Value) -> Outcome {
    Outcome::Result(Json::of(value).unwrap())
}

fn again(asking: &mut Asking) -> Value {
    let request = asking.again().unwrap();
    assert_eq!(request.method, method::TOOLS_CALL);
    request.params.parse().unwrap()
}

#[test]
fn what_is_asked_goes_out_and_comes_back_under_its_keys_with_the_state() {
    let mut asking = asking(Revision::November2025);
    let asked = ask(&mut asking, &reply(three(), Some("s"))).unwrap();
    let methods: Vec<_> = asked.iter().map(|it| it["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["sampling/createMessage", "roots/list", "elicitation/create"]);
    assert!(asked.iter().all(|it| it["jsonrpc"] == "2.0" && it["params"].is_object()));
    assert_eq!(asking.withdrawn().len(), 3);
    for (id, all) in [(2, false), (0, false), (1, true)] {
        assert_eq!(asking.answered(&id.into(), result(&json!({"n": id}))), Ok(all));
    }
    assert!(asking.withdrawn().is_empty());
    let mut expected: Value = call().params.parse().unwrap();
    expected["requestState"] = json!("s");
    expected["inputResponses"] = json!({"what": {"n": 0}, "where": {"n": 1}, "who": {"n": 2}});
    assert_eq!(again(&mut asking), expected);
}

#[test]
fn a_round_has_its_own_answers_and_state() {
    let mut asking = asking(Revision::LATEST);
    let one = |key: &str| json!({key: {"method": "roots/list"}});
    ask(&mut asking, &reply(one("a"), Some("s1"))).unwrap();
    asking.answered(&0.into(), result(&json!({}))).unwrap();
    again(&mut asking);
    ask(&mut asking, &reply(one("b"), None)).unwrap();
    asking.answered(&0.into(), result(&json!({}))).unwrap();
    let params = again(&mut asking);
    assert_eq!(params["inputResponses"], json!({"b": {}}));
    assert!(params.get("requestState").is_none(), "nor is it the client's: {params}");
}

#[test]
fn what_asks_nothing_is_no_question() {
    let mut asking = asking(Revision::LATEST);
    assert!(ask(&mut asking, &Reply::empty()).unwrap().is_empty());
    // What was not asked, or was answered, has no answer.
    ask(&mut asking, &reply(three(), None)).unwrap();
    for id in [RequestId::from(7), "0".into()] {
        assert_eq!(asking.answered(&id, result(&json!({}))), Ok(false));
    }
    assert_eq!(asking.withdrawn().len(), 3);
    asking.answered(&0.into(), result(&json!({}))).unwrap();
    asking.answered(&0.into(), result(&json!({"again": 1}))).unwrap();
    assert_eq!(asking.answers.values().next().unwrap().as_bytes(), b"{}", "the first counts");
    let told: Value = serde_json::from_slice(&asking.withdrawn()[0]).unwrap();
    assert_eq!(
        (&told["method"], &told["params"]["requestId"]),
        (&json!("notifications/cancelled"), &json!(1))
    );
    assert!(told.get("id").is_none());
}

#[test]
fn a_call_asks_so_much_and_so_often() {
    let many = |count: usize| {
        let asked = (0..count).map(|n| (n.to_string(), json!({"method": "roots/list"})));
        reply(Value::Object(asked.collect()), None)
    };
    let code = |asked: Result<Vec<Value>, Error>| asked.map(|it| it.len()).map_err(|it| it.code());
    for (count, expected) in
        [(0, Err(-32603)), (1, Ok(1)), (MOST_OPEN, Ok(MOST_OPEN)), (MOST_OPEN + 1, Err(-32603))]
    {
        assert_eq!(code(ask(&mut asking(Revision::LATEST), &many(count))), expected, "{count}");
    }
    let mut often = asking(Revision::LATEST);
    for _ in 0..MOST_ROUNDS {
        ask(&mut often, &many(1)).unwrap();
    }
    assert_eq!(code(ask(&mut often, &many(1))), Err(-32603));
}

#[test]
fn answers_are_bounded_together() {
    let mut asking = asking(Revision::LATEST);
    let large = |bytes: usize| result(&json!("x".repeat(bytes)));
    for _ in 0..2 {
        ask(&mut asking, &reply(three(), None)).unwrap();
        assert_eq!(asking.answered(&0.into(), large(BYTES / 2)), Ok(false));
        assert_eq!(asking.answered(&1.into(), large(BYTES / 2)).unwrap_err().code(), -32602);
    }
}

#[test]
fn an_error_is_a_word_of_the_person_or_the_end() {
    type Seen = Result<Value, (i32, Option<Value>)>;
    let lacks = |name: &str| -> Seen { Err((-32021, Some(json!({name: {}})))) };
    let refused = || -> Seen { Err((-32000, None)) };
    let rows = [
        ("who", Some(-1), Ok(json!({"action": "decline"}))),
        ("who", Some(-32603), Ok(json!({"action": "cancel"}))),
        ("who", Some(-32000), Ok(json!({"action": "cancel"}))),
        ("who", None, Ok(json!({"action": "cancel"}))),
        ("who", Some(-32601), lacks("elicitation")),
        ("who", Some(-32602), lacks("elicitation")),
        ("what", Some(-1), refused()),
        ("what", Some(-32603), refused()),
        ("what", Some(-32602), refused()),
        ("what", None, refused()),
        ("what", Some(-32601), lacks("sampling")),
        ("where", Some(-1), refused()),
        ("where", Some(-32603), refused()),
        ("where", None, refused()),
        ("where", Some(-32601), lacks("roots")),
    ];
    for (key, code, expected) in rows {
        let mut asking = asking(Revision::LATEST);
        ask(&mut asking, &reply(json!({key: three()[key]}), None)).unwrap();
        let found = match asking.answered(&0.into(), Outcome::Error(code)) {
            Ok(all) => {
                assert!(all);
                Ok(again(&mut asking)["inputResponses"][key].clone())
            }
            Err(error) => {
                let data = error.data().map(|data| data.parse::<Value>().unwrap());
                Err((error.code(), data.map(|data| data["requiredCapabilities"].clone())))
            }
        };
        assert_eq!(found, expected, "{key} {code:?}");
    }
}

#[test]
fn what_a_revision_has_not_is_a_missing_capability_and_nothing_goes_out() {
    let who = reply(json!({"who": three()["who"]}), None);
    for revision in [Revision::November2024, Revision::March2025] {
        let error = ask(&mut asking(revision), &who).unwrap_err();
        assert_eq!(error.code(), -32021, "{revision:?}");
    }
    let odd = reply(json!({"a": {"method": "tools/call", "params": {}}}), None);
    assert_eq!(ask(&mut asking(Revision::LATEST), &odd).unwrap_err().code(), -32603);
    let mut unlucky = asking(Revision::LATEST);
    assert!(unlucky.ask_as(&who, || Err(Error::internal())).is_err());
}

#[test]
fn ids_cannot_be_guessed() {
    let ids = || -> Vec<String> {
        let asked = asking(Revision::LATEST).ask(&reply(three(), None)).unwrap();
        asked.iter().map(|it| serde_json::to_string(&it.id).unwrap()).collect()
    };
    let mut all = [ids(), ids()].concat();
    assert!(all.iter().all(|id| id.len() == 34), "{all:?}");
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6);
}

#[test]
fn three_methods_may_ask() {
    for method in ["tools/call", "prompts/get", "resources/read"] {
        assert!(may_ask(method));
    }
    for method in ["tools/list", "completion/complete", "x"] {
        assert!(!may_ask(method));
    }
}
