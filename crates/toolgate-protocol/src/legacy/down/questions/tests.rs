//! Questions in every revision.

use serde_json::{Value, json};

use super::*;

fn ask(revision: Revision, method: &str, params: &str) -> Result<String, Value> {
    let asked = InputRequest::new(method, Json::from_text(params.to_owned()).unwrap());
    match question(revision, &"q1".into(), &asked) {
        Ok(params) => Ok(String::from_utf8(params.as_bytes().to_vec()).unwrap()),
        Err(Unasked::Needs(capabilities)) => Err(capabilities.parse().unwrap()),
        Err(Unasked::Unknown) => Err(Value::Null),
    }
}

fn value(asked: Result<String, Value>) -> Value {
    serde_json::from_str(&asked.unwrap()).unwrap()
}

const BEFORE_FORMS: [Revision; 2] = [Revision::November2024, Revision::March2025];

#[test]
fn a_form_keeps_its_order_and_loses_what_a_revision_has_no_words_for() {
    let form = r#"{"mode":"form","message":"m","requestedSchema":{"type":"object","properties":{
        "z":{"type":"string","oneOf":[{"const":"a","title":"A"},{"const":"b","title":"B"}],"default":"a"},
        "y":{"type":"integer","minimum":1,"default":3},
        "x":{"type":"boolean","default":true},
        "w":{"type":"string","enum":["c"],"enumNames":["C"],"title":"W"}},"required":["z"]}}"#;
    assert_eq!(ask(Revision::November2025, method::ELICIT, form).unwrap(), form, "as it is");
    assert_eq!(
        ask(Revision::June2025, method::ELICIT, form).unwrap(),
        concat!(
            r#"{"message":"m","requestedSchema":{"type":"object","properties":{"#,
            r#""z":{"type":"string","enum":["a","b"],"enumNames":["A","B"]},"#,
            r#""y":{"type":"integer","minimum":1},"#,
            r#""x":{"type":"boolean","default":true},"#,
            r#""w":{"type":"string","title":"W","enum":["c"],"enumNames":["C"]}},"required":["z"]}}"#
        )
    );
    for revision in BEFORE_FORMS {
        assert_eq!(ask(revision, method::ELICIT, form).unwrap_err(), json!({"elicitation": {}}));
    }
}

#[test]
fn several_of_several_are_asked_where_a_form_has_that() {
    let form = r#"{"message":"m","requestedSchema":{"type":"object","properties":{
        "a":{"type":"array","items":{"type":"string","enum":["x"]}}}}}"#;
    assert!(ask(Revision::November2025, method::ELICIT, form).is_ok());
    assert_eq!(
        ask(Revision::June2025, method::ELICIT, form).unwrap_err(),
        json!({"elicitation": {}})
    );
}

#[test]
fn a_page_has_a_name_where_there_are_pages() {
    let page = r#"{"mode":"url","message":"m","url":"https://e.x/"}"#;
    assert_eq!(
        value(ask(Revision::November2025, method::ELICIT, page)),
        json!({"mode": "url", "message": "m", "url": "https://e.x/", "elicitationId": "q1"})
    );
    assert_eq!(
        ask(Revision::June2025, method::ELICIT, page).unwrap_err(),
        json!({"elicitation": {"url": {}}})
    );
}

#[test]
fn a_conversation_has_one_block_a_message_and_no_tools_before_they_came() {
    let several = r#"{"maxTokens":1,"messages":[{"role":"user","_meta":{},"content":[
        {"type":"text","text":"a","_meta":{}},{"type":"audio","data":"","mimeType":"audio/wav"}]}]}"#;
    assert_eq!(ask(Revision::November2025, method::SAMPLE, several).unwrap(), several);
    let say = |block: Value| json!({"role": "user", "content": block});
    let (text, sound) = (
        json!({"type": "text", "text": "a"}),
        json!({"type": "audio", "data": "", "mimeType": "audio/wav"}),
    );
    let with_meta = json!({"type": "text", "text": "a", "_meta": {}});
    let words = json!({"type": "text", "text": "[audio]"});
    for (revision, first, second) in [
        (Revision::June2025, &with_meta, &sound),
        (Revision::March2025, &text, &sound),
        (Revision::November2024, &text, &words),
    ] {
        let asked = value(ask(revision, method::SAMPLE, several));
        assert_eq!(
            asked["messages"],
            json!([say(first.clone()), say(second.clone())]),
            "{revision:?}"
        );
    }
    for tools in [
        r#"{"messages":[],"maxTokens":1,"tools":[]}"#,
        r#"{"messages":[],"maxTokens":1,"toolChoice":{"mode":"none"}}"#,
        r#"{"messages":[{"role":"assistant","content":{"type":"tool_use","id":"1","name":"n","input":{}}}],"maxTokens":1}"#,
        r#"{"messages":[{"role":"user","content":[{"type":"tool_result","toolUseId":"1","content":[]}]}],"maxTokens":1}"#,
    ] {
        assert!(ask(Revision::November2025, method::SAMPLE, tools).is_ok());
        assert_eq!(
            ask(Revision::June2025, method::SAMPLE, tools).unwrap_err(),
            json!({"sampling": {"tools": {}}}),
            "{tools}"
        );
    }
}

#[test]
fn what_a_tool_came_to_is_an_object_or_words() {
    let said = |data: &str| {
        format!(
            r#"{{"messages":[{{"role":"user","content":{{"type":"tool_result","toolUseId":"1","content":[],"structuredContent":{data}}}}}],"maxTokens":1}}"#
        )
    };
    let asked = |data| value(ask(Revision::November2025, method::SAMPLE, &said(data)));
    let data = |asked: Value| asked["messages"][0]["content"].get("structuredContent").cloned();
    assert_eq!(data(asked("{\"a\":1}")), Some(json!({"a": 1})));
    assert_eq!(data(asked("[1]")), None);
}

#[test]
fn roots_are_asked_everywhere_and_nothing_else_anywhere() {
    for revision in Revision::ALL {
        assert_eq!(ask(revision, method::ROOTS, "{}").unwrap(), "{}");
        assert_eq!(ask(revision, "tools/call", "{}").unwrap_err(), Value::Null);
    }
    let odd = r#"{"mode":"telepathy","message":"m"}"#;
    assert_eq!(ask(Revision::November2025, method::ELICIT, odd).unwrap_err(), Value::Null);
    for bad in [r#"{"messages":[{"role":"user"}]}"#, r#"{"messages":[{"content":7}]}"#] {
        assert_eq!(ask(Revision::June2025, method::SAMPLE, bad).unwrap_err(), Value::Null);
    }
    let no_schema = r#"{"message":"m"}"#;
    assert_eq!(ask(Revision::June2025, method::ELICIT, no_schema).unwrap_err(), Value::Null);
}
