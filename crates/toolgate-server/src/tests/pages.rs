//! Lists in pages: all of them once and in order, and no way to anybody else's.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::{Error, IntoService, Reply, Scopes, protocol::code};

use super::{
    Calls,
    asks::{Name, everything},
    serve, value,
};
use crate::{Asking, PromptSpec, ResourceSpec, SealKey, Server, ToolSpec};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Deserialize)]
struct Day {
    #[expect(dead_code, reason = "only its name is wanted")]
    day: String,
}

const LISTS: [(&str, &str); 4] = [
    ("tools/list", "tools"),
    ("resources/list", "resources"),
    ("resources/templates/list", "resourceTemplates"),
    ("prompts/list", "prompts"),
];

fn key(n: u8) -> SealKey {
    let mut secret = [n; 32];
    secret[0] = !n;
    SealKey::new(secret).unwrap()
}

/// Seven items of each kind; the last two need a scope each.
fn server(size: usize) -> Server {
    let server = Server::new("s", "1").open().page_size(size).seal_keys([key(1)]);
    (0..7).fold(server, |server, n| {
        let scopes = || match n {
            5 => Scopes::from(["a"]),
            6 => Scopes::from(["b"]),
            _ => Scopes::none(),
        };
        let tool = ToolSpec::new(format!("t{n}")).scopes(scopes());
        let one = ResourceSpec::new(format!("r://{n}")).scopes(scopes());
        let family = ResourceSpec::new(format!("f{n}://{{day}}")).scopes(scopes());
        let prompt = PromptSpec::new(format!("p{n}")).scopes(scopes());
        server
            .tool_fn(tool, |_: Nothing, _| async { Ok(()) })
            .resource_fn(one, |(), _| async { Ok("") })
            .resource_fn(family, |_: Day, _| async { Ok("") })
            .prompt_fn(prompt, |_: Nothing, _| async { Ok("") })
    })
}

impl Calls {
    async fn page(&self, method: &'static str, cursor: Option<&str>) -> Result<Value, Error> {
        let params = cursor.map_or(json!({}), |cursor| json!({ "cursor": cursor }));
        self.request(method, params).await.map(|reply| value(&reply))
    }

    /// The cursor to the second page.
    async fn cursor(&self, method: &'static str) -> String {
        let first = self.page(method, None).await.unwrap();
        first["nextCursor"].as_str().unwrap().to_owned()
    }

    /// The names on each page.
    async fn walk(&self, method: &'static str, member: &str) -> Vec<Vec<String>> {
        let (mut pages, mut cursor): (Vec<_>, Option<String>) = (Vec::new(), None);
        loop {
            let page = self.page(method, cursor.as_deref()).await.unwrap();
            let items = page[member].as_array().unwrap();
            pages.push(items.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect());
            cursor = match page.get("nextCursor") {
                Some(next) => Some(next.as_str().unwrap().to_owned()),
                None => return pages,
            };
        }
    }
}

/// The one error that there is for a cursor.
fn refused(page: Result<Value, Error>) {
    let error = page.unwrap_err();
    assert_eq!((error.code(), error.message()), (code::INVALID_PARAMS, "unknown cursor"));
    assert!(error.data().is_none());
}

#[tokio::test]
async fn pages_make_up_the_list() {
    let calls = serve(server(2));
    for (method, member) in LISTS {
        let whole = serve(server(100)).by(["b"]).walk(method, member).await;
        let [whole] = whole.as_slice() else { panic!("one page") };
        assert_eq!(whole.len(), 6);
        let pages = calls.by(["b"]).walk(method, member).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2], "{method}");
        assert_eq!(pages.concat(), *whole);
        let pages = calls.walk(method, member).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1], "{method}");
        let exact = serve(server(5)).walk(method, member).await;
        assert_eq!(exact.len(), 1, "a page that is full is not followed by an empty one");
    }
}

#[tokio::test]
async fn a_list_of_nothing_is_a_page() {
    let tool = ToolSpec::new("t").scopes(["a"]);
    let server = Server::new("s", "1").page_size(1);
    let calls = serve(server.tool_fn(tool, |_: Nothing, _| async { Ok(()) }));
    assert_eq!(calls.by(["b"]).page("tools/list", None).await.unwrap(), json!({"tools": []}));
}

#[tokio::test]
async fn a_page_is_serialized_once_per_visible_set() {
    let calls = serve(server(2)).by(["a"]);
    let cursor = calls.cursor("tools/list").await;
    let page =
        async |params: Value| -> Reply { calls.request("tools/list", params).await.unwrap() };
    for params in [json!({}), json!({ "cursor": cursor })] {
        let (one, other) = (page(params.clone()).await, page(params).await);
        assert_eq!(one.fields.as_bytes().as_ptr(), other.fields.as_bytes().as_ptr());
        assert!(one.key.is_some() && one.key == other.key);
    }
}

