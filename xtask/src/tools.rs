//! The programs that a bare machine lacks, installed where they are missing and nowhere else.

use std::path::Path;

use crate::Result;
use crate::command::{cargo, output, program, run, succeeds};

/// The pinned cargo-deny, kept in a folder of the project.
const DENY: &str = "0.20.2";

/// A program that must be there, and the package of the system that brings it.
const SYSTEM: &[(&str, &str)] = &[
    ("pkg-config", "pkg-config"),
    ("perl", "perl"),
    ("make", "make"),
    ("curl", "curl"),
    ("valgrind", "valgrind"),
];

/// Makes sure of everything the steps need. What is there already costs nothing.
pub(crate) fn install() -> Result {
    system()?;
    // Here and at no later time is a registry of crates asked for anything.
    run(&mut cargo("fetch --locked"))?;
    deny_itself()?;
    clients()
}

/// Licences, bans and sources of every dependency, without a network.
pub(crate) fn deny() -> Result {
    deny_itself()?;
    let mut deny = program(".tools/bin/cargo-deny", "--offline --all-features --locked check");
    run(deny.args(["bans", "licenses", "sources"]))?;
    println!("advisories: NOT CHECKED. Their database is cloned by git and was not asked for.");
    Ok(())
}

/// The packages of the client tests, exactly as locked.
pub(crate) fn clients() -> Result {
    let node = output(&mut program("node", "--version"))?;
    let major = node.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    if major.parse::<u32>()? < 20 {
        return Err(format!("node 20 or later is needed, {} is here", node.trim()).into());
    }
    run(program("npm", "ci --no-audit --no-fund --ignore-scripts").current_dir("tests/clients"))
}

fn deny_itself() -> Result {
    let mut known = program(".tools/bin/cargo-deny", "--version");
    if Path::new(".tools/bin/cargo-deny").exists()
        && output(&mut known)?.trim() == format!("cargo-deny {DENY}")
    {
        return Ok(());
    }
    run(cargo("install --locked --root .tools cargo-deny --version").arg(DENY))
}

fn system() -> Result {
    let mut missing: Vec<&str> = SYSTEM
        .iter()
        .filter(|(name, _)| !succeeds(&mut program(name, "--version")))
        .map(|(_, package)| *package)
        .collect();
    // Without pkg-config the question cannot be asked, and the answer is taken to be no.
    if !succeeds(&mut program("pkg-config", "--exists openssl")) {
        missing.push("libssl-dev");
    }
    if missing.is_empty() {
        return Ok(());
    }
    run(&mut program("apt-get", "update -q"))?;
    let mut install = program("apt-get", "install -q -y --no-install-recommends");
    run(install.env("DEBIAN_FRONTEND", "noninteractive").args(missing))
}
