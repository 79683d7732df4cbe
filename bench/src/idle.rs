//! The bytes that a session takes which nobody uses.

use std::{fs, path::Path};

use tokio::runtime::Builder;
use toolgate::core::legacy::MemorySessions;

use crate::{
    Result,
    legacy::{self, CROWD},
    ours, valgrind,
};

/// The hidden command.
pub(crate) const COMMAND: &str = "__idle";

/// Begins as many sessions as the words behind the command say, and ends without tidying up.
pub(crate) fn run(words: &[&str]) -> Result {
    let [sessions] = words else { return Err("the command takes a number of sessions".into()) };
    let begun: usize = sessions.parse()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let sessions = MemorySessions::new();
    let service = ours::by_name(sessions.clone())?;
    runtime.block_on(async {
        for number in 0..begun {
            // As long as names are that stand for nothing else.
            let name = format!("01f54d9c-4a7e-4d58-9a43-{number:012}");
            legacy::begin(&service, &name).await?;
        }
        Result::Ok(())
    })?;
    let kept = sessions.len();
    // What is left at the end is what is measured.
    std::mem::forget((service, sessions));
    if kept == begun { Ok(()) } else { Err(format!("{kept} of {begun} sessions are kept").into()) }
}

/// Bytes of one session, when there are as many as there may be.
///
/// Between two numbers of sessions, so that what serves them does not count.
pub(crate) fn measure() -> Result<f64> {
    let [few, many] = [1, CROWD];
    let log = std::env::current_exe()?.with_file_name("memcheck.idle.log");
    let grown = heap(many, &log)?.saturating_sub(heap(few, &log)?);
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
    Ok(grown as f64 / (many - few) as f64)
}

/// The heap at the end of a run.
fn heap(sessions: usize, log: &Path) -> Result<u64> {
    let log_arg = format!("--log-file={}", log.display());
    let tool = ["--tool=memcheck", "--leak-check=no", "--undef-value-errors=no", &log_arg];
    valgrind::run(&tool.map(str::to_owned), &[COMMAND.into(), sessions.to_string()], "")?;
    read(&fs::read_to_string(log)?).ok_or_else(|| "the log has no sizes".into())
}

/// What is left, with what glibc needs for itself: eight bytes for each block, and those up to the
/// next multiple of sixteen.
fn read(log: &str) -> Option<u64> {
    const OWN: u64 = 16;
    let (_, left) = log.split_once("in use at exit: ")?;
    let (bytes, rest) = left.split_once(" bytes in ")?;
    let (blocks, _) = rest.split_once(" blocks")?;
    let number = |text: &str| text.replace(',', "").parse::<u64>().ok();
    Some(number(bytes)? + number(blocks)? * OWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_read() {
        let log = "\
==7== HEAP SUMMARY:
==7==     in use at exit: 10,229,743 bytes in 1,000 blocks
==7==   total heap usage: 650,260 allocs, 520,152 frees, 120,412,037 bytes allocated
";
        assert_eq!(read(log), Some(10_245_743));
        assert_eq!(read("==7== HEAP SUMMARY:\n"), None);
    }

    #[test]
    fn all_sessions_that_are_begun_are_kept() {
        run(&["65"]).unwrap();
    }
}
