//! The examples of the specification, read and written again.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::*;

/// Reads `example` from text and writes it.
fn again<T: Serialize + DeserializeOwned>(example: &Value) -> Value {
    let read: T = serde_json::from_str(&example.to_string()).unwrap();
    serde_json::to_value(&read).unwrap()
}

#[test]
fn fields_are_read_and_written() {
    let colours =
        json!([{"const": "#FF0000", "title": "Red"}, {"const": "#00FF00", "title": "Green"}]);
    for example in [
        json!({"type": "boolean", "title": "Display Name", "description": "Description text",
               "default": false}),
        json!({"type": "number", "title": "Display Name", "description": "Description text",
               "minimum": 0, "maximum": 100, "default": 50}),
        json!({"type": "integer", "minimum": -1, "default": 2.5}),
        json!({"type": "string", "title": "Display Name", "description": "Description text",
               "minLength": 3, "maxLength": 50, "format": "email", "default": "user@example.com"}),
        json!({"type": "string", "format": "date-time"}),
        json!({"type": "array", "title": "Color Selection", "description": "Choose", "minItems": 1,
               "maxItems": 2, "items": {"anyOf": colours}, "default": ["#FF0000", "#00FF00"]}),
        json!({"type": "string", "title": "Color Selection", "oneOf": colours, "default": "#FF0000"}),
        json!({"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["Red", "Green"]},
               "default": ["Red"]}),
        json!({"type": "string", "enum": ["Red", "Green", "Blue"], "default": "Red"}),
        json!({"type": "string", "enum": ["opt1"], "enumNames": ["Option One"]}),
    ] {
        assert_eq!(again::<Field>(&example), example);
    }
    for wrong in [json!({"type": "object"}), json!({"type": "array"}), json!({})] {
        assert!(serde_json::from_value::<Field>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn questions_are_read_and_written() {
    for example in [
        json!({"mode": "form", "message": "Please provide your GitHub username",
               "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}},
                                   "required": ["name"]}}),
        json!({"mode": "form", "message": "Please provide your contact information",
               "requestedSchema": {"type": "object", "properties": {
                   "name": {"type": "string", "description": "Your full name"},
                   "email": {"type": "string", "format": "email", "description": "Your email address"},
                   "age": {"type": "number", "minimum": 18, "description": "Your age"}},
                   "required": ["name", "email"]}}),
        json!({"mode": "url", "url": "https://mcp.example.com/ui/set_api_key",
               "message": "Please provide your API key to continue."}),
    ] {
        assert_eq!(again::<Elicit>(&example), example);
    }
}

#[test]
fn without_a_mode_it_is_a_form_and_its_parts_are_needed() {
    let schema = json!({"type": "object", "properties": {}});
    let form: Elicit =
        serde_json::from_value(json!({"message": "m", "requestedSchema": schema})).unwrap();
    assert!(matches!(form, Elicit::Form { .. }));
    for wrong in [
        json!({"message": "m"}),
        json!({"message": "m", "url": "https://a"}),
        json!({"mode": "url", "message": "m", "requestedSchema": schema}),
        json!({"mode": "voice", "message": "m", "requestedSchema": schema}),
        json!({"message": "m", "requestedSchema": {"type": "array", "properties": {}}}),
    ] {
        assert!(serde_json::from_value::<Elicit>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn fields_keep_their_order() {
    let text = r#"{"type":"object","properties":{"z":{"type":"boolean"},"a":{"type":"boolean"}}}"#;
    let schema: FormSchema = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&schema).unwrap(), text);
}

#[test]
fn answers_are_read_and_written() {
    for example in [
        json!({"action": "accept"}),
        json!({"action": "decline"}),
        json!({"action": "cancel"}),
        json!({"action": "accept", "content": {"name": "octocat", "age": 30}}),
    ] {
        assert_eq!(again::<ElicitResult>(&example), example);
    }
    for wrong in [json!({}), json!({"action": "Accept"}), json!({"action": "yes"}), json!(12345)] {
        assert!(serde_json::from_value::<ElicitResult>(wrong.clone()).is_err(), "{wrong}");
    }
}
