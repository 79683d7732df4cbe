//! The port of MIGRATION.md as a process, and the page itself.

mod era;
mod names;
mod page;
mod user;

use serde_json::{Value, json};
use toolgate_testkit::{AuthorizationServer, Token};

use crate::support::{
    client::{Ask, Reply},
    mcp,
    program::Program,
};

/// The example and the realm that issues its tokens.
struct Users {
    program: Program,
    realm: AuthorizationServer,
}

impl Users {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    async fn start_with(variables: &[(&str, &str)]) -> Self {
        let realm = AuthorizationServer::start().await.expect("an issuer");
        let variables = [&[("TOOLGATE_ISSUER", realm.issuer())], variables].concat();
        let program = Program::start(env!("CARGO_BIN_EXE_keycloak_claims"), &variables).await;
        Self { program, realm }
    }

    /// A token as Keycloak makes them: ada's, through the portal, who is an auditor.
    fn token(&self) -> Token {
        self.realm
            .token("0b7d4d7e")
            .without("client_id")
            .audience(self.program.url())
            .claim("typ", "Bearer")
            .claim("azp", "portal")
            .claim("preferred_username", "ada")
            .claim("legacy_name", "ALOVELACE")
            .claim("realm_access", json!({"roles": ["auditor", "offline_access"]}))
    }

    /// Another token of ada's, with these roles.
    fn token_with_roles(&self, roles: &[&str]) -> String {
        self.token().claim("realm_access", json!({ "roles": roles })).sign()
    }

    async fn send(&self, ask: Ask, token: &str) -> Reply {
        self.program.send(&ask.bearer(token)).await
    }

    /// What the tool says of the holder of a token.
    async fn user_info(&self, token: &str) -> Value {
        let reply = self.send(call("user-info"), token).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["result"]["structuredContent"].clone()
    }
}

/// A call of the modern era.
fn call(tool: &str) -> Ask {
    mcp::post(&mcp::call(7, tool, json!({})))
}

fn list() -> Ask {
    mcp::post(&mcp::message(7, "tools/list", json!({})))
}

/// The names in an answer to `tools/list`.
fn tools(reply: &Reply) -> Vec<Value> {
    let result = &reply.json()["result"];
    let tools = result["tools"].as_array().expect("a list").iter();
    tools.map(|tool| tool["name"].clone()).collect()
}

/// What ada's token makes of the tool.
fn ada() -> Value {
    json!({"name": "ada", "legacy_name": "ALOVELACE", "roles": ["auditor", "offline_access"]})
}

/// That a token of a client that is not on the list is told so, and not sent to log in.
#[track_caller]
fn expect_other_client(reply: &Reply) {
    let error = json!({"code": -32000, "message": "this client may not call"});
    assert_eq!((reply.status, &reply.json()["error"]), (403, &error));
    assert_eq!(reply.field("www-authenticate"), None);
}
