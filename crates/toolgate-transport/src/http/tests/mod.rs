//! Requests over the service, with doubles in place of tools and tokens.

mod answers;
mod asks;
mod audit;
mod authentication;
mod endpoint;
mod http2;
mod listener;
mod logs;
mod mounted;
mod panics;
mod revoked;
mod sockets;
mod streams;
mod throttled;
#[cfg(feature = "tls")]
mod tls;
mod unheard;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::FutureExt;
use http::{Method, Request as HttpRequest, Response, request::Builder};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use toolgate_core::{
    Answer, Authenticate, BoxFuture, Card, Context, Credentials, Error, Identity, Key, Note,
    Refusal, Reply, Request, ResourceCard, Running, Service, Verdict,
    credentials::Field,
    protocol::{discover::Implementation, version::MODERN},
};

use super::{Body, Http, McpService, Mounted, service};

type Run = dyn Fn(Request, Context) -> BoxFuture<'static, Result<Running, Error>> + Send + Sync;

/// A service that does what a test says.
struct Double {
    card: Arc<Card>,
    run: Box<Run>,
    notes: Mutex<Vec<String>>,
}

impl Service for Double {
    fn card(&self) -> Arc<Card> {
        self.card.clone()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        (self.run)(request, cx)
    }

    fn notify(&self, note: Note, _: Context) -> BoxFuture<'_, ()> {
        assert_ne!(note.method, "notifications/panic");
        self.notes.lock().unwrap().push(note.method.into_owned());
        Box::pin(async {})
    }
}

fn open_card() -> Card {
    let mut card = Card::new(Implementation::new("double", "1"));
    card.open = true;
    card
}

fn double<F>(card: Card, run: impl Fn(Request, Context) -> F + Send + Sync + 'static) -> Arc<Double>
where
    F: Future<Output = Result<Running, Error>> + Send + 'static,
{
    let run = Box::new(move |request, cx| run(request, cx).boxed());
    Arc::new(Double { card: Arc::new(card), run, notes: Mutex::default() })
}

/// A service that tells the method it was called with.
fn echo() -> Arc<Double> {
    double(open_card(), |request, _| async move {
        Reply::of(&json!({ "method": request.method })).map(Running::Done)
    })
}

/// What an authenticator adds, and with it what it may not change.
fn nonce(value: &str) -> Answer {
    Answer::default().field("DPoP-Nonce", value).field("cache-control", "public")
}

/// `Bearer <name>` is somebody of that name; some names mean trouble.
#[derive(Clone, Default)]
struct Tokens(ResourceCard);

impl Tokens {
    fn issued() -> Self {
        let mut card = ResourceCard::default();
        card.authorization_servers = vec!["https://as.example".into()];
        card.needs_resource = true;
        Self(card)
    }
}

impl Authenticate for Tokens {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        let field = with.field("authorization");
        Box::pin(async move {
            let Field::One(value) = field else {
                return Verdict::Refused(Refusal::missing());
            };
            match std::str::from_utf8(&value).unwrap_or_default().strip_prefix("Bearer ") {
                Some("broken") => Verdict::Failed("s3cr3t database".into()),
                Some("panic") => panic!("s3cr3t"),
                Some("slow") => std::future::pending().await,
                Some("down") => Verdict::Unavailable { retry: std::time::Duration::from_secs(9) },
                Some("banned") => Verdict::Forbidden(Refusal::invalid("not you")),
                Some("other") => Verdict::NotMine,
                Some("stale") => Verdict::Refused(Refusal::invalid("stale").answer(nonce("n2"))),
                Some("barred") => {
                    Verdict::Forbidden(Refusal::invalid("barred").answer(nonce("n3")))
                }
                Some("expired") | None => Verdict::Refused(Refusal::invalid("the token expired")),
                Some(name) => {
                    let identity = Identity::new(Key::new("double", name)).scopes(["mcp", "x"]);
                    Verdict::Known(Arc::new(identity), nonce("n1"))
                }
            }
        })
    }

    fn card(&self) -> ResourceCard {
        self.0.clone()
    }
}

fn mounted(server: Arc<Double>) -> Http<Mounted> {
    service(server)
}

fn built(server: Arc<Double>) -> McpService {
    mounted(server).build().unwrap()
}

/// A request's body, with the metadata that each needs.
fn message(method: &str, params: Value) -> Value {
    let mut params = params;
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn post(method: &str) -> Builder {
    HttpRequest::post("/mcp")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", MODERN)
        .header("mcp-method", method)
}

fn full(body: impl Into<Bytes>) -> Full<Bytes> {
    Full::new(body.into())
}

/// A `tools/list`, right in every respect.
fn list() -> HttpRequest<Full<Bytes>> {
    post("tools/list").body(full(message("tools/list", json!({})).to_string())).unwrap()
}

fn bare(method: Method, path: &str) -> HttpRequest<Full<Bytes>> {
    HttpRequest::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .body(full(""))
        .unwrap()
}

async fn send<B>(service: &McpService, request: HttpRequest<B>) -> Response<Body>
where
    B: http_body::Body<Data: bytes::Buf> + Send + 'static,
{
    let Ok(response) = tower_service::Service::call(&mut service.clone(), request).await;
    response
}

/// Status, headers and body of an answer; the body as JSON where it is.
struct Got {
    status: u16,
    headers: http::HeaderMap,
    text: String,
}

impl Got {
    async fn from(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        let text = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(text.to_vec()).unwrap();
        Self { status: head.status.as_u16(), headers: head.headers, text }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask<B>(service: &McpService, request: HttpRequest<B>) -> Got
where
    B: http_body::Body<Data: bytes::Buf> + Send + 'static,
{
    Got::from(send(service, request).await).await
}
