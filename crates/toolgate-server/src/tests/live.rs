//! What is served changes while it is served, and whoever watches is told.

use futures::FutureExt;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use toolgate_core::{
    Context, Denial, Out, Request, Running,
    bus::MemoryBus,
    protocol::{Json, RequestMeta, code, method},
};

use super::{Calls, serve, value};
use crate::{Live, PromptSpec, ResourceSpec, Server, ToolSpec};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

async fn nothing(_: Nothing, _: Context) -> crate::Result<()> {
    Ok(())
}

fn start() -> (Calls, Live) {
    let server = Server::new("s", "1").tool_fn(ToolSpec::new("a"), nothing);
    let live = server.live();
    (serve(server).by(["x"]), live)
}

/// What a subscription says, as methods; the rest of the stream stays silent.
async fn watch(calls: &Calls, filter: serde_json::Value) -> impl FnMut() -> Vec<String> {
    let params = Json::of(&json!({ "notifications": filter })).unwrap();
    let cx = Context::with(calls.caller.clone(), RequestMeta::default(), None).with_id(1.into());
    let running = calls.service.call(Request::new(method::LISTEN, params), cx).await.unwrap();
    let Running::Open { mut notes, mut end } = running else { panic!("not open") };
    move || {
        assert!(end.as_mut().now_or_never().is_none());
        let mut heard = Vec::new();
        while let Some(Out::Note(note)) = notes.waiting() {
            heard.push(note.method.into_owned());
        }
        heard
    }
}

#[tokio::test]
async fn tools_come_and_go_and_each_change_is_told_once() {
    let (calls, live) = start();
    let mut heard = watch(&calls, json!({ "toolsListChanged": true })).await;
    let mut deaf = watch(&calls, json!({ "promptsListChanged": true })).await;
    assert_eq!((heard().len(), deaf().len()), (1, 1));
    let told = || vec![method::TOOLS_CHANGED.to_owned()];

    live.add_tool_fn(ToolSpec::new("b"), nothing).unwrap();
    assert_eq!((calls.names().await, heard()), (vec!["a".into(), "b".into()], told()));
    assert!(live.enable_tool("a", false) && !live.enable_tool("a", false));
    assert_eq!((calls.names().await, heard()), (vec!["b".to_owned()], told()));
    let error = calls.call("a", json!({})).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (code::INVALID_PARAMS, "unknown tool"));
    assert!(live.enable_tool("a", true));
    assert_eq!((calls.names().await, heard()), (vec!["a".into(), "b".into()], told()));
    assert!(live.remove_tool("a") && !live.remove_tool("a") && !live.enable_tool("a", true));
    assert_eq!((calls.names().await, heard()), (vec!["b".to_owned()], told()));
    calls.call("b", json!({})).await.unwrap();
    assert!(deaf().is_empty());
}

#[tokio::test]
async fn a_change_that_cannot_be_made_changes_nothing() {
    let (calls, live) = start();
    let version = calls.service.card().version;
    let mut heard = watch(&calls, json!({ "toolsListChanged": true })).await;
    heard();
    for wrong in [ToolSpec::new("a"), ToolSpec::new("no spaces"), ToolSpec::new("b").scopes(["\""])]
    {
        assert!(live.add_tool_fn(wrong, nothing).is_err());
    }
    assert_eq!((calls.names().await, heard()), (vec!["a".to_owned()], Vec::<String>::new()));
    assert_eq!(calls.service.card().version, version);
}

#[tokio::test]
async fn what_is_added_later_is_guarded_like_the_rest() {
    let server = Server::new("s", "1").open().tool_fn(ToolSpec::new("a"), nothing);
    let live = server.live();
    let calls = serve(server);
    assert!(!calls.service.card().guarded);
    live.add_tool_fn(ToolSpec::new("b").scopes(["w"]), nothing).unwrap();
    assert_eq!(calls.names().await, ["a"]);
    let error = calls.call("b", json!({})).await.unwrap_err();
    assert_eq!(error.denial(), Some(&Denial::Unauthenticated));
    let card = calls.service.card();
    assert!(card.guarded && card.scopes.contains("w"));
    assert!(live.remove_tool("b") && !calls.service.card().guarded);
}

#[tokio::test]
async fn only_a_server_that_may_change_can_be_watched() {
    let calls = serve(Server::new("s", "1").tool_fn(ToolSpec::new("a"), nothing)).by(["x"]);
    let listen = calls.request(method::LISTEN, json!({ "notifications": {} })).await;
    assert_eq!(listen.unwrap_err().code(), code::METHOD_NOT_FOUND);
    let listed = async |calls: &Calls| {
        let found = value(&calls.request(method::DISCOVER, json!({})).await.unwrap());
        found["capabilities"]["tools"]["listChanged"].as_bool()
    };
    assert_eq!(listed(&calls).await, None);
    assert_eq!(listed(&start().0).await, Some(true));
}

#[tokio::test]
async fn what_was_once_offered_is_there_though_it_be_empty() {
    let (calls, live) = start();
    assert!(live.remove_tool("a"));
    assert!(calls.names().await.is_empty());
    let none = Server::new("s", "1");
    let live = none.live();
    let none = serve(none).by(["x"]);
    let list = none.request(method::TOOLS_LIST, json!({})).await;
    assert_eq!(list.unwrap_err().code(), code::METHOD_NOT_FOUND);
    live.add_tool_fn(ToolSpec::new("a"), nothing).unwrap();
    assert_eq!(none.names().await, ["a"]);
}

