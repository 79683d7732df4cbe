//! The same exchange as a client of the old era has it: in a session, alone or among many.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Request, StatusCode,
    header::{self, HeaderValue},
    service::Service,
};
use toolgate::{
    Identity, Key,
    core::{
        Caller,
        legacy::{Conversation, MemorySessions, Owner, SessionRecord, SessionStore},
    },
    http::McpService,
    protocol::legacy::Revision,
};

use crate::{
    Result,
    exchange::{self, HOST},
};

/// Sessions of a full house, ours among them.
pub(crate) const CROWD: usize = 10_000;

const VERSION: &str = "2025-11-25";

const SESSION: &str = "mcp-session-id";

/// What clients say of themselves, at some length.
pub(crate) const BEGUN: &str = concat!(
    r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","#,
    r#""capabilities":{"roots":{"listChanged":true},"sampling":{"tools":{}},"#,
    r#""elicitation":{"form":{},"url":{}}},"clientInfo":{"name":"an-editor","#,
    r#""title":"An editor with agents","version":"1.104.0","#,
    r#""websiteUrl":"https://editor.example/agents"}}}"#,
);

const ASKED: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","#,
    r#""arguments":{"a":2,"b":3}}}"#,
);

const ANSWERED: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"5"}],"#,
    r#""structuredContent":{"result":5}}}"#,
);

/// Begins a session, and gives its id.
pub(crate) async fn begin(service: &McpService, token: &str) -> Result<HeaderValue> {
    let response = service.call(post(token, BEGUN, None)?).await?;
    let session = response.headers().get(SESSION);
    Ok(session.ok_or_else(|| format!("{}: no session began", response.status()))?.clone())
}

/// The request.
pub(crate) fn request(token: &str, session: &HeaderValue) -> Result<Request<Full<Bytes>>> {
    post(token, ASKED, Some(session))
}

/// Whether an answer is the one.
pub(crate) fn verify(answer: &(StatusCode, Bytes)) -> Result {
    exchange::expect(answer, ANSWERED)
}

/// Begins all sessions but one, each of somebody else.
pub(crate) async fn crowd(sessions: &MemorySessions) -> Result {
    for number in 1..CROWD {
        let key = Key::new("https://issuer.example", format!("user-{number}"));
        let owner = Owner::of(&Caller::from(Identity::new(key)));
        let record = SessionRecord::new(owner, Conversation::assumed(Revision::LATEST));
        sessions.create(record).await?;
    }
    Ok(())
}

fn post(
    token: &str,
    body: &'static str,
    session: Option<&HeaderValue>,
) -> Result<Request<Full<Bytes>>> {
    let mut request = Request::post("/mcp")
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, body.len())
        .header("mcp-protocol-version", VERSION);
    if let Some(session) = session {
        request = request.header(SESSION, session);
    }
    Ok(request.body(Full::new(Bytes::from_static(body.as_bytes())))?)
}
