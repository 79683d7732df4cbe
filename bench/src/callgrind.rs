//! Running a command under callgrind, and reading what it counted.

use std::{collections::HashSet, fs, path::Path};

use crate::{Result, valgrind};

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
