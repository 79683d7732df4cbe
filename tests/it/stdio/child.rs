//! A server as a child process, spoken to over its standard streams.

use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::watch,
};

use crate::support::client::within;

/// Killed when it is dropped.
pub(super) struct Piped {
    pub(super) input: Option<ChildStdin>,
    pub(super) output: Option<BufReader<ChildStdout>>,
    child: Child,
    log: watch::Receiver<String>,
}

impl Piped {
    /// Starts a program with nothing but these variables and what is needed to find a shell.
    pub(super) fn start(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .env("NO_COLOR", "1")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let mut stderr = child.stderr.take().expect("its log");
        let (told, log) = watch::channel(String::new());
        tokio::spawn(async move {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = stderr.read(&mut bytes).await {
                told.send_modify(|log| log.push_str(&String::from_utf8_lossy(&bytes[..read])));
            }
        });
        let output = child.stdout.take().map(BufReader::new);
        Self { input: child.stdin.take(), output, child, log }
    }

    pub(super) async fn send(&mut self, message: &Value) {
        let line = format!("{message}\n");
        let input = self.input.as_mut().expect("the input is open");
        within("room to write", input.write_all(line.as_bytes())).await.expect("it reads");
    }

    /// The next line, which has to be a message; none at the end.
    pub(super) async fn line(&mut self) -> Option<Value> {
        let output = self.output.as_mut().expect("the output is read");
        let mut line = String::new();
        within("a line", output.read_line(&mut line)).await.expect("UTF-8");
        if line.is_empty() {
            return None;
        }
        let message: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("no message: {line:?}"));
        assert_eq!(message["jsonrpc"], "2.0", "no message: {line:?}");
        Some(message)
    }

    pub(super) async fn ask(&mut self, message: &Value) -> Value {
        self.send(message).await;
        self.line().await.expect("an answer")
    }

    /// Waits until the log has said something.
    pub(super) async fn logged(&mut self, what: &str) {
        let said = within(what, self.log.wait_for(|log| log.contains(what))).await;
        drop(said.expect("the log goes on"));
    }

    /// Sends a signal.
    pub(super) async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs");
        let kill = format!("kill -{name} {id}");
        assert!(Command::new("sh").args(["-c", &kill]).status().await.expect("a shell").success());
    }

    /// How it ends, and all that it logged.
    pub(super) async fn ended(&mut self) -> (ExitStatus, String) {
        let status = within("the end of the program", self.child.wait()).await.expect("a status");
        let _ = within("the end of the log", self.log.wait_for(|_| false)).await;
        (status, self.log.borrow().clone())
    }
}
