//! A client for one HTTP/1.1 request over a plain socket: what a stranger's program would send.

mod exchange;

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Result;

pub(crate) use self::exchange::{Answer, Event, Exchange};

/// How long one may have to wait for any part of an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The revision that is asked for unless said otherwise.
const REVISION: &str = "2026-07-28";

/// A request that is not sent yet.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: &'static str,
    url: String,
    fields: Vec<(String, String)>,
    body: String,
}

impl Ask {
    /// Without a body.
    pub(crate) fn new(method: &'static str, url: &str) -> Self {
        Self { method, url: url.to_owned(), fields: Vec::new(), body: String::new() }
    }

    /// A message to an endpoint.
    pub(crate) fn post(url: &str, message: &Value) -> Self {
        let ask = Self { body: message.to_string(), ..Self::new("POST", url) };
        ask.with("Content-Type", "application/json")
            .with("Accept", "application/json, text/event-stream")
    }

    /// A form.
    pub(crate) fn form(url: &str, body: String) -> Self {
        let ask = Self { body, ..Self::new("POST", url) };
        ask.with("Content-Type", "application/x-www-form-urlencoded")
    }

    /// The same, with this field in place of any other of its name.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends it and reads the answer to its end.
    pub(crate) fn send(&self) -> Result<Answer> {
        self.open()?.whole()
    }

    /// Sends it and reads the head of the answer. What is returned closes the connection with it.
    pub(crate) fn open(&self) -> Result<Exchange<TcpStream>> {
        let (sent, socket) = self.write()?;
        Exchange::begin(sent, socket)
    }

    /// Sends it and reads nothing.
    pub(crate) fn leave(&self) -> Result<TcpStream> {
        self.write().map(|(_, socket)| socket)
    }

    fn write(&self) -> Result<(String, TcpStream)> {
        let url = &self.url;
        let rest =
            url.strip_prefix("http://").ok_or_else(|| format!("`{url}` is no plain http"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let fields: String =
            self.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let sent = format!(
            "{} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{fields}\
             Content-Length: {}\r\n\r\n{}",
            self.method,
            self.body.len(),
            self.body
        );
        let mut socket = TcpStream::connect(host)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        socket.write_all(sent.as_bytes())?;
        Ok((sent, socket))
    }
}

/// A request of revision 2026-07-28. What `params` have in `_meta` stays there.
pub(crate) fn modern(url: &str, method: &str, name: Option<&str>, mut params: Value) -> Ask {
    if let Some(members) = params.as_object_mut() {
        let meta = members.entry("_meta").or_insert_with(|| json!({}));
        if let Some(meta) = meta.as_object_mut() {
            meta.insert("io.modelcontextprotocol/protocolVersion".into(), REVISION.into());
            meta.insert("io.modelcontextprotocol/clientCapabilities".into(), json!({}));
        }
    }
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let ask = Ask::post(url, &message);
    let ask = ask.with("MCP-Protocol-Version", REVISION).with("Mcp-Method", method);
    match name {
        Some(name) => ask.with("Mcp-Name", name),
        None => ask,
    }
}

/// Sends a request of revision 2026-07-28 and reads the answer to its end.
pub(crate) fn call(url: &str, method: &str, name: Option<&str>, params: Value) -> Result<Answer> {
    modern(url, method, name, params).send()
}
