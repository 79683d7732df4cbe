//! The order of checks: of two faults in one request, the earlier one is told.
//!
//! Every pair of faults is tried, so the whole order is held, and not only its steps.

use serde_json::{Value, json};

use super::{echo, start};
use crate::support::{client::Ask, mcp};

/// A request in the making, so that faults can be put into it in any order.
struct Draft {
    message: Value,
    token: &'static str,
    /// Said in place of what the message calls for.
    fields: Vec<(&'static str, &'static str)>,
    body: Option<&'static str>,
}

impl Draft {
    fn ask(&self) -> Ask {
        let mut ask = mcp::post(&self.message).bearer(self.token);
        for (name, value) in &self.fields {
            ask = ask.with(name, value);
        }
        match self.body {
            Some(body) => ask.body(body),
            None => ask,
        }
    }
}

/// What is wrong, how it gets into a request, and how it is answered.
struct Fault {
    name: &'static str,
    commit: fn(&mut Draft),
    status: u16,
    code: i64,
    /// Part of the message, where status and code do not tell.
    says: &'static str,
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "origin",
        commit: |draft| draft.fields.push(("Origin", "https://evil.example")),
        status: 403,
        code: -32000,
        says: "origin",
    },
    Fault {
        name: "token",
        commit: |draft| draft.token = "nobody",
        status: 401,
        code: -32000,
        says: "nobody of that name",
    },
    Fault {
        name: "content type",
        commit: |draft| draft.fields.push(("Content-Type", "text/plain")),
        status: 415,
        code: -32000,
        says: "application/json",
    },
    Fault {
        name: "accept",
        commit: |draft| draft.fields.push(("Accept", "text/html")),
        status: 406,
        code: -32000,
        says: "text/event-stream",
    },
    Fault {
        name: "JSON",
        commit: |draft| draft.body = Some("{"),
        status: 400,
        code: -32700,
        says: "JSON",
    },
    Fault {
        name: "JSON-RPC",
        commit: |draft| draft.message["jsonrpc"] = json!("1.0"),
        status: 400,
        code: -32600,
        says: "jsonrpc",
    },
    Fault {
        name: "metadata",
        commit: |draft| {
            let meta = draft.message["params"]["_meta"].as_object_mut().expect("an object");
            meta.remove(mcp::CAPABILITIES_KEY);
        },
        status: 400,
        code: -32602,
        says: "capabilities",
    },
    Fault {
        name: "headers",
        commit: |draft| draft.fields.push(("Mcp-Method", "tools/list")),
        status: 400,
        code: -32020,
        says: "mcp-method",
    },
    Fault {
        name: "version",
        commit: |draft| draft.message["params"]["_meta"][mcp::VERSION_KEY] = json!("v999"),
        status: 400,
        code: -32022,
        says: "version",
    },
    Fault {
        name: "method",
        commit: |draft| draft.message["method"] = json!("no/such"),
        status: 404,
        code: -32601,
        says: "method not found",
    },
    Fault {
        name: "scope",
        commit: |draft| {
            if draft.token == "ann" {
                draft.token = "low";
            }
        },
        status: 403,
        code: -32000,
        says: "scope",
    },
    Fault {
        name: "capability",
        commit: |draft| {
            draft.message["params"]["name"] = json!("ask");
            draft.message["params"]["arguments"] = json!({});
        },
        status: 400,
        code: -32021,
        says: "capability",
    },
];

fn draft() -> Draft {
    Draft { message: echo(), token: "ann", fields: Vec::new(), body: None }
}

#[tokio::test]
async fn each_fault_is_told_and_of_two_the_earlier() {
    let server = start().await;
    let mut wrong = Vec::new();
    for (at, earlier) in FAULTS.iter().enumerate() {
        // The first of these is the fault alone.
        for later in FAULTS.iter().skip(at) {
            let mut draft = draft();
            // The token's fault is more than a missing scope, so it has to be put in first.
            (earlier.commit)(&mut draft);
            (later.commit)(&mut draft);
            let reply = server.send(&draft.ask()).await;
            let told = reply.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
            let expected = (earlier.status, Some(earlier.code));
            if reply.outcome() != expected || !told.contains(earlier.says) {
                let got = format!("{:?} {told:?}", reply.outcome());
                wrong.push(format!("{} before {}: {got}", earlier.name, later.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Those whose order the table cannot show, since one of the two takes the other's place.
#[tokio::test]
async fn metadata_comes_before_headers_in_each_of_their_forms() {
    let server = start().await;
    let bare = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/list"});
    let empty = mcp::message(7, "tools/list", json!({"_meta": {}}));
    let no_version = mcp::message(7, "tools/list", json!({"_meta": {mcp::CAPABILITIES_KEY: {}}}));
    let meta = json!({mcp::VERSION_KEY: "v999"});
    let no_capabilities = mcp::message(7, "tools/list", json!({"_meta": meta}));
    // Without any sign of the modern era it is the old one, where a session is missing.
    let old = (400, Some(-32000));
    let modern = (400, Some(-32602));
    let rows = [
        (bare, [old, modern, modern, old]),
        (empty, [old, modern, modern, old]),
        (no_version, [modern; 4]),
        (no_capabilities, [modern; 4]),
    ];
    for (message, outcomes) in rows {
        let versions = [None, Some("2026-07-28"), Some("v999"), Some("2025-11-25")];
        for (version, outcome) in versions.into_iter().zip(outcomes) {
            let mut ask = mcp::post(&message).bearer("ann").without("MCP-Protocol-Version");
            if let Some(version) = version {
                ask = ask.with("MCP-Protocol-Version", version);
            }
            let reply = server.send(&ask).await;
            assert_eq!(reply.outcome(), outcome, "{message} {version:?}");
            assert_eq!(reply.json()["id"], 7);
        }
    }
}

#[tokio::test]
async fn a_version_that_differs_is_a_mismatch_and_one_that_agrees_is_unsupported() {
    let server = start().await;
    let mut unknown = echo();
    unknown["params"]["_meta"][mcp::VERSION_KEY] = json!("v999");
    let reply = server.send(&super::of_ann(&unknown)).await;
    assert_eq!(reply.outcome(), (400, Some(-32022)));
    let data = json!({"supported": ["2026-07-28"], "requested": "v999"});
    assert_eq!(reply.json()["error"]["data"], data);
    let rows = [(&unknown, "2026-07-28"), (&echo(), "v999"), (&echo(), "2025-11-25")];
    for (message, header) in rows {
        let ask = super::of_ann(message).with("MCP-Protocol-Version", header);
        assert_eq!(server.send(&ask).await.outcome(), (400, Some(-32020)), "{header}");
    }
}

#[tokio::test]
async fn a_scope_is_asked_for_before_the_tool_is_looked_at() {
    let server = start().await;
    for (tool, arguments) in [("nope", json!({})), ("echo", json!({"text": 1})), ("ask", json!({}))]
    {
        let reply = server.send(&mcp::post(&mcp::call(7, tool, arguments)).bearer("low")).await;
        assert_eq!(reply.outcome(), (403, Some(-32000)), "{tool}");
    }
    let reply =
        server.send(&mcp::post(&mcp::call(7, "write", json!({"x": 1}))).bearer("base")).await;
    assert_eq!(reply.outcome(), (403, Some(-32000)), "before its arguments");
}
