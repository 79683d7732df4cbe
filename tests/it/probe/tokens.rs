//! Bearer tokens that are right, missing, or wrong in one way each.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use toolgate_testkit::{AuthorizationServer, SigningKey};

use super::{Hello, Refusal, expect_greeting, hello};

/// Sends a call with a token and expects a 401 that says why.
async fn refused(server: &mut Hello, token: &str, why: &str, logged: &str) {
    let reply = server.send(&hello().bearer(token)).await;
    let challenge = server.invalid_token(why);
    let id = Some(json!(7));
    let challenge = Some(&*challenge);
    let expected = Refusal { status: 401, message: why, id, challenge, logged };
    server.expect_refusal(&reply, &expected).await;
}

#[tokio::test]
async fn a_good_token_gets_the_greeting() {
    let server = Hello::start().await;
    let reply = server.send(&hello().bearer(&server.token())).await;
    expect_greeting(&reply, "ada");
}

#[tokio::test]
async fn the_scheme_is_read_without_case() {
    let server = Hello::start().await;
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        let ask = hello().with("Authorization", &format!("{scheme} {}", server.token()));
        expect_greeting(&server.send(&ask).await, "ada");
    }
}

#[tokio::test]
async fn no_token_is_401_with_a_challenge_that_names_no_error() {
    let mut server = Hello::start().await;
    let message = "authentication is required";
    let challenge = server.challenge("");
    let reply = server.send(&hello()).await;
    let id = Some(json!(7));
    let challenge = Some(&*challenge);
    let expected = Refusal { status: 401, message, id, challenge, logged: message };
    server.expect_refusal(&reply, &expected).await;
}

#[tokio::test]
async fn the_id_is_echoed_as_it_was_sent() {
    let server = Hello::start().await;
    for id in [json!(0), json!(-3), json!("a \"b\" é"), json!("")] {
        let ask =
            crate::support::mcp::post(&crate::support::mcp::call(id.clone(), "hello", json!({})));
        let reply = server.send(&ask).await;
        assert_eq!((reply.status, &reply.json()["id"]), (401, &id));
    }
    for body in ["", "{", "[1]", r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#] {
        let reply = server.send(&hello().body(body)).await;
        assert_eq!((reply.status, reply.json().get("id")), (401, None), "{body}");
    }
}

#[tokio::test]
async fn a_garbage_token_is_401() {
    let mut server = Hello::start().await;
    let why = "the token is not a well-formed JWT";
    refused(&mut server, "garbage", why, "the token is not a well-formed JWT (rule Parts)").await;
}

#[tokio::test]
async fn a_token_signed_by_somebody_else_is_401() {
    let mut server = Hello::start().await;
    let mut token = server.token();
    // The first character of a signature: all of its bits count.
    let at = token.rfind('.').expect("three parts") + 1;
    let other = if token[at..].starts_with('A') { "B" } else { "A" };
    token.replace_range(at..=at, other);
    let why = "the token's signature is wrong";
    refused(&mut server, &token, why, "the token's signature is wrong (rule Signature)").await;
}

#[tokio::test]
async fn a_token_signed_by_a_key_that_may_not_is_401() {
    let mut server = Hello::start().await;
    // The keys are known from here on, so that it is not their absence which refuses.
    expect_greeting(&server.send(&hello().bearer(&server.token())).await, "ada");
    let (unknown, signature) = ("the token's key is not known", "the token's signature is wrong");
    for (key, why, rule) in [
        (SigningKey::Impostor, signature, "Signature"),
        (SigningKey::Unknown, unknown, "KeyId"),
        (SigningKey::Encryption, unknown, "KeyId"),
    ] {
        let token = server.issuer.token("ada").scopes(["mcp:hello"]);
        let token = token.audience(server.program.url()).key(key).sign();
        server.program.log().await;
        refused(&mut server, &token, why, &format!("{why} (rule {rule})")).await;
    }
}

