//! Tools that ask before they answer.

use serde_json::{Value, json};
use toolgate_core::reply::Kind;
use toolgate_testkit::TestClient;

use super::{asking, client, roots, sampling, text, text_of, value};

/// The question of a call, by the method and under the key that it has, and the answer to an answer.
async fn answered(client: &TestClient, params: Value, key: &str, answer: Value) -> (Value, Value) {
    let question = client.call_raw("tools/call", params.clone()).await.unwrap();
    assert_eq!(question.kind, Kind::InputRequired);
    let asked = value(&question)["inputRequests"][key].take();
    let reply = client.answer("tools/call", params, &question, [(key, answer)]).await.unwrap();
    (asked, value(&reply))
}

#[tokio::test]
async fn a_form_is_shown_and_its_answer_used() {
    let plain = client(asking::server());
    let params = json!({ "name": "book", "arguments": { "day": "Friday" } });
    let refused = value(&plain.call_raw("tools/call", params.clone()).await.unwrap());
    assert_eq!(refused["isError"], true);
    assert_eq!(text_of(&refused), "call us: your client shows no forms");

    let client = plain.capabilities(json!({ "elicitation": {} }));
    let party = json!({ "name": "Ann", "people": 2, "place": "garden" });
    let accept = json!({ "action": "accept", "content": party });
    let (asked, reply) = answered(&client, params.clone(), "party", accept).await;
    assert_eq!(
        (&asked["method"], &asked["params"]["message"]),
        (&json!("elicitation/create"), &json!("Who is coming?"))
    );
    let people = &asked["params"]["requestedSchema"]["properties"]["people"];
    assert_eq!((&people["minimum"], &people["maximum"]), (&json!(1), &json!(12)));
    assert_eq!(text_of(&reply), "Friday: a table for 2 in the garden, Ann");

    let question = client.call_raw("tools/call", params.clone()).await.unwrap();
    let crowd = json!({ "action": "accept", "content": { "name": "Ann", "people": 99 } });
    let crowd = client.answer("tools/call", params.clone(), &question, [("party", crowd)]).await;
    assert_eq!(crowd.unwrap_err().code(), -32602);

    let decline = json!({ "action": "decline" });
    let (_, reply) = answered(&client, params.clone(), "party", decline).await;
    assert_eq!(text_of(&reply), "Another time, then.");
    let (_, reply) = answered(&client, params, "party", json!({ "action": "cancel" })).await;
    assert_eq!((&reply["isError"], &*text_of(&reply)), (&json!(true), "nobody answered"));
}

#[tokio::test]
async fn the_model_is_asked_where_there_is_one() {
    let plain = client(sampling::server());
    assert_eq!(text(&plain, "name_colour", json!({ "mood": "calm" })).await, "grey");
    let client = plain.capabilities(json!({ "sampling": {} }));
    let params = json!({ "name": "name_colour", "arguments": { "mood": "calm" } });
    let content = json!({ "type": "text", "text": " Blue\n" });
    let answer = json!({ "role": "assistant", "model": "none", "content": content });
    let (asked, reply) = answered(&client, params, "colour", answer).await;
    assert_eq!(asked["method"], "sampling/createMessage");
    assert_eq!(asked["params"]["maxTokens"], 20);
    assert_eq!(text_of(&reply), "blue");
}

#[tokio::test]
async fn folders_are_asked_for_where_they_are_shown() {
    let plain = client(roots::server());
    assert_eq!(text(&plain, "folders", json!({})).await, "[]");
    let client = plain.capabilities(json!({ "roots": {} }));
    let params = json!({ "name": "folders", "arguments": {} });
    let shown = json!([{ "uri": "file:///a", "name": "A" }, { "uri": "file:///b" }]);
    let (asked, reply) = answered(&client, params, "folders", json!({ "roots": shown })).await;
    assert_eq!(asked["method"], "roots/list");
    assert_eq!(reply["structuredContent"]["result"], json!(["A", "file:///b"]));
}
