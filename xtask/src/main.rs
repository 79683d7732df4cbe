//! The project's automation: `cargo xtask <step>`.
#![expect(clippy::print_stdout, reason = "a command-line program answers on its standard output")]

mod command;
mod manifest;
mod source;

mod layers;
mod tidy;

mod cedar;
mod certificates;
mod clients;
mod conformance;
mod examples;
mod fuzz;
mod http;
mod lint;
mod locked;
mod outside;
mod package;
mod probe;
mod proxy;
mod server;
mod steps;
mod suite;
mod tools;

use std::process::ExitCode;

/// Whatever went wrong, said to the person at the terminal.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    match enter_root().and_then(|()| steps::dispatch(&name, &rest)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask {name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Every step names its files from the workspace root, wherever it was called from.
fn enter_root() -> Result {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .ok_or("start it as `cargo xtask`, so that cargo says where the workspace is")?;
    let root = std::path::Path::new(&here).parent().ok_or("xtask has no parent folder")?;
    Ok(std::env::set_current_dir(root)?)
}
