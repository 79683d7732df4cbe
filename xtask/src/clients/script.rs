//! A script that is run to its end or to the end of patience, and leaves nothing running.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::command::{program, read_lines, succeeds};

/// How often a script that writes no more is asked whether it has ended.
const POLL: Duration = Duration::from_millis(10);

/// What a script wrote, on either output, and how it ended.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) lines: Vec<String>,
    pub(super) end: String,
}

/// Runs it, showing what it writes as it comes.
///
/// It is the head of a group of processes, which is ended with it. Its standard input is open as long
/// as we live, so that a script that watches it ends even when we are killed.
pub(super) fn run(command: &mut Command, patience: Duration) -> Result<Said> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // What is under test is on this machine, whatever proxy the rest is to be reached through.
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    let until = Instant::now() + patience;
    let mut child = command.process_group(0).spawn()?;
    let input = child.stdin.take();
    let (sender, seen) = mpsc::channel();
    read_lines(child.stdout.take(), sender.clone());
    read_lines(child.stderr.take(), sender);
    let mut lines = Vec::new();
    let in_time = loop {
        match seen.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                println!("  {line}");
                lines.push(line);
            }
            Err(RecvTimeoutError::Disconnected) => break ended(&mut child, until)?,
            Err(RecvTimeoutError::Timeout) => break false,
        }
    };
    // Whoever is left of its group, whether it is still there itself or not.
    let group = format!("kill -s KILL -- -{}", child.id());
    succeeds(program("sh", "-c").arg(group));
    let status = child.wait()?;
    drop(input);
    let end = if in_time { format!("ended with {status}") } else { "took too long".into() };
    Ok(Said { lines, end })
}

fn ended(child: &mut Child, until: Instant) -> Result<bool> {
    while child.try_wait()?.is_none() {
        if Instant::now() > until {
            return Ok(false);
        }
        thread::sleep(POLL);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{POLL, run};
    use crate::command::{program, succeeds};

    #[test]
    fn what_a_script_writes_is_kept() {
        let said = run(program("sh", "-c").arg("echo one; echo two >&2"), Duration::from_secs(60))
            .unwrap();
        assert_eq!(said.lines.len(), 2);
        assert!(said.end.starts_with("ended with"), "{}", said.end);
    }

    #[test]
    fn a_script_that_hangs_is_ended_with_its_children() {
        let hang = "sleep 600 & echo $!; wait";
        let said = run(program("sh", "-c").arg(hang), Duration::from_secs(1)).unwrap();
        assert_eq!(said.end, "took too long");
        // Dead, or so nearly that only its parent does not know yet.
        let alive = "kill -s 0 $1 && ! grep -q '^State:.*Z' /proc/$1/status";
        let until = Instant::now() + Duration::from_secs(10);
        while succeeds(program("sh", "-c").args([alive, "sh", &said.lines[0]])) {
            assert!(Instant::now() < until, "it lives on");
            thread::sleep(POLL);
        }
    }
}
