//! Running a command under callgrind, and reading what it counted.

use std::{
    collections::HashSet,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use crate::Result;

/// Settings of glibc's heap with which an allocation costs the same every time. Otherwise tidying up
/// costs more or less as the heap happens to lie, which is more than what is looked for.
const HEAP: &str =
    "glibc.malloc.tcache_max=65536:glibc.malloc.tcache_count=127:glibc.malloc.mxfast=0";

/// What was counted in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// In what the child measures.
    pub(crate) instructions: u64,
    /// Calls of the C library's allocator, to grow something among them. Of the whole run: callgrind
    /// can be told where to count instructions, but counts calls everywhere.
    pub(crate) allocations: u64,
}

/// Runs this program with these words and this input. The whole profile stays in `profile`.
pub(crate) fn count(words: &[String], input: &str, profile: &Path) -> Result<Count> {
    let program = std::env::current_exe()?;
    let mut child = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*::child::measured*"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(program)
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
    if !output.status.success() {
        let [out, err] = [output.stdout, output.stderr];
        let (out, err) = (String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
        return Err(format!("counting failed: {}\n{out}{err}", output.status).into());
    }
    let count = read(&fs::read_to_string(profile)?).ok_or("the profile has no totals")?;
    if count.instructions == 0 {
        return Err("nothing was counted; does the program have its symbols?".into());
    }
    Ok(count)
}

/// The totals of a profile (Valgrind manual, "Callgrind Format Specification").
fn read(profile: &str) -> Option<Count> {
    const ALLOCATE: &[&str] =
        &["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"];
    let instructions = profile.lines().find_map(|line| line.strip_prefix("totals: "))?;
    let instructions = instructions.trim().parse().ok()?;
    let (mut allocators, mut called, mut allocations) = (HashSet::new(), "", 0);
    for line in profile.lines() {
        // Names are written once, and as their number from then on.
        let named = line.strip_prefix("cfn=").or_else(|| line.strip_prefix("fn="));
        if let Some((number, name)) = named.and_then(|it| it.split_once(") "))
            && ALLOCATE.contains(&name)
        {
            allocators.insert(number);
        }
        if let Some(callee) = line.strip_prefix("cfn=") {
            called = callee.split(')').next().unwrap_or_default();
        } else if let Some(calls) = line.strip_prefix("calls=")
            && allocators.contains(called)
        {
            allocations += calls.split(' ').next()?.parse::<u64>().ok()?;
        }
    }
    Some(Count { instructions, allocations })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_and_calls_of_the_allocator_are_read() {
        let profile = "\
events: Ir
fn=(1) a::b
16 2
cfn=(2) malloc
calls=3 0
16 60
cfn=(3) a::malloc
calls=9 0
16 1

fn=(3)
cfn=(2)
calls=4 0
16 80
cfn=(1)
calls=5 0
16 8
totals: 151
";
        assert_eq!(read(profile), Some(Count { instructions: 151, allocations: 7 }));
        assert_eq!(read("events: Ir\n"), None);
    }
}
