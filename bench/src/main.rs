//! The yardstick: toolgate against the same job by hand on bare hyper, in one run.
//!
//! `toolgate-bench` prints requests per second and instructions per call of both, and their ratios;
//! then what the old era costs: a call in a session, in one of many, and an idle session's bytes; then
//! what else is asked, over a call: a list, a resource, notes, one tool among many.
//! Only the counts can be held against `baseline.json`: `--check` fails where one has grown,
//! `--bless` writes those of this run down. `--counts` leaves the throughput out. `--streams` measures
//! what an open stream of a session takes instead, and nothing else; `--flood` what wrong tokens leave
//! behind in a server's memory, and whether honest callers are served meanwhile.
#![expect(clippy::print_stdout, reason = "a command-line program answers on its standard output")]

mod asked;
mod case;
mod door;
mod exchange;
mod floor;
mod issuer;
mod legacy;
mod ours;

mod callgrind;
mod child;
mod counts;
mod flood;
mod idle;
mod streams;
mod valgrind;

mod client;
mod throughput;

mod baseline;

use std::process::ExitCode;

use issuer::Issuer;
use tokio::runtime::{Builder, Runtime};

/// Whatever went wrong, said to the person at the terminal.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const USAGE: &str = "usage: toolgate-bench [--counts] [--check | --bless] | --streams | --flood";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match &*words {
        [child::COMMAND, words @ ..] => child::run(words),
        [idle::COMMAND, words @ ..] => idle::run(words),
        [streams::COMMAND] => streams::run(),
        [flood::COMMAND] => flood::run(),
        ["--streams"] => streams(),
        ["--flood"] => flood::check(),
        words => measure(words),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("toolgate-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What an open stream takes, which differs between machines as little as it matters to a reader.
fn streams() -> Result {
    const MOST: f64 = 16.0 * 1024.0;
    let bytes = streams::measure()?;
    println!("bytes of an open stream with its session and connection: {bytes:.0}");
    if bytes <= MOST { Ok(()) } else { Err(format!("{bytes:.0} bytes, may be {MOST}").into()) }
}

fn measure(words: &[&str]) -> Result {
    if words.iter().any(|word| !["--counts", "--check", "--bless"].contains(word)) {
        return Err(USAGE.into());
    }
    let runtime = runtime()?;
    let issuer = runtime.block_on(Issuer::start())?;
    if !words.contains(&"--counts") {
        runtime.block_on(throughput::measure(&issuer))?;
        runtime.block_on(door::measure(&issuer))?;
    }
    drop(runtime);
    let measures = counts::measure(&issuer)?;
    if words.contains(&"--bless") {
        baseline::bless(&measures)
    } else if words.contains(&"--check") {
        baseline::check(&measures)
    } else {
        Ok(())
    }
}

/// Two threads, for servers and clients together.
fn runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}
