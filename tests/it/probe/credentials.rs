//! Credentials in places and forms where they do not count.

use serde_json::json;

use super::{Hello, Refusal, expect_greeting, hello};

#[tokio::test]
async fn another_scheme_is_401_like_no_token() {
    let mut server = Hello::start().await;
    let message = "authentication is required";
    let challenge = server.challenge("");
    let challenge = Some(&*challenge);
    let logged = "the credentials are of a kind that is not accepted here";
    for value in ["Basic YWRhOnB3", "DPoP abc", "Bearerabc", "Negotiate"] {
        let reply = server.send(&hello().with("Authorization", value)).await;
        let id = Some(json!(7));
        let expected = Refusal { status: 401, message, id, challenge, logged };
        server.expect_refusal(&reply, &expected).await;
    }
}

/// Expects a 400 that says what was sent wrongly.
async fn malformed(server: &mut Hello, ask: &crate::support::client::Ask, message: &str) {
    let reply = server.send(ask).await;
    let error = format!(r#", error="invalid_request", error_description="{message}""#);
    let challenge = server.challenge(&error);
    let id = Some(json!(7));
    let challenge = Some(&*challenge);
    let expected = Refusal { status: 400, message, id, challenge, logged: message };
    server.expect_refusal(&reply, &expected).await;
}

#[tokio::test]
async fn a_token_in_the_query_is_refused_even_beside_a_good_one() {
    let mut server = Hello::start().await;
    let token = server.token();
    let message = "a token must not be sent in the query";
    for name in ["access_token", "access%5Ftoken"] {
        let ask = hello().at(&format!("/mcp?x=1&{name}={token}"));
        malformed(&mut server, &ask, message).await;
        malformed(&mut server, &ask.bearer(&token), message).await;
    }
}

#[tokio::test]
async fn credentials_sent_twice_are_refused_even_when_equal() {
    let mut server = Hello::start().await;
    let token = server.token();
    let message = "credentials are sent more than once";
    for second in [format!("Bearer {token}"), "Bearer garbage".into(), "Basic YWRhOnB3".into()] {
        let ask = hello().bearer(&token).adding("Authorization", &second);
        malformed(&mut server, &ask, message).await;
    }
}

#[tokio::test]
async fn two_tokens_in_one_field_are_refused() {
    let server = Hello::start().await;
    let token = server.token();
    let ask = hello().with("Authorization", &format!("Bearer {token}, Bearer {token}"));
    let reply = server.send(&ask).await;
    assert_eq!(reply.outcome(), (400, Some(-32000)));
    assert!(reply.field("www-authenticate").unwrap().contains(r#"error="invalid_request""#));
}

#[tokio::test]
async fn an_empty_token_is_401() {
    let server = Hello::start().await;
    for value in ["Bearer", "Bearer ", "Bearer ==", "Bearer é"] {
        let reply = server.send(&hello().with("Authorization", value)).await;
        assert_eq!(reply.outcome(), (401, Some(-32000)), "{value}");
        let challenge = reply.field("www-authenticate").expect("a challenge");
        assert!(challenge.contains(r#"error="invalid_token""#), "{value}: {challenge}");
    }
}

#[tokio::test]
async fn a_token_in_the_body_does_not_count() {
    let mut server = Hello::start().await;
    let token = server.token();
    let message = "authentication is required";
    let challenge = server.challenge("");
    let challenge = Some(&*challenge);
    let form = hello()
        .with("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("access_token={token}"));
    let json = crate::support::mcp::call(7, "hello", json!({"access_token": token}));
    let json = crate::support::mcp::post(&json);
    for (ask, id) in [(form, None), (json, Some(json!(7)))] {
        let reply = server.send(&ask).await;
        let expected = Refusal { status: 401, message, id, challenge, logged: message };
        server.expect_refusal(&reply, &expected).await;
    }
}

#[tokio::test]
async fn other_fields_that_name_a_caller_do_not_count() {
    let server = Hello::start().await;
    let token = server.token();
    for name in ["X-Forwarded-User", "Proxy-Authorization", "X-Access-Token", "Cookie"] {
        let reply = server.send(&hello().with(name, &format!("Bearer {token}"))).await;
        assert_eq!(reply.outcome(), (401, Some(-32000)), "{name}");
        let reply = server.send(&hello().bearer(&token).with(name, "Bearer garbage")).await;
        expect_greeting(&reply, "ada");
    }
}
