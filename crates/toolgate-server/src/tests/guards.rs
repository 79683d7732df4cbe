//! Who may see and use what.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use toolgate_core::{Denial, Identity, IntoService, Key, protocol::code};

use super::serve;
use crate::{Decision, Guard, Server, ToolSpec, role, scope, when};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

fn with(spec: ToolSpec) -> Server {
    Server::new("s", "1").tool_fn(spec, |_: Nothing, _| async { Ok("done") })
}

fn anybody() -> Identity {
    Identity::new(Key::new("test", "user-1"))
}

#[tokio::test]
async fn a_caller_nobody_asked_is_refused_unless_the_server_is_open() {
    let closed = serve(with(ToolSpec::new("t")));
    for method in ["server/discover", "tools/list", "tools/call", "no/such"] {
        let error = closed.request(method, json!({"name": "t"})).await.unwrap_err();
        assert_eq!(error.denial(), Some(&Denial::Unauthenticated), "{method}");
    }
    assert_eq!(serve(with(ToolSpec::new("t")).open()).names().await, ["t"]);
    closed.by([] as [&str; 0]).call("t", json!({})).await.unwrap();
}

#[tokio::test]
async fn a_guarded_tool_of_an_open_server_needs_an_identity_all_the_same() {
    let calls = serve(with(ToolSpec::new("t").scopes(["a"])).open());
    assert!(calls.names().await.is_empty());
    let error = calls.call("t", json!({})).await.unwrap_err();
    assert_eq!(error.denial(), Some(&Denial::Unauthenticated));
}

#[tokio::test]
async fn a_missing_scope_hides_the_tool_and_is_named_on_a_call() {
    let calls = serve(with(ToolSpec::new("t").scopes(["b", "a"])));
    assert!(calls.by(["a"]).names().await.is_empty());
    let error = calls.by(["a"]).call("t", json!({})).await.unwrap_err();
    assert_eq!(error.denial(), Some(&Denial::Scopes(["a", "b"].into())));
    assert_eq!(calls.by(["a", "b"]).names().await, ["t"]);
    calls.by(["a", "b"]).call("t", json!({})).await.unwrap();
}

#[tokio::test]
async fn a_listed_tool_is_seen_by_those_who_may_not_call_it() {
    let calls = serve(with(ToolSpec::new("t").scopes(["a"]).listed(true)));
    assert_eq!(calls.by(["x"]).names().await, ["t"]);
    let error = calls.by(["x"]).call("t", json!({})).await.unwrap_err();
    assert_eq!(error.denial(), Some(&Denial::Scopes(["a"].into())));
}

#[tokio::test]
async fn without_the_role_the_tool_does_not_exist() {
    let calls = serve(with(ToolSpec::new("t").roles(["admin", "owner"]).scopes(["a"])));
    let outsider = calls.by(["a"]);
    let hidden = outsider.call("t", json!({})).await.unwrap_err();
    let unknown = outsider.call("no-such", json!({})).await.unwrap_err();
    assert_eq!(hidden, unknown, "nothing tells the two apart");
    assert_eq!(hidden.code(), code::INVALID_PARAMS);
    let owner = calls.by_identity(anybody().roles(["owner"]).scopes(["a"]));
    owner.call("t", json!({})).await.unwrap();
    let listed = serve(with(ToolSpec::new("t").roles(["admin"]).listed(true))).by(["a"]);
    let error = listed.call("t", json!({})).await.unwrap_err();
    assert_eq!(error.denial(), Some(&Denial::Forbidden), "seen, so honestly refused");
}

#[tokio::test]
async fn guards_join_and_name_all_that_is_lacking_at_once() {
    let guard = scope("b").and(scope("c"));
    let calls = serve(with(ToolSpec::new("t").scopes(["a"]).guard(guard)));
    let error = calls.by(["x"]).call("t", json!({})).await.unwrap_err();
    assert_eq!(error.denial(), Some(&Denial::Scopes(["a", "b", "c"].into())));
    let error = calls.by(["b"]).call("t", json!({})).await.unwrap_err();
    assert_eq!(error.denial(), Some(&Denial::Scopes(["a", "c"].into())));

    let calls = serve(with(ToolSpec::new("t").guard(scope("a").or(role("admin")))));
    calls.by(["a"]).call("t", json!({})).await.unwrap();
    calls.by_identity(anybody().roles(["admin"])).call("t", json!({})).await.unwrap();
    let error = calls.by([""; 0]).call("t", json!({})).await.unwrap_err();
    assert_eq!(error.denial(), Some(&Denial::Scopes(["a"].into())), "what can be attained");
}

