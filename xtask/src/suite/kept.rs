//! No token in a log: what the tests' processes have logged, held against every secret made in them.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::tidy::files::entries;

/// Where the processes put it; the test kit knows the variable.
pub(super) const FOLDER: &str = "target/kept";
pub(super) const VARIABLE: &str = "KEPT_LOGS";

/// Tests in which secrets are made: each has to have kept some, or it was not looked at.
const MAKERS: &[&str] = &["it", "toolgate_auth", "toolgate_server", "toolgate_transport"];

/// Shortest part of a secret that is looked for, in characters: shorter ones are words.
const SHORTEST: usize = 16;

/// An empty folder for what the next run keeps, by its full name: tests run in folders of their own.
pub(super) fn folder() -> Result<PathBuf> {
    if Path::new(FOLDER).exists() {
        fs::remove_dir_all(FOLDER)?;
    }
    fs::create_dir_all(FOLDER)?;
    Ok(fs::canonicalize(FOLDER)?)
}

/// Fails with every line that has a secret in it, and where there was nothing to look at.
pub(super) fn check() -> Result {
    let files = entries(Path::new(FOLDER))?;
    let of = |kind: &'static str| {
        let named = move |path: &&PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(kind))
        };
        files.iter().filter(named)
    };
    let mut secrets = Secrets::default();
    for path in of("secrets-") {
        fs::read_to_string(path)?.lines().for_each(|secret| secrets.add(secret));
    }
    let (mut lines, mut faults) = (0usize, BTreeMap::new());
    for path in of("logs-") {
        for line in String::from_utf8_lossy(&fs::read(path)?).lines() {
            lines += 1;
            if let Some(masked) = secrets.found(line) {
                *faults.entry(place(&masked)).or_insert(0usize) += 1;
            }
        }
    }
    if let Some(maker) = missed(&files) {
        return Err(format!("{maker} has kept no secrets, so its logs were not checked").into());
    }
    if lines == 0 || secrets.parts.is_empty() {
        return Err("no process has kept its logs and its secrets, so nothing was checked".into());
    }
    println!("{} secrets, {lines} lines of logs, none of the one in the other", secrets.whole);
    if faults.is_empty() {
        return Ok(());
    }
    let told = faults.iter().map(|(line, times)| format!("{times} times: {line}"));
    Err(format!("secrets in logs:\n{}", told.collect::<Vec<_>>().join("\n")).into())
}

/// Whose file of secrets is not there. Files have the name of a program, a hash, and a number.
fn missed(files: &[PathBuf]) -> Option<&'static str> {
    let has = |maker: &&str| {
        let of = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.strip_prefix("secrets-").and_then(|name| name.split('-').next()) == Some(maker)
        };
        files.iter().any(of)
    };
    MAKERS.iter().copied().find(|maker| !has(maker))
}

/// The lines that differ in their time alone are one.
fn place(line: &str) -> String {
    line.split_once(' ').map_or(line, |(_, rest)| rest).trim_start().to_owned()
}

/// The parts of secrets that must be nowhere.
#[derive(Debug, Default)]
struct Secrets {
    whole: usize,
    parts: HashSet<String>,
}

impl Secrets {
    fn add(&mut self, secret: &str) {
        self.whole += 1;
        let parts: Vec<&str> = words(secret).collect();
        // The header of a token is the same for many, and tells nothing.
        let secret = if let [_, rest @ ..] = &*parts
            && parts.len() == 3
        {
            rest
        } else {
            &parts
        };
        for part in secret.iter().filter(|part| part.len() >= SHORTEST) {
            self.parts.insert((*part).to_owned());
        }
    }

    /// The line without the secret that is in it.
    fn found(&self, line: &str) -> Option<String> {
        let secret = words(line).find(|word| self.parts.contains(*word))?;
        Some(line.replace(secret, "***"))
    }
}

/// What has no separators in it: parts of tokens are made of these characters alone.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.split(move |c| !inside(c)).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{MAKERS, Secrets, missed, place};

    #[test]
    fn payloads_and_signatures_are_found_and_headers_are_not() {
        let mut secrets = Secrets::default();
        let [header, payload, signature] = ["h", "p", "s-_"].map(|part| part.repeat(8));
        let [header, payload] = [header, payload].map(|part| part.repeat(3));
        secrets.add(&format!("{header}.{payload}.{signature}"));
        secrets.add("0123456789abcdef");
        secrets.add("short");
        for bad in [&*payload, &signature, &format!("{header}.{payload}.x"), "0123456789abcdef"] {
            let line = format!("1 INFO got=\"Bearer {bad}\", short");
            let masked = secrets.found(&line).expect("it is there");
            assert!(masked.contains("***") && masked.contains("short"), "{masked}");
        }
        for good in [&*header, "0123456789abcdefg", "short", ""] {
            assert_eq!(secrets.found(&format!("1 INFO got={good}")), None);
        }
    }

    #[test]
    fn the_time_does_not_tell_lines_apart() {
        assert_eq!(place("2026-01-01T00:00:00Z  INFO a b"), "INFO a b");
    }

    #[test]
    fn tests_that_have_kept_nothing_are_missed() {
        let kept = |makers: &[&str]| {
            let name = |maker: &&str| format!("target/kept/secrets-{maker}-0a1b-7").into();
            missed(&makers.iter().map(name).collect::<Vec<_>>())
        };
        assert_eq!(kept(MAKERS), None);
        for (at, maker) in MAKERS.iter().enumerate() {
            let others = [&MAKERS[..at], &["itself"], &MAKERS[at + 1..]].concat();
            assert_eq!(kept(&others), Some(*maker));
        }
    }
}
