//! The probe of the test kit: at a server that is named, or in CI at one of ours and at one that
//! others wrote.

use std::process::Command;

use crate::Result;
use crate::clients::{self, Stage};
use crate::command::{cargo, program, run};
use crate::server::{self, Server};

/// A page that may call the example.
const PAGE: &str = "https://app.example";

/// The step that is about somebody else.
const ISSUERS: &str = "metadata of the authorization servers";

/// What the report of a good server begins with, behind its URL.
const GOOD: &str = ": nothing is broken";

/// Probes what is named, and fails with what is broken there.
pub(crate) fn named(words: &[String]) -> Result {
    run(cargo("run --quiet --example probe --").args(words))
}

/// Our example has to be found good, and without anything to be noted of the server itself. What is
/// found of a server of the Python SDK is shown: it is theirs.
pub(crate) fn check() -> Result {
    clients::install()?;
    let probe = server::build("--example", "probe")?;
    let stage = Stage::start("hello_auth", "mcp:hello")?;
    let ours = stage.server_with(&[
        ("TOOLGATE_CORS_ORIGINS", PAGE),
        ("TOOLGATE_MIRROR_AUTHORIZATION_SERVER", "true"),
    ]);
    let ours = ours?;
    let said = told(&probe, &stage, &["--page", PAGE])?;
    println!("{said}");
    let mut noted = said.lines().filter(|line| line.starts_with("note"));
    let good = said.starts_with(&format!("{}{GOOD}", stage.url()));
    if !good || noted.any(|line| !line.ends_with(ISSUERS)) {
        return Err("our own example is not found good".into());
    }
    drop(ours);
    let _theirs = python(&stage)?;
    println!("The Python SDK's server, for comparison:\n{}", told(&probe, &stage, &[])?);
    Ok(())
}

/// What the probe says of whatever serves at the stage's address.
fn told(probe: &str, stage: &Stage, more: &[&str]) -> Result<String> {
    let mut command = Command::new(probe);
    command.arg(stage.url()).args(["--token", &stage.token, "--wrong-token", stage.foreign()]);
    // Whether anything is broken is in the words as well.
    let said = command.args(more).output()?;
    let text = String::from_utf8(said.stdout)?;
    if text.is_empty() {
        return Err(String::from_utf8_lossy(&said.stderr).into());
    }
    Ok(text)
}

fn python(stage: &Stage) -> Result<Server> {
    let mut command = program(clients::PYTHON, "probed.py");
    let (_, port) = stage.address().rsplit_once(':').ok_or("an address without a port")?;
    command.current_dir("tests/clients").env("PORT", port);
    command.env("ISSUER", stage.issuer()).env("AUDIENCE", stage.url());
    let mut server = Server::start_at(&mut command, stage.address())?;
    server.listens(stage.address())?;
    Ok(server)
}
