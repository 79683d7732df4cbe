//! The example of a policy does what its first lines say of each of its callers.

use serde_json::{Value, json};

use crate::Result;
use crate::http::{self, Answer};
use crate::server::{self, Server};

/// Who deletes what, the status, and what has to stand in the answer or its challenge.
const DELETING: &[(&str, &str, u16, &str)] = &[
    ("ann", "ann/todo.txt", 200, "unknown tool"),
    ("ben", "ben/todo.txt", 200, "ben/todo.txt is gone"),
    ("ben", "kim/todo.txt", 403, "forbidden"),
    ("ben", "ben/../kim/todo.txt", 403, "forbidden"),
    ("kim", "ben/todo.txt", 401, r#"error="insufficient_user_authentication", max_age="900""#),
];

pub(crate) fn check() -> Result {
    let program = server::build("--example", "policy")?;
    let server = Server::start(&mut std::process::Command::new(program))?;
    let endpoint = |line: &str| line.strip_prefix("endpoint:").and_then(server::url);
    let url = server.line("endpoint", endpoint)?;
    let mut tokens = Vec::new();
    for (user, tools) in [("ann", 1), ("ben", 2), ("kim", 2)] {
        let label = format!("{user}:");
        let token = server.line("token", |line| server::after(line, &label))?;
        let list = ask(&url, &token, "tools/list", None, json!({}))?.message()?;
        let listed = list.pointer("/result/tools").and_then(Value::as_array).map_or(0, Vec::len);
        if listed != tools {
            return Err(format!("{user} is shown {listed} tools and not {tools}: {list}").into());
        }
        tokens.push((user, token));
    }
    for (user, path, status, said) in DELETING {
        let token = tokens.iter().find(|(known, _)| known == user).map(|(_, token)| token);
        let token = token.ok_or("a user without a token")?;
        let params = json!({ "name": "delete_file", "arguments": { "path": path } });
        let answer = ask(&url, token, "tools/call", Some("delete_file"), params)?;
        let challenge = answer.field("www-authenticate").unwrap_or_default();
        let text = format!("{challenge} {}", answer.message()?);
        if answer.status != *status || !text.contains(said) {
            return Err(format!("{user}, {path}: {} {text}", answer.status).into());
        }
    }
    println!("policy: {} decisions as the example says", DELETING.len());
    Ok(())
}

fn ask(url: &str, token: &str, method: &str, name: Option<&str>, params: Value) -> Result<Answer> {
    let ask = http::modern(url, method, name, params);
    ask.with("Authorization", &format!("Bearer {token}")).send()
}
