//! The tests of the workspace, by nextest where it is installed, and that their logs tell no secret: all
//! of them, and for `check` those that are quick.

mod kept;

use std::process::Command;

use crate::Result;
use crate::command::{cargo, run_keeping, succeeds};
use crate::steps::Report;

/// How many worlds each test of the simulation runs; the tests know the variable.
const WORLDS: &str = "SIMULATION_SEEDS";

/// How many they are in `check`. A fault that a commit brings is found in these, or in CI's thousands.
const WORLDS_OF_CHECK: &str = "50";

/// The tests that compile programs of a user's: for each, the crates are compiled once more.
const COMPILING: &str = "ui::";

/// Unit, seam, golden and trybuild tests: all that is not in a doc comment.
pub(crate) fn run(report: &mut Report) -> Result {
    let words = if has_nextest() {
        "nextest run --workspace --no-fail-fast"
    } else {
        "test --workspace --all-targets --no-fail-fast"
    };
    looked_at(report, &mut cargo(words))
}

/// The same but for what takes long: trybuild's tests, most of the worlds, and linking examples that no
/// test starts.
pub(crate) fn brief(report: &mut Report) -> Result {
    let parts = "--lib --bins --tests";
    let mut command = if has_nextest() {
        let mut nextest = cargo(&format!("nextest run --workspace {parts} --no-fail-fast -E"));
        nextest.arg(format!("not test(/^{COMPILING}/)"));
        nextest
    } else {
        cargo(&format!("test --workspace {parts} --no-fail-fast -- --skip {COMPILING}"))
    };
    looked_at(report, command.env(WORLDS, WORLDS_OF_CHECK))
}

fn has_nextest() -> bool {
    succeeds(&mut cargo("nextest --version"))
}

/// Runs tests, and looks for secrets in what they log.
fn looked_at(report: &mut Report, tests: &mut Command) -> Result {
    let folder = kept::folder()?;
    keeping(report, tests.env(kept::VARIABLE, folder))?;
    kept::check()
}

/// The examples in doc comments, which nextest does not run.
pub(crate) fn doc_tests(report: &mut Report) -> Result {
    keeping(report, &mut cargo("test --workspace --doc --no-fail-fast"))
}

fn keeping(report: &mut Report, command: &mut Command) -> Result {
    let (lines, result) = run_keeping(command, is_closing);
    report.closing.extend(lines);
    result
}

/// A runner's last word on what it ran: nextest's summary or libtest's result.
fn is_closing(line: &str) -> bool {
    line.trim_start().starts_with("Summary [") || line.starts_with("test result:")
}

#[cfg(test)]
mod tests {
    use super::is_closing;

    #[test]
    fn closing_lines_are_known() {
        assert!(is_closing("     Summary [   0.5s] 3 tests run: 3 passed, 0 skipped"));
        assert!(is_closing("test result: ok. 3 passed; 0 failed"));
        assert!(!is_closing("test it::result ... ok"));
    }
}
