//! Somebody logs in and consents, or does not; the client redeems what it gets.

use std::time::Duration;

use serde_json::json;

use super::{Reply, ask, body, claims, post, refused, send};
use crate::{AuthorizationServer, AuthorizationServerBuilder, OAuthClient, Person};

pub(super) const BACK: &str = "http://127.0.0.1:8976/callback";
const RESOURCE: &str = "https://r.example/mcp";

/// From RFC 7636, appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(super) fn described() -> AuthorizationServerBuilder {
    AuthorizationServer::builder()
        .client(OAuthClient::public("page").name("<b>Page</b>").redirect(BACK))
        .client(OAuthClient::public("other").redirect(BACK))
        .client(OAuthClient::confidential("desk", "x").redirect(BACK).without_refresh())
        .person(Person::new("user-1").name("Ann").claim("realm_access", json!({"roles": ["a"]})))
        .person(Person::new("user-2").name("Bob"))
}

async fn start() -> AuthorizationServer {
    described().acr(["pwd", "mfa"]).start().await.unwrap()
}

/// What `page` asks for, with some of it said otherwise; what is said to be nothing is left out.
fn asked<'a>(otherwise: &[(&'a str, &'a str)]) -> String {
    let usual = [
        ("client_id", "page"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("scope", "a b"),
        ("state", "x y&z"),
        ("resource", RESOURCE),
    ];
    let named = |name: &str| otherwise.iter().any(|(it, _)| *it == name);
    let usual = usual.into_iter().filter(|(name, _)| !named(name));
    let all: Vec<_> = usual.chain(otherwise.iter().copied()).collect();
    body(&all.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>())
}

pub(super) async fn begin(server: &AuthorizationServer, otherwise: &[(&str, &str)]) -> Reply {
    ask(server, "GET", &format!("/authorize?{}", asked(otherwise))).await.unwrap()
}

