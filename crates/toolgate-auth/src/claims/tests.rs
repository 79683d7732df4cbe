//! From claims to an identity and to the author's type: what counts, and what refuses.

use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::{Identity, Refusal, authenticate::Reason};

use super::{Claims, Fields, Mapping};

fn mapped(mapping: &Mapping, claims: Value) -> Result<Identity, Refusal> {
    let Value::Object(claims) = claims else { panic!("claims are an object") };
    mapping.identity("https://issuer.example", &Claims(claims), None)
}

/// What the log is told of why.
fn why(mapping: &Mapping, claims: Value) -> String {
    let refusal = mapped(mapping, claims).unwrap_err();
    assert_eq!(refusal.reason(), Reason::Invalid);
    let (message, why) = refusal.logged().split_once(": ").unwrap();
    assert_eq!(message, refusal.message());
    why.to_owned()
}

fn listed(scopes: &toolgate_core::Scopes) -> Vec<&str> {
    scopes.iter().collect()
}

#[test]
fn roles_and_scopes_of_all_claims_that_are_named_count() {
    let mapping = Mapping::default()
        .roles(["realm_access.roles", "resource_access.[my.app].roles", "cognito:groups"])
        .scopes(["scope", "[https://example.com/permissions]"]);
    let identity = mapped(
        &mapping,
        json!({
            "roles": ["not named"], "scp": "not-named",
            "realm_access": {"roles": ["user", "night watch"]},
            "resource_access": {"my.app": {"roles": ["editor", "user"]}, "account": {"roles": ["x"]}},
            "cognito:groups": "staff",
            "scope": "a b", "https://example.com/permissions": ["read:c", "d e"],
        }),
    );
    let identity = identity.unwrap();
    assert_eq!(listed(&identity.roles), ["editor", "night watch", "staff", "user"]);
    assert_eq!(listed(&identity.scopes), ["a", "b", "d", "e", "read:c"]);
    let none = mapped(&mapping, json!({"resource_access": {}, "realm_access": null})).unwrap();
    assert!(none.roles.is_empty() && none.scopes.is_empty());
}

#[test]
fn roles_and_scopes_of_the_wrong_shape_refuse_where_they_were_named() {
    let mapping = Mapping::default().roles(["a.roles"]).scopes(["b"]);
    for claims in [
        json!({"a": "roles"}),
        json!({"a": ["roles"]}),
        json!({"a": {"roles": 7}}),
        json!({"a": {"roles": {"admin": true}}}),
        json!({"a": {"roles": ["x", 7]}}),
        json!({"a": {"roles": [["x"]]}}),
    ] {
        assert_eq!(why(&mapping, claims), "wrong shape: `a.roles`");
    }
    assert_eq!(why(&mapping, json!({"b": true})), "wrong shape: `b`");
}

#[test]
fn with_names_only_what_is_named_counts() {
    let mapping = Mapping::default()
        .role_names([("grp-audit", "auditor"), ("grp-audit", "reader"), ("grp-all", "reader")])
        .scope_names([("api://x/Mail.Read", "mail:read")]);
    let claims = json!({
        "roles": ["grp-audit", "auditors", "admin"], "scp": "api://x/Mail.Read mail:write",
    });
    let identity = mapped(&mapping, claims).unwrap();
    assert_eq!(listed(&identity.roles), ["auditor", "reader"]);
    assert_eq!(listed(&identity.scopes), ["mail:read"]);
    // A name of this server's own is not one of the issuer's.
    let identity = mapped(&mapping, json!({"roles": ["auditor"], "scp": "mail:read"})).unwrap();
    assert!(identity.roles.is_empty() && identity.scopes.is_empty());
}

