//! Prompts: lists, filling in, and what is told of wrong arguments.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::{
    Context, Error, IntoService,
    protocol::{
        Content, code,
        input::InputRequest,
        prompt::{GetPromptResult, PromptMessage},
        resource::Contents,
    },
    reply::Kind,
};

use super::{serve, value};
use crate::{Prompt, PromptSpec, Render, Result, Server, ToolError};

#[derive(Deserialize, JsonSchema)]
struct Review {
    /// Whose work.
    who: String,
    times: Option<u8>,
}

impl Prompt for Review {
    fn spec() -> PromptSpec {
        PromptSpec::new("review").title("Review").description("Review a change.")
    }
}

impl Render<String> for Review {
    type Output = Vec<PromptMessage>;

    async fn render(self, tone: &String, cx: &Context) -> Result<Vec<PromptMessage>> {
        assert_eq!(cx.state::<String>()?, tone);
        let words = format!("Review {} {tone} {:?}", self.who, self.times);
        Ok(vec![PromptMessage::user(words), PromptMessage::assistant("I will.")])
    }
}

fn review() -> Server<String> {
    Server::new("s", "1").open().state("kindly".to_owned()).prompt::<Review>()
}

async fn get(server: impl IntoService, params: Value) -> Result<Value, Error> {
    let reply = serve(server).request("prompts/get", params).await?;
    assert!(reply.cache.is_none(), "these have no cache hints");
    Ok(value(&reply))
}

#[tokio::test]
async fn a_prompt_is_filled_in_with_its_arguments() {
    let params = json!({ "name": "review", "arguments": { "who": "Ada", "times": "2" } });
    assert_eq!(
        get(review(), params).await.unwrap(),
        json!({
            "description": "Review a change.",
            "messages": [
                { "role": "user",
                  "content": { "type": "text", "text": "Review Ada kindly Some(2)" } },
                { "role": "assistant", "content": { "type": "text", "text": "I will." } },
            ],
        })
    );
}

#[tokio::test]
async fn the_list_names_the_arguments_in_order() {
    let spec = PromptSpec::new("plain").icon("https://e.x/i.png").meta("e.x/k", true);
    let calls = serve(review().prompt_fn(spec, |(), _| async { Ok("x") }));
    let list = value(&calls.request("prompts/list", json!({})).await.unwrap());
    assert_eq!(
        list,
        json!({ "prompts": [
            { "name": "review", "title": "Review", "description": "Review a change.",
              "arguments": [
                { "name": "who", "description": "Whose work.", "required": true },
                { "name": "times" },
            ]},
            { "name": "plain", "icons": [{ "src": "https://e.x/i.png" }],
              "_meta": { "e.x/k": true } },
        ]})
    );
}

#[tokio::test]
async fn unknown_prompts_and_bad_arguments_are_invalid_parameters() {
    let rows = [
        (json!({ "name": "no" }), "unknown prompt"),
        (json!({}), "malformed"),
        (json!({ "name": "review", "arguments": { "who": 1 } }), "malformed"),
        (json!({ "name": "review" }), "missing field `who`"),
        (json!({ "name": "review", "arguments": { "who": "a", "times": "x" } }), "`times`"),
    ];
    for (params, words) in rows {
        let error = get(review(), params).await.unwrap_err();
        assert_eq!(error.code(), code::INVALID_PARAMS);
        assert!(error.message().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_prompt_becomes_what_its_type_says() {
    let embedded = Contents::text("a:b", "x").mime_type("text/plain");
    let server = || {
        let embedded = embedded.clone();
        Server::new("s", "1")
            .open()
            .prompt_fn(PromptSpec::new("text"), |(), _| async { Ok(String::from("a")) })
            .prompt_fn(PromptSpec::new("image").description("d"), |(), _| async {
                Ok(GetPromptResult::new(
                    vec![Content::image(b"\0", "image/png")]
                        .into_iter()
                        .map(PromptMessage::user)
                        .collect(),
                )
                .description("its own"))
            })
            .prompt_fn(PromptSpec::new("embedded"), move |(), _| {
                let embedded = embedded.clone();
                async move { Ok(Content::from(embedded)) }
            })
    };
    let rows = [
        ("text", json!({ "type": "text", "text": "a" })),
        ("image", json!({ "type": "image", "data": "AA==", "mimeType": "image/png" })),
        (
            "embedded",
            json!({ "type": "resource",
                    "resource": { "uri": "a:b", "mimeType": "text/plain", "text": "x" } }),
        ),
    ];
    for (name, content) in rows {
        let got = get(server(), json!({ "name": name })).await.unwrap();
        assert_eq!(got["messages"], json!([{ "role": "user", "content": content }]));
    }
    let own = get(server(), json!({ "name": "image" })).await.unwrap();
    assert_eq!(own["description"], "its own");
}

#[tokio::test]
async fn a_prompt_may_ask_fail_and_panic_like_a_tool() {
    let server = Server::new("s", "1")
        .open()
        .prompt_fn(PromptSpec::new("asks"), |(), cx: Context| async move {
            if cx.answers().input_responses.contains_key("who") {
                return Ok("answered");
            }
            let params = toolgate_core::protocol::Json::of(&json!({}))?;
            Err(ToolError::asks("who", InputRequest::new("roots/list", params)))
        })
        .prompt_fn(PromptSpec::new("says"), |(), _| async {
            Err::<String, _>(ToolError::shown("not today"))
        })
        .prompt_fn(PromptSpec::new("panics"), |(), _| async {
            if true {
                panic!("s3cr3t");
            }
            Ok("x")
        });
    let calls = serve(server);
    let can = json!({ "io.modelcontextprotocol/clientCapabilities": { "roots": {} } });
    let asked =
        calls.request("prompts/get", json!({ "name": "asks", "_meta": can })).await.unwrap();
    assert_eq!(asked.kind, Kind::InputRequired);
    let state = &value(&asked)["requestState"];
    let retry = json!({ "name": "asks", "inputResponses": { "who": {} }, "requestState": state });
    let reply = calls.request("prompts/get", retry).await.unwrap();
    assert_eq!(value(&reply)["messages"][0]["content"]["text"], "answered");
    let said = calls.request("prompts/get", json!({ "name": "says" })).await.unwrap_err();
    assert_eq!((said.code(), said.message()), (code::INTERNAL_ERROR, "not today"));
    let error = calls.request("prompts/get", json!({ "name": "panics" })).await.unwrap_err();
    assert!(error.message().starts_with("internal error "), "{error}");
}

#[test]
fn what_is_wrong_with_a_prompt_is_found_before_serving() {
    let any = || Server::new("s", "1").open();
    let text = |(): (), _: Context| async { Ok("x") };
    let rows = [
        (any().prompt_fn(PromptSpec::new(""), text), "the prompt name"),
        (any().prompt_fn(PromptSpec::new("p"), |_: Vec<u8>, _| async { Ok("x") }), "no object"),
        (
            any().prompt_fn(PromptSpec::new("p"), text).prompt_fn(PromptSpec::new("p"), text),
            "are called `p`",
        ),
        (
            any().prompt_fn(PromptSpec::new("p").complete("x", |_, _| async { Ok([]) }), text),
            "`x` is completed, and is no argument",
        ),
    ];
    for (server, words) in rows {
        let error = server.into_service().err().unwrap_or_else(|| panic!("{words}")).to_string();
        assert!(error.contains(words), "{error}");
    }
}
