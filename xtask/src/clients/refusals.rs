//! Node's `fetch` against `hello_auth`, with tokens of an issuer in Node.

use std::time::Duration;

use super::script;
use super::stage::Stage;
use crate::Result;
use crate::command::program;

/// How long it may take to send twenty large requests.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs `refuse5mb.mjs`, which prints `ok <what it found in order>` and fails at the first that is
/// not; gives those lines.
pub(super) fn check() -> Result<String> {
    println!("\nnode fetch");
    let stage = Stage::start("hello_auth", "mcp:hello")?;
    let _server = stage.server()?;
    let mut node = program("node", "refuse5mb.mjs");
    node.current_dir("tests/clients").env("URL", stage.url());
    node.env("TOKEN", &stage.token).env("EXPIRED", &stage.expired);
    let said = script::run(&mut node, PATIENCE)?;
    let found: Vec<&str> = said.lines.iter().filter_map(|line| line.strip_prefix("ok ")).collect();
    // It says so at its very end, whatever its exit was like.
    if said.lines.last().is_none_or(|last| last != "done") {
        return Err(format!("refuse5mb.mjs {}:\n{}", said.end, said.lines.join("\n")).into());
    }
    Ok(found.iter().map(|line| format!("ok  {line}\n")).collect())
}
