//! The one request that ours and the floor are asked, and the one answer that both give.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode, header};

use crate::Result;

/// The endpoint's URL: what tokens are for, and what `Host` names.
pub(crate) const RESOURCE: &str = "http://bench.example/mcp";

pub(crate) const HOST: &str = "bench.example";

const ASKED: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","#,
    r#""arguments":{"a":2,"b":3},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#,
    r#""io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0.0"},"#,
    r#""io.modelcontextprotocol/clientCapabilities":{}}}}"#,
);

const ANSWERED: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","#,
    r#""content":[{"type":"text","text":"5"}],"structuredContent":{"result":5},"#,
    r#""_meta":{"io.modelcontextprotocol/serverInfo":{"name":"bench","version":"1.0.0"}}}}"#,
);

/// The request, as a client of revision 2026-07-28 sends it.
pub(crate) fn request(token: &str) -> Result<Request<Full<Bytes>>> {
    post(token, "tools/call", Some("add"), ASKED)
}

/// Any request of that revision.
pub(crate) fn post(
    token: &str,
    method: &str,
    name: Option<&str>,
    body: &'static str,
) -> Result<Request<Full<Bytes>>> {
    let mut request = Request::post("/mcp")
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, body.len())
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    if let Some(name) = name {
        request = request.header("mcp-name", name);
    }
    Ok(request.body(Full::new(Bytes::from_static(body.as_bytes())))?)
}

/// Whether an answer is the one.
pub(crate) fn verify(answer: &(StatusCode, Bytes)) -> Result {
    expect(answer, ANSWERED)
}

/// Whether an answer is this one: a quick refusal must not count as a quick answer.
pub(crate) fn expect(answer: &(StatusCode, Bytes), answered: &str) -> Result {
    let (status, body) = answer;
    if *status == StatusCode::OK && *body == answered {
        return Ok(());
    }
    let body = String::from_utf8_lossy(body);
    Err(format!("{status} {body}\nwas answered in place of 200 {answered}").into())
}
