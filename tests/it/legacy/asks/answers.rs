//! Whose answers count, for what, and how often.

use serde_json::json;

use super::*;
use crate::legacy::{bound, said};

#[tokio::test]
async fn a_form_is_asked_on_the_calls_stream_and_answered_in_the_session() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    for (answer, expected) in [
        (accept("Ann"), "Ann for ann"),
        (json!({"action": "decline"}), "declined"),
        (json!({"action": "cancel"}), "cancelled"),
    ] {
        let mut call = Call::begin(&session, "form").await;
        let (id, question) = call.question().await;
        assert_eq!(question["method"], "elicitation/create");
        let params = json!({"mode": "form", "message": "Who are you?", "requestedSchema": {
            "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}});
        assert_eq!(question["params"], params);
        tell(&session, &id, answer).await;
        assert_eq!(call.said().await, expected);
    }
}

#[tokio::test]
async fn models_roots_and_pages_are_asked_likewise() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let agree = json!({"action": "accept"});
    for (tool, method, answer, expected) in [
        ("model", "sampling/createMessage", model_says("Paris"), "Paris"),
        ("folders", "roots/list", roots(2), "file:///0 file:///1"),
        ("page", "elicitation/create", agree, "Accepted(())"),
    ] {
        let mut call = Call::begin(&session, tool).await;
        let (id, question) = call.question().await;
        assert_eq!(question["method"], method);
        if tool == "page" {
            assert_eq!(question["params"]["elicitationId"], id);
        }
        tell(&session, &id, answer).await;
        assert_eq!(call.said().await, expected);
    }
}

#[tokio::test]
async fn several_are_asked_at_once_and_answered_in_any_order() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let mut call = Call::begin(&session, "three").await;
    let mut ids = Vec::new();
    for method in ["elicitation/create", "sampling/createMessage", "roots/list"] {
        let (id, question) = call.question().await;
        assert_eq!(question["method"], method);
        ids.push(id);
    }
    tell(&session, &ids[2], roots(3)).await;
    tell(&session, &ids[0], accept("Ann")).await;
    tell(&session, &ids[1], model_says("Paris")).await;
    assert_eq!(call.said().await, "Some(\"Ann\") Paris 3");
}

#[tokio::test]
async fn each_round_has_questions_of_its_own_and_progress_never_goes_back() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let message = crate::support::mcp::with_progress(crate::legacy::calling("twice"), "p");
    let mut call = Call::of(&session, &message).await;
    let mut steps = Vec::new();
    let mut ids = Vec::new();
    let text = loop {
        let message = call.next().await;
        if let Some(progress) = message["params"]["progress"].as_f64() {
            steps.push(progress);
        } else if message["method"].is_string() {
            let name = if ids.is_empty() { "one" } else { "two" };
            ids.push(message["id"].clone());
            tell(&session, &message["id"], accept(name)).await;
        } else {
            break message["result"]["content"][0]["text"].clone();
        }
    };
    assert_eq!(text, "[Some(\"one\"), Some(\"two\")]");
    assert_eq!(steps, [1.0, 2.0, 3.0], "what was reported is not reported again");
    assert_ne!(ids[0], ids[1]);
}

/// Whose an answer is, its POST says: the token, and the session.
#[tokio::test]
async fn nobody_else_answers_and_nothing_else_is_answered() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let other = able(&server, "ann").await;
    let mallory = able(&server, "mallory").await;
    let mut call = Call::begin(&session, "form").await;
    let (id, _) = call.question().await;
    let wrong = || old::answer(&id, accept("Mallory"));
    // Another's session does not exist; in their own nothing of that name is asked.
    assert_eq!(session.with_token("mallory").send(&wrong()).await.outcome(), (404, Some(-32001)));
    taken(&mallory.send(&wrong()).await);
    taken(&other.send(&wrong()).await);
    assert_eq!(old::post(&wrong()).send(server.addr).await.status, 401);
    assert_eq!(session.with_token("ann.none").send(&wrong()).await.status, 403);
    // Nor is what was not asked answered.
    for unknown in [json!("0"), json!(0), json!(7), json!(format!("{}0", id.as_str().unwrap()))] {
        taken(&session.send(&old::answer(&unknown, accept("Mallory"))).await);
    }
    let mut nameless = wrong();
    nameless["id"] = Value::Null;
    taken(&session.send(&nameless).await);
    tell(&session, &id, accept("Ann")).await;
    assert_eq!(call.said().await, "Ann for ann");
}