#[tokio::test]
async fn a_token_of_an_algorithm_that_proves_nothing_is_401() {
    let mut server = Hello::start().await;
    let why = "the token's algorithm is not accepted";
    for algorithm in ["none", "HS256", "rs256", ""] {
        let token = server.issuer.token("ada").scopes(["mcp:hello"]);
        let token = token.audience(server.program.url()).header("alg", algorithm).sign();
        refused(&mut server, &token, why, "the token's algorithm is not accepted (rule Algorithm)")
            .await;
    }
}

#[tokio::test]
async fn a_token_for_another_audience_is_401() {
    let mut server = Hello::start().await;
    let tokens = server.issuer.tokens();
    let token = tokens.token("ada").scopes(["mcp:hello"]).audience("https://other.example/mcp");
    let why = "the token is for another audience";
    let logged = format!("{why} (rule Audience; expected {})", server.program.url());
    refused(&mut server, &token.sign(), why, &logged).await;
}

#[tokio::test]
async fn a_token_without_an_audience_is_401() {
    let mut server = Hello::start().await;
    let token = server.issuer.tokens().token("ada").scopes(["mcp:hello"]).without("aud").sign();
    let why = "the token is for another audience";
    let logged = format!("{why} (rule Audience; expected {})", server.program.url());
    refused(&mut server, &token, why, &logged).await;
}

#[tokio::test]
async fn one_audience_of_several_will_do() {
    let server = Hello::start().await;
    let audiences = json!(["account", server.program.url()]);
    let tokens = server.issuer.tokens();
    let token = tokens.token("ada").scopes(["mcp:hello"]).claim("aud", audiences).sign();
    expect_greeting(&server.send(&hello().bearer(&token)).await, "ada");
}

#[tokio::test]
async fn an_expired_token_is_401() {
    let mut server = Hello::start().await;
    let past = SystemTime::now() - Duration::from_secs(3600);
    let tokens = server.issuer.tokens();
    let token = tokens.token("ada").scopes(["mcp:hello"]).audience(server.program.url());
    let token = token.expires_at(past).sign();
    let why = "the token has expired";
    refused(&mut server, &token, why, "the token has expired (rule Expiry)").await;
}

#[tokio::test]
async fn a_token_that_never_ends_is_401() {
    let mut server = Hello::start().await;
    let tokens = server.issuer.tokens();
    let token = tokens.token("ada").scopes(["mcp:hello"]).audience(server.program.url());
    let why = "the token has expired";
    let token = token.without("exp").sign();
    refused(&mut server, &token, why, "the token has expired (rule Expiry)").await;
}

#[tokio::test]
async fn a_token_of_another_issuer_is_401() {
    let mut server = Hello::start().await;
    let why = "the token is from another issuer";
    let logged = format!("{why} (rule Issuer; expected {})", server.issuer.issuer());
    let tokens = server.issuer.tokens();
    let token = tokens.token("ada").scopes(["mcp:hello"]).audience(server.program.url());
    let token = token.claim("iss", "https://other.example").sign();
    refused(&mut server, &token, why, &logged).await;
}

#[tokio::test]
async fn a_token_with_the_keys_of_another_issuer_is_401() {
    let server = Hello::start().await;
    let other = AuthorizationServer::start().await.expect("another issuer");
    let tokens = other.tokens();
    let token = tokens.token("ada").scopes(["mcp:hello"]).audience(server.program.url());
    let token = token.claim("iss", server.issuer.issuer()).sign();
    let reply = server.send(&hello().bearer(&token)).await;
    assert_eq!(reply.outcome(), (401, Some(-32000)));
    assert!(reply.field("www-authenticate").unwrap().contains(r#"error="invalid_token""#));
}

#[tokio::test]
async fn a_good_token_follows_a_rotation_of_keys() {
    let mut server = Hello::start().await;
    let old = server.token();
    expect_greeting(&server.send(&hello().bearer(&old)).await, "ada");
    server.issuer.rotate();
    let new = server.token();
    assert_ne!(header(&old), header(&new), "signed by another key");
    expect_greeting(&server.send(&hello().bearer(&new)).await, "ada");
    let log = server.program.log().await;
    assert!(!log.iter().any(|line| line.contains(": refused ")), "{log:#?}");
}

fn header(token: &str) -> Value {
    json!(token.split('.').next())
}