#[test]
fn every_claim_that_names_the_client_has_to_name_one_that_is_allowed() {
    let mapping = Mapping::default().clients(["portal", "desk"]);
    for (claims, client) in [
        (json!({"azp": "portal"}), "portal"),
        (json!({"client_id": "desk"}), "desk"),
        (json!({"client_id": "desk", "azp": "portal"}), "desk"),
        (json!({"client_id": null, "azp": "portal"}), "portal"),
    ] {
        assert_eq!(mapped(&mapping, claims).unwrap().key.client.as_deref(), Some(client));
    }
    for claims in [
        json!({"azp": "other"}),
        json!({"azp": "Portal"}),
        json!({"azp": ""}),
        json!({"client_id": "desk", "azp": "other"}),
        json!({"client_id": "other", "azp": "portal"}),
    ] {
        let refusal = mapped(&mapping, claims.clone()).unwrap_err();
        assert_eq!(refusal.reason(), Reason::Forbidden, "{claims}");
        assert_eq!(refusal.message(), "this client may not call");
    }
    let missing = "missing claim: the client from `client_id`, `azp`";
    assert_eq!(why(&mapping, json!({"sub": "ann", "cid": "portal"})), missing);
    assert_eq!(why(&mapping, json!({"azp": ["portal"]})), "wrong shape: `azp`");
    assert_eq!(why(&mapping, json!({"azp": "portal", "client_id": 7})), "wrong shape: `client_id`");
}

#[test]
fn the_client_can_be_named_by_other_claims() {
    let mapping = Mapping::default().client_claims(["cid", "app.id"]);
    let client = |claims| mapped(&mapping, claims).map(|identity| identity.key.client);
    assert_eq!(client(json!({"cid": "a", "azp": "b"})).unwrap().as_deref(), Some("a"));
    assert_eq!(client(json!({"app": {"id": "c"}})).unwrap().as_deref(), Some("c"));
    assert_eq!(client(json!({"azp": "b"})).unwrap(), None);
    assert_eq!(why(&mapping, json!({"app": "c"})), "wrong shape: `app.id`");
    assert_eq!(why(&mapping, json!({"cid": 7})), "wrong shape: `cid`");
}

#[derive(Debug, PartialEq, Deserialize)]
struct User {
    name: String,
    level: Option<u8>,
    #[serde(default)]
    flags: Vec<bool>,
    teams: Vec<String>,
}

fn user() -> Mapping {
    Mapping::default().user::<User>(|user| {
        user.required("name", ["preferred_username", "[https://example.com/name]", "sub"])
            .optional("level", ["app.level", "level"])
            .optional("flags", ["flags"])
            .list("teams", ["groups", "realm_access.roles"])
    })
}

fn made(claims: Value) -> User {
    let identity = mapped(&user(), claims).unwrap();
    let User { name, level, flags, teams } = identity.ext.find::<User>().unwrap();
    User { name: name.clone(), level: *level, flags: flags.clone(), teams: teams.clone() }
}

#[test]
fn the_first_claim_that_is_there_counts() {
    let whole = made(json!({
        "sub": "1", "preferred_username": "ann", "https://example.com/name": "Ann",
        "app": {"level": 3}, "level": 4, "flags": [true], "groups": ["x", "y"],
        "realm_access": {"roles": ["y", "z"]}, "teams": ["not mapped"],
    }));
    let teams = ["x", "y", "z"].map(str::to_owned).to_vec();
    assert_eq!(whole, User { name: "ann".into(), level: Some(3), flags: vec![true], teams });
    let rest = made(json!({"sub": "1", "preferred_username": null, "level": 4, "app": {}}));
    assert_eq!(rest, User { name: "1".into(), level: Some(4), flags: vec![], teams: vec![] });
    let name = made(json!({"sub": "1", "https://example.com/name": "Ann", "groups": "x"}));
    assert_eq!((&*name.name, name.level, &*name.teams), ("Ann", None, &["x".to_owned()][..]));
}

#[test]
fn a_claim_that_is_missing_or_has_the_wrong_shape_refuses_and_is_named() {
    let name = "field `name` from `preferred_username`, `[https://example.com/name]`, `sub`";
    let level = "field `level` from `app.level`, `level`";
    let teams = "field `teams` from `groups`, `realm_access.roles`";
    let shape = |field: &str| format!("wrong shape: {field}");
    for (claims, ending) in [
        (json!({"level": 1}), format!("missing claim: {name}")),
        // The first that is there counts, so a good one behind it is no way out.
        (json!({"sub": "1", "preferred_username": 7}), shape(name)),
        (json!({"sub": {"s3cr3t": 1}}), shape(name)),
        (json!({"sub": "1", "app": "s3cr3t", "level": 1}), shape(level)),
        (json!({"sub": "1", "level": 5_318_008}), shape(level)),
        (json!({"sub": "1", "level": "s3cr3t"}), shape(level)),
        (json!({"sub": "1", "groups": 7}), shape(teams)),
        (json!({"sub": "1", "groups": ["x", null]}), shape(teams)),
        (json!({"sub": "1", "realm_access": ["s3cr3t"]}), shape(teams)),
    ] {
        let why = why(&user(), claims.clone());
        assert!(why.ends_with(&ending), "{claims}: {why}");
        assert!(!why.contains("s3cr3t") && !why.contains("5318008"), "{why}");
    }
}