#[tokio::test]
async fn a_malformed_subscription_is_refused() {
    let (calls, _live) = start();
    let many: Vec<String> = (0..257).map(|n| format!("a:{n}")).collect();
    for params in [
        json!({}),
        json!({ "notifications": { "toolsListChanged": 1 } }),
        json!({ "notifications": { "resourceSubscriptions": many } }),
    ] {
        let error = calls.request(method::LISTEN, params).await.unwrap_err();
        assert_eq!(error.code(), code::INVALID_PARAMS);
    }
}

#[tokio::test(start_paused = true)]
async fn servers_on_one_bus_tell_each_others_watchers() {
    let bus = MemoryBus::new();
    let server = || {
        let server = Server::new("s", "1").tool_fn(ToolSpec::new("a"), nothing).bus(bus.clone());
        let live = server.live();
        (serve(server).by(["x"]), live)
    };
    let ((one, live), (other, _other_live)) = (server(), server());
    let filter = json!({ "toolsListChanged": true });
    let (mut near, mut far) = (watch(&one, filter.clone()).await, watch(&other, filter).await);
    near();
    far();
    // Paused time goes on once all that can be done was done.
    let settle = || tokio::time::sleep(std::time::Duration::from_millis(1));
    settle().await;
    live.remove_tool("a");
    settle().await;
    assert_eq!((near().len(), far().len()), (1, 1));
}

#[tokio::test]
async fn resources_and_prompts_come_and_go_and_each_change_is_told_once() {
    let spec = |uri: &str| ResourceSpec::new(uri).name("r");
    let text = |(): (), _: Context| async { Ok("x") };
    let server =
        Server::new("s", "1").resource_fn(spec("a:b"), text).prompt_fn(PromptSpec::new("p"), text);
    let live = server.live();
    let calls = serve(server).by(["x"]);
    let filter = json!({ "resourcesListChanged": true, "promptsListChanged": true,
        "toolsListChanged": true });
    let mut heard = watch(&calls, filter).await;
    heard();
    let family = |live: &Live, uri: &str| {
        live.add_resource_fn(spec(uri), |of: Family, _| async move { Ok(of.id) })
    };
    let read =
        async |uri: &str| calls.request("resources/read", json!({ "uri": uri })).await.is_ok();
    let mut resources = || assert_eq!(heard(), [method::RESOURCES_CHANGED]);

    family(&live, "f:{id}").unwrap();
    resources();
    assert!(family(&live, "f:{id}").is_err() && family(&live, "f:{no}").is_err());
    assert!(read("a:b").await && read("f:1").await);
    assert!(live.enable_resource("f:{id}", false) && !read("f:1").await);
    resources();
    family(&live, "f:{+id}").unwrap();
    resources();
    assert!(read("f:1").await, "one that is off is not there");
    assert!(live.remove_resource("f:{+id}") && live.remove_resource("f:{id}"));
    resources();
    assert!(live.remove_resource("a:b") && !read("a:b").await && !live.remove_resource("a:b"));
    resources();

    live.add_prompt_fn(PromptSpec::new("q"), text).unwrap();
    assert_eq!(heard(), [method::PROMPTS_CHANGED]);
    assert!(live.enable_prompt("q", false) && live.remove_prompt("q") && !live.remove_prompt("q"));
    let error = calls.request("prompts/get", json!({ "name": "q" })).await.unwrap_err();
    assert_eq!(error.message(), "unknown prompt");
}

#[derive(Deserialize)]
struct Family {
    id: String,
}

#[tokio::test]
async fn only_who_may_read_a_resource_is_told_that_it_changed() {
    let text = |(): (), _: Context| async { Ok("x") };
    let server = Server::new("s", "1")
        .resource_fn(ResourceSpec::new("a:open"), text)
        .resource_fn(ResourceSpec::new("a:hidden").roles(["admin"]), text)
        .resource_fn(ResourceSpec::new("a:scoped").scopes(["s"]), text);
    let live = server.live();
    let calls = serve(server).by(["x"]);
    let uris = json!(["a:open", "a:hidden", "a:none"]);
    let mut heard = watch(&calls, json!({ "resourceSubscriptions": uris })).await;
    heard();
    for uri in ["a:hidden", "a:none", "a:scoped"] {
        live.resource_updated(uri);
    }
    assert!(heard().is_empty());
    live.resource_updated("a:open");
    assert_eq!(heard(), [method::RESOURCE_UPDATED]);
    live.remove_resource("a:open");
    live.resource_updated("a:open");
    assert!(heard().is_empty(), "one that is gone is read by nobody");
    let params = json!({ "notifications": { "resourceSubscriptions": ["a:scoped"] } });
    let params = Json::of(&params).unwrap();
    let cx = Context::with(calls.caller.clone(), RequestMeta::default(), None).with_id(1.into());
    let refused = calls.service.call(Request::new(method::LISTEN, params), cx).await.unwrap_err();
    assert_eq!(refused.denial(), Some(&Denial::Scopes(["s"].into())));
}
