//! `derive(Prompt)`: what the struct accepts, what its schema says, what its spec calls.

use serde_json::json;
use toolgate_macros::{Arguments, Prompt};

use crate::Prompt;

fn languages(typed: &str) -> Vec<String> {
    vec![format!("{typed}da")]
}

#[derive(Arguments, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Tone {
    Kind,
    Plain,
}

/// Review a change.
#[derive(Prompt, Debug, PartialEq)]
#[prompt(name = "code.review", title = "Review", scopes("a", "b"), roles("c"), guard = || true)]
#[prompt(listed, advertised = false, timeout = "2m", icon = "data:image/png;base64,AA==")]
#[prompt(single_use = false, unasked_answers)]
#[serde(rename_all = "camelCase")]
struct Review {
    /// The language that the change is written in.
    #[prompt(complete = languages)]
    #[serde(rename = "lang")]
    language: String,
    change_text: String,
    tone: Option<Tone>,
}

#[test]
fn every_key_is_a_call() {
    let spec = Review::spec();
    assert_eq!(spec.new, "code.review");
    let expected = [
        "description(\"Review a change.\")",
        "title(\"Review\")",
        "scopes([\"a\", \"b\"])",
        "roles([\"c\"])",
        "guard(true)",
        "listed(true)",
        "advertised(false)",
        "timeout(120s)",
        "icon(\"data:image/png;base64,AA==\")",
        "single_use(false)",
        "unasked_answers(true)",
        "complete((\"lang\", [\"ada\"]))",
    ];
    assert_eq!(spec.calls, expected);
}

#[test]
fn fields_are_the_arguments() {
    let read: Review =
        serde_json::from_value(json!({ "lang": "de", "changeText": "x", "tone": "plain" }))
            .unwrap();
    let (language, change_text) = ("de".to_owned(), "x".to_owned());
    assert_eq!(read, Review { language, change_text, tone: Some(Tone::Plain) });
}

#[test]
fn the_schema_describes_arguments_and_not_the_prompt() {
    let schema = schemars::schema_for!(Review).to_value();
    let lang = &schema["properties"]["lang"]["description"];
    assert_eq!(lang, "The language that the change is written in.");
    assert_eq!(schema["required"], json!(["lang", "changeText"]));
    assert_eq!(schema.get("description"), None);
}

#[derive(Prompt, Debug)]
struct SayHello;

#[test]
fn no_arguments_are_an_empty_object() {
    assert_eq!(SayHello::spec(), crate::PromptSpec::new("say_hello"));
    serde_json::from_value::<SayHello>(json!({})).unwrap();
}