#[tokio::test]
async fn a_cursor_leads_on_in_every_process_with_the_key() {
    let cursor = serve(server(2)).cursor("tools/list").await;
    let page = serve(server(2)).page("tools/list", Some(&cursor)).await.unwrap();
    assert_eq!(page["tools"][0]["name"], "t2");
    let rotated = serve(server(2).seal_keys([key(2), key(1)]));
    assert!(rotated.page("tools/list", Some(&cursor)).await.is_ok(), "an older key");
    refused(serve(server(2).seal_keys([key(2)])).page("tools/list", Some(&cursor)).await);
}

#[tokio::test]
async fn a_cursor_leads_nowhere_in_another_list() {
    let calls = serve(server(2));
    let cursor = calls.cursor("tools/list").await;
    let cursor = Some(cursor.as_str());
    for (method, _) in LISTS {
        assert_eq!(calls.page(method, cursor).await.is_ok(), method == "tools/list", "{method}");
    }
    refused(calls.page("prompts/list", cursor).await);
    // As many items are on the pages, but others are seen.
    refused(calls.by(["a"]).page("tools/list", cursor).await);
    let of_a = calls.by(["a"]).cursor("tools/list").await;
    refused(calls.by(["b"]).page("tools/list", Some(&of_a)).await);
    refused(calls.by(["a", "b"]).page("tools/list", Some(&of_a)).await);
    assert!(calls.by(["a", "x"]).page("tools/list", Some(&of_a)).await.is_ok(), "the same list");
    refused(serve(server(3)).page("tools/list", cursor).await);
    refused(
        serve(
            Server::new("s", "1")
                .open()
                .seal_keys([key(1)])
                .tool_fn(ToolSpec::new("t"), |_: Nothing, _| async { Ok(()) }),
        )
        .page("tools/list", cursor)
        .await,
    );
}

#[tokio::test]
async fn a_cursor_ends_with_its_list_as_its_caller_sees_it() {
    let server = server(2);
    let live = server.live();
    let calls = serve(server);
    let cursor = calls.cursor("tools/list").await;
    let hidden = ToolSpec::new("hidden").scopes(["c"]);
    live.add_tool_fn(hidden, |_: Nothing, _| async { Ok(()) }).unwrap();
    let page = calls.page("tools/list", Some(&cursor)).await;
    assert!(page.is_ok(), "what is hidden is not even noticed");
    live.enable_tool("t4", false);
    refused(calls.page("tools/list", Some(&cursor)).await);
    live.enable_tool("t4", true);
    assert!(calls.page("tools/list", Some(&cursor)).await.is_ok(), "it is the same list again");
    live.remove_tool("t4");
    live.add_tool_fn(ToolSpec::new("t4"), |_: Nothing, _| async { Ok(1) }).unwrap();
    refused(calls.page("tools/list", Some(&cursor)).await);
}

#[tokio::test]
async fn what_is_no_cursor_of_ours_leads_nowhere() {
    let asks = ToolSpec::new("asks");
    let server = server(2).tool_fn(asks, |_: Nothing, cx: toolgate_core::Context| async move {
        let name = cx.elicit::<Name>("k", "Who?").await?.accepted();
        Ok(name.map(|_| "somebody").unwrap_or_default())
    });
    let calls = serve(server);
    let cursor = calls.cursor("tools/list").await;
    for at in 0..cursor.len() {
        let mut changed = cursor.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        refused(calls.page("tools/list", Some(&changed)).await);
    }
    let longer = format!("{cursor}{}", "A".repeat(1 << 20));
    for odd in ["", " ", "2", "null", "\0", &cursor[1..], &format!("{cursor}="), &longer] {
        refused(calls.page("tools/list", Some(odd)).await);
    }
    let state = calls.try_with(everything(), "asks", json!({})).await.unwrap();
    let state = value(&state)["requestState"].as_str().unwrap().to_owned();
    refused(calls.page("tools/list", Some(&state)).await);
    for odd in [json!(1), json!({}), json!(["a"])] {
        let error = calls.request("tools/list", json!({ "cursor": odd })).await.unwrap_err();
        assert_eq!(error.code(), code::INVALID_PARAMS);
    }
}

#[test]
fn a_page_has_room_for_something() {
    let problem = server(0).into_service().err().unwrap();
    assert!(problem.to_string().contains("`page_size`"), "{problem}");
}
