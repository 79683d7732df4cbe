//! Fuzzing: what once failed is replayed, then each target of `fuzz/` runs for as many inputs as it
//! is given, which are the same each time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::Result;
use crate::command::{calling_cargo, cargo, run};
use crate::tools::pinned;

/// The pinned cargo-fuzz.
const CARGO_FUZZ: &str = "0.13.2";

/// The targets, and how many inputs each of them is given.
const TARGETS: &[(&str, u32)] = &[
    ("envelope", 100_000),
    ("classifier", 100_000),
    ("headers", 100_000),
    ("sse", 100_000),
    ("template", 100_000),
    ("token", 100_000),
    ("lines", 100_000),
    ("cursors", 100_000),
    ("request_state", 100_000),
    ("jwt", 100_000),
    ("dpop", 100_000),
    ("challenge", 100_000),
    ("mapping", 100_000),
    ("session_id", 100_000),
    ("keys", 100_000),
];

/// Where targets are built, and what they find interesting is kept until the next run.
const TARGET: &str = "target/fuzz";

/// No sanitizer, since those need an unstable compiler. More units than its default of one build in
/// half the time.
const BUILT: &str = "--fuzz-dir fuzz --target-dir target/fuzz --sanitizer none --codegen-units 16";

/// Makes sure of cargo-fuzz and of what the targets depend on.
pub(crate) fn install() -> Result {
    pinned("cargo-fuzz", CARGO_FUZZ)?;
    run(&mut cargo("fetch --locked --manifest-path fuzz/Cargo.toml"))
}

/// Fails with the first input that a target does not withstand.
pub(crate) fn check() -> Result {
    pinned("cargo-fuzz", CARGO_FUZZ)?;
    run(&mut cargo("fmt --check --manifest-path fuzz/Cargo.toml"))?;
    run(&mut fuzz("build"))?;
    for (target, _) in TARGETS {
        replay(target)?;
    }
    let rows = TARGETS.iter().map(|(target, runs)| explore(target, *runs));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    println!("\n{}", table(&rows));
    Ok(())
}

/// Runs what is known to have failed once.
fn replay(target: &str) -> Result {
    let inputs = files(&Path::new("fuzz/regressions").join(target))?;
    if inputs.is_empty() {
        return Ok(());
    }
    let (_, count) = (told(fuzz("run").arg(target).args(&inputs))?, inputs.len());
    println!("{target}: withstands {count} that it did not once");
    Ok(())
}

/// What became of a target.
#[derive(Debug)]
struct Row {
    target: &'static str,
    seeds: usize,
    runs: u32,
    before: Covered,
    after: Covered,
    took: Duration,
}

/// What was reached: edges of the program, and those with how often each was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Covered {
    edges: u32,
    features: u32,
}

fn explore(target: &'static str, runs: u32) -> Result<Row> {
    let seeds = Path::new("fuzz/corpus").join(target);
    let count = files(&seeds)?.len();
    if count == 0 {
        return Err(format!("{} holds no seed", seeds.display()).into());
    }
    // The first folder is written to, so it is one of its own, and empty: each run is the same.
    let found = Path::new(TARGET).join("corpus").join(target);
    if found.is_dir() {
        fs::remove_dir_all(&found)?;
    }
    fs::create_dir_all(&found)?;
    let mut command = fuzz("run");
    command.arg(target).args([&found, &seeds]);
    command.args(["--", "-seed=1", "-max_len=4096", "-timeout=10", "-dict=fuzz/dictionary.txt"]);
    let start = Instant::now();
    let said = told(command.arg(format!("-runs={runs}")))?;
    let took = start.elapsed();
    let covered = |mark| {
        covered(&said, mark).ok_or_else(|| format!("{target} did not say `{mark}`:\n{said}"))
    };
    let (before, after) = (covered("INITED")?, covered("DONE")?);
    println!("{target}: {runs} inputs in {:.1} s", took.as_secs_f64());
    Ok(Row { target, seeds: count, runs, before, after, took })
}

fn fuzz(word: &str) -> Command {
    let mut fuzz = calling_cargo(".tools/bin/cargo-fuzz", word);
    fuzz.args(BUILT.split(' ')).env("CARGO_NET_OFFLINE", "true");
    fuzz
}

/// Runs it to its end and gives what it said, which is shown where it fails.
fn told(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    println!("{said}");
    Err("an input fails. Mend what it fails in, then keep the input below fuzz/regressions".into())
}

/// What the line with this mark says was covered.
fn covered(said: &str, mark: &str) -> Option<Covered> {
    let mut words = said.lines().rfind(|line| line.contains(mark))?.split_whitespace();
    let mut number = |name: &str| words.by_ref().skip_while(|word| *word != name).nth(1);
    let (edges, features) = (number("cov:")?, number("ft:")?);
    Some(Covered { edges: edges.parse().ok()?, features: features.parse().ok()? })
}

/// The files of a folder, sorted; none where there is no folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = paths.collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn table(rows: &[Row]) -> String {
    let head = format!(
        "{:<12}{:>7}{:>9}{:>8}{:>7}{:>10}{:>7}{:>9}\n",
        "target", "seeds", "runs", "edges", "new", "features", "new", "seconds"
    );
    let line = |row: &Row| {
        let (before, after) = (row.before, row.after);
        format!(
            "{:<12}{:>7}{:>9}{:>8}{:>7}{:>10}{:>7}{:>9.1}\n",
            row.target,
            row.seeds,
            row.runs,
            after.edges,
            after.edges.saturating_sub(before.edges),
            after.features,
            after.features.saturating_sub(before.features),
            row.took.as_secs_f64()
        )
    };
    std::iter::once(head).chain(rows.iter().map(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Covered, TARGETS, covered, files};
    use std::path::Path;

    #[test]
    fn what_is_covered_is_read_from_the_last_line_of_its_kind() {
        let said = "#3\tINITED cov: 12 ft: 34 corp: 2/9b exec/s: 0 rss: 28Mb\n\
                    #9\tNEW    cov: 13 ft: 36 corp: 3/9b\n\
                    #10\tDONE   cov: 13 ft: 40 corp: 3/9b lim: 9 exec/s: 0 rss: 28Mb\n";
        assert_eq!(covered(said, "INITED"), Some(Covered { edges: 12, features: 34 }));
        assert_eq!(covered(said, "DONE"), Some(Covered { edges: 13, features: 40 }));
        assert_eq!(covered(said, "PULSE"), None);
        assert_eq!(covered("DONE cov: x", "DONE"), None);
    }

    #[test]
    fn every_target_is_run() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/fuzz_targets");
        let mut written = files(&root).unwrap();
        written.retain(|path| {
            let name = path.file_stem().unwrap();
            !TARGETS.iter().any(|(target, _)| name == *target)
        });
        assert_eq!(written, [""; 0].map(Path::new));
        assert_eq!(files(&root).unwrap().len(), TARGETS.len());
    }
}
