//! Completion: what may be meant, and to whom it is told.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::{Context, protocol::code};

use super::{Calls, serve, value};
use crate::{PromptSpec, ResourceSpec, Result, Server, ToolError, Typed};

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its shape is wanted")]
struct Trip {
    city: String,
    day: Day,
    free: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Day {
    Today,
    Tomorrow,
    Later,
}

async fn cities(typed: Typed, cx: Context) -> Result<Vec<String>> {
    assert!(cx.state::<()>().is_ok());
    let land = typed.known.get("land").cloned().unwrap_or_default();
    match typed.value.as_str() {
        "fails" => Err(std::io::Error::other("s3cr3t").into()),
        "says" => Err(ToolError::shown("ask later")),
        "many" => Ok((0..250).map(|n| n.to_string()).collect()),
        value => Ok(vec![format!("{land}{value}")]),
    }
}

fn trips() -> Calls {
    let family = ResourceSpec::new("trip://{city}/{day}{?free}").complete("city", cities);
    let prompt = PromptSpec::new("trip").complete("city", cities);
    serve(
        Server::new("s", "1")
            .open()
            .resource_fn(family, |_: Trip, _| async { Ok("x") })
            .prompt_fn(prompt, |_: Trip, _| async { Ok("x") }),
    )
}

fn prompt() -> Value {
    json!({ "type": "ref/prompt", "name": "trip" })
}

fn family() -> Value {
    json!({ "type": "ref/resource", "uri": "trip://{city}/{day}{?free}" })
}

async fn complete(
    calls: &Calls,
    reference: Value,
    argument: &str,
    typed: &str,
) -> Result<Value, (i32, String)> {
    let params = json!({
        "ref": reference,
        "argument": { "name": argument, "value": typed },
        "context": { "arguments": { "land": "it:" } },
    });
    match calls.request("completion/complete", params).await {
        Ok(reply) => {
            assert!(reply.cache.is_none());
            Ok(value(&reply)["completion"].clone())
        }
        Err(error) => Err((error.code(), error.message().to_owned())),
    }
}

#[tokio::test]
async fn enums_complete_by_themselves_and_others_by_their_author() {
    let calls = trips();
    for reference in [prompt(), family()] {
        for (argument, typed, values) in [
            ("day", "", json!(["today", "tomorrow", "later"])),
            ("day", "TO", json!(["today", "tomorrow"])),
            ("day", "x", json!([])),
            ("free", "x", json!([])),
            ("city", "Rome", json!(["it:Rome"])),
        ] {
            let found = complete(&calls, reference.clone(), argument, typed).await.unwrap();
            assert_eq!(found["values"], values, "{reference} {argument} {typed}");
            assert_eq!(found["hasMore"], false);
        }
        let many = complete(&calls, reference, "city", "many").await.unwrap();
        assert_eq!(many["values"].as_array().unwrap().len(), 100);
        assert_eq!((&many["total"], &many["hasMore"]), (&json!(250), &json!(true)));
    }
}

#[tokio::test]
async fn unknown_references_and_arguments_are_invalid_parameters() {
    let calls = trips();
    for (reference, argument) in [
        (json!({ "type": "ref/prompt", "name": "no" }), "city"),
        (json!({ "type": "ref/resource", "uri": "no://{x}" }), "city"),
        (json!({ "type": "ref/other", "name": "trip" }), "city"),
        (prompt(), "no"),
        (family(), "no"),
    ] {
        let (code, _) = complete(&calls, reference.clone(), argument, "").await.unwrap_err();
        assert_eq!(code, code::INVALID_PARAMS, "{reference} {argument}");
    }
}

#[tokio::test]
async fn failures_of_completers_are_masked_like_any() {
    let calls = trips();
    let (code, words) = complete(&calls, prompt(), "city", "fails").await.unwrap_err();
    assert_eq!(code, code::INTERNAL_ERROR);
    assert!(words.starts_with("internal error "), "{words}");
    let said = complete(&calls, prompt(), "city", "says").await.unwrap_err();
    assert_eq!(said, (code::INTERNAL_ERROR, "ask later".into()));
}

#[tokio::test]
async fn capabilities_say_what_there_is() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its shape is wanted")]
    struct Free {
        city: String,
    }
    let any = || Server::new("s", "1").open();
    let none = any();
    let plain = any().prompt_fn(PromptSpec::new("p"), |_: Free, _| async { Ok("x") });
    let one = any().resource_fn(ResourceSpec::new("a:b"), |(), _| async { Ok("x") });
    let family = any().resource_fn(ResourceSpec::new("a:{city}"), |_: Free, _| async { Ok("x") });
    let rows = [
        (serve(none), json!({})),
        (serve(plain), json!({ "prompts": {}, "logging": {} })),
        (serve(one), json!({ "resources": {}, "logging": {} })),
        (serve(family), json!({ "resources": {}, "logging": {} })),
        (trips(), json!({ "prompts": {}, "resources": {}, "completions": {}, "logging": {} })),
    ];
    let methods = [
        ("prompts", "prompts/list"),
        ("prompts", "prompts/get"),
        ("resources", "resources/list"),
        ("resources", "resources/templates/list"),
        ("resources", "resources/read"),
        ("completions", "completion/complete"),
        ("tools", "tools/list"),
    ];
    for (calls, capabilities) in rows {
        let told = value(&calls.request("server/discover", json!({})).await.unwrap());
        assert_eq!(told["capabilities"], capabilities);
        for (capability, method) in methods {
            let answer = calls.request(method, json!({})).await;
            let served = answer.err().is_none_or(|e| e.code() != code::METHOD_NOT_FOUND);
            assert_eq!(served, capabilities.get(capability).is_some(), "{method} {capabilities}");
        }
    }
}
