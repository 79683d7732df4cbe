//! The programs that a bare machine lacks, installed where they are missing and nowhere else.

use std::path::Path;

use crate::command::{cargo, output, program, run, succeeds};
use crate::{Result, clients};

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
    clients::install()
}

/// Licences, bans and sources of every dependency, without a network.
pub(crate) fn deny() -> Result {
    deny_itself()?;
    let mut deny = program(".tools/bin/cargo-deny", "--offline --all-features --locked check");
    run(deny.args(["bans", "licenses", "sources"]))?;
    println!("advisories: NOT CHECKED. Their database is cloned by git and was not asked for.");
    Ok(())
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
    // What a virtual environment needs may be missing from a Python that is there.
    if !succeeds(program("python3", "-c").arg("import ensurepip")) {
        missing.extend(["python3", "python3-venv"]);
    }
    if missing.is_empty() {
        return Ok(());
    }
    run(&mut program("apt-get", "update -q"))?;
    let mut install = program("apt-get", "install -q -y --no-install-recommends");
    run(install.env("DEBIAN_FRONTEND", "noninteractive").args(missing))
}
