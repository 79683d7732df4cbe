//! What else ours is asked: for a long list, for a resource, for a reply with notes before it, and
//! for one tool among many.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode};
use toolgate::prelude::*;

use crate::{case::Side, exchange, ours};

/// Tools of a server that has many, `add` among them.
pub(crate) const TOOLS: usize = 1_000;

/// Notes before a reply.
pub(crate) const NOTES: u8 = 10;

/// As many steps, each of them reported.
#[derive(Tool)]
struct Steps {}

impl Run for Steps {
    type Output = &'static str;

    async fn run(self, _: &(), cx: &Context) -> Result<&'static str> {
        for step in 1..=NOTES {
            cx.progress(f64::from(step)).await?;
        }
        Ok("done")
    }
}

/// What a tool of many takes.
#[derive(Arguments)]
struct Point {
    /// To the right.
    x: f64,
    /// Upwards.
    y: f64,
}

/// A text.
#[derive(Resource)]
#[resource(uri = "bench://text", name = "text", mime_type = "text/plain")]
struct Text;

impl Read for Text {
    type Output = &'static str;

    async fn read(self, _: &(), _: &Context) -> Result<&'static str> {
        Ok("a text")
    }
}

/// What is asked in such a case: the method, what the headers name, the body.
struct Question {
    method: &'static str,
    name: Option<&'static str>,
    body: &'static str,
}

macro_rules! body {
    ($method:literal, $params:literal, $meta:literal) => {
        concat!(
            r#"{"jsonrpc":"2.0","id":1,"method":""#,
            $method,
            r#"","params":{"#,
            $params,
            r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#,
            r#""io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0.0"},"#,
            $meta,
            r#""io.modelcontextprotocol/clientCapabilities":{}}}}"#,
        )
    };
}

const LIST: Question =
    Question { method: "tools/list", name: None, body: body!("tools/list", "", "") };

const READ: Question = Question {
    method: "resources/read",
    name: Some("bench://text"),
    body: body!("resources/read", r#""uri":"bench://text","#, ""),
};

const STEPS: Question = Question {
    method: "tools/call",
    name: Some("steps"),
    body: body!("tools/call", r#""name":"steps","arguments":{},"#, r#""progressToken":1,"#),
};

/// The server of a case.
pub(crate) fn server(side: Side) -> Server {
    match side {
        Side::Among | Side::List => crowded(),
        Side::Read => ours::server().resource::<Text>(),
        Side::Notes => ours::server().tool::<Steps>(),
        _ => ours::server(),
    }
}

/// `add` in the midst of many others.
fn crowded() -> Server {
    let add = |server: Server, number: usize| {
        let spec = ToolSpec::new(format!("tool_{number:04}"));
        let spec = spec.description("One of many, and no better than the others.");
        server.tool_fn(spec, |point: Point, _| async move { Ok(point.x + point.y) })
    };
    let half = TOOLS / 2;
    let before = (0..half).fold(Server::new("bench", "1.0.0"), add);
    (half + 1..TOOLS).fold(before.tool::<ours::Add>(), add)
}

/// The request of a case.
pub(crate) fn request(side: Side, token: &str) -> crate::Result<Request<Full<Bytes>>> {
    let Question { method, name, body } = match side {
        Side::List => LIST,
        Side::Read => READ,
        Side::Notes => STEPS,
        _ => return exchange::request(token),
    };
    exchange::post(token, method, name, body)
}

/// Whether it was answered.
pub(crate) fn verify(side: Side, answer: &(StatusCode, Bytes)) -> crate::Result {
    let (status, body) = answer;
    let text = std::str::from_utf8(body)?;
    let count = |word: &str| text.matches(word).count();
    let answered = match side {
        Side::List => count(r#""inputSchema""#) == TOOLS,
        Side::Read => {
            text.contains(r#""uri":"bench://text","mimeType":"text/plain","text":"a text""#)
        }
        Side::Notes => {
            let notes = count(r#""method":"notifications/progress""#);
            notes == usize::from(NOTES)
                && count("data: ") == notes + 1
                && count(r#""text":"done""#) == 1
        }
        _ => return exchange::verify(answer),
    };
    if *status == StatusCode::OK && answered {
        return Ok(());
    }
    let beginning: String = text.chars().take(500).collect();
    Err(format!("{side:?}: {status} {beginning}").into())
}
