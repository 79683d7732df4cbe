//! Who gets in, and what those are told who do not.

use http::Version;

use super::{sockets::within, *};
use crate::http::Limits;

const METADATA: &str = "https://mcp.example/.well-known/oauth-protected-resource/mcp";

fn guarded() -> McpService {
    let mut card = open_card();
    card.open = false;
    card.required = ["mcp"].into();
    card.scopes = ["x", "y"].into();
    let double = double(card, |request, cx| async move {
        if request.method == "tools/call" {
            return Err(Error::denied(toolgate_core::Denial::Scopes(["y"].into())));
        }
        let name = cx.identity()?.key.subject.clone();
        Reply::of(&json!({ "hello": name })).map(Running::Done)
    });
    mounted(double).auth(Tokens::issued()).public_url("https://mcp.example").build().unwrap()
}

fn with(mut request: HttpRequest<Full<Bytes>>, token: &str) -> HttpRequest<Full<Bytes>> {
    let headers = request.headers_mut();
    headers.insert("host", "mcp.example".parse().unwrap());
    if !token.is_empty() {
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

#[tokio::test]
async fn every_verdict_has_its_answer() {
    let service = guarded();
    let meta = format!("Bearer resource_metadata=\"{METADATA}\"");
    let rows = [
        ("", 401, format!("{meta}, scope=\"mcp\"")),
        ("other", 401, format!("{meta}, scope=\"mcp\"")),
        (
            "expired",
            401,
            format!(
                "{meta}, error=\"invalid_token\", scope=\"mcp\", \
                 error_description=\"the token expired\""
            ),
        ),
        ("banned", 403, String::new()),
        ("down", 503, String::new()),
        ("broken", 500, String::new()),
        ("panic", 500, String::new()),
    ];
    for (token, status, challenge) in rows {
        let got = ask(&service, with(list(), token)).await;
        assert_eq!(got.status, status, "{token}");
        assert_eq!(got.header("www-authenticate"), challenge, "{token}");
        assert_eq!(got.json()["id"], 1, "{token}");
        assert!(!got.text.contains("s3cr3t") && !got.headers.contains_key("dpop-nonce"));
        assert_eq!(got.header("retry-after"), if status == 503 { "9" } else { "" });
        if status == 500 {
            let message = got.json()["error"]["message"].as_str().unwrap().to_owned();
            assert_eq!(message.strip_prefix("internal error ").unwrap().len(), 16);
        }
    }
}

#[tokio::test]
async fn whoever_is_known_is_passed_on_and_the_authenticators_fields_are_added() {
    let got = ask(&guarded(), with(list(), "ada")).await;
    assert_eq!((got.status, &got.json()["result"]["hello"]), (200, &json!("ada")));
    assert_eq!(got.header("dpop-nonce"), "n1");
    assert_eq!(got.header("cache-control"), "no-store");
}

#[tokio::test]
async fn what_a_refusal_adds_arrives_with_it() {
    let service = guarded();
    for (token, status, nonce) in [("stale", 401, "n2"), ("barred", 403, "n3")] {
        let got = ask(&service, with(list(), token)).await;
        assert_eq!((got.status, got.header("dpop-nonce")), (status, nonce));
        assert_eq!(got.headers.contains_key("www-authenticate"), status == 401);
        assert_eq!(got.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn for_its_id_no_body_is_read_that_nests_too_deeply() {
    let nested = |depth: usize| {
        let nest = "[".repeat(depth) + &"]".repeat(depth);
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{nest}}}"#)
    };
    // The message is one level itself.
    for (depth, id) in [(63, Some(&json!(1))), (64, None)] {
        let request = post("x").body(full(nested(depth))).unwrap();
        let got = ask(&guarded(), with(request, "")).await;
        assert_eq!((got.status, got.json().get("id")), (401, id), "{depth}");
    }
}

/// The fields are about the credentials, so they arrive whatever becomes of the request.
#[tokio::test]
async fn what_success_adds_arrives_with_a_later_refusal() {
    let service = guarded();
    let body = message("tools/call", json!({ "name": "t" })).to_string();
    let denied = post("tools/call").header("mcp-name", "t").body(full(body)).unwrap();
    for (request, status) in [(denied, 403), (bare(Method::GET, "/mcp"), 400)] {
        let got = ask(&service, with(request, "ada")).await;
        assert_eq!((got.status, got.header("dpop-nonce")), (status, "n1"));
    }
}

/// `connection` is no field of HTTP/2 (RFC 9113, section 8.2.2), whoever's server it is.
#[tokio::test]
async fn versions_that_have_no_such_field_are_not_told_to_close() {
    let rows = [
        (Version::HTTP_10, Some("close")),
        (Version::HTTP_11, Some("close")),
        (Version::HTTP_2, None),
        (Version::HTTP_3, None),
    ];
    for (version, close) in rows {
        let body = full(vec![b' '; 1 << 20]);
        let mut request = post("tools/list").version(version).body(body).unwrap();
        request.headers_mut().insert("host", "mcp.example".parse().unwrap());
        let got = ask(&guarded(), request).await;
        assert_eq!(got.status, 401);
        let told = got.headers.get("connection").map(|value| value.to_str().unwrap());
        assert_eq!(told, close, "{version:?}");
    }
}

#[tokio::test]
async fn a_missing_scope_is_named_before_anything_streams() {
    let body = message("tools/call", json!({ "name": "t" })).to_string();
    let request = post("tools/call").header("mcp-name", "t").body(full(body)).unwrap();
    let got = ask(&guarded(), with(request, "ada")).await;
    assert_eq!(got.status, 403);
    let challenge = got.header("www-authenticate");
    assert!(challenge.contains("error=\"insufficient_scope\", scope=\"mcp x y\""), "{challenge}");
}

#[tokio::test]
async fn every_method_is_authenticated_and_the_body_is_not_needed() {
    let service = guarded();
    let methods = [("GET", 400), ("HEAD", 405), ("PUT", 405), ("OPTIONS", 405), ("DELETE", 400)];
    for (method, status) in methods {
        let request = |token| with(bare(method.parse().unwrap(), "/mcp"), token);
        assert_eq!(ask(&service, request("")).await.status, 401, "{method}");
        assert_eq!(ask(&service, request("ada")).await.status, status, "{method}");
    }
    // A body that never comes: only its head can have been judged.
    let never = http_body_util::StreamBody::new(futures::stream::pending::<
        Result<http_body::Frame<Bytes>, std::convert::Infallible>,
    >());
    let mut request = post("tools/list").header("content-length", "9999999").body(never).unwrap();
    request.headers_mut().insert("host", "mcp.example".parse().unwrap());
    let got = ask(&service, request).await;
    assert_eq!((got.status, got.header("connection")), (401, "close"));
    assert!(got.json().get("id").is_none());
}

#[tokio::test(start_paused = true)]
async fn an_authenticator_that_hangs_is_unavailable() {
    let service = mounted(echo()).auth(Tokens::default()).limits(Limits::default());
    let mut request = list();
    request.headers_mut().insert("authorization", "Bearer slow".parse().unwrap());
    let service = service.build().unwrap();
    let asked = tokio::time::timeout(std::time::Duration::from_secs(600), ask(&service, request));
    assert_eq!(asked.await.unwrap().status, 503);
}

#[tokio::test(start_paused = true)]
async fn a_small_body_that_does_not_come_does_not_hold_the_refusal_up() {
    let never = http_body_util::StreamBody::new(futures::stream::pending::<
        Result<http_body::Frame<Bytes>, std::convert::Infallible>,
    >());
    let mut request = post("tools/list").header("content-length", "10").body(never).unwrap();
    request.headers_mut().insert("host", "mcp.example".parse().unwrap());
    let before = tokio::time::Instant::now();
    assert_eq!(within(ask(&guarded(), request)).await.status, 401);
    assert_eq!(before.elapsed().as_secs(), 1, "of paused time");
}

#[tokio::test]
async fn the_metadata_document_is_for_everybody() {
    let documents = guarded().documents();
    for path in
        ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"]
    {
        let mut request = with(bare(Method::GET, path), "");
        request.headers_mut().insert("origin", "https://any.example".parse().unwrap());
        let got = ask(&documents, request).await;
        assert_eq!(got.status, 200);
        assert_eq!(got.header("access-control-allow-origin"), "*");
        assert!(got.header("cache-control").starts_with("public, max-age="));
        assert_eq!(
            got.json(),
            json!({
                "resource": "https://mcp.example/mcp",
                "authorization_servers": ["https://as.example"],
                "scopes_supported": ["mcp", "x", "y"],
                "bearer_methods_supported": ["header"],
                "resource_name": "double",
            })
        );
        let preflight = ask_as(&documents, Method::OPTIONS, path).await;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, "*"));
        assert_eq!(ask_as(&documents, Method::POST, path).await.status, 405);
        let foreign = ask(&documents, bare(Method::GET, path)).await;
        assert_eq!(foreign.status, 403, "localhost is not this server's name");
    }
    assert_eq!(ask_as(&documents, Method::GET, "/mcp").await.status, 404);
    let path = "/.well-known/oauth-protected-resource";
    let nobody = built(echo()).documents();
    assert_eq!(ask(&nobody, bare(Method::GET, path)).await.status, 404);
}

async fn ask_as(service: &McpService, method: Method, path: &str) -> Got {
    ask(service, with(bare(method, path), "")).await
}
