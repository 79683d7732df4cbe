//! Refusals of a server that knows several scopes, some of which every request needs.

use serde_json::json;

use super::{echo, of_ann, start};
use crate::support::{client::Ask, mcp};

fn challenge(server: &crate::support::served::Served, more: &str) -> String {
    let at = format!("http://{}/.well-known/oauth-protected-resource/mcp", server.addr);
    format!(r#"Bearer resource_metadata="{at}"{more}"#)
}

#[tokio::test]
async fn a_401_names_the_scopes_that_every_request_needs() {
    let server = start().await;
    let reply = server.send(&of_ann(&echo()).without("Authorization")).await;
    let expected = challenge(&server, r#", scope="base""#);
    assert_eq!((reply.status, reply.field("www-authenticate")), (401, Some(&*expected)));
    let reply = server.send(&of_ann(&echo()).bearer("nobody")).await;
    let more = r#", error="invalid_token", scope="base", error_description="nobody of that name""#;
    let expected = challenge(&server, more);
    assert_eq!((reply.status, reply.field("www-authenticate")), (401, Some(&*expected)));
}

#[tokio::test]
async fn a_baseline_scope_that_is_missing_is_403_for_every_method() {
    let server = start().await;
    let more = concat!(
        r#", error="insufficient_scope", scope="base", "#,
        r#"error_description="the token lacks a scope""#
    );
    let expected = challenge(&server, more);
    for message in [
        echo(),
        mcp::message(7, "tools/list", json!({})),
        mcp::message(7, "server/discover", json!({})),
    ] {
        let reply = server.send(&mcp::post(&message).bearer("low")).await;
        assert_eq!((reply.status, reply.field("www-authenticate")), (403, Some(&*expected)));
        let error = json!({"code": -32000, "message": "the token lacks a scope"});
        assert_eq!(reply.json(), json!({"jsonrpc": "2.0", "id": 7, "error": error}));
    }
}

/// A client of wide use replaces its scopes by those of the challenge, so what it holds has to be
/// in there; what this server does not know has not.
#[tokio::test]
async fn a_403_names_what_is_needed_and_what_is_held_and_known_here() {
    let server = start().await;
    let ask = mcp::post(&mcp::call(7, "write", json!({}))).bearer("base");
    let more = concat!(
        r#", error="insufficient_scope", scope="base files:write", "#,
        r#"error_description="the token lacks a scope""#
    );
    let expected = challenge(&server, more);
    for _ in 0..2 {
        let reply = server.send(&ask).await;
        assert_eq!((reply.status, reply.field("www-authenticate")), (403, Some(&*expected)));
    }
    assert_eq!(super::said(&server.send(&ask.bearer("ann")).await), "written");
}

#[tokio::test]
async fn the_document_names_every_scope_there_is() {
    let server = start().await;
    let place = "/.well-known/oauth-protected-resource/mcp";
    let document = server.send(&Ask::get(place)).await.json();
    assert_eq!(document["scopes_supported"], json!(["base", "files:write"]));
    assert_eq!(document["authorization_servers"], json!(["https://issuer.example"]));
    assert_eq!(document["resource"], format!("http://{}/mcp", server.addr));
}

#[tokio::test]
async fn lists_show_each_caller_what_it_may_call() {
    let server = start().await;
    for (caller, sees) in [("ann", true), ("base", false), ("bob", true)] {
        let ask = mcp::post(&mcp::message(7, "tools/list", json!({}))).bearer(caller);
        let result = server.send(&ask).await.json()["result"].clone();
        assert_eq!(result["cacheScope"], "private");
        let tools = result["tools"].as_array().expect("tools");
        assert_eq!(tools.iter().any(|tool| tool["name"] == "write"), sees, "{caller}");
        assert!(tools.iter().any(|tool| tool["name"] == "echo"), "{caller}");
    }
}

#[tokio::test]
async fn a_missing_capability_is_400_and_named_as_an_object() {
    let server = start().await;
    let reply = server.send(&of_ann(&mcp::call(7, "ask", json!({})))).await;
    assert_eq!(reply.outcome(), (400, Some(-32021)));
    let data = json!({"requiredCapabilities": {"elicitation": {}}});
    assert_eq!(reply.json()["error"]["data"], data);
    let mut capable = mcp::call(7, "ask", json!({}));
    capable["params"]["_meta"][mcp::CAPABILITIES_KEY] = json!({"elicitation": {}});
    let result = server.send(&of_ann(&capable)).await.json()["result"].clone();
    assert_eq!(result["resultType"], "input_required");
    assert_eq!(result["inputRequests"]["sure"]["method"], "elicitation/create");
    // What was declared once is not remembered.
    let reply = server.send(&of_ann(&mcp::call(7, "ask", json!({})))).await;
    assert_eq!(reply.outcome(), (400, Some(-32021)));
}
