//! Claims become a user, clients are held against a list, and a role shows a tool.

use serde_json::json;

use super::{Users, ada, call, expect_other_client, list, tools};

#[tokio::test]
async fn the_tool_answers_from_the_user_of_this_request() {
    let users = Users::start().await;
    assert_eq!(users.user_info(&users.token().sign()).await, ada());
    let bob = users.token().claim("preferred_username", "bob").claim("azp", "service-desk");
    let bob = bob.claim("legacy_name", "BBABBAGE").claim("realm_access", json!({"roles": []}));
    let expected = json!({"name": "bob", "legacy_name": "BBABBAGE", "roles": []});
    assert_eq!(users.user_info(&bob.sign()).await, expected);
    assert_eq!(users.user_info(&users.token().sign()).await, ada(), "and again");
}

#[tokio::test]
async fn some_claims_may_be_missing() {
    let users = Users::start().await;
    let token = users.token().without("legacy_name").without("realm_access").sign();
    let expected = json!({"name": "ada", "legacy_name": null, "roles": []});
    assert_eq!(users.user_info(&token).await, expected);
    let token = users.token().without("legacy_name").claim("realm_access", json!({})).sign();
    assert_eq!(users.user_info(&token).await, expected);
    // One text is a list of one, and no part of it is.
    let token = users.token().claim("realm_access", json!({"roles": "auditor auditors"})).sign();
    assert_eq!(users.user_info(&token).await["roles"], json!(["auditor auditors"]));
    assert_eq!(tools(&users.send(list(), &token).await), ["user-info"]);
}

#[tokio::test]
async fn a_token_without_a_user_is_401_and_the_log_names_the_claim() {
    let mut users = Users::start().await;
    let message = "the token lacks a claim that this server needs";
    let why = format!(r#"error="invalid_token", error_description="{message}""#);
    for (token, cause) in [
        (
            users.token().without("preferred_username"),
            "missing claim: field `name` from `preferred_username`",
        ),
        (users.token().without("azp"), "missing claim: the client from `client_id`, `azp`"),
        (
            users.token().claim("preferred_username", 7),
            "wrong shape: field `name` from `preferred_username`",
        ),
        (users.token().claim("realm_access", "auditor"), "wrong shape: `realm_access.roles`"),
        (
            users.token().claim("realm_access", json!({"roles": {"auditor": true}})),
            "wrong shape: `realm_access.roles`",
        ),
    ] {
        let reply = users.send(call("user-info"), &token.sign()).await;
        let error = json!({"code": -32000, "message": message});
        assert_eq!((reply.status, &reply.json()["error"]), (401, &error), "{cause}");
        let challenge = reply.field("www-authenticate").expect("a challenge");
        assert!(challenge.starts_with("Bearer ") && challenge.ends_with(&why), "{challenge}");
        let log = users.program.log().await;
        assert!(log.iter().any(|line| line.contains("status=401") && line.contains(cause)));
    }
}

#[tokio::test]
async fn a_token_of_another_client_is_403_and_no_login_is_asked_for() {
    let users = Users::start().await;
    for client in ["other", "portal2", "PORTAL", "portal ", ""] {
        let token = users.token().claim("azp", client).sign();
        expect_other_client(&users.send(call("user-info"), &token).await);
    }
    // The list is of `azp`, whatever else names a client.
    let token = users.token().claim("azp", "other").claim("client_id", "portal").sign();
    expect_other_client(&users.send(call("user-info"), &token).await);
    // A token that is not good is not asked for its client.
    let token = users.token().claim("azp", "other").audience("https://other.example/mcp").sign();
    assert_eq!(users.send(call("user-info"), &token).await.outcome(), (401, Some(-32000)));
}

#[tokio::test]
async fn without_the_role_the_tool_does_not_exist() {
    let users = Users::start().await;
    let (with, without) = (users.token().sign(), users.token_with_roles(&["auditors", "AUDITOR"]));
    assert_eq!(tools(&users.send(list(), &with).await), ["user-info", "client-info"]);
    assert_eq!(tools(&users.send(list(), &without).await), ["user-info"]);

    let reply = users.send(call("client-info"), &with).await;
    assert_eq!(reply.json()["result"]["content"][0]["text"], "portal");
    let hidden = users.send(call("client-info"), &without).await;
    let absent = users.send(call("no-such-tool"), &without).await;
    let unknown = json!({"code": -32602, "message": "unknown tool"});
    assert_eq!((hidden.status, &hidden.json()["error"]), (200, &unknown));
    assert_eq!((absent.status, &absent.json()["error"]), (200, &unknown));
}

#[tokio::test]
async fn the_metadata_document_names_the_realm() {
    let users = Users::start().await;
    let reply = users.program.send(&call("user-info")).await;
    let addr = users.program.addr;
    let at = format!("http://{addr}/.well-known/oauth-protected-resource/mcp");
    let challenge = format!(r#"Bearer resource_metadata="{at}""#);
    assert_eq!((reply.status, reply.field("www-authenticate")), (401, Some(&*challenge)));
    let ask = crate::support::client::Ask::get("/.well-known/oauth-protected-resource/mcp");
    let document = users.program.send(&ask).await.json();
    assert_eq!(document["authorization_servers"], json!([users.realm.issuer()]));
    assert_eq!(document["resource"], json!(users.program.url()));
}