#[tokio::test]
async fn the_first_answer_counts_and_none_after_the_end() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let mut call = Call::begin(&session, "three").await;
    let (a, b, c) = (call.question().await.0, call.question().await.0, call.question().await.0);
    for name in ["first", "second"] {
        tell(&session, &a, accept(name)).await;
    }
    tell(&session, &b, model_says("Paris")).await;
    tell(&session, &c, roots(0)).await;
    assert_eq!(call.said().await, "Some(\"first\") Paris 0");
    for id in [&a, &b, &c] {
        tell(&session, id, accept("late")).await;
    }
    assert_eq!(said(&session.send(&crate::legacy::echo()).await), "hi");
}

/// Who brings the answer is asking from then on.
#[tokio::test]
async fn the_call_goes_on_with_the_scopes_of_whoever_answers() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    let mut call = Call::begin(&session, "secret").await;
    let (id, _) = call.question().await;
    tell(&session.with_token("ann.low"), &id, accept("Ann")).await;
    assert_eq!(call.failed().await, -32000, "the tool needs `write`");
    // A token that lasts, or was made anew, is as good as the first.
    let mut call = Call::begin(&session, "secret").await;
    let (id, _) = call.question().await;
    tell(&session.with_token("ann.again"), &id, accept("Ann")).await;
    assert_eq!(call.said().await, "Ann for ann");
    // The last answer is what brings the call back.
    let mut call = Call::begin(&session, "three").await;
    let (a, b, c) = (call.question().await.0, call.question().await.0, call.question().await.0);
    tell(&session.with_token("ann.low"), &a, accept("Ann")).await;
    tell(&session, &b, model_says("")).await;
    assert_eq!(session.with_token("ann.none").send(&old::answer(&c, roots(1))).await.status, 403);
    tell(&session.with_token("ann.low"), &c, roots(1)).await;
    assert_eq!(call.said().await, "Some(\"Ann\")  1");
}

#[tokio::test]
async fn an_error_is_a_word_of_the_person_or_ends_the_call() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    for (code, expected) in [(-1, "declined"), (-32603, "cancelled")] {
        let mut call = Call::begin(&session, "form").await;
        let (id, _) = call.question().await;
        taken(&session.send(&old::refusal(&id, code)).await);
        assert_eq!(call.said().await, expected);
    }
    for (tool, code, expected) in [
        ("form", -32601, -32602),
        ("model", -1, -32000),
        ("model", -32601, -32602),
        ("folders", -32603, -32000),
        ("folders", -32601, -32602),
    ] {
        let mut call = Call::begin(&session, tool).await;
        let (id, _) = call.question().await;
        taken(&session.send(&old::refusal(&id, code)).await);
        assert_eq!(call.failed().await, expected, "{tool} {code}");
    }
    // The others need no answer any more.
    let mut call = Call::begin(&session, "three").await;
    let mut ids = vec![call.question().await.0, call.question().await.0, call.question().await.0];
    taken(&session.send(&old::refusal(&ids.remove(1), -1)).await);
    let mut told = vec![forgotten(&call.next().await), forgotten(&call.next().await)];
    told.sort_by_key(Value::to_string);
    ids.sort_by_key(Value::to_string);
    assert_eq!((told, call.failed().await), (ids, -32000));
}

#[tokio::test]
async fn what_is_no_answer_to_the_question_ends_the_call() {
    let server = start(bound()).await;
    let session = able(&server, "ann").await;
    for wrong in
        [json!({"action": "accept", "content": {"name": 7}}), json!({}), json!("x"), Value::Null]
    {
        let mut call = Call::begin(&session, "form").await;
        let (id, _) = call.question().await;
        tell(&session, &id, wrong.clone()).await;
        assert_eq!(call.failed().await, -32602, "{wrong}");
    }
}