/// What the hidden field of a page says.
fn hidden(page: &Reply) -> String {
    assert_eq!(page.status, 200, "{}", page.body);
    let (_, rest) = page.body.split_once("name=\"login\" value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// Somebody says who they are, and answers.
async fn answered(
    server: &AuthorizationServer,
    page: &Reply,
    person: &str,
    answer: &[(&str, &str)],
) -> Reply {
    let login = hidden(page);
    let consent = post(server, "/authorize", &[("login", &login), ("person", person)]).await;
    assert_eq!(hidden(&consent), login);
    let form: Vec<_> = [("login", &*login)].into_iter().chain(answer.iter().copied()).collect();
    post(server, "/authorize", &form).await
}

/// The code that `user-1` lets a client have, for all that it asks for.
pub(super) async fn code(server: &AuthorizationServer, otherwise: &[(&str, &str)]) -> String {
    let page = begin(server, otherwise).await;
    let yes = [("answer", "allow"), ("scope", "a"), ("scope", "b")];
    let back = answered(server, &page, "user-1", &yes).await;
    back.back().1.one("code").unwrap().unwrap().to_owned()
}

/// Redeems a code, with some of it said otherwise.
pub(super) async fn redeem(
    server: &AuthorizationServer,
    code: &str,
    otherwise: &[(&str, &str)],
) -> Reply {
    let usual = [
        ("grant_type", "authorization_code"),
        ("client_id", "page"),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("code", code),
    ];
    let named = |name: &str| otherwise.iter().any(|(it, _)| *it == name);
    let usual = usual.into_iter().filter(|(name, _)| !named(name));
    post(server, "/token", &usual.chain(otherwise.iter().copied()).collect::<Vec<_>>()).await
}

#[tokio::test]
async fn somebody_logs_in_consents_and_the_client_has_a_token() {
    let server = start().await;
    let page = begin(&server, &[]).await;
    assert!(page.body.contains("Ann") && page.body.contains("Bob"), "{}", page.body);
    assert!(!page.body.contains("<b>Page") && page.body.contains("&lt;b&gt;Page"));
    let yes = [("answer", "allow"), ("scope", "b"), ("scope", "c")];
    let back = answered(&server, &page, "user-1", &yes).await;
    assert_eq!(back.status, 303);
    let (to, sent) = back.back();
    assert_eq!(to, BACK);
    assert_eq!(sent.one("state").unwrap(), Some("x y&z"));
    assert_eq!(sent.one("iss").unwrap(), Some(server.issuer()));
    let reply = redeem(&server, sent.one("code").unwrap().unwrap(), &[]).await;
    assert!(reply.head.contains("cache-control: no-store"), "{}", reply.head);
    let reply = reply.json();
    // What was not asked for is not given, and neither is what was not ticked.
    assert_eq!((&reply["token_type"], &reply["scope"]), (&json!("Bearer"), &json!("b")));
    assert!(reply["refresh_token"].is_string());
    let mut said = claims(reply["access_token"].as_str().unwrap());
    let mut take = |name: &str| said.as_object_mut().unwrap().remove(name).unwrap();
    let (at, issued) = (take("auth_time").as_u64().unwrap(), take("iat").as_u64().unwrap());
    assert!(at <= issued && issued - at < 60);
    for name in ["exp", "jti"] {
        take(name);
    }
    let expected = json!({"iss": server.issuer(), "sub": "user-1", "aud": RESOURCE, "name": "Ann",
        "client_id": "page", "scope": "b", "acr": "pwd", "realm_access": {"roles": ["a"]}});
    assert_eq!(said, expected);
}

#[tokio::test]
async fn pages_are_for_a_person_alone() {
    let server = start().await;
    let page = begin(&server, &[]).await;
    for field in ["cache-control: no-store", "frame-ancestors 'none'", "referrer-policy: no-ref"] {
        assert!(page.head.contains(field), "{}", page.head);
    }
    // Pages of other origins see none of it, by any name of this machine.
    assert!(!page.head.contains("access-control"), "{}", page.head);
    let preflight = ask(&server, "OPTIONS", "/authorize").await.unwrap();
    assert!(preflight.status == 405 && !preflight.head.contains("access-control"));
    let path = format!("/authorize?{}", asked(&[]));
    let elsewhere = super::with_host(&server, "evil.example", &path).await;
    assert_eq!(elsewhere.status, 403);
}

#[tokio::test]
async fn nobody_is_sent_where_the_client_is_not() {
    let server = start().await;
    for otherwise in [
        [("client_id", "nobody")],
        [("client_id", "")],
        [("redirect_uri", "https://evil.example/callback")],
        [("redirect_uri", "http://127.0.0.1:8976/other")],
    ] {
        let page = begin(&server, &otherwise).await;
        assert!(page.status == 400 && page.field("location").is_none(), "{otherwise:?}");
    }
    let twice = format!("/authorize?{}&client_id=other", asked(&[]));
    assert_eq!(ask(&server, "GET", &twice).await.unwrap().status, 400);
    // The only one that there is need not be said.
    assert_eq!(begin(&server, &[("redirect_uri", "")]).await.status, 200);
}

#[tokio::test]
async fn the_client_is_told_what_is_wrong() {
    let server = start().await;
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("response_mode", "fragment", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("resource", "r#part", "invalid_target"),
        ("scope", "a \"b\"", "invalid_scope"),
        ("prompt", "none", "login_required"),
        ("request", "x", "request_not_supported"),
        ("acr_values", "retina", "unmet_authentication_requirements"),
    ] {
        let reply = begin(&server, &[(name, value)]).await;
        let (to, sent) = reply.back();
        assert_eq!((to, sent.one("error").unwrap()), (BACK, Some(error)), "{name} {value}");
        assert_eq!(sent.one("state").unwrap(), Some("x y&z"));
        assert_eq!(sent.one("iss").unwrap(), Some(server.issuer()));
    }
}

#[tokio::test]
async fn who_says_no_is_not_asked_again() {
    let server = start().await;
    let page = begin(&server, &[]).await;
    let login = hidden(&page);
    // Nobody has said who they are.
    let early = [("login", &*login), ("answer", "allow")];
    assert_eq!(post(&server, "/authorize", &early).await.status, 400);
    let stranger = [("login", &*login), ("person", "user-3")];
    assert_eq!(post(&server, "/authorize", &stranger).await.status, 400);
    let no = answered(&server, &page, "user-2", &[("answer", "deny")]).await;
    assert_eq!(no.back().1.one("error").unwrap(), Some("access_denied"));
    let late = [("login", &*login), ("person", "user-1")];
    assert_eq!(post(&server, "/authorize", &late).await.status, 400);
    assert_eq!(post(&server, "/authorize", &[("answer", "allow")]).await.status, 400);

    let page = begin(&server, &[]).await;
    server.advance(Duration::from_secs(600));
    let late = [("login", &*hidden(&page)), ("person", "user-1")];
    assert_eq!(post(&server, "/authorize", &late).await.status, 400);
}

#[tokio::test]
async fn a_code_is_for_its_client_and_for_what_it_was_asked_for_with() {
    let server = start().await;
    for (name, value, error) in [
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXx", "invalid_grant"),
        ("code_verifier", "", "invalid_request"),
        ("redirect_uri", "http://127.0.0.1:8977/callback", "invalid_grant"),
        ("redirect_uri", "", "invalid_grant"),
        ("resource", "https://elsewhere.example", "invalid_target"),
        ("client_id", "other", "invalid_grant"),
        ("code", "made-up", "invalid_grant"),
        ("code", "", "invalid_request"),
    ] {
        let code = code(&server, &[]).await;
        refused(&redeem(&server, &code, &[(name, value)]).await, 400, error);
    }
    let late = code(&server, &[]).await;
    server.advance(Duration::from_secs(60));
    refused(&redeem(&server, &late, &[]).await, 400, "invalid_grant");
    // Of a client with a secret the name is not enough.
    let desk = [("client_id", "desk")];
    let code = code(&server, &desk).await;
    refused(&redeem(&server, &code, &desk).await, 401, "invalid_client");
    let proven = redeem(&server, &code, &[desk[0], ("client_secret", "x")]).await;
    assert!(proven.status == 200 && proven.json().get("refresh_token").is_none());
}

#[tokio::test]
async fn a_code_that_comes_twice_ends_what_it_was_good_for() {
    let server = described().client(OAuthClient::confidential("rs", "x")).start().await.unwrap();
    let code = code(&server, &[]).await;
    let first = redeem(&server, &code, &[]).await.json();
    let token = first["access_token"].as_str().unwrap();
    let active = async || {
        let form = [("token", token), ("client_id", "rs"), ("client_secret", "x")];
        post(&server, "/introspect", &form).await.json()["active"].as_bool().unwrap()
    };
    assert!(active().await);
    // Somebody else's code is nobody's business.
    refused(&redeem(&server, &code, &[("client_id", "other")]).await, 400, "invalid_grant");
    assert!(active().await);
    refused(&redeem(&server, &code, &[]).await, 400, "invalid_grant");
    assert!(!active().await);
    let refresh = first["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", "page"), ("refresh_token", refresh)];
    refused(&post(&server, "/token", &form).await, 400, "invalid_grant");
}

#[tokio::test]
async fn whoever_steps_up_has_logged_in_as_was_asked() {
    let server = start().await;
    let code = code(&server, &[("acr_values", "retina mfa")]).await;
    let reply = redeem(&server, &code, &[]).await.json();
    assert_eq!(claims(reply["access_token"].as_str().unwrap())["acr"], "mfa");
}

#[tokio::test]
async fn where_nobody_is_asked_one_person_says_yes() {
    let server = described().unattended(Person::new("user-9")).start().await.unwrap();
    let reply = begin(&server, &[]).await;
    assert_eq!(reply.status, 302);
    let code = reply.back().1.one("code").unwrap().unwrap().to_owned();
    let reply = redeem(&server, &code, &[("resource", RESOURCE)]).await.json();
    assert_eq!(claims(reply["access_token"].as_str().unwrap())["sub"], "user-9");
    assert_eq!(reply["scope"], "a b");
}

#[tokio::test]
async fn long_heads_are_not_read() {
    let server = start().await;
    let path = format!("/authorize?{}", "x".repeat(70_000));
    let reply = send(&server, "GET", &path, &[], "").await;
    assert!(reply.is_none_or(|reply| (400..500).contains(&reply.status)));
}
