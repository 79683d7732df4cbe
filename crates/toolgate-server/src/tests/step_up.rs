//! Logins that are too old or too weak, for items of every kind.

use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use toolgate_core::{Denial, Identity, IntoService, Key, Scopes};

use super::{
    decisions::{LISTS, each_kind, uses},
    serve, value,
};
use crate::{
    Guard, PromptSpec, ResourceSpec, Server, ToolSpec, access::Access, acr, max_age, scope,
};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

const HOUR: Duration = Duration::from_secs(3600);

fn who() -> Identity {
    Identity::new(Key::new("test", "user-1"))
}

fn behind(guard: Guard) -> Access {
    Access { guard: Some(guard), ..Access::default() }
}

fn step_up(max_age: Option<Duration>, acr: Option<&str>, scopes: &[&str]) -> Denial {
    Denial::StepUp { max_age, acr: acr.map(str::to_owned), scopes: scopes.iter().collect() }
}

#[tokio::test]
async fn every_use_of_every_kind_needs_the_login_and_no_list_does() {
    let now = SystemTime::now();
    let (server, _) = each_kind(&behind(max_age(HOUR).and(acr(["phr", "phrh"]))));
    let server = serve(server);
    let refused = [
        who(),
        who().acr("phr"),
        who().authenticated(now),
        who().authenticated(now - 2 * HOUR).acr("phr"),
        who().authenticated(now + 24 * HOUR).acr("phr"),
        who().authenticated(now).acr("pwd"),
    ];
    for identity in refused {
        let calls = server.by_identity(identity.clone());
        for (method, params, _, _) in uses() {
            let told = calls.request(method, params).await.unwrap_err();
            let Some(Denial::StepUp { max_age, acr, .. }) = told.denial() else {
                panic!("{method} {identity:?} {told}");
            };
            let fresh = identity.authenticated.is_some_and(|at| at > now - HOUR && at <= now);
            assert_eq!(max_age.is_none(), fresh, "{method} {identity:?}");
            let strong = identity.acr.as_deref() == Some("phr");
            assert_eq!(acr.as_deref(), (!strong).then_some("phr phrh"), "{method} {identity:?}");
        }
        for (method, member, _) in LISTS {
            let list = value(&calls.request(method, json!({})).await.unwrap());
            assert_eq!(list[member].as_array().unwrap().len(), 1, "{method}");
        }
    }
    let good = server.by_identity(who().authenticated(now - HOUR / 2).acr("phrh"));
    for (method, params, _, _) in uses() {
        good.request(method, params).await.unwrap();
    }
}

#[tokio::test]
async fn one_login_mends_all_that_is_lacking() {
    let rows = [
        (max_age(HOUR).and(max_age(HOUR / 60)), step_up(Some(HOUR / 60), None, &[])),
        (acr(["a", "b", "c"]).and(acr(["c", "b"])), step_up(None, Some("b c"), &[])),
        (scope("x").and(max_age(HOUR)), step_up(Some(HOUR), None, &["x"])),
        (max_age(HOUR).and(scope("x")).and(acr(["a"])), step_up(Some(HOUR), Some("a"), &["x"])),
        (acr(["a"]).and(acr(["b"])), Denial::Forbidden),
        (acr(["a"]).or(scope("x")), step_up(None, Some("a"), &[])),
        (scope("x").or(acr(["a"])), Denial::Scopes(["x"].into())),
    ];
    for (guard, denial) in rows {
        let shown = format!("{guard:?}");
        let (server, _) = each_kind(&behind(guard));
        let calls = serve(server).by_identity(who());
        for (method, params, _, _) in uses() {
            let told = calls.request(method, params).await.unwrap_err();
            assert_eq!(told.denial(), Some(&denial), "{method} {shown}");
        }
    }
    let mut access = behind(max_age(HOUR));
    access.scopes = ["y"].into();
    let calls = serve(each_kind(&access).0);
    for identity in [who(), who().scopes(["y"])] {
        let told = calls.by_identity(identity).call("it", json!({"day": "today"})).await;
        let needed = step_up(Some(HOUR), None, &["y"]);
        assert_eq!(told.unwrap_err().denial(), Some(&needed), "what is held is named as well");
    }
    let hidden = serve(each_kind(&Access { roles: ["r"].into(), ..access }).0).by_identity(who());
    let told = hidden.call("it", json!({"day": "today"})).await.unwrap_err();
    assert_eq!(told.denial(), None, "no login gives the role, so none is asked for");
}

#[tokio::test]
async fn nobody_has_no_login() {
    let calls = serve(each_kind(&behind(max_age(HOUR))).0.open());
    assert!(calls.names().await.is_empty());
    let told = calls.call("it", json!({"day": "today"})).await.unwrap_err();
    assert_eq!(told.denial(), Some(&Denial::Unauthenticated));
}

#[test]
fn descriptions_of_all_kinds_have_the_words() {
    let guards = [
        ToolSpec::new("t").max_age(HOUR).acr(["a", "b"]).access.guard,
        ResourceSpec::new("t://it").max_age(HOUR).acr(["a", "b"]).access.guard,
        PromptSpec::new("p").max_age(HOUR).acr(["a", "b"]).access.guard,
    ];
    for guard in guards {
        let expected = format!("{:?}", max_age(HOUR).and(acr(["a", "b"])));
        assert_eq!(format!("{:?}", guard.unwrap()), expected);
    }
}

#[test]
fn conditions_that_no_login_meets_refuse_to_start() {
    let tool = |_: Nothing, _| async { Ok(()) };
    let bad = [
        max_age(Duration::ZERO),
        max_age(Duration::from_millis(1500)),
        acr(<[&str; 0]>::default()),
        acr([""]),
        acr(["a b"]),
        acr(["a", "b\"c"]),
        scope("x").or(role_and_old()),
    ];
    for guard in bad {
        let shown = format!("{guard:?}");
        let server = Server::new("s", "1").tool_fn(ToolSpec::new("t").guard(guard), tool);
        assert_eq!(server.into_service().err().unwrap().problems().len(), 1, "{shown}");
    }
    let fine = acr(["urn:mace:incommon:iap:silver", "1"]).and(max_age(Duration::from_secs(1)));
    let server = Server::new("s", "1").tool_fn(ToolSpec::new("t").guard(fine), tool);
    assert_eq!(server.into_service().unwrap().card().scopes, Scopes::none());
}

fn role_and_old() -> Guard {
    crate::role("r").and(max_age(Duration::ZERO))
}
