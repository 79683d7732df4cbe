//! The programs that a bare machine lacks, installed where they are missing and nowhere else.

use std::path::Path;

use crate::command::{cargo, output, program, run, succeeds};
use crate::{Result, cedar, clients, conformance, fuzz};

/// The pinned cargo-deny.
const DENY: &str = "0.20.2";

/// A program that must be there, and the package of the system that brings it.
const SYSTEM: &[(&str, &str)] = &[
    ("pkg-config", "pkg-config"),
    ("perl", "perl"),
    ("make", "make"),
    ("curl", "curl"),
    ("valgrind", "valgrind"),
    (clients::browser::CHROMIUM, "chromium"),
];

/// Makes sure of everything the steps need. What is there already costs nothing.
pub(crate) fn install() -> Result {
    system()?;
    // Here and at no later time is a registry of crates asked for anything.
    run(&mut cargo("fetch --locked"))?;
    pinned("cargo-deny", DENY)?;
    fuzz::install()?;
    cedar::install()?;
    clients::install()?;
    conformance::install()
}

/// What others build on: the workspace, and the adapter that is a workspace of its own.
const BUILT_ON: &[&str] = &[".", "adapters/cedar"];

/// Licences, bans and sources of every dependency, without a network. Each folder says what it allows.
pub(crate) fn deny() -> Result {
    pinned("cargo-deny", DENY)?;
    for folder in BUILT_ON {
        let mut deny = program(".tools/bin/cargo-deny", "--offline --all-features --locked");
        deny.arg("--manifest-path").arg(format!("{folder}/Cargo.toml"));
        deny.arg("--config").arg(format!("{folder}/deny.toml"));
        run(deny.args(["check", "bans", "licenses", "sources"]))?;
    }
    println!("advisories: NOT CHECKED. Their database is cloned by git and was not asked for.");
    Ok(())
}

/// Makes sure of one version of a program for cargo, in a folder of the project.
pub(crate) fn pinned(name: &str, version: &str) -> Result {
    let installed = format!(".tools/bin/{name}");
    if Path::new(&installed).exists()
        && output(&mut program(&installed, "--version"))?.trim() == format!("{name} {version}")
    {
        return Ok(());
    }
    // They run for seconds, and optimizing them takes longer.
    run(cargo("install --debug --locked --root .tools").args([name, "--version", version]))
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
    // They know no `--version`.
    if !succeeds(&mut program("openssl", "version")) {
        missing.push("openssl");
    }
    if !succeeds(&mut program("nginx", "-v")) {
        missing.push("nginx-light");
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
