//! A client for one HTTP/1.1 request over a plain socket: what a stranger's program would send.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Result;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most that is read of an answer, in bytes.
const MOST: u64 = 4 << 20;

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// The first field of this name, without regard to case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The JSON-RPC answer: the body, or the last event of a stream.
    pub(crate) fn message(&self) -> Result<Value> {
        let stream =
            self.field("content-type").is_some_and(|it| it.starts_with("text/event-stream"));
        let text = if stream {
            let mut events = self.body.lines().filter_map(|line| line.strip_prefix("data:"));
            events.next_back().ok_or("a stream without events")?
        } else {
            &self.body
        };
        serde_json::from_str(text).map_err(|error| format!("{error} in `{text}`").into())
    }
}

/// Sends a request of revision 2026-07-28 and reads the answer to its end.
pub(crate) fn call(url: &str, method: &str, name: Option<&str>, params: Value) -> Result<Answer> {
    let mut params = params;
    if let Some(members) = params.as_object_mut() {
        members.insert(
            "_meta".into(),
            json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            }),
        );
    }
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let name = name.map(|name| format!("Mcp-Name: {name}\r\n")).unwrap_or_default();
    let fields = format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n{name}");
    post(url, &fields, &body.to_string())
}

fn post(url: &str, fields: &str, body: &str) -> Result<Answer> {
    let rest = url.strip_prefix("http://").ok_or_else(|| format!("`{url}` is not plain http"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut socket = TcpStream::connect(host)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    write!(
        socket,
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         {fields}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut bytes = Vec::new();
    socket.take(MOST).read_to_end(&mut bytes)?;
    parse(&String::from_utf8(bytes)?)
}

fn parse(text: &str) -> Result<Answer> {
    let (head, body) = text.split_once("\r\n\r\n").ok_or("an answer without a head")?;
    let status = head.split(' ').nth(1).ok_or("an answer without a status")?.parse()?;
    let mut answer = Answer { status, head: head.to_owned(), body: body.to_owned() };
    if answer.field("transfer-encoding") == Some("chunked") {
        answer.body = unchunked(body)?;
    }
    Ok(answer)
}

fn unchunked(mut rest: &str) -> Result<String> {
    let mut body = String::new();
    loop {
        let (size, tail) = rest.split_once("\r\n").ok_or("a chunk without a size")?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)?;
        if size == 0 {
            return Ok(body);
        }
        let (chunk, tail) = tail.split_at_checked(size).ok_or("a chunk that ends early")?;
        body.push_str(chunk);
        rest = tail.strip_prefix("\r\n").ok_or("a chunk without its end")?;
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn plain_and_chunked_answers_are_read() {
        let plain = parse("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n\r\n").unwrap();
        assert_eq!((plain.status, plain.field("www-authenticate")), (401, Some("Bearer")));
        let head =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream";
        let stream = "data: {\"a\":1}\n\n";
        let chunked = format!("{head}\r\n\r\n{:x}\r\n{stream}\r\n0\r\n\r\n", stream.len());
        assert_eq!(parse(&chunked).unwrap().message().unwrap()["a"], 1);
        assert!(parse(&format!("{head}\r\n\r\nff\r\nshort\r\n")).is_err());
    }
}
