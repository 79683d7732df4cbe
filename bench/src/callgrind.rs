//! Running a command under callgrind, and reading what it counted.

use std::{collections::HashSet, fs, path::Path};

use crate::{Result, valgrind};

/// What was counted in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// In what the child measures.
    pub(crate) instructions: u64,
    /// Of these, in SHA-256. Under callgrind there are none of the CPU's own instructions for it, which
    /// do the same with a tenth of the number or less.
    pub(crate) hashing: u64,
    /// Calls of the C library's allocator, to grow something among them. Of the whole run: callgrind
    /// can be told where to count instructions, but counts calls everywhere.
    pub(crate) allocations: u64,
}

/// Runs this program with these words and this input. The whole profile stays in `profile`.
pub(crate) fn count(words: &[String], input: &str, profile: &Path) -> Result<Count> {
    let profile_arg = format!("--callgrind-out-file={}", profile.display());
    let tool =
        ["--tool=callgrind".into(), "--toggle-collect=*::child::measured*".into(), profile_arg];
    valgrind::run(&tool, words, input)?;
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
    let (mut hashes, mut inside, mut of_call, mut hashing) = (HashSet::new(), "", false, 0);
    for line in profile.lines() {
        // Names are written once, and as their number from then on.
        let named = line.strip_prefix("cfn=").or_else(|| line.strip_prefix("fn="));
        if let Some((number, name)) = named.and_then(|it| it.split_once(") "))
            && ALLOCATE.contains(&name)
        {
            allocators.insert(number);
        }
        if let Some((number, name)) = named.and_then(|it| it.split_once(") "))
            && name.contains("sha256_block")
        {
            hashes.insert(number);
        }
        if let Some(function) = line.strip_prefix("fn=") {
            inside = function.split(')').next().unwrap_or_default();
        }
        // The line after a call has what the call took, and is the callee's.
        let is_cost =
            line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first));
        if is_cost && !of_call && hashes.contains(inside) {
            hashing += line.split(' ').nth(1)?.parse::<u64>().ok()?;
        }
        of_call = line.starts_with("calls=");
        if let Some(callee) = line.strip_prefix("cfn=") {
            called = callee.split(')').next().unwrap_or_default();
        } else if let Some(calls) = line.strip_prefix("calls=")
            && allocators.contains(called)
        {
            allocations += calls.split(' ').next()?.parse::<u64>().ok()?;
        }
    }
    Some(Count { instructions, hashing, allocations })
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
fn=(4) ring_sha256_block_x
16 40
+3 2
cfn=(1)
calls=1 0
* 9
fn=(1)
cfn=(1)
calls=5 0
16 8
totals: 151
";
        assert_eq!(read(profile), Some(Count { instructions: 151, hashing: 42, allocations: 7 }));
        assert_eq!(read("events: Ir\n"), None);
    }
}
