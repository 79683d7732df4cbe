//! Clients of the transport that streamable HTTP has replaced.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::stage::Stage;
use super::{install, script};
use crate::Result;
use crate::command::program;

/// How long one client may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// Each by name, with how it is run and how many things it has to tell.
const CLIENTS: &[(&str, &str, &str, usize)] =
    &[("typescript sdk v1", "node", "sse.mjs", 6), ("python sdk", install::PYTHON, "sse.py", 2)];

/// Runs them against one server; gives what they told.
pub(super) fn check() -> Result<String> {
    let stage = Stage::start("clients", "calc:add")?;
    let _server = stage.server()?;
    let mut told = String::new();
    for (name, interpreter, file, count) in CLIENTS {
        println!("\n{name} over sse");
        let mut scene = stage.scene();
        scene.insert("url".into(), stage.sse().into());
        let mut command = program(interpreter, file);
        command.current_dir("tests/clients").env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("SCENE", Value::Object(scene).to_string());
        let said = script::run(&mut command, PATIENCE)?;
        let passed = said.lines.iter().filter_map(|line| line.strip_prefix("PASS "));
        let passed: Vec<&str> = passed.collect();
        if passed.len() != *count {
            return Err(format!("{file} {}:\n{}", said.end, said.lines.join("\n")).into());
        }
        for line in passed {
            writeln!(told, "ok  {name} over sse, {line}")?;
        }
    }
    Ok(told)
}
