//! The revisions before 2026-07-28 on the wire, against a listener in this process.

mod asks;
mod batches;
mod bounds;
mod cancel;
mod down;
mod errors;
mod faults;
mod handshake;
mod idle;
mod level;
mod lines;
mod listening;
mod own;
mod pages;
mod replies;
mod resumed;
mod services;
mod sessions;
mod stateless;
mod stores;
mod watched;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::FutureExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use toolgate_auth::{auth_fn, bearer};
use toolgate_core::{
    Authenticate, Context, Credentials, Identity, Key, Refusal, Scopes, Verdict,
    legacy::MemorySessions,
    protocol::{Content, Json, LogLevel, input::InputRequest},
};
use toolgate_server::{Json as Data, Server, ToolError, ToolSpec};
use toolgate_transport::http::{self, Http, Listen};

use crate::support::{
    client::{Ask, Reply},
    old::{self, LATEST, Session},
    served::Served,
};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
struct Echo {
    text: String,
}

#[derive(Serialize, JsonSchema)]
struct Weather {
    degrees: i32,
}

/// `<name>` may do all there is, `<name>.low` what everybody may, `<name>.none` nothing;
/// `<name>.again` is what `<name>` was given for an old token. Some names mean trouble.
fn by_name() -> impl Authenticate {
    let judge = |credentials: Credentials| async move {
        let token = bearer(&credentials)?;
        let (name, variant) = token.expose().split_once('.').unwrap_or((token.expose(), ""));
        let scopes: Scopes = match variant {
            "" | "again" => ["base", "write", "openid"].into(),
            "low" => ["base", "openid"].into(),
            _ => ["openid"].into(),
        };
        match name {
            "refused" => Err(Verdict::Refused(Refusal::invalid("the door stays shut"))),
            "banned" => Err(Verdict::Forbidden(Refusal::invalid("not you"))),
            "error" => Err(Verdict::Failed("s3cr3t database".into())),
            "down" => Err(Verdict::Unavailable { retry: std::time::Duration::from_secs(9) }),
            "panic" => panic!("s3cr3t"),
            name => Ok(Identity::new(Key::new("test", name)).scopes(scopes)),
        }
    };
    auth_fn(judge).authorization_servers(["https://issuer.example"])
}

fn server() -> Server {
    tools(
        Server::new("old", "1.2.3").title("Old").instructions("be kind").required_scopes(["base"]),
    )
    .tool_fn(ToolSpec::new("write").scopes(["write"]), |_: Nothing, _| async { Ok("written") })
    .tool_fn(ToolSpec::new("who"), |_: Nothing, cx: Context| async move {
        Ok(cx.identity()?.key.subject.to_string())
    })
}

/// Tools for everybody.
fn tools(server: Server) -> Server {
    server
        .tool_fn(ToolSpec::new("echo"), |echo: Echo, _| async move { Ok(echo.text) })
        .tool_fn(ToolSpec::new("steps"), |_: Nothing, cx: Context| async move {
            cx.log(LogLevel::Debug, "zero").await?;
            cx.log(LogLevel::Info, "one").await?;
            cx.progress(1.0).await?;
            cx.log(LogLevel::Warning, "two").await?;
            cx.progress(2.0).await?;
            Ok("stepped")
        })
        .tool_fn(ToolSpec::new("client"), |_: Nothing, cx: Context| async move {
            let meta = cx.meta();
            let known = meta.client_info.is_some();
            let can = meta.client_capabilities.as_ref().map(Json::as_bytes);
            let can = String::from_utf8_lossy(can.unwrap_or_default()).into_owned();
            Ok(format!("{:?} {known} {can}", meta.version))
        })
        .tool_fn(weather(), |_: Nothing, _| async { Ok(Data(Weather { degrees: 7 })) })
        .tool_fn(ToolSpec::new("sound"), |_: Nothing, _| async {
            let sound = Content::audio(b"\0\0\0", "audio/wav");
            Ok(vec![Content::text("listen"), sound])
        })
        .tool_fn(ToolSpec::new("ask"), |_: Nothing, _| async {
            let params = Json::of(&json!({"message": "Sure?"}))?;
            Err::<(), _>(ToolError::asks("sure", InputRequest::new("elicitation/create", params)))
        })
        .tool_fn(ToolSpec::new("fails"), |_: Nothing, _| async {
            Err::<(), _>(ToolError::hidden("s3cr3t"))
        })
        .tool_fn(ToolSpec::new("declines"), |_: Nothing, _| async {
            Err::<(), _>(ToolError::shown("not today"))
        })
        .tool_fn(ToolSpec::new("panics"), |_: Nothing, _| async {
            if true {
                panic!("s3cr3t");
            }
            Ok(())
        })
}

/// A tool with all that can be said of one.
fn weather() -> ToolSpec {
    ToolSpec::new("weather").title("Weather").description("How warm it is.").read_only(true)
}

/// The server with a tool that counts its calls, and the count.
fn counting() -> (Server, Count) {
    let count = Count::default();
    let counter = count.clone();
    let server = server().tool_fn(ToolSpec::new("count"), move |_: Nothing, _| {
        let count = counter.0.fetch_add(1, Ordering::SeqCst) + 1;
        async move { Ok(format!("called {count} times")) }
    });
    (server, count)
}

/// How often something ran.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn is(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Tells when it is dropped.
struct Tells(Option<oneshot::Sender<()>>);

impl Tells {
    fn new(tell: oneshot::Sender<()>) -> Self {
        Self(Some(tell))
    }
}

impl Drop for Tells {
    fn drop(&mut self) {
        if let Some(told) = self.0.take() {
            let _ = told.send(());
        }
    }
}

fn bound() -> Http<Listen> {
    http::bind("127.0.0.1:0").auth(by_name())
}

async fn start() -> Served {
    Served::start(server(), bound()).boxed().await
}

/// The same, and where its sessions are.
async fn start_kept(sessions: MemorySessions) -> (Served, MemorySessions) {
    (Served::start(server(), bound().sessions(sessions.clone())).boxed().await, sessions)
}

async fn begin(server: &Served, token: &str) -> Session {
    Session::begin(server.addr, token, LATEST).boxed().await
}

fn echo() -> Value {
    old::call(7, "echo", json!({"text": "hi"}))
}

fn ping() -> Value {
    old::message(7, "ping", json!({}))
}

/// A call of a tool without arguments.
fn calling(tool: &str) -> Value {
    old::call(7, tool, json!({}))
}

/// A message of ann's, in no session.
fn of_ann(message: &Value) -> Ask {
    old::post(message).bearer("ann")
}

/// The text that a tool answered.
#[track_caller]
fn said(reply: &Reply) -> String {
    let message = reply.json();
    assert_eq!((reply.status, &message["id"]), (200, &json!(7)), "{message}");
    let text = &message["result"]["content"][0]["text"];
    text.as_str().unwrap_or_else(|| panic!("no text in {message}")).to_owned()
}
