//! Tokens of clients in their own name, tokens for other tokens, and what is told of both.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{Reply, body, claims, named, post, published, refused, send, verifies};
use crate::{AuthorizationServer, OAuthClient, SigningKey};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Two clients with secrets and one without.
fn described() -> crate::AuthorizationServerBuilder {
    AuthorizationServer::builder()
        .client(OAuthClient::confidential("nightly", "s+3 cr3t").own_tokens().scopes(["a", "b"]))
        .client(
            OAuthClient::confidential("reports", "x").exchanges(["files", "https://two.example"]),
        )
        .client(OAuthClient::public("page").own_tokens().exchanges(["files"]))
}

async fn start() -> AuthorizationServer {
    described().start().await.unwrap()
}

/// Asks for a token as `nightly` with the secret in the body.
async fn own(server: &AuthorizationServer, more: &[(&str, &str)]) -> Reply {
    let mut form = vec![("grant_type", "client_credentials"), ("client_id", "nightly")];
    form.push(("client_secret", "s+3 cr3t"));
    form.extend(more);
    post(server, "/token", &form).await
}

/// Exchanges a token as `reports`.
async fn exchange(server: &AuthorizationServer, token: &str, more: &[(&str, &str)]) -> Reply {
    let mut form = vec![("grant_type", EXCHANGE), ("client_id", "reports")];
    form.extend([("client_secret", "x"), ("subject_token", token)]);
    form.push(("subject_token_type", ACCESS_TOKEN));
    form.extend(more);
    post(server, "/token", &form).await
}

async fn introspect(server: &AuthorizationServer, token: &str) -> Value {
    let form = [("token", token), ("client_id", "reports"), ("client_secret", "x")];
    let reply = post(server, "/introspect", &form).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()
}

#[track_caller]
fn token(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.head.contains("cache-control: no-store"), "{}", reply.head);
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_gets_a_token_in_its_own_name() {
    let server = start().await;
    let reply = own(&server, &[("resource", "https://r.example/mcp")]).await;
    let token = token(&reply);
    assert!(verifies(named(&published(&server).await, &token).unwrap(), &token));
    let said = claims(&token);
    assert_eq!((&said["sub"], &said["client_id"]), (&json!("nightly"), &json!("nightly")));
    assert_eq!((&said["aud"], &said["scope"]), (&json!("https://r.example/mcp"), &json!("a b")));
    let reply = reply.json();
    assert_eq!((&reply["token_type"], &reply["expires_in"]), (&json!("Bearer"), &json!(300)));
    assert_eq!(reply["scope"], "a b");
    let less = own(&server, &[("scope", "b")]).await.json();
    assert_eq!(less["scope"], "b");
    refused(&own(&server, &[("scope", "b c")]).await, 400, "invalid_scope");
    refused(&own(&server, &[("resource", "r#x")]).await, 400, "invalid_target");
}

#[tokio::test]
async fn a_client_proves_itself_in_one_way() {
    let server = start().await;
    let basic = |pair: &str| {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        format!("Basic {}", STANDARD.encode(pair))
    };
    let ask = async |authorization: &str, form: &[(&str, &str)]| {
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let fields = [kind, ("Authorization", authorization)];
        send(&server, "POST", "/token", &fields, &body(form)).await.unwrap()
    };
    let grant = ("grant_type", "client_credentials");
    // Name and secret are encoded before they are put together.
    assert_eq!(ask(&basic("nightly:s%2B3+cr3t"), &[grant]).await.status, 200);
    let wrong = ask(&basic("nightly:s+3 cr3t"), &[grant]).await;
    refused(&wrong, 401, "invalid_client");
    assert!(wrong.head.contains("www-authenticate: basic"), "{}", wrong.head);
    refused(&ask("Bearer x", &[grant]).await, 401, "invalid_client");
    let twice = [grant, ("client_secret", "s+3 cr3t")];
    refused(&ask(&basic("nightly:s%2B3+cr3t"), &twice).await, 400, "invalid_request");
    let other = [grant, ("client_id", "page")];
    refused(&ask(&basic("nightly:s%2B3+cr3t"), &other).await, 400, "invalid_request");
    for (id, status, error) in [
        ("nightly", 401, "invalid_client"),
        ("nobody", 401, "invalid_client"),
        ("page", 400, "unauthorized_client"),
    ] {
        refused(&post(&server, "/token", &[grant, ("client_id", id)]).await, status, error);
    }
    refused(&post(&server, "/token", &[grant]).await, 401, "invalid_client");
    refused(&own(&server, &[("client_id", "nightly")]).await, 400, "invalid_request");
}