#[test]
fn a_field_that_nobody_mapped_is_told_by_name() {
    let mapping = Mapping::default().user::<User>(|user| user.required("name", ["sub"]));
    let why = why(&mapping, json!({"sub": "1", "teams": ["x"]}));
    assert!(why.ends_with("missing field `teams`"), "{why}");
}

#[test]
fn problems_are_told_when_it_is_built() {
    let told = |mapping: Mapping| mapping.problems();
    assert_eq!(told(user()), [] as [&str; 0]);
    let fields = |fields: fn(Fields) -> Fields| told(Mapping::default().user::<User>(fields));
    for (problems, expected) in [
        (told(Mapping::default().clients([] as [&str; 0])), "`clients`"),
        (told(Mapping::default().clients(["a", ""])), "`clients`"),
        (told(Mapping::default().client_claims([] as [&str; 0])), "`client_claims`"),
        (told(Mapping::default().roles(["a..b"])), "`a..b`"),
        (told(Mapping::default().scopes(["https://example.com/x"])), "`https://example.com/x`"),
        (told(Mapping::default().client_claims([""])), "names no claim"),
        (told(user().user::<User>(|user| user.required("name", ["sub"]))), "set twice"),
        (fields(|user| user.required("a", ["b"]).optional("a", ["c"])), "mapped twice"),
        (fields(|user| user.required("a", [] as [&str; 0])), "no claim to come from"),
        (fields(|user| user.list("a", ["b", "c.."])), "`c..`"),
    ] {
        assert!(matches!(&*problems, [one] if one.contains(expected)), "{expected}: {problems:?}");
    }
    // No role counts: a way to say so.
    assert_eq!(told(Mapping::default().roles([] as [&str; 0])), [] as [&str; 0]);
}

#[test]
fn deep_claims_are_met_without_going_down() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!({ "a": deep });
    }
    let mapping = Mapping::default().roles(["a.a.a.a.a.a.a.a"]);
    assert_eq!(why(&mapping, deep.clone()), "wrong shape: `a.a.a.a.a.a.a.a`");
    mapped(&user(), json!({"sub": "1", "other": deep})).unwrap();
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ab ]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_claims_are_mapped_or_refused(a in any_json(), b in any_json()) {
        let mapping = Mapping::default()
            .clients(["a"])
            .client_claims(["a.b", "b"])
            .roles(["a", "b.a"])
            .scopes(["b"])
            .user::<User>(|user| user.required("name", ["a.a"]).list("teams", ["b"]));
        if let Ok(identity) = mapped(&mapping, json!({"a": a, "b": b})) {
            prop_assert_eq!(identity.key.client.as_deref(), Some("a"));
        }
    }
}

#[test]
fn when_and_how_a_user_logged_in_is_what_the_issuer_says() {
    let login = |claims: Value| {
        let identity = mapped(&Mapping::default(), claims).unwrap();
        let since = identity.authenticated.map(|at| at.duration_since(UNIX_EPOCH).unwrap());
        (since, identity.acr.as_deref().map(str::to_owned))
    };
    let said = login(json!({"auth_time": 1_700_000_000, "acr": "phr"}));
    assert_eq!(said, (Some(Duration::from_secs(1_700_000_000)), Some("phr".to_owned())));
    assert_eq!(login(json!({"auth_time": 0.5})).0, Some(Duration::from_millis(500)));
    for (auth_time, acr) in [
        (json!(null), json!(null)),
        (json!("1700000000"), json!(["phr"])),
        (json!(-1), json!(1)),
        (json!(1e300), json!({"phr": true})),
    ] {
        let said = login(json!({"auth_time": auth_time, "acr": acr}));
        assert_eq!(said, (None, None), "what is unreadable is not said");
    }
    assert_eq!(login(json!({})), (None, None));
}
