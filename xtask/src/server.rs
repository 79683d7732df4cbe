//! A server under test: started as a process, known by the address it prints, ended with its owner.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Result;
use crate::command::{cargo, output, read_lines};

/// How long a server may take to print what it has to. It has been built before.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is asked whether it listens.
const POLL: Duration = Duration::from_millis(50);

/// A running server; dropping it ends the process.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    lines: Receiver<String>,
}

impl Server {
    /// Starts it on a free port of the loopback interface.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        Self::start_at(command, "127.0.0.1:0")
    }

    /// Starts it on this address.
    pub(crate) fn start_at(command: &mut Command, address: &str) -> Result<Self> {
        command.env("TOOLGATE_ADDR", address).stdin(Stdio::null());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (sender, lines) = mpsc::channel();
        read_lines(process.stdout.take(), sender.clone());
        read_lines(process.stderr.take(), sender);
        Ok(Self { process, lines })
    }

    /// The first of the coming lines, on either output, from which `find` reads something.
    pub(crate) fn line<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> Result<T> {
        let until = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                return Err(format!("the server named no {what}:\n{}", seen.join("\n")).into());
            };
            if let Some(found) = find(&line) {
                return Ok(found);
            }
            seen.push(line);
        }
    }

    /// Waits until it accepts connections there.
    pub(crate) fn listens(&mut self, address: &str) -> Result {
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            let ended = self.process.try_wait()?.is_some();
            if ended || Instant::now() > until {
                let said: Vec<String> = self.lines.try_iter().collect();
                let how = if ended { "ended" } else { "does not listen" };
                return Err(format!("the server {how}:\n{}", said.join("\n")).into());
            }
            thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Builds a program by what cargo calls it, such as `--example NAME`, and says where it is.
///
/// It is started from there: `cargo run` would wait for whoever else builds.
pub(crate) fn build(kind: &str, name: &str) -> Result<String> {
    let mut build = cargo("build --message-format json-render-diagnostics");
    let messages = output(build.args([kind, name]))?;
    let executable = messages.lines().find_map(|line| executable(line, name));
    executable.ok_or_else(|| format!("cargo did not say where {name} is").into())
}

/// The path in a message of cargo, where it is about the program of this name.
fn executable(message: &str, name: &str) -> Option<String> {
    let message: Value = serde_json::from_str(message).ok()?;
    let named = message.pointer("/target/name")?.as_str()? == name;
    let path = message.get("executable")?.as_str()?;
    named.then(|| path.to_owned())
}

/// The URL in a line, whatever stands around it: a label, quotes, colours.
pub(crate) fn url(line: &str) -> Option<String> {
    let from = line.get(line.find("http://")?..)?;
    let stops = |c: char| c.is_whitespace() || c.is_control() || "\"'`,;)>".contains(c);
    let found = from.split(stops).next()?;
    (found.len() > "http://".len()).then(|| found.to_owned())
}

/// The rest of a line behind its label, if there is any.
pub(crate) fn after(line: &str, label: &str) -> Option<String> {
    let rest = line.strip_prefix(label)?.trim();
    (!rest.is_empty()).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{executable, url};

    #[test]
    fn a_url_is_read_out_of_a_line() {
        let expected = Some("http://127.0.0.1:1/mcp".to_owned());
        assert_eq!(url("endpoint: http://127.0.0.1:1/mcp"), expected);
        assert_eq!(url("listening url=\u{1b}[3m\"http://127.0.0.1:1/mcp\"\u{1b}[0m"), expected);
        assert_eq!(url("listening on 127.0.0.1:1"), None);
    }
    #[test]
    fn a_program_is_where_cargo_says() {
        let message = r#"{"target": {"name": "a"}, "executable": "/target/debug/a"}"#;
        assert_eq!(executable(message, "a").as_deref(), Some("/target/debug/a"));
        assert_eq!(executable(message, "b"), None);
        // A library of the same name.
        assert_eq!(executable(r#"{"target": {"name": "a"}, "executable": null}"#, "a"), None);
    }
}
