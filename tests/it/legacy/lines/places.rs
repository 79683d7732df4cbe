//! Where the stream is, and where it says to post.

use axum::Router;
use tokio::net::TcpListener;
use toolgate_core::env::Env;
use toolgate_transport::http;

use super::{bound, calling, line, old, text};
use crate::support::{client::Ask, line::Line, old::LATEST, served::Served};

async fn address(server: &Served) -> String {
    let (_, target) = line::open(server.addr, &line::get("ann")).await;
    target
}

#[tokio::test]
async fn it_is_not_there_unless_somebody_wants_it() {
    let unset = Served::start(super::super::server(), bound()).await;
    let set = super::start().await;
    for method in ["GET", "POST", "DELETE"] {
        let there = |path: &str| Ask { method: method.into(), ..line::get("ann") }.at(path);
        let other = unset.send(&there("/no/such")).await;
        let found = unset.send(&there(line::PATH)).await;
        assert_eq!((found.status, found.told(), &found.body), (404, other.told(), &other.body));
        assert_eq!(set.send(&there("/sse/")).await.status, 404);
    }
    let variable = bound().env_from(Env::of([("TOOLGATE_SSE_PATH", "/old/events")]));
    let named = Served::start(super::super::server(), variable).await;
    let (_, target) = line::open(named.addr, &line::get("ann").at("/old/events")).await;
    assert!(target.starts_with("/old/events?sessionId="), "{target}");
}

#[tokio::test]
async fn nothing_but_get_and_post_is_served() {
    let server = super::start().await;
    let line = super::begin(&server, "ann").await;
    for method in ["DELETE", "PUT", "HEAD", "OPTIONS", "PATCH"] {
        let ask = Ask { method: method.into(), ..line.post(&calling("echo")) };
        let reply = server.send(&ask).await;
        assert_eq!((reply.status, reply.field("allow")), (405, Some("GET, POST")), "{method}");
        let stranger = server.send(&ask.without("Authorization")).await;
        assert_eq!(stranger.status, 401, "{method}");
    }
    assert!(line.lives().await);
}

#[tokio::test]
async fn the_address_has_what_stands_in_front_of_the_endpoint() {
    let of = |url: &str| {
        let http = bound().sse(line::PATH).public_url(url).hosts(["127.0.0.1"]);
        async move { address(&Served::start(super::super::server(), http).await).await }
    };
    let begins = |address: String, path: &str| {
        let id = address.strip_prefix(path).and_then(|rest| rest.strip_prefix("?sessionId="));
        assert_eq!(id.map(str::len), Some(64), "{address}");
    };
    begins(address(&super::start().await).await, "/sse");
    begins(of("https://mcp.example").await, "/sse");
    begins(of("https://mcp.example/public/mcp").await, "/public/sse");
    // Nobody here knows how the way to the endpoint leads to us; the client does.
    begins(of("https://mcp.example/tools").await, "");
}

#[tokio::test]
async fn it_is_mounted_anywhere() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("its address");
    let set_up = || http::service(super::super::server()).auth(super::ends::in_time());
    let service = set_up().sse(line::PATH).build().expect("settings that agree");
    let off = set_up().build().expect("settings that agree");
    let router = Router::new()
        .nest_service("/a/mcp", service.clone())
        .nest_service("/a/sse", service.sse())
        .nest_service("/off", off.sse())
        .fallback_service(service.documents());
    let task = tokio::spawn(async move { axum::serve(listener, router).await });
    let (mut stream, target) = line::open(addr, &line::get("ann").at("/a/sse")).await;
    assert!(target.starts_with("?sessionId="), "{target}");
    let ask = old::post(&calling("who")).bearer("ann").at(&format!("/a/sse{target}"));
    assert_eq!(ask.send(addr).await.status, 202);
    assert_eq!(text(&stream.message().await.expect("an answer")), "ann");
    for path in ["/off", "/sse"] {
        assert_eq!(line::status(addr, &line::get("ann").at(path)).await, 404, "{path}");
    }
    task.abort();
}

#[tokio::test]
async fn pages_that_may_call_may_do_so_here() {
    let http = bound().sse(line::PATH).cors(http::Cors::origins(["https://app.example"]));
    let server = Served::start(super::super::server(), http).await;
    let preflight = Ask::new("OPTIONS", line::PATH).with("Origin", "https://app.example");
    let preflight = preflight.with("Access-Control-Request-Method", "POST");
    assert_eq!(server.send(&preflight).await.status, 204);
    let line = Line::begin(server.addr, "ann", LATEST).await;
    let from = |origin: &str| line.post(&calling("who")).with("Origin", origin);
    let allowed = server.send(&from("https://app.example")).await;
    assert_eq!(allowed.field("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!((allowed.status, server.send(&from("null")).await.status), (202, 403));
}
