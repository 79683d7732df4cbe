//! Inner layers are around the work of an item that was admitted, and may do it themselves.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use toolgate_core::{
    Identity, Key, Scopes,
    protocol::{Content, code, resource::Contents, tool::CallToolResult},
};

use super::{City, Nothing, Seen, items, uses};
use crate::{
    Answer, Asking, Inner, Json, PromptSpec, ResourceSpec, Result, Server, ToolError, ToolSpec,
    Work,
    tests::{
        asks::{accept, retry},
        serve, value,
    },
};

fn text(text: &str) -> Answer {
    Answer::Tool(CallToolResult::new(vec![Content::text(text)]))
}

/// A layer that is a type, and tells of what it is around.
struct Told(Seen);

impl Inner for Told {
    async fn around(&self, work: Work) -> Result<Answer> {
        let item = work.item();
        let arguments = String::from_utf8_lossy(work.arguments().as_bytes());
        let what = format!("{} {} {arguments} {:?}", item.kind, item.name, work.uri());
        self.0.push(what);
        work.next().await
    }
}

#[tokio::test]
async fn the_work_of_every_kind_is_seen_with_what_was_decided_upon() {
    let seen = Seen::default();
    let calls = serve(items().inner(Told(seen.clone()))).by(["read"]);
    for (method, params, expected) in uses() {
        let reply = value(&calls.request(method, params).await.unwrap());
        assert!(reply.to_string().contains("in Bonn") || method == "resources/read", "{reply}");
        assert_eq!(seen.take(), [expected]);
    }
}

#[tokio::test]
async fn nothing_is_seen_of_what_the_caller_may_not_use() {
    let seen = Seen::default();
    let calls = serve(items().inner(Told(seen.clone())));
    for (method, params, _) in uses() {
        assert!(calls.by(Scopes::none()).request(method, params.clone()).await.is_err());
        assert!(calls.request(method, params).await.is_err(), "nobody");
    }
    let secret = calls.by(["read"]).call("secret", json!({})).await.unwrap_err();
    let unknown = calls.by(["read"]).call("no_such", json!({})).await.unwrap_err();
    assert_eq!(secret, unknown);
    for method in ["tools/list", "server/discover"] {
        calls.by(["read"]).request(method, json!({})).await.unwrap();
    }
    assert!(seen.take().is_empty());
}

#[tokio::test]
async fn the_first_layer_is_outermost_and_may_answer_itself() {
    let add = |letter: &'static str| {
        move |work: Work| async move {
            if work.item().name == "secret" {
                return Ok(text(letter));
            }
            let mut answer = work.next().await?;
            answer.edit_texts(|text| text.push_str(letter))?;
            Ok(answer)
        }
    };
    let calls = serve(items().inner(add("a")).inner(add("b"))).by(Scopes::none());
    let told = calls.call("free", json!({})).await.unwrap();
    assert_eq!(told["content"][0]["text"], "freeba");
    let admin = Identity::new(Key::new("test", "u")).roles(["admin"]);
    let told = calls.by_identity(admin).call("secret", json!({})).await.unwrap();
    assert_eq!(told["content"][0]["text"], "a");
}

#[tokio::test]
async fn every_text_of_every_kind_can_be_edited_and_bytes_stay() {
    #[derive(serde::Serialize, schemars::JsonSchema)]
    struct Found {
        names: Vec<String>,
        data: String,
        count: u64,
    }
    let found = || Found { names: vec!["key".into()], data: "key".into(), count: u64::MAX };
    let contents = |uri: &str| vec![Contents::text(uri, "key"), Contents::blob(uri, &b"key"[..])];
    let server = Server::new("s", "1")
        .open()
        .tool_fn(ToolSpec::new("find"), move |_: Nothing, _| async move { Ok(Json(found())) })
        .tool_fn(ToolSpec::new("show"), move |_: Nothing, _| async move {
            let [text, blob] = contents("a:b").try_into().unwrap();
            Ok(vec![Content::resource(text), Content::resource(blob)])
        })
        .tool_fn(ToolSpec::new("name"), |_: Nothing, _| async { Ok(Json("key")) })
        .resource_fn(ResourceSpec::new("a:b"), move |(), _| async move { Ok(contents("a:b")) })
        .prompt_fn(PromptSpec::new("p"), |_: City, _| async { Ok("key") })
        .inner(|work: Work| async {
            let mut answer = work.next().await?;
            answer.edit_texts(|text| *text = text.replace("key", "***"))?;
            Ok(answer)
        });
    let calls = serve(server);
    let found = calls.call("find", json!({})).await.unwrap();
    let data = json!({"names": ["***"], "data": "***", "count": u64::MAX});
    assert_eq!(found["structuredContent"], data);
    assert!(!found["content"][0]["text"].as_str().unwrap().contains("key"), "{found}");
    let shown = calls.call("show", json!({})).await.unwrap();
    assert_eq!(shown["content"][0]["resource"]["text"], "***");
    assert_eq!(shown["content"][1]["resource"]["blob"], "a2V5");
    let named = calls.call("name", json!({})).await.unwrap();
    assert_eq!(named["structuredContent"], json!({"result": "***"}), "wrapped behind it");
    let read = calls.request("resources/read", json!({"uri": "a:b"})).await.unwrap();
    let read = value(&read);
    assert_eq!(
        (&read["contents"][0]["text"], &read["contents"][1]["blob"]),
        (&json!("***"), &json!("a2V5"))
    );
    let got = json!({"name": "p", "arguments": {"city": "Bonn"}});
    let got = value(&calls.request("prompts/get", got).await.unwrap());
    assert_eq!(
        got["messages"][0],
        json!({"role": "user", "content": {"type": "text", "text": "***"}})
    );
}

