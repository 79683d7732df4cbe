//! `derive(Resource)`: what the struct accepts, what its spec calls.

use serde_json::json;
use toolgate_macros::{Arguments, Resource};

use crate::Resource;

fn cities(typed: &str) -> Vec<String> {
    vec![format!("{typed}da")]
}

/// No schema is needed of it.
#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Day {
    Today,
    Tomorrow,
}

/// The weather of a day.
#[derive(Resource, Debug, PartialEq)]
#[resource(uri = "weather://{city}/{day}{/path*}{?type,units}", name = "Weather, by day")]
#[resource(title = "Weather", mime_type = "text/plain", scopes("a", "b"), roles("c"))]
#[resource(guard = || true, listed, advertised = false, timeout = "1500ms", icon = "https://a.example/i")]
#[resource(single_use, unasked_answers = false)]
struct Weather {
    /// Where.
    #[resource(complete = cities)]
    city: String,
    #[resource(complete = |_| vec!["today".to_owned()])]
    day: Day,
    path: Vec<String>,
    r#type: Option<u8>,
    #[serde(default)]
    units: String,
}

#[test]
fn every_key_is_a_call() {
    let spec = Weather::spec();
    assert_eq!(spec.new, "weather://{city}/{day}{/path*}{?type,units}");
    let expected = [
        "name(\"Weather, by day\")",
        "description(\"The weather of a day.\")",
        "title(\"Weather\")",
        "mime_type(\"text/plain\")",
        "scopes([\"a\", \"b\"])",
        "roles([\"c\"])",
        "guard(true)",
        "listed(true)",
        "advertised(false)",
        "timeout(1.5s)",
        "icon(\"https://a.example/i\")",
        "single_use(true)",
        "unasked_answers(false)",
        "complete((\"city\", [\"ada\"]))",
        "complete((\"day\", [\"today\"]))",
    ];
    assert_eq!(spec.calls, expected);
}

#[test]
fn fields_are_the_variables() {
    let read: Weather = serde_json::from_value(
        json!({ "city": "Rom", "day": "tomorrow", "path": ["a", "b"], "type": 1 }),
    )
    .unwrap();
    let path = vec!["a".to_owned(), "b".to_owned()];
    let (city, units) = ("Rom".to_owned(), String::new());
    assert_eq!(read, Weather { city, day: Day::Tomorrow, path, r#type: Some(1), units });
    let wrong = serde_json::from_value::<Weather>(json!({ "city": "Rom" })).unwrap_err();
    assert!(wrong.to_string().contains("`day`"), "{wrong}");
}

#[derive(Resource, Debug)]
#[resource(uri = "config://app", size = 1_024)]
struct AppConfig;

#[derive(Resource)]
#[resource(uri = "config://{b}")]
#[serde(deny_unknown_fields)]
struct Strict {
    b: Part,
}

#[derive(Arguments, Debug, PartialEq)]
#[serde(transparent)]
struct Part(u8);

#[test]
fn without_variables_nothing_is_read() {
    let spec = AppConfig::spec();
    assert_eq!(spec.new, "config://app");
    assert_eq!(spec.calls, ["name(\"app_config\")", "size(1024)"]);
    serde_json::from_value::<AppConfig>(json!({})).unwrap();
}

#[test]
fn serde_attributes_keep_their_meaning() {
    let read: Strict = serde_json::from_value(json!({ "b": 1 })).unwrap();
    assert_eq!(read.b, Part(1));
    assert!(serde_json::from_value::<Strict>(json!({ "b": 1, "c": 1 })).is_err());
}
