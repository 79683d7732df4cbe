//! An authorization server that knows scopes under a prefix and leaves it out of tokens, as Entra ID does:
//! clients are told what to ask for, in all places alike, and what the token has then is enough.

use serde_json::json;
use toolgate_auth::jwt;
use toolgate_core::ScopePrefix;
use toolgate_server::{Server, ToolSpec};
use toolgate_testkit::{AuthorizationServer, Token};

use super::{Ask, Nothing, RESOURCE, Served, bound, call};

async fn served(issuer: &AuthorizationServer) -> Served {
    let auth = jwt(issuer.issuer()).scope_prefix(Some(ScopePrefix::Resource));
    let auth = auth.build().expect("settings that agree");
    let spec = ToolSpec::new("who").scopes(["files.read"]);
    let server = Server::new("who", "1").tool_fn(spec, |_: Nothing, _| async { Ok("you") });
    Served::start(server.required_scopes(["access"]), bound().auth(auth)).await
}

fn token(issuer: &AuthorizationServer, scopes: &[&str]) -> Token {
    issuer.token("ann").audience(RESOURCE).scopes(scopes.iter().copied())
}

#[tokio::test]
async fn challenges_and_the_document_name_what_clients_ask_for_and_tools_what_tokens_have() {
    let issuer = AuthorizationServer::start().await.expect("an issuer");
    let served = served(&issuer).await;
    let (access, read) = (format!("{RESOURCE}/access"), format!("{RESOURCE}/files.read"));

    let nobody = call().send(served.addr).await;
    let challenge = nobody.field("www-authenticate").expect("a challenge");
    assert!(challenge.contains(&format!(r#"scope="{access}""#)), "{challenge}");

    let path = "/.well-known/oauth-protected-resource/mcp";
    let document = Ask::get(path).with("Host", "mcp.example").send(served.addr).await.json();
    assert_eq!(document["scopes_supported"], json!([access, read]));

    let ask = |scopes: &[&str]| call().bearer(&token(&issuer, scopes).sign());
    let lacking = ask(&["access"]).send(served.addr).await;
    assert_eq!(lacking.status, 403);
    let challenge = lacking.field("www-authenticate").expect("a challenge");
    assert!(challenge.contains(&format!(r#"scope="{access} {read}""#)), "{challenge}");

    let right = ask(&["access", "files.read"]).send(served.addr).await;
    assert_eq!(right.status, 200, "{}", right.text());
    // What clients ask for is not what counts in a token.
    let spelled = ask(&["access", &read]).send(served.addr).await;
    assert_eq!(spelled.status, 403, "{}", spelled.text());
}
