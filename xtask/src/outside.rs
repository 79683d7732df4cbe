//! The README's first program, built and called as by a stranger: a crate outside the workspace
//! that depends on `toolgate` and `tokio` alone.

use std::fs;

use serde_json::{Map, Value, json};

use crate::Result;
use crate::command::{cargo, run};
use crate::http::{self, Answer};
use crate::server::{self, Server};

const MANIFEST: &str = "tests/outside/Cargo.toml";

pub(crate) fn check() -> Result {
    let readme = fs::read_to_string("README.md")?;
    let program = first_program(&readme).ok_or("README.md has no block of rust")?;
    fs::create_dir_all("tests/outside/src")?;
    fs::write("tests/outside/src/main.rs", program)?;
    // The versions this workspace is tested with, so that nothing is asked of a registry.
    fs::copy("Cargo.lock", "tests/outside/Cargo.lock")?;
    let target = ["--manifest-path", MANIFEST, "--target-dir", "target"];
    run(cargo("build --offline").args(target))?;

    let server = Server::start(cargo("run --quiet --offline").args(target))?;
    let url = server.line("endpoint", server::url)?;
    call_first_tool(&url)
}

/// The first block of Rust in the text, without its fences.
fn first_program(readme: &str) -> Option<String> {
    let mut lines = readme.lines().skip_while(|line| !line.starts_with("```rust"));
    lines.next()?;
    let body: Vec<&str> = lines.take_while(|line| !line.starts_with("```")).collect();
    Some(format!("{}\n", body.join("\n")))
}

/// Discovers the server, lists its tools, calls the first one.
fn call_first_tool(url: &str) -> Result {
    let discovered = result(&http::call(url, "server/discover", None, json!({}))?)?;
    let versions = discovered.get("supportedVersions").unwrap_or(&Value::Null);
    if !versions.as_array().is_some_and(|them| them.contains(&json!("2026-07-28"))) {
        return Err(format!("server/discover does not name the revision: {discovered}").into());
    }
    let listed = result(&http::call(url, "tools/list", None, json!({}))?)?;
    let tool = listed.pointer("/tools/0").ok_or("the server lists no tool")?;
    let name = tool.get("name").and_then(Value::as_str).ok_or("a tool without a name")?;
    let params = json!({ "name": name, "arguments": arguments(tool) });
    let called = result(&http::call(url, "tools/call", Some(name), params)?)?;
    if called.get("isError") == Some(&Value::Bool(true)) || called.get("content").is_none() {
        return Err(format!("{name} did not answer: {called}").into());
    }
    println!("{url}: discovered; {name} answered {}", called.get("content").unwrap_or_default());
    Ok(())
}

fn result(answer: &Answer) -> Result<Value> {
    let message = answer.message()?;
    match message.get("result") {
        Some(result) if answer.status == 200 => Ok(result.clone()),
        _ => Err(format!("status {}: {message}", answer.status).into()),
    }
}

/// A value of its type for every argument the tool requires.
fn arguments(tool: &Value) -> Value {
    let schema = tool.get("inputSchema").unwrap_or_default();
    let required = schema.get("required").and_then(Value::as_array);
    let names = required.into_iter().flatten().filter_map(Value::as_str);
    let value = |name: &str| {
        let kind = schema.get("properties").and_then(|all| all.get(name)?.get("type"));
        match kind.and_then(Value::as_str) {
            Some("integer" | "number") => json!(2),
            Some("boolean") => json!(true),
            Some("array") => json!([]),
            Some("object") => json!({}),
            _ => json!("world"),
        }
    };
    names.map(|name| (name.to_owned(), value(name))).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::{arguments, first_program};
    use serde_json::json;

    #[test]
    fn the_first_block_is_the_program() {
        let readme = "# A\n```sh\nls\n```\n```rust\nfn main() {}\n```\n```rust\nfn b() {}\n```\n";
        assert_eq!(first_program(readme).as_deref(), Some("fn main() {}\n"));
        assert_eq!(first_program("# A\n```sh\nls\n```\n"), None);
    }

    #[test]
    fn arguments_fit_their_schema() {
        let tool = json!({ "inputSchema": {
            "properties": { "a": { "type": "integer" }, "b": { "type": "string" }, "c": {} },
            "required": ["a", "b"],
        }});
        assert_eq!(arguments(&tool), json!({ "a": 2, "b": "world" }));
    }
}
