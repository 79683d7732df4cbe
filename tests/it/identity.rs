//! Who is let in, over HTTP and in both eras: tokens of several issuers, opaque tokens, tokens that are
//! bound to a key or a certificate, API keys and callers that a gateway names; and what a server does on
//! their behalf.

mod behalf;
mod bound;
mod chains;
mod development;
mod families;
mod found;
mod issuers;
mod mirrored;
mod mtls;
mod nonces;
mod opaque;
mod outage;
mod revoked;
mod scope_prefix;
mod step_up;
mod throttled;
mod wallet;

use serde_json::{Value, json};
use toolgate_core::Context;
use toolgate_server::{Server, ToolSpec};
use toolgate_transport::http::{self, Http, Listen};

use crate::support::{
    client::{Ask, Reply},
    mcp,
    old::{self, Session},
    served::Served,
};

const RESOURCE: &str = "https://mcp.example/mcp";

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

/// A server with a tool that tells who called it.
fn server() -> Server {
    Server::new("who", "1").tool_fn(ToolSpec::new("who"), |_: Nothing, cx: Context| async move {
        let identity = cx.identity().map_err(|_| toolgate_server::ToolError::shown("nobody"))?;
        let key = &identity.key;
        let client = key.client.as_deref().unwrap_or("-");
        let roles: Vec<_> = identity.roles.iter().collect();
        Ok(format!("{} {} {client} {}", key.issuer, key.subject, roles.join("+")))
    })
}

fn bound() -> Http<Listen> {
    http::bind("127.0.0.1:0").public_url(RESOURCE)
}

fn call() -> Ask {
    mcp::post(&mcp::call(1, "who", json!({}))).with("Host", "mcp.example")
}

fn old_call() -> Value {
    old::call(2, "who", json!({}))
}

/// What the tool said.
fn said(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["result"]["content"][0]["text"].as_str().expect("text").to_owned()
}

/// Who is let in by what is added to each request, in both eras.
async fn who(served: &Served, add: impl Fn(Ask) -> Ask) -> String {
    let send = async |ask: Ask| served.send(&add(ask).with("Host", "mcp.example")).await;
    let modern = said(&send(call()).await);
    let hello = send(old::post(&old::handshake(old::LATEST))).await;
    let session = hello.field("mcp-session-id").expect("a session").to_owned();
    let ask = old::post(&old_call()).with("Mcp-Session-Id", &session);
    let old = said(&send(ask.with("MCP-Protocol-Version", old::LATEST)).await);
    assert_eq!(old, modern, "one caller in both eras");
    modern
}

/// Who a token is, in both eras; or the status and what the peer is told.
async fn asked(served: &Served, token: &str) -> Result<String, (u16, String)> {
    let refused = |reply: &Reply| {
        let json = reply.json();
        let text = json["error"]["message"].as_str().unwrap_or_default();
        // An incident has an id of its own.
        let text = if text.starts_with("internal error ") { "internal error" } else { text };
        (reply.status, text.to_owned())
    };
    let modern = served.send(&call().bearer(token)).await;
    let hello = old::post(&old::handshake(old::LATEST)).bearer(token).with("Host", "mcp.example");
    let old = served.send(&hello).await;
    if modern.status != 200 {
        assert_eq!(refused(&modern), refused(&old), "one answer in both eras");
        return Err(refused(&modern));
    }
    let session = old.field("mcp-session-id").expect("a session").to_owned();
    let ask = old::post(&old_call())
        .bearer(token)
        .with("Host", "mcp.example")
        .with("Mcp-Session-Id", &session)
        .with("MCP-Protocol-Version", old::LATEST);
    assert_eq!(said(&served.send(&ask).await), said(&modern), "one caller in both eras");
    Ok(said(&modern))
}
