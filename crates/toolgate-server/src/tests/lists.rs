//! What lists show, and to whom.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use toolgate_core::{
    CacheScope, Caller, Context, Denial, Error, Identity, Key, Reply,
    protocol::{Json, method},
};

use super::{serve, value};
use crate::{
    Server, ToolSpec,
    access::Access,
    audit::Under,
    catalog::{self, Catalog, Entry},
    rules::Rules,
};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

fn server() -> Server {
    let tool = |_: Nothing, _: Context| async { Ok(()) };
    Server::new("s", "1")
        .tool_fn(ToolSpec::new("zebra"), tool)
        .tool_fn(ToolSpec::new("ape").scopes(["a"]), tool)
        .tool_fn(ToolSpec::new("bear").scopes(["b"]), tool)
}

#[tokio::test]
async fn lists_keep_the_order_in_which_tools_were_added() {
    let calls = serve(server());
    assert_eq!(calls.by(["a", "b"]).names().await, ["zebra", "ape", "bear"]);
    assert_eq!(calls.by(["b"]).names().await, ["zebra", "bear"]);
}

#[tokio::test]
async fn a_list_is_serialized_once_per_visible_set() {
    let calls = serve(server());
    let list = async |scopes: &[&str]| -> Reply {
        let scopes: toolgate_core::Scopes = scopes.iter().collect();
        calls.by(scopes).request("tools/list", json!({})).await.unwrap()
    };
    let (first, again, other) = (list(&["a"]).await, list(&["a", "x"]).await, list(&["b"]).await);
    assert_eq!(first.key, again.key);
    assert_eq!(
        first.fields.as_bytes().as_ptr(),
        again.fields.as_bytes().as_ptr(),
        "the same bytes"
    );
    assert_ne!(first.key, other.key);
}

#[tokio::test]
async fn a_list_that_depends_on_the_caller_is_private() {
    let scope = async |server: Server| {
        let calls = serve(server).by(["a"]);
        calls.request("tools/list", json!({})).await.unwrap().cache.unwrap().scope
    };
    let open = || Server::new("s", "1").open();
    let tool = |_: Nothing, _: Context| async { Ok(()) };
    assert_eq!(scope(server()).await, CacheScope::Private);
    assert_eq!(
        scope(open().tool_fn(ToolSpec::new("t").scopes(["a"]), tool)).await,
        CacheScope::Private
    );
    assert_eq!(scope(open().tool_fn(ToolSpec::new("t"), tool)).await, CacheScope::Public);
}

#[tokio::test]
async fn a_tool_describes_itself_and_its_answer() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Greet {
        /// Whom.
        name: String,
        #[schemars(extend("x-mcp-header" = "Region"))]
        region: Option<String>,
    }
    let spec = ToolSpec::new("greet")
        .title("Greet")
        .description("Say hello.")
        .idempotent(true)
        .icon("https://e.x/i.png")
        .meta("e.x/k", "v");
    let server = Server::new("s", "1").open().tool_fn(spec, |_: Greet, _| async { Ok(7u8) });
    let calls = serve(server);
    let list = value(&calls.request("tools/list", json!({})).await.unwrap());
    let tool = &list["tools"][0];
    assert_eq!(tool["description"], "Say hello.");
    assert_eq!(tool["annotations"], json!({"idempotentHint": true}));
    assert_eq!(tool["icons"], json!([{"src": "https://e.x/i.png"}]));
    assert_eq!(tool["_meta"], json!({"e.x/k": "v"}));
    assert_eq!(tool["inputSchema"]["type"], "object");
    assert_eq!(tool["inputSchema"]["required"], json!(["name"]));
    assert_eq!(tool["inputSchema"]["properties"]["name"]["description"], "Whom.");
    assert_eq!(tool["outputSchema"]["properties"]["result"]["type"], "integer");
    let card = calls.service.card();
    let [header] = card.param_headers("greet") else { panic!("one header") };
    assert_eq!((header.suffix.as_str(), header.path.join("/")), ("Region", "region".into()));
}

/// A second kind of item: nothing in the catalog or in the decision knows about tools.
struct Text {
    name: &'static str,
    access: Access,
    text: Json,
}

impl Entry for Text {
    const KIND: &'static str = "text";

    fn name(&self) -> &str {
        self.name
    }

    fn access(&self) -> &Access {
        &self.access
    }

    fn advertised(&self) -> bool {
        true
    }

    fn text(&self) -> &Json {
        &self.text
    }
}

#[tokio::test]
async fn a_second_kind_of_item_lives_under_the_same_guard() {
    let mut texts = Catalog::new("texts");
    let text = |name, scopes: &[&str]| Text {
        name,
        access: Access { scopes: scopes.iter().collect(), ..Access::default() },
        text: Json::of(name).unwrap(),
    };
    texts.add(text("open", &[])).unwrap();
    texts.add(text("closed", &["a"])).unwrap();
    assert!(texts.add(text("open", &[])).is_err(), "names are unique in a kind");

    let cx = |scopes: &[&str]| {
        let scopes: toolgate_core::Scopes = scopes.iter().collect();
        Context::new(Identity::new(Key::new("test", "u")).scopes(scopes).into())
    };
    let rules = Rules::default();
    let under = Under { rules: &rules, method: method::TOOLS_LIST };
    let list = async |cx: Context| value(&texts.list(None, None, under, &cx).await.unwrap());
    assert_eq!(list(cx(&["a"])).await, json!({"texts": ["open", "closed"]}));
    assert_eq!(list(cx(&[])).await, json!({"texts": ["open"]}));
    assert_eq!(list(Context::new(Caller::Open)).await, json!({"texts": ["open"]}));

    let closed = texts.find("closed").unwrap();
    let refused = async |scopes: &[&str]| {
        let refused = catalog::admit(&**closed, None, under, &cx(scopes), Error::internal).await;
        refused.err().and_then(|error| error.denial().cloned())
    };
    assert_eq!(refused(&["x"]).await, Some(Denial::Scopes(["a"].into())));
    assert_eq!(refused(&["a"]).await, None);
}
