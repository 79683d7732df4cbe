//! Mounted in somebody else's router: `nest_service` for the endpoint, the documents beside it, and
//! the author's own route.

use std::net::SocketAddr;

use axum::{Router, routing::get};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use toolgate_auth::{auth_fn, bearer};
use toolgate_core::{Credentials, Identity, Key, Refusal, Verdict};
use toolgate_server::{Server, ToolSpec};
use toolgate_transport::http;

use crate::support::{
    client::{Ask, Reply},
    mcp,
};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

struct Site {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Site {
    /// An axum server with the endpoint below `prefix`.
    async fn start(prefix: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("its address");
        let server = Server::new("mounted", "1").tool_fn(
            ToolSpec::new("who").scopes(["see"]),
            |_: Nothing, cx: toolgate_core::Context| async move {
                Ok(cx.identity()?.key.subject.to_string())
            },
        );
        let auth = auth_fn(|credentials: Credentials| async move {
            match bearer(&credentials)?.expose() {
                "good" => Ok(Identity::new(Key::new("test", "ann")).scopes(["see"])),
                _ => Err(Verdict::Refused(Refusal::invalid("no"))),
            }
        });
        let service = http::service(server)
            .public_url(format!("http://{addr}{prefix}"))
            .auth(auth.authorization_servers(["https://issuer.example"]))
            .build()
            .expect("settings that agree");
        let router = Router::new()
            .route("/", get(|| async { "the author's own page" }))
            .nest_service(prefix, service.clone())
            .fallback_service(service.documents());
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self { addr, task }
    }

    async fn send(&self, ask: &Ask) -> Reply {
        ask.send(self.addr).await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn who() -> Ask {
    mcp::post(&mcp::call(7, "who", json!({})))
}

#[tokio::test]
async fn an_authenticated_call_works() {
    for prefix in ["/mcp", "/api/v1/mcp"] {
        let site = Site::start(prefix).await;
        let reply = site.send(&who().at(prefix).bearer("good")).await;
        assert_eq!(
            (reply.status, &reply.json()["result"]["content"][0]["text"]),
            (200, &json!("ann"))
        );
    }
}

#[tokio::test]
async fn a_401_points_to_the_document_of_the_public_url() {
    for prefix in ["/mcp", "/api/v1/mcp"] {
        let site = Site::start(prefix).await;
        let reply = site.send(&who().at(prefix)).await;
        let at = format!("http://{}/.well-known/oauth-protected-resource{prefix}", site.addr);
        let challenge = format!(r#"Bearer resource_metadata="{at}""#);
        assert_eq!((reply.status, reply.field("www-authenticate")), (401, Some(&*challenge)));
        let error = json!({"code": -32000, "message": "authentication is required"});
        assert_eq!(reply.json(), json!({"jsonrpc": "2.0", "id": 7, "error": error}));
        assert_eq!(site.send(&who().at(prefix).bearer("bad")).await.status, 401);
    }
}

#[tokio::test]
async fn the_document_is_at_both_places() {
    for prefix in ["/mcp", "/api/v1/mcp"] {
        let site = Site::start(prefix).await;
        for place in [String::new(), prefix.to_owned()] {
            let ask = Ask::get(&format!("/.well-known/oauth-protected-resource{place}"));
            let reply = site.send(&ask).await;
            let document = json!({
                "resource": format!("http://{}{prefix}", site.addr),
                "authorization_servers": ["https://issuer.example"],
                "scopes_supported": ["see"],
                "bearer_methods_supported": ["header"],
                "resource_name": "mounted",
            });
            assert_eq!((reply.status, reply.json()), (200, document), "{place}");
            assert_eq!(reply.field("access-control-allow-origin"), Some("*"));
        }
    }
}

#[tokio::test]
async fn the_author_s_route_is_the_author_s() {
    let site = Site::start("/mcp").await;
    let reply = site.send(&Ask::get("/").with("Host", "any.example")).await;
    assert_eq!((reply.status, reply.text()), (200, "the author's own page"));
    assert_eq!(site.send(&Ask::get("/health")).await.status, 200);
    assert_eq!(site.send(&Ask::get("/nowhere")).await.outcome(), (404, Some(-32000)));
}

#[tokio::test]
async fn hosts_and_origins_are_judged_here_too() {
    let site = Site::start("/mcp").await;
    let fine = who().bearer("good");
    for ask in
        [fine.clone().with("Host", "evil.example"), fine.with("Origin", "https://evil.example")]
    {
        assert_eq!(site.send(&ask).await.outcome(), (403, Some(-32000)), "{:?}", ask.fields);
    }
}

#[tokio::test]
async fn without_a_public_url_it_does_not_start() {
    let auth = auth_fn(|_: Credentials| async { Refusal::missing() })
        .authorization_servers(["https://issuer.example"]);
    let server =
        Server::new("mounted", "1").tool_fn(ToolSpec::new("t"), |_: Nothing, _| async { Ok(()) });
    let problem = http::service(server).auth(auth).build().expect_err("it cannot name itself");
    assert!(problem.to_string().contains("public_url"), "{problem}");
}
