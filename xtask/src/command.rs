//! Other programs: started without input, told to the reader, and failing loudly.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;

use crate::Result;

/// `cargo` with these words.
pub(crate) fn cargo(words: &str) -> Command {
    calling_cargo("cargo", words)
}

/// A program that calls `cargo` in its turn, with these words.
///
/// The system's OpenSSL is used unless a step says otherwise, and nothing that `cargo run` told
/// this program about itself is passed on: `ring` would be built anew for it.
pub(crate) fn calling_cargo(name: &str, words: &str) -> Command {
    let mut command = program(name, words);
    command.env("OPENSSL_NO_VENDOR", "1");
    for (name, _) in std::env::vars_os() {
        let own = name.to_str().is_some_and(|name| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        });
        if own {
            command.env_remove(name);
        }
    }
    command
}

/// A program with these words.
pub(crate) fn program(name: &str, words: &str) -> Command {
    let mut command = Command::new(name);
    command.args(words.split_whitespace()).stdin(Stdio::null());
    command
}

/// Runs it to its end, its output going where ours goes.
pub(crate) fn run(command: &mut Command) -> Result {
    println!("$ {}", spelled(command));
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", spelled(command)).into()) }
}

/// Runs it to its end and gives its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        return Err(format!("{}: {}", spelled(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether it starts and succeeds; what it prints is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
}

/// Runs it to its end, shows what it prints as it comes, and gives the lines that `keep` wants.
pub(crate) fn run_keeping(command: &mut Command, keep: fn(&str) -> bool) -> (Vec<String>, Result) {
    println!("$ {}", spelled(command));
    let started = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return (Vec::new(), Err(cannot_start(command, &error).into())),
    };
    let (lines, seen) = mpsc::channel();
    read_lines(child.stdout.take(), lines.clone());
    read_lines(child.stderr.take(), lines);
    let mut kept = Vec::new();
    for line in seen {
        println!("{line}");
        if keep(&line) {
            kept.push(line);
        }
    }
    let result = match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{}: {status}", spelled(command)).into()),
        Err(error) => Err(error.into()),
    };
    (kept, result)
}

/// Sends every line of the stream, from a thread of its own, until the stream or the receiver ends.
pub(crate) fn read_lines<R: Read + Send + 'static>(stream: Option<R>, lines: Sender<String>) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        for bytes in BufReader::new(stream).split(b'\n').map_while(std::result::Result::ok) {
            let line = String::from_utf8_lossy(&bytes).trim_end_matches('\r').to_owned();
            if lines.send(line).is_err() {
                return;
            }
        }
    });
}

fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start {}: {error}", command.get_program().to_string_lossy())
}
