//! The probe of the test kit: at a server that is named, or in CI at one of ours and at two that
//! others wrote.

use std::process::Command;

use crate::Result;
use crate::clients::{self, Stage};
use crate::command::{cargo, program, run};
use crate::server::{self, Server};

/// A page that may call the example.
const PAGE: &str = "https://app.example";

/// What the report of a good server begins with, behind its URL.
const GOOD: &str = ": nothing is broken";

/// What stands there for any other, before the step.
const BROKEN: &str = " breaks first at: ";

/// Probes what is named, and fails with what is broken there.
pub(crate) fn named(words: &[String]) -> Result {
    run(cargo("run --quiet --example probe --").args(words))
}

/// Our example has to be found good, and without anything to be noted. What is
/// found of a server of the Python SDK is shown: it is theirs. One of fastmcp breaks, and then the probe
/// has to say where, by whose rule, and what helps.
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
    let noted = said.lines().any(|line| line.starts_with("note"));
    let good = said.starts_with(&format!("{}{GOOD}", stage.url()));
    if !good || noted {
        return Err("our own example is not found good".into());
    }
    drop(ours);
    let theirs = theirs_at(&stage, &mut program(clients::PYTHON, "probed.py"))?;
    println!("The Python SDK's server, for comparison:\n{}", told(&probe, &stage, &[])?);
    drop(theirs);
    let _theirs = theirs_at(&stage, &mut program("node", "fastmcp.mjs"))?;
    let said = told(&probe, &stage, &["--page", PAGE])?;
    println!("fastmcp's server:\n{said}");
    match first_broken(&said) {
        Some([step, standard, remedy]) => {
            println!("fastmcp breaks first at: {step}; {standard}; {remedy}");
            Ok(())
        }
        None => Err("of fastmcp's server no first broken step is told".into()),
    }
}

/// The step that breaks first, whose rule that breaks, and what helps, as a report tells them.
fn first_broken(said: &str) -> Option<[&str; 3]> {
    let (head, _) = said.split_once("\n\n")?;
    let mut lines = head.lines();
    let (_, step) = lines.next()?.split_once(BROKEN)?;
    let mut after = |label| lines.find_map(|line| line.trim_start().strip_prefix(label));
    let told = [step, after("standard: ")?, after("remedy: ")?];
    told.iter().all(|part| !part.trim().is_empty()).then_some(told)
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

/// A server that others wrote, where ours was.
fn theirs_at(stage: &Stage, command: &mut Command) -> Result<Server> {
    let (_, port) = stage.address().rsplit_once(':').ok_or("an address without a port")?;
    command.current_dir("tests/clients").env("PORT", port);
    command.env("ISSUER", stage.issuer()).env("AUDIENCE", stage.url());
    let mut server = Server::start_at(command, stage.address())?;
    server.listens(stage.address())?;
    Ok(server)
}

#[cfg(test)]
mod tests {
    use super::first_broken;

    #[test]
    fn a_report_that_breaks_says_where_by_which_rule_and_what_helps() {
        let whole = "http://h/mcp breaks first at: a step\n    POST http://h/mcp\n    why (Rule)\n    \
                     standard: RFC 1, section 2\n    remedy: mend it\n\nok       a step\n";
        let told = ["a step", "RFC 1, section 2", "mend it"];
        assert_eq!(first_broken(whole), Some(told));
        for line in ["    standard: RFC 1, section 2\n", "    remedy: mend it\n", "a step"] {
            assert_eq!(first_broken(&whole.replacen(line, "", 1)), None, "{line}");
        }
        assert_eq!(first_broken("http://h/mcp: nothing is broken\n\nok       a step\n"), None);
    }
}
