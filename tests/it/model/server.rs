//! The server of the model test, in memory: how a step becomes a request to it.

use axum::body::Body;
use http::{Request, request::Builder};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, advance};
use toolgate_auth::{auth_fn, bearer};
use toolgate_core::{
    Authenticate, Context, Credentials, Identity, Key, Refusal, Scopes, Verdict,
    legacy::MemorySessions,
};
use toolgate_server::{Server, ToolError, ToolSpec};
use toolgate_transport::http::{McpService, service};
use tower_service::Service;

use super::{
    client::{Asked, Bearer, Session, Token},
    outcome::{Outcome, SESSION},
    step::{Act, Grant, Step, Who},
    world::{ALL, IDLE, PER_OWNER},
};
use crate::support::mcp;

/// A server, and what outlives it.
pub(crate) struct Site {
    started: Instant,
    sessions: MemorySessions,
    service: McpService,
    /// Ids and revisions of sessions, in the order in which they began.
    begun: Vec<(String, &'static str)>,
}

impl Site {
    pub(crate) fn start() -> Self {
        let (started, sessions) = (Instant::now(), sessions());
        let service = serve(started, sessions.clone());
        Self { started, sessions, service, begun: Vec::new() }
    }

    /// What comes of a step. It takes a second.
    pub(crate) async fn take(&mut self, step: &Step, asked: &Asked) -> Outcome {
        let outcome = match step {
            Step::Wait(seconds) => {
                advance(Duration::from_secs(*seconds)).await;
                Outcome::Passed
            }
            Step::Restart { same } => {
                if !same {
                    self.sessions = sessions();
                }
                self.service = serve(self.started, self.sessions.clone());
                Outcome::Passed
            }
            _ => self.send(step, asked).await,
        };
        advance(Duration::from_secs(1)).await;
        outcome
    }

    async fn send(&mut self, step: &Step, asked: &Asked) -> Outcome {
        let request = self.request(step, asked);
        let Ok(response) = self.service.call(request).await;
        let (outcome, session) = Outcome::read(response).await;
        if let (Step::Begin { batches, .. }, Some(session)) = (step, session) {
            self.begun.push((session, revision(*batches)));
        }
        outcome
    }

    fn request(&self, step: &Step, asked: &Asked) -> Request<Body> {
        let head = match asked.bearer {
            Bearer::Token(token) => {
                Request::builder().header("authorization", format!("Bearer {}", write(token)))
            }
            Bearer::Garbage => Request::builder().header("authorization", "Bearer gar.ba.ge"),
            Bearer::Nothing => Request::builder(),
        };
        let head = head.header("host", "localhost").uri("/mcp");
        let (head, revision) = match asked.session {
            Session::Begun(number) => {
                let (id, revision) = &self.begun[number];
                (head.header(SESSION, id), *revision)
            }
            Session::Invented => (head.header(SESSION, "5e55".repeat(16)), revision(true)),
            Session::Nothing => (head, revision(true)),
        };
        let old = |head: Builder, message: Value| {
            post(head.header("mcp-protocol-version", revision), &message)
        };
        match *step {
            Step::Begin { batches, .. } => post(head, &handshake(batches)),
            Step::Modern { act, .. } => modern(head, &mcp::message(7, method(act), params(act))),
            Step::Ask { act: Act::Both, .. } => {
                old(head, [Act::Plain, Act::Guarded].map(plain).into())
            }
            Step::Ask { act, .. } => old(head, plain(act)),
            _ => head.method("DELETE").body(Body::empty()).expect("a request"),
        }
    }
}

fn sessions() -> MemorySessions {
    MemorySessions::new()
        .clock(|| Instant::now().into_std())
        .idle(Duration::from_secs(IDLE))
        .all(ALL)
        .per_owner(PER_OWNER)
}

fn serve(started: Instant, sessions: MemorySessions) -> McpService {
    let service = service(server()).auth(by_token(started)).sessions(sessions);
    service.build().expect("settings that agree")
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

fn server() -> Server {
    Server::new("model", "1")
        .required_scopes(["base"])
        .tool_fn(ToolSpec::new("plain"), |_: Nothing, cx| async move { said(&cx) })
        .tool_fn(
            ToolSpec::new("guarded").scopes(["write"]),
            |_: Nothing, cx| async move { said(&cx) },
        )
}

/// Who asks, and what for, as the tool is told.
fn said(cx: &Context) -> Result<String, ToolError> {
    let identity = cx.identity()?;
    let who = match (&*identity.key.issuer, &*identity.key.subject) {
        ("here", "ann") => Who::Ann,
        ("here", "bob") => Who::Bob,
        ("there", "ann") => Who::OtherAnn,
        other => return Err(ToolError::shown(format!("{other:?}"))),
    };
    let grant = if identity.scopes.contains("write") { Grant::Full } else { Grant::Low };
    Ok(format!("{who:?} may {grant:?}"))
}

/// Issuer, subject, scopes and end, as they stand in a token.
fn write(token: Token) -> String {
    let who = match token.who {
        Who::Ann => "here.ann",
        Who::Bob => "here.bob",
        Who::OtherAnn => "there.ann",
    };
    let scopes = match token.grant {
        Grant::Full => "base+write",
        Grant::Low => "base",
        Grant::None => "other",
    };
    format!("{who}.{scopes}.{}", token.ends)
}

/// Believes what a token says until it ends.
fn by_token(started: Instant) -> impl Authenticate {
    auth_fn(move |credentials: Credentials| async move {
        let token = bearer(&credentials)?;
        let read = read(token.expose()).filter(|(_, ends)| started.elapsed().as_secs() < *ends);
        let identity = read.map(|(identity, _)| identity);
        identity.ok_or(Verdict::Refused(Refusal::invalid("the token is not good, or not any more")))
    })
}

fn read(token: &str) -> Option<(Identity, u64)> {
    let mut parts = token.split('.');
    let key = Key::new(parts.next()?, parts.next()?);
    let scopes: Scopes = parts.next()?.split('+').collect();
    Some((Identity::new(key).scopes(scopes), parts.next()?.parse().ok()?))
}

fn revision(batches: bool) -> &'static str {
    if batches { "2025-03-26" } else { "2025-11-25" }
}

fn handshake(batches: bool) -> Value {
    let client = json!({"name": "model", "version": "1"});
    let version = revision(batches);
    let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client});
    json!({"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": params})
}

fn method(act: Act) -> &'static str {
    match act {
        Act::Plain | Act::Guarded | Act::Both => "tools/call",
        Act::List => "tools/list",
        Act::Ping => "ping",
        Act::Level => "logging/setLevel",
    }
}

fn params(act: Act) -> Value {
    match act {
        Act::Plain => json!({"name": "plain", "arguments": {}}),
        Act::Guarded => json!({"name": "guarded", "arguments": {}}),
        Act::Level => json!({"level": "error"}),
        _ => json!({}),
    }
}

/// A message of the old era, which says nothing of itself.
fn plain(act: Act) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": method(act), "params": params(act)})
}

fn post(head: Builder, message: &Value) -> Request<Body> {
    let head = head.method("POST").header("content-type", "application/json");
    let head = head.header("accept", "application/json, text/event-stream");
    head.body(message.to_string().into()).expect("a request")
}

/// The request with the headers that the modern era calls for.
fn modern(head: Builder, message: &Value) -> Request<Body> {
    let head = head.header("mcp-protocol-version", mcp::VERSION);
    let head = match message["params"]["name"].as_str() {
        Some(name) => head.header("mcp-name", name),
        None => head,
    };
    post(head.header("mcp-method", message["method"].as_str().expect("a method")), message)
}
