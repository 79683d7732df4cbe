//! Tools that ask clients of the old era: questions go out on the call's stream, answers come in
//! POSTs of the same session.

mod answers;
mod bounds;
mod ends;
mod revisions;
mod streams;

use futures::FutureExt;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toolgate_core::Context;
use toolgate_server::{Asking, Elicited, Questions, Result, Sampling, Server, ToolSpec};
use toolgate_transport::http::{Http, Listen};

use super::Nothing;
use crate::support::{
    client::{Reply, within},
    old::{self, LATEST, Session, Stream},
    served::Served,
};

#[derive(Deserialize, JsonSchema)]
struct Login {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
struct Many {
    count: usize,
}

pub(super) fn server() -> Server {
    super::server()
        .tool_fn(ToolSpec::new("form"), |_: Nothing, cx: Context| async move { greet(&cx).await })
        .tool_fn(ToolSpec::new("secret").scopes(["write"]), |_: Nothing, cx: Context| async move {
            greet(&cx).await
        })
        .tool_fn(ToolSpec::new("model"), |_: Nothing, cx: Context| async move {
            Ok(cx.sample("capital", Sampling::new(9).user("Which?")).await?.text())
        })
        .tool_fn(ToolSpec::new("folders"), |_: Nothing, cx: Context| async move {
            let roots = cx.roots("where").await?;
            Ok(roots.iter().map(|root| root.uri.as_str()).collect::<Vec<_>>().join(" "))
        })
        .tool_fn(ToolSpec::new("page"), |_: Nothing, cx: Context| async move {
            Ok(format!("{:?}", cx.elicit_url("pay", "Please pay", "https://pay.example/").await?))
        })
        .tool_fn(ToolSpec::new("three"), |_: Nothing, cx: Context| async move {
            let questions = Questions::new()
                .elicit::<Login>("a", "Who?")
                .sample("b", Sampling::new(9).user("Which?"))
                .roots("c");
            let (who, said, roots) = cx.ask(questions).await?;
            let who = who.accepted().map(|login| login.name);
            Ok(format!("{who:?} {} {}", said.text(), roots.len()))
        })
        .tool_fn(ToolSpec::new("twice"), |_: Nothing, cx: Context| async move {
            cx.progress(1.0).await?;
            let first = cx.elicit::<Login>("first", "First?").await?.accepted();
            cx.progress(2.0).await?;
            let second = cx.elicit::<Login>("second", "Second?").await?.accepted();
            cx.progress(3.0).await?;
            let names = [first, second].map(|login| login.map(|login| login.name));
            Ok(format!("{names:?}"))
        })
        .tool_fn(ToolSpec::new("many"), |many: Many, cx: Context| async move {
            let ask = |n: usize| toolgate_server::Roots::new(format!("root {n}"));
            Ok(cx.ask((0..many.count).map(ask).collect::<Vec<_>>()).await?.len().to_string())
        })
        .tool_fn(ToolSpec::new("endless"), |_: Nothing, cx: Context| async move {
            let again = cx.asking_again("where");
            Ok(again.roots("where").await?.len().to_string())
        })
}

async fn greet(cx: &Context) -> Result<String> {
    let who = cx.identity()?.key.subject.to_string();
    Ok(match cx.elicit::<Login>("user_name", "Who are you?").await? {
        Elicited::Accepted(login) => format!("{} for {who}", login.name),
        Elicited::Declined => "declined".into(),
        Elicited::Cancelled => "cancelled".into(),
    })
}

/// All that a client can do.
pub(super) fn all() -> Value {
    json!({"elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}}, "roots": {}})
}

async fn start(http: Http<Listen>) -> Served {
    Served::start(server(), http).boxed().await
}

/// A session of a client that can answer everything.
async fn able(server: &Served, token: &str) -> Session {
    Session::able(server.addr, token, LATEST, all()).boxed().await
}

/// A call, its stream open.
struct Call {
    stream: Stream,
}

impl Call {
    async fn of(session: &Session, message: &Value) -> Self {
        Self { stream: Stream::open(session.addr, &session.post(message)).boxed().await }
    }

    async fn begin(session: &Session, tool: &str) -> Self {
        Self::of(session, &old::call(7, tool, json!({}))).await
    }

    async fn next(&mut self) -> Value {
        within("a message", self.stream.message()).await.expect("a message")
    }

    /// What is asked next: its id, and all of it.
    async fn question(&mut self) -> (Value, Value) {
        let message = self.next().await;
        assert!(message["method"].is_string() && message["params"].is_object(), "{message}");
        assert!(message["id"].is_string(), "{message}");
        (message["id"].clone(), message)
    }

    /// The text of the result, which is the last message.
    async fn said(&mut self) -> String {
        let message = self.last().await;
        let text = message["result"]["content"][0]["text"].as_str();
        text.unwrap_or_else(|| panic!("no text: {message}")).to_owned()
    }

    /// The code of the error that the call ends with.
    async fn failed(&mut self) -> i64 {
        let message = self.last().await;
        message["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {message}"))
    }

    async fn last(&mut self) -> Value {
        let message = self.next().await;
        assert_eq!(message["id"], 7, "{message}");
        assert_eq!(within("the end", self.stream.message()).await, None);
        message
    }

    /// The ids that the client is told to forget, until the call has ended without an answer.
    async fn withdrawn(&mut self) -> Vec<Value> {
        let mut ids = Vec::new();
        while let Some(message) = within("the end", self.stream.message()).await {
            ids.push(forgotten(&message));
        }
        ids
    }
}

/// What a note says that the client need not answer.
pub(super) fn forgotten(message: &Value) -> Value {
    assert_eq!(message["method"], "notifications/cancelled", "{message}");
    message["params"]["requestId"].clone()
}

pub(super) fn accept(name: &str) -> Value {
    json!({"action": "accept", "content": {"name": name}})
}

fn model_says(text: &str) -> Value {
    let content = json!({"type": "text", "text": text});
    json!({"role": "assistant", "model": "m", "stopReason": "endTurn", "content": content})
}

pub(super) fn roots(count: usize) -> Value {
    let root = |n: usize| json!({"uri": format!("file:///{n}")});
    json!({"roots": (0..count).map(root).collect::<Vec<_>>()})
}

/// Answers; the transport says nothing but that it has heard.
async fn tell(session: &Session, id: &Value, result: Value) {
    taken(&session.send(&old::answer(id, result)).await);
}

#[track_caller]
fn taken(reply: &Reply) {
    assert_eq!((reply.outcome(), reply.text()), ((202, None), ""), "{reply:?}");
}