#[tokio::test]
async fn a_condition_on_the_authors_type_fails_closed() {
    struct User {
        active: bool,
    }
    let calls = serve(with(ToolSpec::new("t").guard(when(|user: &User| user.active))));
    calls.by_identity(anybody().with(User { active: true })).call("t", json!({})).await.unwrap();
    let inactive = calls.by_identity(anybody().with(User { active: false }));
    assert_eq!(inactive.call("t", json!({})).await.unwrap_err().code(), code::INVALID_PARAMS);
    let no_user = calls.by(["a"]);
    assert_eq!(no_user.call("t", json!({})).await.unwrap_err().code(), code::INVALID_PARAMS);
}

#[tokio::test]
async fn a_guard_sees_arguments_and_may_wait() {
    #[derive(Deserialize, JsonSchema)]
    struct Path {
        path: String,
    }
    let guard = Guard::asked_of(|ask| {
        Box::pin(async move {
            tokio::task::yield_now().await;
            match ask.arguments.and_then(|arguments| arguments.parse::<Path>().ok()) {
                Some(Path { path }) if path.starts_with("secret") => Decision::Forbid,
                _ => Decision::Allow,
            }
        })
    });
    let server = Server::new("s", "1")
        .tool_fn(ToolSpec::new("read").guard(guard), |_: Path, _| async { Ok("text") });
    let calls = serve(server).by([""; 0]);
    calls.call("read", json!({"path": "public"})).await.unwrap();
    let error = calls.call("read", json!({"path": "secret/a"})).await.unwrap_err();
    assert_eq!(error.denial(), Some(&Denial::Forbidden));
}

#[tokio::test]
async fn required_scopes_are_needed_for_everything() {
    let calls = serve(with(ToolSpec::new("t")).required_scopes(["mcp"]));
    for method in ["server/discover", "tools/list", "tools/call"] {
        let error = calls.by(["x"]).request(method, json!({"name": "t"})).await.unwrap_err();
        assert_eq!(error.denial(), Some(&Denial::Scopes(["mcp"].into())), "{method}");
        calls.by(["mcp"]).request(method, json!({"name": "t"})).await.unwrap();
    }
}

#[test]
fn the_card_tells_a_transport_what_is_guarded() {
    let advertised = ToolSpec::new("a").scopes(["x"]).guard(scope("y"));
    let unlisted = ToolSpec::new("b").scopes(["z"]).advertised(false);
    let server = with(advertised)
        .tool_fn(unlisted, |_: Nothing, _| async { Ok(()) })
        .required_scopes(["mcp"]);
    let card = server.into_service().unwrap().card();
    assert!(card.guarded && !card.open);
    assert_eq!((card.scopes.to_string(), card.required.to_string()), ("x y".into(), "mcp".into()));
    assert!(!with(ToolSpec::new("t")).into_service().unwrap().card().guarded);
}

#[test]
fn contradictions_refuse_to_start_and_are_all_named() {
    let server = with(ToolSpec::new("t"))
        .tool_fn(ToolSpec::new("t"), |_: Nothing, _| async { Ok(()) })
        .tool_fn(ToolSpec::new("no such name"), |_: Nothing, _| async { Ok(()) })
        .tool_fn(ToolSpec::new("u").scopes(["a b"]), |_: Nothing, _| async { Ok(()) })
        .tool_fn(ToolSpec::new("v"), |_: Vec<u8>, _| async { Ok(()) })
        .required_scopes(["mcp"])
        .open();
    let error = server.into_service().err().unwrap();
    assert_eq!(error.problems().len(), 5, "{error}");
}
