//! Refresh tokens: once each, and all of a family together.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Reply, claims, login::code, login::described, login::redeem, post, refused};
use crate::{AuthorizationServer, OAuthClient};

async fn start() -> AuthorizationServer {
    described().client(OAuthClient::confidential("rs", "x")).start().await.unwrap()
}

/// What the first redemption says.
async fn first(server: &AuthorizationServer) -> Value {
    let code = code(server, &[]).await;
    redeem(server, &code, &[]).await.json()
}

async fn refresh(server: &AuthorizationServer, held: &Value, more: &[(&str, &str)]) -> Reply {
    let token = held["refresh_token"].as_str().unwrap();
    let usual = [("grant_type", "refresh_token"), ("client_id", "page"), ("refresh_token", token)];
    let named = |name: &str| more.iter().any(|(it, _)| *it == name);
    let usual = usual.into_iter().filter(|(name, _)| !named(name));
    post(server, "/token", &usual.chain(more.iter().copied()).collect::<Vec<_>>()).await
}

async fn is_active(server: &AuthorizationServer, held: &Value) -> bool {
    let token = held["access_token"].as_str().unwrap();
    let form = [("token", token), ("client_id", "rs"), ("client_secret", "x")];
    post(server, "/introspect", &form).await.json()["active"].as_bool().unwrap()
}

#[tokio::test]
async fn each_is_good_once_and_says_the_same() {
    let server = start().await;
    let one = first(&server).await;
    server.advance(Duration::from_secs(301));
    assert!(!is_active(&server, &one).await);
    let two = refresh(&server, &one, &[]).await.json();
    assert_ne!(one["refresh_token"], two["refresh_token"]);
    let said = |held: &Value| {
        let mut claims = claims(held["access_token"].as_str().unwrap());
        for name in ["iat", "exp", "jti"] {
            claims.as_object_mut().unwrap().remove(name).unwrap();
        }
        claims
    };
    assert_eq!(said(&one), said(&two));
    assert!(is_active(&server, &two).await);
    assert_eq!(refresh(&server, &two, &[]).await.status, 200);
}

#[tokio::test]
async fn one_that_comes_twice_ends_its_family() {
    let server = start().await;
    let (one, stranger) = (first(&server).await, first(&server).await);
    let two = refresh(&server, &one, &[]).await.json();
    refused(&refresh(&server, &one, &[]).await, 400, "invalid_grant");
    refused(&refresh(&server, &two, &[]).await, 400, "invalid_grant");
    assert!(!is_active(&server, &two).await);
    assert!(is_active(&server, &stranger).await);
    assert_eq!(refresh(&server, &stranger, &[]).await.status, 200);
}

#[tokio::test]
async fn a_request_that_is_wrong_does_not_cost_the_token() {
    let server = start().await;
    let one = first(&server).await;
    for (more, error) in [
        ([("scope", "a c")], "invalid_scope"),
        ([("resource", "https://elsewhere.example")], "invalid_target"),
        ([("client_id", "other")], "invalid_grant"),
        ([("refresh_token", "made-up")], "invalid_grant"),
    ] {
        refused(&refresh(&server, &one, &more).await, 400, error);
    }
    let less = refresh(&server, &one, &[("scope", "a")]).await.json();
    assert_eq!(less["scope"], "a");
    // What was left out once was granted all the same.
    let all = refresh(&server, &less, &[]).await.json();
    assert_eq!(all["scope"], "a b");
}

#[tokio::test]
async fn they_end() {
    let server = described().refresh_lifetime(Duration::from_secs(60)).start().await.unwrap();
    let one = first(&server).await;
    server.advance(Duration::from_secs(59));
    let two = refresh(&server, &one, &[]).await.json();
    server.advance(Duration::from_secs(60));
    refused(&refresh(&server, &two, &[]).await, 400, "invalid_grant");
}

#[tokio::test]
async fn clients_take_back_their_own() {
    let server = start().await;
    let (one, two) = (first(&server).await, first(&server).await);
    let revoke = async |held: &Value, name: &str, client: &str| {
        let token = held[name].as_str().unwrap();
        let reply = post(&server, "/revoke", &[("token", token), ("client_id", client)]).await;
        assert_eq!((reply.status, reply.json()), (200, json!({})));
    };
    for name in ["access_token", "refresh_token"] {
        revoke(&one, name, "other").await;
        assert!(is_active(&server, &one).await);
    }
    revoke(&one, "access_token", "page").await;
    assert!(!is_active(&server, &one).await);
    assert_eq!(refresh(&server, &one, &[]).await.status, 200);
    revoke(&two, "refresh_token", "page").await;
    assert!(!is_active(&server, &two).await);
    refused(&refresh(&server, &two, &[]).await, 400, "invalid_grant");
    refused(&post(&server, "/revoke", &[("token", "x")]).await, 401, "invalid_client");
}
