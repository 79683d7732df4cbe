//! The page of `examples/browser_login` in Chromium, logged in by a person at the authorization server.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use serde_json::{Value, json};

use super::matrix::{self, Cell};
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

/// Drives the page from being unknown to having signed; prints one line for each check.
pub(crate) fn check() -> Result {
    install()?;
    let executable = server::build("--example", "browser_login")?;
    let (address, page) = (free()?, free()?);
    let url = format!("http://{address}/mcp");
    let resource = json!({ "scope": "guests:read guests:sign", "format": "jwt" });
    let resources = [(url.clone(), resource)].into_iter().collect();
    let (issuer, _provider) = oidc::provider(resources, &format!("http://{page}"))?;

    let mut command = Command::new(&executable);
    command.env("TOOLGATE_ISSUER", &issuer).env("TOOLGATE_PUBLIC_URL", &url);
    let mut server = Server::start_at(command.env("PAGE_ADDR", &page), &address)?;
    server.listens(&address)?;

    println!("\na page in Chromium, with oidc-provider");
    let picture = env::var_os("BLESS").map(|_| picture()).transpose()?;
    let scene = json!({
        "page": format!("http://{page}"),
        "server": url,
        "issuer": issuer,
        "chromium": found(CHROMIUM)?,
        "picture": picture,
    });
    judge(&scene)
}

fn judge(scene: &Value) -> Result {
    let mut node = program("node", "oidc/browser.mjs");
    node.current_dir("tests/clients").env("SCENE", scene.to_string());
    let said = script::run(&mut node, PATIENCE)?;
    let cells = matrix::cells(&said, CHECKS.iter().copied());
    println!();
    for check in CHECKS {
        match cells.get(check) {
            Some(Cell::Pass) => println!("ok    {check}"),
            _ => println!("FAIL  {check}"),
        }
    }
    // It may also have failed at something that nobody listed.
    if said.lines.iter().any(|line| line.starts_with("FAIL ")) {
        table::judge(&[cells])?;
        return Err(format!("browser.mjs {}", said.end).into());
    }
    table::judge(&[cells])
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
    use super::CHECKS;

    #[test]
    fn every_check_is_in_the_script() {
        let script = include_str!("../../../tests/clients/oidc/browser.mjs");
        for check in CHECKS {
            assert!(script.contains(&format!("check('{check}'")), "{check}");
        }
    }
}
