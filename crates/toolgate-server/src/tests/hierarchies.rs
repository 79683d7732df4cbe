//! Scopes and roles that contain others.

use serde_json::json;
use toolgate_core::{Denial, Identity, IntoService, Key, Scopes};

use super::{
    decisions::{LISTS, each_kind, uses},
    serve, value,
};
use crate::{Ask, Decision, Guard, Server, access::Access, role, scope};

fn who() -> Identity {
    Identity::new(Key::new("test", "user-1"))
}

fn ranked(server: Server) -> Server {
    server
        .scope_implies("files:write", ["files:read"])
        .scope_implies("files:admin", ["files:write"])
        .role_implies("owner", ["editor", "payer"])
        .role_implies("editor", ["reader"])
}

/// What items may need, whom it lets in only by what contains it, and whom not at all.
fn rows() -> Vec<(Access, Identity, Identity)> {
    let by_guard = |guard: Guard| Access { guard: Some(guard), ..Access::default() };
    let own = Guard::decided_by(|ask| match ask.has_role("reader") {
        true if ask.has_scopes(&["files:read"].into()) => Decision::Allow,
        _ => Decision::Forbid,
    });
    vec![
        (
            Access { scopes: ["files:read"].into(), ..Access::default() },
            who().scopes(["files:admin"]),
            who().scopes(["files:list"]),
        ),
        (
            Access { roles: ["reader", "none"].into(), ..Access::default() },
            who().roles(["owner"]),
            who().roles(["payer"]),
        ),
        (by_guard(scope("files:read")), who().scopes(["files:write"]), who().scopes(["write"])),
        (by_guard(role("reader")), who().roles(["owner"]), who().roles(["own"])),
        (
            by_guard(own),
            who().roles(["owner"]).scopes(["files:admin"]),
            who().roles(["owner"]).scopes(["x"]),
        ),
    ]
}

#[tokio::test]
async fn whoever_holds_what_contains_it_has_it() {
    for (access, above, other) in rows() {
        let (server, _) = each_kind(&access);
        let server = serve(ranked(server));
        for (identity, has) in [(above, true), (other, false)] {
            let calls = server.by_identity(identity);
            for (method, params, _, _) in uses() {
                let told = calls.request(method, params).await;
                assert_eq!(told.is_ok(), has, "{method} {access:?}");
            }
            for (method, member, _) in LISTS {
                let list = value(&calls.request(method, json!({})).await.unwrap());
                let count = list[member].as_array().unwrap().len();
                assert_eq!(count, usize::from(has), "{method} {access:?}");
            }
        }
        let (flat, _) = each_kind(&access);
        let (_, above, _) = rows().swap_remove(0);
        let told = serve(flat).by_identity(above).call("it", json!({"day": "today"})).await;
        assert!(told.is_err(), "nothing contains anything unless it was declared");
    }
}

#[tokio::test]
async fn a_challenge_names_what_is_needed_and_identities_stay_as_they_are() {
    let (server, _) = each_kind(&Access { scopes: ["files:read"].into(), ..Access::default() });
    let calls = serve(ranked(server).required_scopes(["files:read"]));
    let told = calls.by(["x"]).call("it", json!({"day": "today"})).await.unwrap_err();
    assert_eq!(told.denial(), Some(&Denial::Scopes(["files:read"].into())));
    calls.by(["files:admin"]).call("it", json!({"day": "today"})).await.unwrap();
    let card = calls.service.card();
    assert_eq!(card.scopes.to_string(), "files:read", "the document asks for no more than needed");
    assert_eq!(card.hierarchy.names().to_string(), "files:admin files:write");
}

#[tokio::test]
async fn a_guard_sees_all_that_is_held() {
    let seen = |ask: &Ask<'_>| {
        let said = (ask.scopes().to_string(), ask.roles().to_string());
        let all = ("files:read files:write x".to_owned(), "editor reader".to_owned());
        let own = ask.caller.identity().unwrap();
        let kept = own.scopes.to_string() == "files:write x" && own.roles.to_string() == "editor";
        if said == all && kept { Decision::Allow } else { Decision::Forbid }
    };
    let guard = Some(Guard::decided_by(seen));
    let (server, _) = each_kind(&Access { guard, ..Access::default() });
    let editor = who().scopes(["files:write", "x"]).roles(["editor"]);
    let calls = serve(ranked(server)).by_identity(editor);
    calls.call("it", json!({"day": "today"})).await.unwrap();
}

#[test]
fn circles_and_bad_scopes_refuse_to_start() {
    let problems = |server: Server| server.into_service().err().unwrap().to_string();
    let server = || Server::new("s", "1");
    let circle = server().scope_implies("a", ["b"]).scope_implies("b", ["c", "a"]);
    assert!(problems(circle).contains("`scope_implies`: a b would contain themselves"));
    let circle = server().role_implies("a", ["a"]);
    assert!(problems(circle).contains("`role_implies`: a would contain themselves"));
    for (scope, contained) in [("a b", ["c"]), ("", ["c"]), ("a", ["b\"c"])] {
        assert!(problems(server().scope_implies(scope, contained)).contains("RFC 6749"));
    }
    let fine = server().role_implies("night watch", ["day watch"]);
    assert_eq!(fine.into_service().unwrap().card().scopes, Scopes::none());
}
