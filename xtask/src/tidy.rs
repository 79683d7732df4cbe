//! What a reader should never stumble over: the rules of form that no other tool holds.

pub(crate) mod files;
mod form;
mod functions;
mod security;
mod tables;
mod words;

use std::{collections::HashSet, fs};

use crate::Result;

/// Where the rules for source files hold.
const SOURCES: &[&str] = &[
    "crates/*/src",
    "adapters",
    "xtask/src",
    "bench/src",
    "conformance/src",
    "examples",
    "fuzz",
    "tests/it",
];

/// Where a machine's own paths must not be named: everything that is written here.
const WRITTEN: &[&str] = &[
    "adapters",
    "crates",
    "xtask",
    "bench",
    "conformance",
    "examples",
    "fuzz",
    "tests",
    "docs",
    ".ci",
    ".cargo",
    ".",
];

/// Fails with every fault; long-ish functions are only listed.
pub(crate) fn check() -> Result {
    let (mut faults, mut smells, mut tests) = (Vec::new(), Vec::new(), HashSet::new());
    for place in SOURCES {
        for file in files::rust_below(place)? {
            faults.extend(form::judge(&file));
            faults.extend(words::judge(&file));
            tests.extend(security::tests_in(&file.text));
            let lengths = functions::judge(&file);
            faults.extend(lengths.too_long);
            smells.extend(lengths.smells);
        }
    }
    faults.extend(security::judge(&fs::read_to_string(security::PAGE)?, &tests));
    for (path, text) in files::manifests()? {
        faults.extend(tables::judge(&path, &text));
    }
    for (path, text) in files::text_in(WRITTEN)? {
        faults.extend(words::machine_paths(&path, &text));
    }
    if !fs::read_to_string("CHANGELOG.md")?.lines().any(|line| line.starts_with("## Unreleased")) {
        faults.push("CHANGELOG.md has no heading `## Unreleased`".into());
    }
    for smell in smells {
        println!("smell: {smell}");
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("\n{}", faults.join("\n")).into()) }
}
