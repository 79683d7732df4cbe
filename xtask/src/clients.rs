//! Clients and an authorization server that others wrote, against the examples.

use std::net::TcpListener;
use std::process::Command;

use crate::Result;
use crate::command::{cargo, program, run, run_keeping};
use crate::examples::Quickstart;
use crate::server::{self, Server};
use crate::tools;

/// Runs the scripts in `tests/clients`. Each prints `ok <client>: <check>` for what it found in
/// order, and fails at the first that is not.
pub(crate) fn check() -> Result {
    tools::clients()?;
    let mut rows = modern()?;
    rows.extend(refusals()?);
    println!("\n{}", rows.concat());
    Ok(())
}

/// The TypeScript SDK against the quickstart.
fn modern() -> Result<Vec<String>> {
    let quickstart = Quickstart::start()?;
    rows(node("modern.mjs").env("URL", &quickstart.url).env("TOKEN", &quickstart.token))
}

/// Node's `fetch` against `hello_auth`, with tokens of an issuer in Node.
fn refusals() -> Result<Vec<String>> {
    run(&mut cargo("build --example hello_auth"))?;
    // Tokens name their audience before the server starts, so the port is chosen before.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let url = format!("http://{address}/mcp");

    let issuer = Server::start(node("issuer.mjs").env("AUDIENCE", &url))?;
    let name = issuer.line("issuer", |line| line.strip_prefix("issuer:").and_then(server::url))?;
    let token = issuer.line("token", |line| server::after(line, "token:"))?;
    let expired = issuer.line("expired token", |line| server::after(line, "expired:"))?;

    let mut hello = cargo("run --quiet --example hello_auth");
    hello.env("TOOLGATE_ISSUER", name).env("TOOLGATE_PUBLIC_URL", &url);
    let mut hello = Server::start_at(&mut hello, &address)?;
    hello.listens(&address)?;
    rows(node("refuse5mb.mjs").env("URL", &url).env("TOKEN", token).env("EXPIRED", expired))
}

fn node(script: &str) -> Command {
    let mut node = program("node", script);
    node.current_dir("tests/clients");
    node
}

/// Runs a script and makes rows of what it found.
fn rows(node: &mut Command) -> Result<Vec<String>> {
    let (lines, result) = run_keeping(node, |line| line.starts_with("ok "));
    result?;
    let rows: Vec<String> = lines.iter().filter_map(|line| row(line)).collect();
    if rows.is_empty() { Err("the script checked nothing".into()) } else { Ok(rows) }
}

/// A line of the table: the client and what was checked with it.
fn row(line: &str) -> Option<String> {
    let (client, check) = line.strip_prefix("ok ")?.split_once(": ")?;
    Some(format!("{client:<28} {check:<56} ok\n"))
}

#[cfg(test)]
mod tests {
    use super::row;

    #[test]
    fn rows_name_the_client_and_the_check() {
        let row = row("ok fetch: refused: 10 of 10").unwrap();
        let words: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(words.join(" "), "fetch refused: 10 of 10 ok");
        assert_eq!(super::row("ok"), None);
    }
}
