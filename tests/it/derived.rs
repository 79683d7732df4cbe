//! Resources and prompts that are derived, as a client in memory lists, reads and completes them.

use serde_json::{Value, json};
use toolgate::{
    Arguments, Context, Json, Prompt, Read, Render, Resource, Result, Server, Tool, Typed,
    protocol::code,
};
use toolgate_testkit::TestClient;

/// What the program was told.
#[derive(Resource)]
#[resource(uri = "config://app", title = "Configuration", mime_type = "text/plain", size = 9)]
#[resource(icon = "https://a.example/config.png")]
struct AppConfig;

impl Read for AppConfig {
    type Output = &'static str;

    async fn read(self, _: &(), _: &Context) -> Result<&'static str> {
        Ok("listen=no")
    }
}

#[derive(Arguments, toolgate::serde::Serialize)]
#[serde(crate = "toolgate::serde", rename_all = "lowercase")]
enum Day {
    Today,
    Tomorrow,
}

/// The weather of a day.
#[derive(Resource, toolgate::serde::Serialize)]
#[serde(crate = "toolgate::serde")]
#[resource(uri = "weather://{r_city}/{day}{/hours*}{?type,sure}", name = "Weather, by day")]
#[resource(scopes("weather:read"))]
struct Weather {
    #[resource(complete = cities)]
    r_city: String,
    day: Day,
    hours: Vec<u8>,
    r#type: Option<String>,
    #[serde(default)]
    sure: bool,
}

impl Read for Weather {
    type Output = Json<Self>;

    async fn read(self, _: &(), _: &Context) -> Result<Json<Self>> {
        Ok(Json(self))
    }
}

async fn cities(typed: Typed, _: Context) -> Result<Vec<String>> {
    Ok(typed.among(["Rome", "Riga", "Paris"]))
}

/// Review a change.
#[derive(Prompt)]
#[prompt(title = "Review", roles("dev"), listed, icon = "data:image/png;base64,AA==")]
struct Review {
    /// The language that the change is written in.
    #[serde(rename = "lang")]
    #[prompt(complete = languages)]
    language: String,
    tone: Option<Tone>,
    lines: u32,
}

#[derive(Arguments)]
#[serde(rename_all = "lowercase")]
enum Tone {
    Kind,
    Plain,
}

async fn languages(typed: Typed, _: Context) -> Result<impl IntoIterator<Item = String>> {
    let sure = typed.known.contains_key("lines");
    Ok(["Rust", "Ruby"].into_iter().filter(move |_| sure).map(str::to_owned))
}

impl Render for Review {
    type Output = String;

    async fn render(self, _: &(), _: &Context) -> Result<String> {
        let tone = self.tone.map_or("any", |tone| match tone {
            Tone::Kind => "a kind",
            Tone::Plain => "a plain",
        });
        Ok(format!("Review {} lines of {} in {tone} tone.", self.lines, self.language))
    }
}

/// Look up.
#[derive(Tool)]
#[tool(icon = "https://a.example/look.png")]
struct Look;

impl toolgate::Run for Look {
    type Output = &'static str;

    async fn run(self, _: &(), _: &Context) -> Result<&'static str> {
        Ok("up")
    }
}

fn client() -> TestClient {
    let server = Server::new("derived", "1")
        .resource::<AppConfig>()
        .resource::<Weather>()
        .prompt::<Review>()
        .tool::<Look>();
    TestClient::new(server).unwrap()
}

fn ann() -> TestClient {
    use toolgate::{Identity, Key};
    let identity = Identity::new(Key::new("test", "ann"));
    client().as_identity(identity.scopes(["weather:read"]).roles(["dev"]))
}

async fn ask(client: &TestClient, method: &str, params: Value) -> Value {
    client.call_raw(method, params).await.unwrap().fields.to_object().parse().unwrap()
}

