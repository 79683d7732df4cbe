//! Settings that cannot be used are told when they are built, each by its name.

use std::time::Duration;

use toolgate_core::{Authenticate, PrincipalType, ScopePrefix, env::Env};

use super::kit::{FakeIssuer, ISSUER};
use crate::jwt::{Jwt, jwt};

fn problems(jwt: Jwt) -> Vec<String> {
    match jwt.fetch(FakeIssuer::new()).build() {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().to_vec(),
    }
}

fn names(jwt: Jwt, setting: &str) {
    let problems = problems(jwt);
    assert!(matches!(&*problems, [one] if one.contains(setting)), "{setting}: {problems:?}");
}

#[test]
fn each_setting_is_named() {
    for issuer in [
        "",
        "issuer.example",
        "http://issuer.example",
        "ftp://issuer.example",
        "https://issuer.example?a=b",
        "https://issuer.example#a",
        "https://ann@issuer.example",
        "https://",
    ] {
        names(jwt(issuer), "the issuer");
    }
    names(jwt(ISSUER).jwks_uri("http://issuer.example/keys"), "jwks_uri");
    names(jwt(ISSUER).jwks_uri("keys"), "jwks_uri");
    names(jwt(ISSUER).audience([] as [&str; 0]), "audience");
    names(jwt(ISSUER).audience(["a", ""]), "audience");
    names(jwt(ISSUER).algorithms([]), "algorithms");
    names(jwt(ISSUER).leeway(Duration::from_secs(301)), "leeway");
    names(jwt(ISSUER).danger().accept_without_audience("", "a"), "accept_without_audience");
    names(jwt(ISSUER).danger().accept_without_audience("client_id", ""), "accept_without_audience");
    names(jwt(ISSUER).danger().accept_without_audience("aud", "a"), "accept_without_audience");
    names(jwt(ISSUER).dpop().dpop_memory(0, 1), "dpop_memory");
    names(jwt(ISSUER).dpop().dpop_memory(1, 0), "dpop_memory");
    names(jwt(ISSUER).principal(|_| Ok(1_u8)).principal(|_| Ok(2_u8)), "principal");
}

#[test]
fn all_problems_are_told_at_once() {
    assert_eq!(problems(jwt("").algorithms([]).leeway(Duration::MAX)).len(), 3);
}

#[test]
fn settings_that_can_be_used_are() {
    for jwt in [
        jwt(ISSUER),
        jwt("http://localhost:8080/realms/a"),
        jwt("http://127.0.0.1:8080"),
        jwt(ISSUER).leeway(Duration::from_secs(300)).jwks_uri("https://k.example/keys"),
        jwt(ISSUER).jwks_uri("http://localhost/keys"),
        jwt(ISSUER).danger().accept_without_audience("client_id", "a"),
        jwt(ISSUER).principal(|_| Ok(1_u8)).principal(|_| Ok(2_u16)),
    ] {
        assert_eq!(problems(jwt.clone()), [] as [&str; 0], "{jwt:?}");
    }
}

#[test]
fn the_default_fetch_can_be_built() {
    jwt(ISSUER).build().unwrap();
}

#[test]
fn the_card_says_what_the_transport_has_to_know() {
    let card = jwt(ISSUER).principal(|_| Ok(1_u8)).fetch(FakeIssuer::new()).build().unwrap().card();
    assert_eq!(card.authorization_servers, [ISSUER]);
    assert!(card.needs_resource);
    assert_eq!(card.principals, [PrincipalType::of::<u8>()]);
    let card = jwt(ISSUER).audience(["a"]).fetch(FakeIssuer::new()).build().unwrap().card();
    assert!(!card.needs_resource);
}

#[test]
fn the_environment_can_name_the_issuer() {
    assert!(Jwt::from_env(&Env::of([])).unwrap().is_none());
    let all = Env::of([
        ("TOOLGATE_ISSUER", ISSUER),
        ("TOOLGATE_JWKS_URI", "https://k.example/keys"),
        ("TOOLGATE_AUDIENCE", "a, b"),
        ("TOOLGATE_SCOPE_PREFIX", "api://a/"),
    ]);
    let auth = Jwt::from_env(&all).unwrap().unwrap().fetch(FakeIssuer::new()).build().unwrap();
    assert_eq!(auth.card().authorization_servers, [ISSUER]);
    assert!(!auth.card().needs_resource);
    assert_eq!(auth.card().scope_prefix, Some("api://a/".into()));
    let under = [("TOOLGATE_ISSUER", ISSUER), ("TOOLGATE_SCOPE_PREFIX", "resource")];
    let auth = Jwt::from_env(&Env::of(under)).unwrap().unwrap().fetch(FakeIssuer::new());
    assert_eq!(auth.build().unwrap().card().scope_prefix, Some(ScopePrefix::Resource));
    let wrong = jwt(ISSUER).scope_prefix(Some("a b/".into())).build().unwrap_err();
    assert!(wrong.to_string().contains("`scope_prefix`"), "{wrong}");
    let orphan = Jwt::from_env(&Env::of([("TOOLGATE_AUDIENCE", "a")])).unwrap_err();
    assert!(orphan.to_string().contains("TOOLGATE_ISSUER"), "{orphan}");
}
