//! Pages of other origins: turned away unless named, and then told all that they need.

use serde_json::json;

use super::{Hello, Refusal, expect_greeting, hello};
use crate::support::client::{Ask, Reply};

const EVIL: &str = "https://evil.example";
const APP: &str = "https://app.example";
const FOREIGN: &str = "pages of this origin may not call";

async fn with_app() -> Hello {
    Hello::start_with(&[("TOOLGATE_CORS_ORIGINS", "https://app.example, http://localhost:6274")])
        .await
}

fn preflight(origin: &str) -> Ask {
    Ask::new("OPTIONS", "/mcp")
        .with("Origin", origin)
        .with("Access-Control-Request-Method", "POST")
        .with("Access-Control-Request-Headers", "authorization,content-type,mcp-param-region")
}

fn allows_nobody(reply: &Reply) {
    let cors = reply.fields.iter().filter(|(name, _)| name.starts_with("access-control-"));
    assert_eq!(cors.count(), 0, "{:?}", reply.fields);
}

#[tokio::test]
async fn an_evil_origin_is_403_whoever_asks() {
    let mut server = Hello::start().await;
    let token = server.token();
    for origin in [EVIL, "null", "*", "http://127.0.0.1", "http://127.0.0.1.evil.example", "é"] {
        for ask in [hello().bearer(&token), hello(), hello().bearer("garbage")] {
            let reply = server.send(&ask.with("Origin", origin)).await;
            let id = reply.json().get("id").cloned();
            let message = FOREIGN;
            let expected = Refusal { status: 403, message, id, challenge: None, logged: message };
            server.expect_refusal(&reply, &expected).await;
        }
    }
}

/// Transports, "Security & Endpoint": the body may be an error response that has no `id`.
#[tokio::test]
async fn the_answer_to_an_evil_origin_has_no_id() {
    let server = Hello::start().await;
    let reply = server.send(&hello().bearer(&server.token()).with("Origin", EVIL)).await;
    let error = json!({"code": -32000, "message": FOREIGN});
    assert_eq!((reply.status, reply.json()), (403, json!({"jsonrpc": "2.0", "error": error})));
}

#[tokio::test]
async fn a_good_origin_beside_an_evil_one_is_403() {
    let server = with_app().await;
    let ask = hello().bearer(&server.token()).with("Origin", APP).adding("Origin", EVIL);
    assert_eq!(server.send(&ask).await.outcome(), (403, Some(-32000)));
}

#[tokio::test]
async fn the_server_s_own_origin_may_call() {
    let server = Hello::start().await;
    let own = format!("http://{}", server.program.addr);
    expect_greeting(
        &server.send(&hello().bearer(&server.token()).with("Origin", &own)).await,
        "ada",
    );
}

#[tokio::test]
async fn without_cors_no_preflight_is_allowed() {
    let server = Hello::start().await;
    let own = format!("http://{}", server.program.addr);
    for (origin, status) in [(EVIL, 403), (APP, 403), (&*own, 401)] {
        let reply = server.send(&preflight(origin)).await;
        assert_eq!(reply.status, status, "{origin}");
        allows_nobody(&reply);
    }
    let reply = server.send(&preflight(&own).bearer(&server.token())).await;
    assert_eq!((reply.status, reply.field("allow")), (405, Some("POST, GET, DELETE")));
    allows_nobody(&reply);
}

#[tokio::test]
async fn a_named_origin_is_allowed_without_a_token() {
    let server = with_app().await;
    for origin in [APP, "http://localhost:6274"] {
        let reply = server.send(&preflight(origin)).await;
        assert_eq!((reply.status, &*reply.body), (204, &b""[..]));
        assert_eq!(reply.field("access-control-allow-origin"), Some(origin));
        assert_eq!(reply.field("access-control-max-age"), Some("600"));
        assert_eq!(reply.field("vary"), Some("Origin"));
        assert_eq!(reply.field("access-control-allow-credentials"), None);
        let methods = reply.field("access-control-allow-methods").expect("methods");
        assert!(methods.split(", ").any(|method| method == "POST"), "{methods}");
        let headers = reply.field("access-control-allow-headers").expect("headers");
        let headers = headers.to_ascii_lowercase();
        let allowed: Vec<_> = headers.split(", ").collect();
        for name in [
            "authorization",
            "content-type",
            "accept",
            "mcp-protocol-version",
            "mcp-method",
            "mcp-name",
            "mcp-session-id",
            "last-event-id",
            "mcp-param-region",
        ] {
            assert!(allowed.contains(&name), "{name} is not among {headers}");
        }
    }
}

#[tokio::test]
async fn with_cors_other_origins_are_as_evil_as_before() {
    let server = with_app().await;
    for origin in [EVIL, "https://app.example.evil.example", "http://app.example", "null"] {
        for ask in [preflight(origin), hello().bearer(&server.token()).with("Origin", origin)] {
            let reply = server.send(&ask).await;
            assert_eq!(reply.outcome(), (403, Some(-32000)), "{origin}");
            allows_nobody(&reply);
        }
    }
}

#[tokio::test]
async fn a_page_may_read_answers_and_refusals_alike() {
    let server = with_app().await;
    let garbage = hello().bearer("garbage");
    let low = hello().bearer(&server.token_with(&[]));
    let fine = hello().bearer(&server.token());
    let other_type = fine.clone().with("Content-Type", "text/plain");
    let rows = [(hello(), 401), (garbage, 401), (low, 403), (other_type, 415), (fine, 200)];
    for (ask, status) in rows {
        let reply = server.send(&ask.with("Origin", APP)).await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.field("access-control-allow-origin"), Some(APP), "{status}");
        assert_eq!(reply.field("vary"), Some("Origin"), "{status}");
        let exposed = reply.field("access-control-expose-headers").expect("exposed fields");
        assert!(exposed.split(", ").any(|name| name == "WWW-Authenticate"), "{exposed}");
        assert_eq!(reply.field("www-authenticate").is_some(), [401, 403].contains(&status));
    }
    let reply = server.send(&hello().bearer(&server.token())).await;
    assert_eq!(reply.field("vary"), Some("Origin"), "or a cache would serve this to a page");
    allows_nobody(&reply);
}
