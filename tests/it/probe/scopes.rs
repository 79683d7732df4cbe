//! Scopes of the token against those that the tool needs, on every request anew.

use serde_json::{Value, json};

use super::{Hello, Refusal, expect_greeting, hello};
use crate::support::mcp;

const LACKS: &str = "the token lacks a scope";
/// What the challenge to a token without the scope says after its first parameter.
const NEEDED: &str = concat!(
    r#", error="insufficient_scope", scope="mcp:hello", "#,
    r#"error_description="the token lacks a scope""#
);

async fn needs_scope(server: &mut Hello, token: &str) {
    let reply = server.send(&hello().bearer(token)).await;
    let challenge = server.challenge(NEEDED);
    let id = Some(json!(7));
    let challenge = Some(&*challenge);
    let expected = Refusal { status: 403, message: LACKS, id, challenge, logged: LACKS };
    server.expect_refusal(&reply, &expected).await;
}

#[tokio::test]
async fn a_token_without_the_scope_is_403_and_told_what_to_ask_for() {
    let mut server = Hello::start().await;
    // What it holds and this server does not know is not named.
    let token = server.token_with(&["openid", "mcp:other"]);
    needs_scope(&mut server, &token).await;
}

#[tokio::test]
async fn a_token_without_a_scope_claim_is_403() {
    let mut server = Hello::start().await;
    let tokens = server.issuer.tokens();
    let token = tokens.token("ada").audience(server.program.url()).without("scope").sign();
    needs_scope(&mut server, &token).await;
}

#[tokio::test]
async fn a_scope_is_not_found_in_a_longer_or_differently_written_one() {
    let mut server = Hello::start().await;
    for scope in ["mcp:hello2", "xmcp:hello", "mcp", "MCP:HELLO", "mcp:hello,x", "*"] {
        let token = server.token_with(&[scope]);
        needs_scope(&mut server, &token).await;
    }
}

#[tokio::test]
async fn equal_refusals_are_equal_to_the_byte() {
    let server = Hello::start().await;
    let token = server.token_with(&["openid"]);
    let without_date = |mut reply: crate::support::client::Reply| {
        reply.fields.retain(|(name, _)| name != "date");
        reply
    };
    let first = without_date(server.send(&hello().bearer(&token)).await);
    let second = without_date(server.send(&hello().bearer(&token)).await);
    assert_eq!((first.status, &first), (403, &second));
    let other = without_date(server.send(&hello().bearer(&server.token_with(&["email"]))).await);
    assert_eq!(first, other, "what is held and not known here makes no difference");
}

#[tokio::test]
async fn a_list_shows_what_the_token_of_this_request_allows() {
    let server = Hello::start().await;
    let list = mcp::post(&mcp::message("l", "tools/list", json!({})));
    let tools = |token: String| {
        let ask = list.clone().bearer(&token);
        let server = &server;
        async move {
            let result = server.send(&ask).await.json()["result"].clone();
            assert_eq!(result["resultType"], "complete");
            assert_eq!(result["cacheScope"], "private");
            assert!(result["ttlMs"].is_u64(), "{result}");
            let names = result["tools"].as_array().expect("a list").iter();
            names.map(|tool| tool["name"].clone()).collect::<Vec<Value>>()
        }
    };
    assert_eq!(tools(server.token()).await, ["hello"]);
    assert!(tools(server.token_with(&["openid"])).await.is_empty());
    assert_eq!(tools(server.token()).await, ["hello"], "and again");
}

#[tokio::test]
async fn a_fresh_token_with_less_is_held_against_what_it_says_now() {
    let server = Hello::start().await;
    let session = "one-session";
    let with = |token: String| hello().bearer(&token).with("Mcp-Session-Id", session);
    expect_greeting(&server.send(&with(server.token())).await, "ada");
    let reply = server.send(&with(server.token_with(&[]))).await;
    assert_eq!(reply.outcome(), (403, Some(-32000)));
}

#[tokio::test]
async fn each_caller_is_who_the_token_says_whatever_the_session() {
    let server = Hello::start().await;
    let bob = server.issuer.tokens().token("bob").scopes(["mcp:hello"]);
    let bob = bob.audience(server.program.url()).sign();
    let with = |token: &str| hello().bearer(token).with("Mcp-Session-Id", "adas-session");
    expect_greeting(&server.send(&with(&server.token())).await, "ada");
    expect_greeting(&server.send(&with(&bob)).await, "bob");
}
