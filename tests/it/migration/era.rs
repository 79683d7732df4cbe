//! The same users by clients of older revisions: in sessions, and without.

use serde_json::{Value, json};

use super::{Users, ada, call, expect_other_client, tools};
use crate::support::client::{Ask, Reply};

const REVISION: &str = "2025-06-18";

/// A message as clients of that revision send it.
fn old(message: &Value) -> Ask {
    Ask::new("POST", "/mcp")
        .with("Content-Type", "application/json")
        .with("Accept", "application/json, text/event-stream")
        .with("MCP-Protocol-Version", REVISION)
        .body(message.to_string())
}

fn old_request(method: &str, params: &Value) -> Ask {
    old(&json!({"jsonrpc": "2.0", "id": 3, "method": method, "params": params}))
}

fn old_call(tool: &str) -> Ask {
    old_request("tools/call", &json!({"name": tool, "arguments": {}}))
}

fn initialize() -> Ask {
    let client = json!({"name": "old", "version": "1"});
    let params = json!({"protocolVersion": REVISION, "capabilities": {}, "clientInfo": client});
    old_request("initialize", &params)
}

/// Opens a session and says so, as clients do.
async fn open(users: &Users, token: &str) -> String {
    let reply = users.send(initialize(), token).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json()["result"]["serverInfo"]["name"], "users");
    let session = reply.field("mcp-session-id").expect("a session").to_owned();
    let done = old(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    assert_eq!(users.send(done.with("Mcp-Session-Id", &session), token).await.status, 202);
    session
}

fn data(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["result"]["structuredContent"].clone()
}

#[tokio::test]
async fn in_a_session_each_request_is_who_its_token_says() {
    let users = Users::start().await;
    let token = users.token().sign();
    let session = open(&users, &token).await;
    let within = |ask: Ask| ask.with("Mcp-Session-Id", &session);
    let list = || within(old_request("tools/list", &json!({})));
    assert_eq!(data(&users.send(within(old_call("user-info")), &token).await), ada());
    assert_eq!(tools(&users.send(list(), &token).await), ["user-info", "client-info"]);

    // The same user with a fresh token that says less: the tool is gone, in the same session.
    let less = users.token_with_roles(&[]);
    assert_eq!(tools(&users.send(list(), &less).await), ["user-info"]);
    let hidden = users.send(within(old_call("client-info")), &less).await;
    assert_eq!(hidden.outcome(), (200, Some(-32602)));
    assert_eq!(tools(&users.send(list(), &token).await), ["user-info", "client-info"]);
}

#[tokio::test]
async fn a_session_is_its_owner_s() {
    let users = Users::start().await;
    let token = users.token().sign();
    let session = open(&users, &token).await;
    let within = |ask: Ask| ask.with("Mcp-Session-Id", &session);
    let others = [
        users.token().claim("sub", "another").sign(),
        users.token().claim("azp", "service-desk").sign(),
    ];
    for other in &others {
        let reply = users.send(within(old_call("user-info")), other).await;
        assert_eq!(reply.outcome(), (404, Some(-32001)));
        let end = within(Ask::new("DELETE", "/mcp"));
        assert_eq!(users.send(end, other).await.outcome(), (404, Some(-32001)));
    }
    assert_eq!(data(&users.send(within(old_call("user-info")), &token).await), ada());
    let end = within(Ask::new("DELETE", "/mcp"));
    assert_eq!(users.send(end, &token).await.status, 204);
    let ended = users.send(within(old_call("user-info")), &token).await;
    assert_eq!(ended.outcome(), (404, Some(-32001)));
}

#[tokio::test]
async fn a_session_is_no_credential_and_its_lack_is_no_401() {
    let users = Users::start().await;
    let token = users.token().sign();
    let session = open(&users, &token).await;
    let within = |ask: Ask| ask.with("Mcp-Session-Id", &session);
    assert_eq!(users.program.send(&within(old_call("user-info"))).await.status, 401);
    let stranger = users.token().claim("azp", "other").sign();
    expect_other_client(&users.send(within(old_call("user-info")), &stranger).await);
    expect_other_client(&users.send(initialize(), &stranger).await);
    let without = users.send(old_call("user-info"), &token).await;
    assert_eq!((without.outcome(), without.field("www-authenticate")), ((400, Some(-32000)), None));
}

#[tokio::test]
async fn stateless_a_bearer_token_is_all_that_a_call_needs() {
    let users = Users::start_with(&[("TOOLGATE_STATELESS", "true")]).await;
    let token = users.token().sign();
    assert_eq!(data(&users.send(old_call("user-info"), &token).await), ada());
    // Without the header of the revision, too, as the oldest clients are.
    let bare = old_call("user-info").without("MCP-Protocol-Version");
    assert_eq!(users.send(bare, &token).await.status, 200);
    let named = old_call("user-info").with("Mcp-Session-Id", "of-another-replica");
    assert_eq!(data(&users.send(named, &token).await), ada());

    assert_eq!(users.program.send(&old_call("user-info")).await.status, 401);
    let stranger = users.token().claim("azp", "other").sign();
    expect_other_client(&users.send(old_call("user-info"), &stranger).await);
    let less = users.token_with_roles(&[]);
    let hidden = users.send(old_call("client-info"), &less).await;
    assert_eq!(hidden.outcome(), (200, Some(-32602)));
    assert_eq!(users.send(old_call("client-info"), &token).await.status, 200);
}

#[tokio::test]
async fn stateless_there_are_no_sessions_to_open_or_end() {
    let users = Users::start_with(&[("TOOLGATE_STATELESS", "true")]).await;
    let token = users.token().sign();
    let reply = users.send(initialize(), &token).await;
    assert_eq!((reply.status, reply.field("mcp-session-id")), (200, None));
    for method in ["DELETE", "GET"] {
        let reply = users.send(Ask::new(method, "/mcp"), &token).await;
        assert_eq!((reply.status, reply.field("allow")), (405, Some("POST")), "{method}");
    }
    // The modern era is served beside it.
    assert_eq!(data(&users.send(call("user-info"), &token).await), ada());
}