#[tokio::test]
async fn a_token_is_exchanged_for_one_of_the_same_person() {
    let server = start().await;
    let roles = json!({"roles": ["reader"]});
    let before = server.token("ann").client("desk").audience("https://r.example/mcp");
    let before = before.scopes(["a", "b"]).claim("realm_access", roles.clone()).sign();
    let reply = exchange(&server, &before, &[("audience", "files"), ("scope", "c")]).await;
    let after = token(&reply);
    assert!(verifies(named(&published(&server).await, &after).unwrap(), &after));
    let said = claims(&after);
    assert_eq!((&said["sub"], &said["client_id"]), (&json!("ann"), &json!("reports")));
    assert_eq!((&said["aud"], &said["scope"]), (&json!("files"), &json!("c")));
    assert_eq!((&said["act"], &said["realm_access"]), (&json!({"sub": "reports"}), &roles));
    assert_ne!(said["jti"], claims(&before)["jti"]);
    assert_eq!(reply.json()["issued_token_type"], ACCESS_TOKEN);
    // Once more, for two places; who acted before is still to be seen.
    let both = [("resource", "https://two.example"), ("audience", "files")];
    let said = claims(&token(&exchange(&server, &after, &both).await));
    assert_eq!(said["aud"], json!(["files", "https://two.example"]));
    assert_eq!(said["act"], json!({"sub": "reports", "act": {"sub": "reports"}}));
    assert_eq!(said["scope"], "c");
    let actor = server.token("robot").sign();
    let acting = [("actor_token", &*actor), ("actor_token_type", ACCESS_TOKEN)];
    let said = claims(&token(&exchange(&server, &before, &acting).await));
    assert_eq!(said["act"], json!({"sub": "robot"}));
}

#[tokio::test]
async fn what_cannot_be_exchanged_is_refused() {
    let server = start().await;
    let good = server.token("ann").sign();
    let soon = SystemTime::now() + Duration::from_secs(60);
    let since = soon.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    for bad in [
        server.token("ann").lifetime(Duration::ZERO).sign(),
        server.token("ann").key(SigningKey::Impostor).sign(),
        server.token("ann").key(SigningKey::Unknown).sign(),
        server.token("ann").key(SigningKey::Encryption).sign(),
        server.token("ann").claim("iss", "https://other.example").sign(),
        server.token("ann").claim("nbf", since).sign(),
        server.token("ann").without("exp").sign(),
        "rubbish".to_owned(),
    ] {
        refused(&exchange(&server, &bad, &[]).await, 400, "invalid_request");
        assert_eq!(introspect(&server, &bad).await, json!({"active": false}));
    }
    let elsewhere = [("audience", "elsewhere")];
    refused(&exchange(&server, &good, &elsewhere).await, 400, "invalid_target");
    let refresh = [("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")];
    refused(&exchange(&server, &good, &refresh).await, 400, "invalid_request");
    let alone = [("actor_token", &*good)];
    refused(&exchange(&server, &good, &alone).await, 400, "invalid_request");
    let page = [("grant_type", EXCHANGE), ("client_id", "page"), ("subject_token", &good)];
    refused(&post(&server, "/token", &page).await, 400, "unauthorized_client");
    let nightly = [("grant_type", EXCHANGE), ("subject_token", &*good)];
    let nightly = [&nightly[..], &[("client_id", "nightly"), ("client_secret", "s+3 cr3t")]];
    refused(&post(&server, "/token", &nightly.concat()).await, 400, "unauthorized_client");
}

#[tokio::test]
async fn those_with_a_secret_are_told_what_a_token_says() {
    let server = start().await;
    let signed = server.token("ann").audience("r").scopes(["a"]).claim("cnf", json!({"jkt": "k"}));
    let signed = signed.sign();
    let mut said = claims(&signed);
    said["active"] = true.into();
    said["token_type"] = "DPoP".into();
    assert_eq!(introspect(&server, &signed).await, said);
    server.advance(Duration::from_secs(301));
    assert_eq!(introspect(&server, &signed).await, json!({"active": false}));
    let form = [("token", &*signed), ("client_id", "page")];
    refused(&post(&server, "/introspect", &form).await, 401, "invalid_client");
    refused(&post(&server, "/introspect", &form[..1]).await, 401, "invalid_client");
}

