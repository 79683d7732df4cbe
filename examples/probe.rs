//! Takes the way of a client into a server that runs, and says where it ends.
//!
//! `cargo run --example probe -- URL [--token T] [--other-token T] [--wrong-token T] [--page ORIGIN]
//! [--by-hand | --open]`. A token may be `@FILE`: what is on a command line can be read by others.

use std::process::ExitCode;

use toolgate_testkit::probe::{Probe, probe};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let probe = match read(std::env::args().skip(1)) {
        Ok(probe) => probe,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let report = probe.check().await;
    print!("{report}");
    if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Probe, String> {
    let url = words.next().filter(|url| !url.starts_with('-')).ok_or("which URL?")?;
    let mut wanted = probe(url);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        wanted = match word.as_str() {
            "--token" => wanted.token(token(value()?)?),
            "--other-token" => wanted.other_token(token(value()?)?),
            "--wrong-token" => wanted.wrong_token(token(value()?)?),
            "--page" => wanted.page(value()?),
            "--by-hand" => wanted.by_hand(),
            "--open" => wanted.open(),
            _ => return Err(format!("`{word}` is not known")),
        };
    }
    Ok(wanted)
}

fn token(value: String) -> Result<String, String> {
    let Some(file) = value.strip_prefix('@') else { return Ok(value) };
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    Ok(text.trim().to_owned())
}
