//! The tests of the workspace, by nextest where it is installed, and that their logs tell no secret.

mod kept;

use std::process::Command;

use crate::Result;
use crate::command::{cargo, run_keeping, succeeds};
use crate::steps::Report;

/// Unit, seam, golden and trybuild tests: all that is not in a doc comment.
pub(crate) fn run(report: &mut Report) -> Result {
    let nextest = succeeds(&mut cargo("nextest --version"));
    let words = if nextest {
        "nextest run --workspace --no-fail-fast"
    } else {
        "test --workspace --all-targets --no-fail-fast"
    };
    let folder = kept::folder()?;
    keeping(report, cargo(words).env(kept::VARIABLE, folder))?;
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
