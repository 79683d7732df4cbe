//! The TypeScript SDKs log in at our own development authorization server, and call a tool.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::script;
use crate::Result;
use crate::command::program;
use crate::server::{self, Server};

/// How long one client may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A script, and how it finds out the revision.
const CLIENTS: &[(&str, &str)] =
    &[("sdk1.mjs", "legacy"), ("sdk2.mjs", "auto"), ("sdk2.mjs", "legacy")];

/// Starts both servers and lets each client log in; says what came of it.
pub(super) fn check() -> Result<String> {
    let issuer = server::build("--example", "authorization_server")?;
    let executable = server::build("--example", "clients")?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let url = format!("http://{address}/mcp");
    let issuer = Server::start(Command::new(issuer).env("RESOURCE", &url))?;
    let name = issuer.line("issuer", |line| line.strip_prefix("issuer:").and_then(server::url))?;
    let mut command = Command::new(&executable);
    command.env("TOOLGATE_ISSUER", &name).env("TOOLGATE_PUBLIC_URL", &url);
    let mut server = Server::start_at(&mut command, &address)?;
    server.listens(&address)?;

    let mut said = String::new();
    for (client, mode) in CLIENTS {
        println!("\n{client}, {mode}, at the development authorization server");
        let scene = json!({ "url": url, "transport": "http", "mode": mode, "only": "login" });
        let mut node = program("node", client);
        node.current_dir("tests/clients").env("SCENE", scene.to_string());
        let ran = script::run(&mut node, PATIENCE)?;
        let Some(passed) = ran.lines.iter().find(|line| line.starts_with("PASS login")) else {
            return Err(format!("{client} did not log in: {}", ran.lines.join("; ")).into());
        };
        writeln!(said, "{client}, {mode}, development authorization server: {passed}")?;
    }
    Ok(said)
}
