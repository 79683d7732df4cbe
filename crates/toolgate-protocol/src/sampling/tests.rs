//! The examples of the specification, read and written again.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::*;

/// Reads `example` from text and writes it.
fn again<T: Serialize + DeserializeOwned>(example: &Value) -> Value {
    let read: T = serde_json::from_str(&example.to_string()).unwrap();
    serde_json::to_value(&read).unwrap()
}

fn tool() -> Value {
    json!({"name": "get_weather", "description": "Get current weather for a city",
           "inputSchema": {"type": "object", "properties": {"city": {"type": "string"}},
                           "required": ["city"]}})
}

#[test]
fn questions_are_read_and_written() {
    let question = |text: &str| json!({"role": "user", "content": {"type": "text", "text": text}});
    let uses = json!([
        {"type": "tool_use", "id": "call_abc123", "name": "get_weather", "input": {"city": "Paris"}},
        {"type": "tool_use", "id": "call_def456", "name": "get_weather", "input": {"city": "London"},
         "_meta": {"k": 1}}]);
    let results = json!([
        {"type": "tool_result", "toolUseId": "call_abc123",
         "content": [{"type": "text", "text": "Weather in Paris: 18°C, partly cloudy"}]},
        {"type": "tool_result", "toolUseId": "call_def456", "structuredContent": {"t": 15},
         "isError": true, "content": [{"type": "text", "text": "Weather in London: 15°C, rainy"}]}]);
    for example in [
        json!({"messages": [question("What is the capital of France?")],
               "modelPreferences": {"hints": [{"name": "claude-3-sonnet"}],
                                    "intelligencePriority": 0.8, "speedPriority": 0.5},
               "systemPrompt": "You are a helpful assistant.", "maxTokens": 100}),
        json!({"messages": [question("What's the weather like in Paris and London?")],
               "tools": [tool()], "toolChoice": {"mode": "auto"}, "maxTokens": 1000}),
        json!({"messages": [question("What's the weather like in Paris and London?"),
                            {"role": "assistant", "content": uses},
                            {"role": "user", "content": results}],
               "tools": [tool()], "maxTokens": 1000}),
        json!({"messages": [], "maxTokens": 1, "includeContext": "thisServer", "temperature": 0.5,
               "stopSequences": ["."], "metadata": {"k": [1]}}),
    ] {
        assert_eq!(again::<CreateMessage>(&example), example);
    }
    let preferences = json!({"hints": [{"name": "claude-3-sonnet"}, {"name": "claude"}],
                             "costPriority": 0.3, "speedPriority": 0.8, "intelligencePriority": 0.5});
    assert_eq!(again::<ModelPreferences>(&preferences), preferences);
}

#[test]
fn answers_are_read_and_written() {
    let said = json!({"role": "assistant", "model": "claude-3-sonnet-20240307", "stopReason": "endTurn",
                      "content": {"type": "text", "text": "The capital of France is Paris."}});
    assert_eq!(again::<CreateMessageResult>(&said), said);
    let said: CreateMessageResult = serde_json::from_value(said).unwrap();
    assert_eq!(said.text(), "The capital of France is Paris.");
    let wants = json!({"role": "assistant", "model": "m", "stopReason": "toolUse", "content": [
        {"type": "tool_use", "id": "call_abc123", "name": "get_weather", "input": {"city": "Paris"}},
        {"type": "text", "text": "One moment."}]});
    assert_eq!(again::<CreateMessageResult>(&wants), wants);
    let wants: CreateMessageResult = serde_json::from_value(wants).unwrap();
    let names: Vec<_> = wants.tool_uses().map(|tool_use| &*tool_use.name).collect();
    assert_eq!((names, wants.text().as_str()), (vec!["get_weather"], "One moment."));
}

#[test]
fn what_is_no_answer_is_refused() {
    for wrong in [
        json!({}),
        json!(12345),
        json!({"role": "assistant", "model": "m", "content": "text"}),
        json!({"role": "assistant", "model": "m", "content": {"type": "resource_link", "uri": "a:b"}}),
        json!({"role": "assistant", "model": "m", "content": [{"type": "tool_use", "id": "1"}]}),
        json!({"role": "system", "model": "m", "content": []}),
        json!({"role": "assistant", "content": []}),
    ] {
        assert!(
            serde_json::from_str::<CreateMessageResult>(&wrong.to_string()).is_err(),
            "{wrong}"
        );
    }
}
