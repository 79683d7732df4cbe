//! The same calls in both eras, and what is read out of their answers.

use serde_json::{Value, json};

use crate::Result;
use crate::http::{self, Answer, Ask, Exchange};

/// The only token that the server takes.
const TOKEN: &str = "let-me-through";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    Modern,
    Legacy,
}

pub(super) const ERAS: [Era; 2] = [Era::Modern, Era::Legacy];

impl Era {
    pub(super) fn revision(self) -> &'static str {
        match self {
            Self::Modern => "2026-07-28",
            Self::Legacy => "2025-11-25",
        }
    }

    /// A request of the server's only friend.
    pub(super) fn ask(self, url: &str, method: &str, name: Option<&str>, params: Value) -> Ask {
        let ask = match self {
            Self::Modern => http::modern(url, method, name, params),
            Self::Legacy => {
                let message =
                    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
                Ask::post(url, &message).with("MCP-Protocol-Version", self.revision())
            }
        };
        with_token(ask)
    }

    /// A call of a tool that may tell how far it is.
    pub(super) fn call(self, url: &str, tool: &str, arguments: Value) -> Ask {
        let meta = json!({ "progressToken": "p" });
        let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
        self.ask(url, "tools/call", Some(tool), params)
    }
}

/// What begins a conversation of the old era.
pub(super) fn handshake(url: &str) -> Ask {
    let params = json!({
        "protocolVersion": Era::Legacy.revision(),
        "capabilities": {},
        "clientInfo": { "name": "xtask", "version": "0" },
    });
    Era::Legacy.ask(url, "initialize", None, params)
}

/// A notification of the old era.
pub(super) fn notice(url: &str, method: &str, params: Value) -> Ask {
    let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
    with_token(Ask::post(url, &message).with("MCP-Protocol-Version", Era::Legacy.revision()))
}

pub(super) fn with_token(ask: Ask) -> Ask {
    ask.with("Authorization", &format!("Bearer {TOKEN}"))
}

/// The result of an answer that is one.
pub(super) fn result(answer: &Answer) -> Result<Value> {
    let message = answer.message()?;
    match message.get("result") {
        Some(result) if answer.status == 200 && result.get("isError") != Some(&json!(true)) => {
            Ok(result.clone())
        }
        _ => Err(answer.fault("not a result")),
    }
}

/// What a tool said.
pub(super) fn text(answer: &Answer) -> Result<String> {
    let result = result(answer)?;
    let text = said(&result);
    text.map(str::to_owned).ok_or_else(|| answer.fault("a result without text"))
}

/// What a tool says at the end of a stream.
pub(super) fn last<R: std::io::Read>(stream: &mut Exchange<R>) -> Result<String> {
    let message = stream.message()?;
    let text = message.get("result").and_then(said);
    text.map(str::to_owned).ok_or_else(|| stream.fault("no result with a text"))
}

/// The text in a result; a tool that returns nothing says nothing.
fn said(result: &Value) -> Option<&str> {
    match result.pointer("/content/0") {
        Some(content) => content.get("text")?.as_str(),
        None => result.get("content").map(|_| ""),
    }
}

/// An answer of this status.
pub(super) fn of_status(answer: Answer, status: u16) -> Result<Answer> {
    if answer.status == status {
        return Ok(answer);
    }
    Err(answer.fault(format!("status {}, not {status}", answer.status)))
}