#[tokio::test]
async fn what_is_kept_by_owner_is_kept_from_others() {
    let runs = Seen::default();
    let ran = runs.clone();
    let server = Server::new("s", "1").tool_fn(ToolSpec::new("me"), move |_: Nothing, cx| {
        let ran = ran.clone();
        async move {
            ran.push("ran");
            Ok(cx.identity()?.key.subject.to_string())
        }
    });
    let kept: Arc<Mutex<HashMap<_, Answer>>> = Arc::default();
    let server = server.inner(move |work: Work| {
        let kept = kept.clone();
        async move {
            let owner = work.cx().identity()?.key.clone();
            let key = (owner, work.item().name.to_owned(), work.arguments().as_bytes().to_vec());
            if let Some(answer) = kept.lock().unwrap().get(&key) {
                return Ok(answer.clone());
            }
            let answer = work.next().await?;
            kept.lock().unwrap().insert(key, answer.clone());
            Ok(answer)
        }
    });
    let calls = serve(server);
    for (who, times) in [("ann", 1), ("ann", 0), ("bob", 1), ("ann", 0)] {
        let by = calls.by_identity(Identity::new(Key::new("test", who)));
        assert_eq!(by.call("me", json!({})).await.unwrap()["content"][0]["text"], who);
        assert_eq!(runs.take().len(), times, "{who}");
    }
}

#[tokio::test]
async fn layers_fail_as_handlers_do() {
    let server = items().inner(|work: Work| {
        let arguments = String::from_utf8_lossy(work.arguments().as_bytes()).into_owned();
        assert!(!arguments.contains("panic"), "s3cr3t");
        async move {
            assert!(!arguments.contains("later"), "s3cr3t");
            if arguments.contains("says") {
                return Err(ToolError::shown("no"));
            }
            match work.item().kind {
                // An answer to a tool is none to a prompt.
                "prompt" => Ok(text("no prompt")),
                _ => Err(std::io::Error::other("s3cr3t").into()),
            }
        }
    });
    let calls = serve(server).by(["read"]);
    let said = calls.call("weather", json!({"city": "says"})).await.unwrap();
    assert_eq!((&said["isError"], &said["content"][0]["text"]), (&json!(true), &json!("no")));
    let arguments = |city: &str| json!({"name": "ask", "arguments": {"city": city}});
    for (method, params) in [
        ("tools/call", json!({"name": "free"})),
        ("tools/call", json!({"name": "weather", "arguments": {"city": "panic"}})),
        ("tools/call", json!({"name": "weather", "arguments": {"city": "later"}})),
        ("prompts/get", arguments("Bonn")),
        ("prompts/get", arguments("panic")),
    ] {
        let error = calls.request(method, params).await.unwrap_err();
        assert_eq!(error.code(), code::INTERNAL_ERROR);
        assert!(error.message().starts_with("internal error "), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_of_an_item_is_that_of_its_layers_too() {
    let spec = ToolSpec::new("slow").timeout(Duration::from_secs(3));
    let server = Server::new("s", "1").open().tool_fn(spec, |_: Nothing, _| async { Ok("done") });
    let server = server.inner(|work: Work| async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        work.next().await
    });
    let late = serve(server).call("slow", json!({})).await.unwrap();
    assert_eq!(late["isError"], true);
}

#[tokio::test]
async fn a_layer_may_ask_before_the_work_is_done() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Sure {
        sure: bool,
    }
    let server = items().open().inner(|work: Work| async {
        let sure = work.cx().elicit::<Sure>("sure", "Sure?").await?.accepted();
        match sure {
            Some(Sure { sure: true }) => work.next().await,
            _ => Err(ToolError::shown("not sure")),
        }
    });
    let calls = serve(server);
    let asked = calls.asked("free", json!({})).await;
    for (sure, told) in [(true, "free"), (false, "not sure")] {
        let again = retry(&asked, json!({"sure": accept(json!({ "sure": sure }))}));
        assert_eq!(calls.told("free", again).await, told);
    }
}
