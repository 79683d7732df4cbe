//! A server under test: started as a process, known by the address it prints, ended with its owner.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::command::read_lines;

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
    use super::url;

    #[test]
    fn a_url_is_read_out_of_a_line() {
        let expected = Some("http://127.0.0.1:1/mcp".to_owned());
        assert_eq!(url("endpoint: http://127.0.0.1:1/mcp"), expected);
        assert_eq!(url("listening url=\u{1b}[3m\"http://127.0.0.1:1/mcp\"\u{1b}[0m"), expected);
        assert_eq!(url("listening on 127.0.0.1:1"), None);
    }
}
