//! Running a command of this program under one of valgrind's tools.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::Result;

/// Settings of glibc's heap with which an allocation costs the same every time. Otherwise tidying up
/// costs more or less as the heap happens to lie, which is more than what is looked for.
const HEAP: &str =
    "glibc.malloc.tcache_max=65536:glibc.malloc.tcache_count=127:glibc.malloc.mxfast=0";

/// Runs this program with these words and this input, under a tool that is set up so.
pub(crate) fn run(tool: &[String], words: &[String], input: &str) -> Result {
    let mut child = Command::new("valgrind")
        .args(tool)
        .arg(std::env::current_exe()?)
        .args(words)
        .env("GLIBC_TUNABLES", HEAP)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| {
            format!("valgrind cannot be started: {error}; apt-get install valgrind")
        })?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    let [out, err] = [output.stdout, output.stderr];
    let (out, err) = (String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
    Err(format!("counting failed: {}\n{out}{err}", output.status).into())
}