#[tokio::test]
async fn opaque_tokens_say_nothing_and_are_told_of() {
    let server = described().opaque().lifetime(Duration::from_secs(60)).start().await.unwrap();
    let opaque = token(&own(&server, &[("scope", "a")]).await);
    assert_eq!(opaque.len(), 43);
    let said = introspect(&server, &opaque).await;
    assert_eq!((&said["active"], &said["sub"]), (&json!(true), &json!("nightly")));
    assert_eq!((&said["scope"], &said["token_type"]), (&json!("a"), &json!("Bearer")));
    // The name that it is told under is not the token.
    assert_ne!(said["jti"], opaque);
    let jti = said["jti"].as_str().unwrap();
    assert_eq!(introspect(&server, jti).await, json!({"active": false}));
    let other = token(&exchange(&server, &opaque, &[]).await);
    assert_eq!(introspect(&server, &other).await["aud"], "files");
    let jwt = [("requested_token_type", "urn:ietf:params:oauth:token-type:jwt")];
    assert_eq!(claims(&token(&exchange(&server, &opaque, &jwt).await))["sub"], "nightly");
    server.advance(Duration::from_secs(60));
    assert_eq!(introspect(&server, &opaque).await, json!({"active": false}));
}

#[tokio::test]
async fn tokens_are_for_declared_resources() {
    let server = described().resource("https://one.example").resource("https://two.example");
    let server = server.start().await.unwrap();
    assert_eq!(claims(&token(&own(&server, &[]).await))["aud"], "https://one.example");
    let two = [("resource", "https://two.example"), ("resource", "https://one.example")];
    let said = claims(&token(&own(&server, &two).await));
    assert_eq!(said["aud"], json!(["https://two.example", "https://one.example"]));
    let three = own(&server, &[("resource", "https://three.example")]).await;
    refused(&three, 400, "invalid_target");
}

#[tokio::test]
async fn requests_that_are_no_forms_are_refused_and_so_are_large_ones() {
    let server = start().await;
    let json = [("Content-Type", "application/json")];
    let reply = send(&server, "POST", "/token", &json, "{}").await.unwrap();
    refused(&reply, 400, "invalid_request");
    let large = "x".repeat(64 * 1024 + 1);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(send(&server, "POST", "/token", &form, &large).await.unwrap().status, 413);
    refused(&own(&server, &[("grant_type", "password")]).await, 400, "invalid_request");
    let other = [("grant_type", "password"), ("client_id", "page")];
    refused(&post(&server, "/token", &other).await, 400, "unsupported_grant_type");
    let get = send(&server, "GET", "/token", &[], "").await.unwrap();
    assert!(get.status == 405 && get.head.contains("allow: post"), "{}", get.head);
}

#[tokio::test]
async fn pages_may_ask_for_tokens_with_their_proofs() {
    let server = start().await;
    let preflight = send(&server, "OPTIONS", "/token", &[], "").await.unwrap();
    assert_eq!(preflight.status, 204);
    for field in ["origin: *", "methods: post", "headers: *, authorization"] {
        let field = format!("access-control-allow-{field}");
        assert!(preflight.head.contains(&field), "{}", preflight.head);
    }
    let reply = own(&server, &[]).await;
    assert!(reply.head.contains("access-control-expose-headers: dpop-nonce"), "{}", reply.head);
}

#[tokio::test]
async fn the_next_token_may_be_an_old_one() {
    let server = described().driven().start().await.unwrap();
    server.age_next(Duration::from_secs(7200));
    let old = token(&own(&server, &[]).await);
    assert_eq!(introspect(&server, &old).await, json!({"active": false}));
    let new = token(&own(&server, &[]).await);
    let apart = claims(&new)["exp"].as_u64().unwrap() - claims(&old)["exp"].as_u64().unwrap();
    assert!((7200..7260).contains(&apart), "{apart}");
    // The same from another process, where it may.
    let say = async |server: &AuthorizationServer, path: &str| {
        send(server, "POST", path, &[], "").await.unwrap().status
    };
    assert_eq!(say(&server, "/test/age?seconds=7200").await, 204);
    let old = token(&own(&server, &[]).await);
    assert_eq!(introspect(&server, &old).await["active"], false);
    assert_eq!(say(&server, "/test/advance?seconds=300").await, 204);
    assert_eq!(introspect(&server, &new).await["active"], false);
    assert_eq!(say(&server, "/test/other").await, 404);
    for path in ["/test/age?seconds=7200", "/test/advance?seconds=300"] {
        assert_eq!(say(&start().await, path).await, 404);
    }
}
