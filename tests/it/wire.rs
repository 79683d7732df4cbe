//! The rules of revision 2026-07-28 on the wire, against a listener in this process.

mod arguments;
mod bodies;
mod busy;
mod cancel;
mod headers;
mod listen;
mod media;
mod methods;
mod order;
mod refusals;
mod replies;
mod stamps;

use futures::FutureExt;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use toolgate_auth::{auth_fn, bearer};
use toolgate_core::{
    Authenticate, Context, Credentials, Identity, Key, Refusal, Scopes, Verdict,
    protocol::{Json, input::InputRequest},
};
use toolgate_server::{Server, ToolError, ToolSpec};
use toolgate_transport::http::{self, Http, Limits, Listen};

use crate::support::{
    client::{Ask, Reply},
    mcp,
    served::Served,
};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
struct Echo {
    text: String,
}

#[derive(Deserialize, JsonSchema)]
struct Place {
    #[schemars(extend("x-mcp-header" = "Region"))]
    region: Option<String>,
    #[schemars(extend("x-mcp-header" = "Limit"))]
    limit: Option<i64>,
    #[schemars(extend("x-mcp-header" = "Exact"))]
    exact: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
struct Count {
    to: u32,
}

/// Knows two people by name, and one who may do nothing. Everybody else is refused.
fn by_name() -> impl Authenticate {
    let judge = |credentials: Credentials| async move {
        let token = bearer(&credentials)?;
        let scopes: Scopes = match token.expose() {
            "ann" | "bob" => ["base", "files:read", "files:write", "openid"].into(),
            "base" => ["base", "files:read", "openid"].into(),
            "low" => ["openid"].into(),
            _ => return Err(Verdict::Refused(Refusal::invalid("nobody of that name"))),
        };
        Ok(Identity::new(Key::new("test", token.expose())).scopes(scopes))
    };
    auth_fn(judge).authorization_servers(["https://issuer.example"])
}

fn server() -> Server {
    Server::new("wire", "1.2.3")
        .required_scopes(["base"])
        .tool_fn(ToolSpec::new("echo"), |echo: Echo, _| async move { Ok(echo.text) })
        .tool_fn(ToolSpec::new("place"), |place: Place, _| async move {
            Ok(format!("{:?} {:?} {:?}", place.region, place.limit, place.exact))
        })
        .tool_fn(ToolSpec::new("count"), |count: Count, cx: Context| async move {
            for step in 1..=count.to {
                cx.progress(f64::from(step)).await?;
            }
            Ok(format!("counted to {}", count.to))
        })
        .tool_fn(ToolSpec::new("write").scopes(["files:write"]), |_: Nothing, _| async {
            Ok("written")
        })
        .tool_fn(ToolSpec::new("ask"), |_: Nothing, _| async {
            let params = Json::of(&json!({"message": "Sure?"}))?;
            Err::<(), _>(ToolError::asks("sure", InputRequest::new("elicitation/create", params)))
        })
        .tool_fn(ToolSpec::new("panics"), |_: Nothing, _| async {
            if true {
                panic!("s3cr3t");
            }
            Ok(())
        })
        .tool_fn(ToolSpec::new("stumbles"), |_: Nothing, cx: Context| async move {
            cx.progress(1.0).await?;
            Err::<(), _>(ToolError::hidden("s3cr3t"))
        })
        .tool_fn(ToolSpec::new("fails"), |_: Nothing, _| async {
            Err::<(), _>(ToolError::hidden("s3cr3t"))
        })
}

/// Tells when it is dropped.
struct Tells(Option<oneshot::Sender<()>>);

impl Drop for Tells {
    fn drop(&mut self) {
        if let Some(told) = self.0.take() {
            let _ = told.send(());
        }
    }
}

/// One call of `hang`, from the inside: ends it, and hears of its end.
struct Hanging {
    finish: oneshot::Sender<()>,
    dropped: oneshot::Receiver<()>,
}

/// The server with a tool that hangs until it is told, and the calls of that tool.
fn with_hang() -> (Server, mpsc::UnboundedReceiver<Hanging>) {
    let (calls, receiver) = mpsc::unbounded_channel();
    let server = server().tool_fn(ToolSpec::new("hang"), move |_: Nothing, cx: Context| {
        let calls = calls.clone();
        async move {
            let ((finish, finished), (tell, dropped)) = (oneshot::channel(), oneshot::channel());
            let _tells = Tells(Some(tell));
            cx.progress(1.0).await?;
            let _ = calls.send(Hanging { finish, dropped });
            let _ = finished.await;
            Ok("finished")
        }
    });
    (server, receiver)
}

fn bound() -> Http<Listen> {
    http::bind("127.0.0.1:0").auth(by_name())
}

async fn start() -> Served {
    Served::start(server(), bound()).boxed().await
}

async fn start_with(limits: Limits) -> Served {
    Served::start(server(), bound().limits(limits)).boxed().await
}

/// A request of ann's.
fn of_ann(message: &Value) -> Ask {
    mcp::post(message).bearer("ann")
}

fn echo() -> Value {
    mcp::call(7, "echo", json!({"text": "hi"}))
}

/// The text that a tool answered.
#[track_caller]
fn said(reply: &Reply) -> String {
    let message = reply.json();
    assert_eq!((reply.status, &message["id"]), (200, &json!(7)), "{message}");
    let text = &message["result"]["content"][0]["text"];
    text.as_str().unwrap_or_else(|| panic!("no text in {message}")).to_owned()
}
