//! The page of `examples/browser_login` in Chromium, logged in by a person at two authorization servers.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use serde_json::json;

use super::matrix::{self, Cells};
use super::{install, oidc, script, table};
use crate::Result;
use crate::command::{output, program};
use crate::server::{self, Server};

/// What is checked.
const CHECKS: &[&str] = &[
    "browser",
    "discovery",
    "log in",
    "consent",
    "refresh",
    "listed",
    "step up",
    "kept",
    "forged answer",
    "mix-up",
    "another tab",
    "another server",
    "another page",
    "picture",
];

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What Debian calls it.
pub(crate) const CHROMIUM: &str = "chromium";

/// How the page looks at the end. Written where `BLESS=1` is set, so that CI leaves the tree alone.
const PICTURE: &str = "docs/browser_login.png";

/// Whose pages people log in on: an authorization server of others, and our own for development.
const ISSUERS: &[&str] = &["oidc-provider", "ours"];

/// Drives the page from being unknown to having signed, with each issuer; draws what was found.
pub(crate) fn check() -> Result {
    install()?;
    let page = server::build("--example", "browser_login")?;
    let ours = server::build("--example", "authorization_server")?;
    let results =
        ISSUERS.iter().map(|kind| drive(kind, &page, &ours)).collect::<Result<Vec<_>>>()?;
    println!("\n{}", draw(&results));
    table::judge(&results)
}

fn drive(kind: &str, program: &str, ours: &str) -> Result<Cells> {
    let (address, page) = (free()?, format!("http://{}", free()?));
    let url = format!("http://{address}/mcp");
    let (issuer, _issuer) = match kind {
        "ours" => own(ours, &url)?,
        _ => {
            let resource = json!({ "scope": "guests:read guests:sign", "format": "jwt" });
            oidc::provider([(url.clone(), resource)].into_iter().collect(), &page)?
        }
    };
    let mut command = Command::new(program);
    command.env("TOOLGATE_ISSUER", &issuer).env("TOOLGATE_PUBLIC_URL", &url);
    command.env("PAGE_ADDR", page.trim_start_matches("http://"));
    let mut server = Server::start_at(&mut command, &address)?;
    server.listens(&address)?;

    println!("\na page in Chromium, with {kind}");
    let wanted = kind == "ours" && env::var_os("BLESS").is_some();
    let scene = json!({
        "kind": kind,
        "page": page,
        "server": url,
        "issuer": issuer,
        "chromium": found(CHROMIUM)?,
        "picture": wanted.then(picture).transpose()?,
    });
    let mut node = self::program("node", "oidc/browser.mjs");
    node.current_dir("tests/clients").env("SCENE", scene.to_string());
    let said = script::run(&mut node, PATIENCE)?;
    Ok(matrix::cells(&said, CHECKS.iter().copied()))
}

/// Starts our own, whose clock a test may set.
fn own(program: &str, resource: &str) -> Result<(String, Server)> {
    let server = Server::start(Command::new(program).arg("--driven").env("RESOURCE", resource))?;
    let issuer =
        server.line("issuer", |line| line.strip_prefix("issuer:").and_then(server::url))?;
    Ok((issuer, server))
}

/// A line for each check, a column for each issuer.
fn draw(results: &[Cells]) -> String {
    let heads = ["check"].iter().chain(ISSUERS).map(|&head| head.to_owned());
    let mut lines = vec![heads.collect::<Vec<_>>()];
    let mut failed = String::new();
    for check in CHECKS {
        let mut line = vec![(*check).to_owned()];
        for (issuer, cells) in ISSUERS.iter().zip(results) {
            let (mark, reason) = table::marked(cells.get(check));
            line.push(mark.to_owned());
            if let Some(reason) = reason {
                failed.push_str(&format!("FAIL  {issuer}, {check}: {reason}\n"));
            }
        }
        lines.push(line);
    }
    table::aligned(&lines) + &failed
}

fn free() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// Where a program is: Playwright does not look for one by its name.
fn found(name: &str) -> Result<String> {
    let path = output(program("sh", "-c").arg(format!("command -v {name}")))?;
    Ok(path.trim().to_owned())
}

fn picture() -> Result<String> {
    let docs = fs::canonicalize(Path::new(PICTURE).parent().ok_or("it lies nowhere")?)?;
    let name = Path::new(PICTURE).file_name().ok_or("it has no name")?;
    Ok(docs.join(name).to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, ISSUERS};

    #[test]
    fn every_check_is_in_the_script() {
        let script = include_str!("../../../tests/clients/oidc/browser.mjs");
        for check in CHECKS {
            assert!(script.contains(&format!("check('{check}'")), "{check}");
        }
        let pages = include_str!("../../../tests/clients/oidc/pages.mjs");
        assert!(ISSUERS.iter().all(|issuer| pages.contains(issuer)));
    }
}