#[tokio::test]
async fn attributes_and_doc_comments_are_listed() {
    let ann = ann();
    assert_eq!(
        ask(&ann, "resources/list", json!({})).await["resources"],
        json!([{
            "uri": "config://app",
            "name": "app_config",
            "title": "Configuration",
            "description": "What the program was told.",
            "mimeType": "text/plain",
            "size": 9,
            "icons": [{ "src": "https://a.example/config.png" }],
        }])
    );
    assert_eq!(
        ask(&ann, "resources/templates/list", json!({})).await["resourceTemplates"],
        json!([{
            "uriTemplate": "weather://{r_city}/{day}{/hours*}{?type,sure}",
            "name": "Weather, by day",
            "description": "The weather of a day.",
        }])
    );
    assert_eq!(
        ask(&ann, "prompts/list", json!({})).await["prompts"],
        json!([{
            "name": "review",
            "title": "Review",
            "description": "Review a change.",
            "arguments": [
                {
                    "name": "lang",
                    "description": "The language that the change is written in.",
                    "required": true,
                },
                { "name": "tone" },
                { "name": "lines", "required": true },
            ],
            "icons": [{ "src": "data:image/png;base64,AA==" }],
        }])
    );
    let look = &ask(&ann, "tools/list", json!({})).await["tools"][0];
    assert_eq!(look["icons"], json!([{ "src": "https://a.example/look.png" }]));
}

#[tokio::test]
async fn fields_are_read_from_the_uri() {
    let ann = ann();
    let config = ask(&ann, "resources/read", json!({ "uri": "config://app" })).await;
    assert_eq!(
        config["contents"],
        json!([{ "uri": "config://app", "mimeType": "text/plain", "text": "listen=no" }])
    );
    for (uri, expected) in [
        (
            "weather://New%20York/today/6/12?sure=true&type=rain",
            json!({ "r_city": "New York", "day": "today", "hours": [6, 12], "type": "rain", "sure": true }),
        ),
        (
            "weather://Rome/tomorrow/9",
            json!({ "r_city": "Rome", "day": "tomorrow", "hours": [9], "type": null, "sure": false }),
        ),
    ] {
        let read = ask(&ann, "resources/read", json!({ "uri": uri })).await;
        let contents = &read["contents"][0];
        assert_eq!(contents["uri"], uri);
        let text: Value = serde_json::from_str(contents["text"].as_str().unwrap()).unwrap();
        assert_eq!(text, expected, "{uri}");
    }
    for uri in ["weather://Rome/never/9", "weather://Rome/today/300", "weather://Rome/today"] {
        let refused = ann.call_raw("resources/read", json!({ "uri": uri })).await.unwrap_err();
        assert_eq!(refused.code(), code::INVALID_PARAMS, "{uri}");
    }
}

#[tokio::test]
async fn arguments_fill_a_prompt_in() {
    let params =
        json!({ "name": "review", "arguments": { "lang": "Rust", "lines": "12", "tone": "kind" } });
    let filled = ask(&ann(), "prompts/get", params).await;
    let text = json!({ "type": "text", "text": "Review 12 lines of Rust in a kind tone." });
    assert_eq!(filled["messages"], json!([{ "role": "user", "content": text }]));
}

#[tokio::test]
async fn what_is_asked_for_is_needed() {
    let nobody = client().as_user("bob", [] as [&str; 0]);
    let templates = ask(&nobody, "resources/templates/list", json!({})).await;
    assert_eq!(templates["resourceTemplates"], json!([]));
    assert_eq!(ask(&nobody, "prompts/list", json!({})).await["prompts"][0]["name"], "review");
    nobody
        .call_raw("resources/read", json!({ "uri": "weather://Rome/today/1" }))
        .await
        .unwrap_err();
    nobody
        .call_raw(
            "prompts/get",
            json!({ "name": "review", "arguments": { "lang": "x", "lines": "1" } }),
        )
        .await
        .unwrap_err();
}

#[tokio::test]
async fn functions_and_enums_complete() {
    let weather = json!({
        "type": "ref/resource",
        "uri": "weather://{r_city}/{day}{/hours*}{?type,sure}",
    });
    let review = json!({ "type": "ref/prompt", "name": "review" });
    let none = json!({});
    for (of, argument, typed, known, expected) in [
        (&weather, "r_city", "r", &none, json!(["Rome", "Riga"])),
        (&weather, "day", "to", &none, json!(["today", "tomorrow"])),
        (&review, "lang", "R", &none, json!([])),
        (&review, "lang", "R", &json!({ "lines": "1" }), json!(["Rust", "Ruby"])),
        (&review, "tone", "p", &none, json!(["plain"])),
    ] {
        let params = json!({
            "ref": of,
            "argument": { "name": argument, "value": typed },
            "context": { "arguments": known },
        });
        let said = ask(&ann(), "completion/complete", params).await;
        assert_eq!(said["completion"]["values"], expected, "{argument} {typed}");
    }
}
