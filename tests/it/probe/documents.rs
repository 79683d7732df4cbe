//! The metadata document (RFC 9728), which clients read before they have a token.

use serde_json::json;

use super::Hello;
use crate::support::client::Ask;

const ROOT: &str = "/.well-known/oauth-protected-resource";
const AT_PATH: &str = "/.well-known/oauth-protected-resource/mcp";

#[tokio::test]
async fn the_document_is_at_both_places_for_everybody() {
    let server = Hello::start().await;
    for place in [ROOT, AT_PATH] {
        for ask in [
            Ask::get(place),
            Ask::get(place).with("Origin", "https://any.example"),
            Ask::get(place).bearer("garbage"),
            Ask::get(place).with("MCP-Protocol-Version", "2025-06-18"),
        ] {
            let reply = server.send(&ask).await;
            let fields = [
                "access-control-allow-origin: *",
                "cache-control: public, max-age=300",
                "content-type: application/json",
                "x-content-type-options: nosniff",
            ];
            assert_eq!((reply.status, reply.told()), (200, fields.map(str::to_owned).to_vec()));
            let document = json!({
                "resource": server.program.url(),
                "authorization_servers": [server.issuer.issuer()],
                "scopes_supported": ["mcp:hello"],
                "bearer_methods_supported": ["header"],
                "resource_name": "hello",
            });
            assert_eq!(reply.json(), document);
        }
    }
}

#[tokio::test]
async fn the_challenge_leads_to_a_document_that_names_the_endpoint() {
    let server = Hello::start().await;
    let reply = server.send(&super::hello()).await;
    let challenge = reply.field("www-authenticate").expect("a challenge");
    let url = challenge.split('"').nth(1).expect("a URL");
    let place = url.strip_prefix(&format!("http://{}", server.program.addr)).expect("a place here");
    let document = server.send(&Ask::get(place)).await.json();
    assert_eq!(document["resource"], server.program.url());
}

#[tokio::test]
async fn a_document_behind_a_public_url_has_its_path() {
    let url = "https://mcp.example.com/tenant/mcp";
    let server = Hello::start_with(&[("TOOLGATE_PUBLIC_URL", url)]).await;
    for place in [ROOT, AT_PATH, "/.well-known/oauth-protected-resource/tenant/mcp"] {
        let reply = server.send(&Ask::get(place).with("Host", "mcp.example.com")).await;
        assert_eq!((reply.status, &reply.json()["resource"]), (200, &json!(url)), "{place}");
    }
    let other = "/.well-known/oauth-protected-resource/other";
    let reply = server.send(&Ask::get(other).with("Host", "mcp.example.com")).await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn the_document_can_be_asked_for_by_a_page_but_not_changed() {
    let server = Hello::start().await;
    let preflight = Ask::new("OPTIONS", AT_PATH)
        .with("Origin", "https://any.example")
        .with("Access-Control-Request-Method", "GET")
        .with("Access-Control-Request-Headers", "mcp-protocol-version");
    let reply = server.send(&preflight).await;
    assert_eq!((reply.status, reply.field("access-control-allow-origin")), (204, Some("*")));
    let allowed = reply.field("access-control-allow-headers").expect("headers");
    assert!(allowed.to_ascii_lowercase().contains("mcp-protocol-version"), "{allowed}");
    assert_eq!(server.send(&Ask::new("HEAD", AT_PATH)).await.status, 200);
    for method in ["POST", "PUT", "DELETE"] {
        let reply = server.send(&Ask::new(method, AT_PATH)).await;
        assert_eq!((reply.status, reply.field("allow")), (405, Some("GET, HEAD, OPTIONS")));
    }
}

#[tokio::test]
async fn the_document_is_not_for_foreign_hosts() {
    let server = Hello::start().await;
    let reply = server.send(&Ask::get(AT_PATH).with("Host", "evil.example")).await;
    assert_eq!(reply.outcome(), (403, Some(-32000)));
}

#[tokio::test]
async fn nothing_else_is_there() {
    let server = Hello::start().await;
    for place in ["/", "/mcp/", "/mcp/x", "/.well-known/", "//mcp", "/sse", "/MCP"] {
        let reply = server.send(&Ask::get(place).bearer(&server.token())).await;
        assert_eq!(reply.outcome(), (404, Some(-32000)), "{place}");
    }
}
