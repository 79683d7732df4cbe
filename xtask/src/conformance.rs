//! The official conformance suite, against the server in `conformance/`: all scenarios of both eras,
//! and the sets that conformance is scored by.

mod checks;
mod harness;
mod table;
mod verdict;

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use self::harness::Leg;
use self::verdict::Found;
use crate::Result;
use crate::command::program;
use crate::locked;
use crate::server::{self, Server};

const OLD: &str = "2025-11-25";
const NEW: &str = "2026-07-28";

/// What is run, one after the other against one server.
const LEGS: &[Leg] = &[
    Leg { revision: OLD, scored: false },
    Leg { revision: NEW, scored: false },
    Leg { revision: OLD, scored: true },
    Leg { revision: NEW, scored: true },
];

/// Where the harness leaves what it found.
const RESULTS: &str = "target/conformance";

/// The harness and its Node, exactly as locked.
pub(crate) fn install() -> Result {
    locked::npm(harness::FOLDER)
}

/// Runs everything once.
pub(crate) fn check() -> Result {
    repeat(1)
}

/// Runs everything as often as `--runs N` says; all runs must be alike.
pub(crate) fn told(words: &[String]) -> Result {
    match words {
        [flag, count] if flag == "--runs" => repeat(count.parse()?),
        _ => Err("usage: cargo xtask conformance [--runs N]".into()),
    }
}

fn repeat(count: usize) -> Result {
    install()?;
    let executable = server::build("--bin", "conformance-server")?;
    if fs::exists(RESULTS)? {
        fs::remove_dir_all(RESULTS)?;
    }
    let runs = (1..=count).map(|number| once(number, &executable));
    let runs = runs.collect::<Result<Vec<_>>>()?;
    let (first, others) = runs.split_first().ok_or("a run is needed")?;
    println!("\n{}", table::draw(first));
    let mut faults = verdict::faults(first);
    for (at, other) in others.iter().enumerate() {
        let differs = verdict::unlike(first, other);
        faults.extend(differs.iter().map(|line| format!("run {}: {line}", at + 2)));
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!("{} faults; all rows are below {RESULTS}\n{}", faults.len(), faults.join("\n"))
        .into())
}

/// All legs against a server of their own.
fn once(number: usize, executable: &str) -> Result<Vec<Found>> {
    let server = Server::start(program(executable, "").env("PORT", "0"))?;
    let url = server.line("endpoint", server::url)?;
    println!("run {number}: {url}");
    let leg = |leg: &Leg| {
        let name = if leg.scored { "scored" } else { "all" };
        let folder: PathBuf =
            [RESULTS, &number.to_string(), &format!("{}-{name}", leg.revision)].iter().collect();
        let start = Instant::now();
        let scenarios = harness::run(*leg, &url, &folder)?;
        let took = start.elapsed().as_secs_f64();
        println!("  {} {name}: {} scenarios, {took:.1} s", leg.revision, scenarios.len());
        Ok(Found { leg: *leg, scenarios })
    };
    LEGS.iter().map(leg).collect()
}
