//! A server as a process of its own: started, read, and ended.

use std::{net::SocketAddr, process::ExitStatus, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStderr, Command},
    sync::watch,
};

use super::client::{Ask, Reply, within};

/// What the log says of a request for a path that leads nowhere.
const FENCE: &str = r#"reason="there is nothing at this path""#;

/// Killed when it is dropped.
pub(crate) struct Program {
    pub(crate) addr: SocketAddr,
    child: Child,
    lines: watch::Receiver<Vec<String>>,
}

impl Program {
    /// Starts a program with nothing but these variables, `TOOLGATE_ADDR` and, unless it is among
    /// them, a `TOOLGATE_PUBLIC_URL` of that address. Comes back once it is ready.
    pub(crate) async fn start(path: &str, variables: &[(&str, &str)]) -> Self {
        loop {
            if let Some(program) = Self::try_start(path, variables).await {
                return program;
            }
        }
    }

    /// None when somebody else took the port meanwhile.
    async fn try_start(path: &str, variables: &[(&str, &str)]) -> Option<Self> {
        let addr = free_address();
        let mut child = Command::new(path)
            .env_clear()
            // The log without colours.
            .env("NO_COLOR", "1")
            .env("TOOLGATE_ADDR", addr.to_string())
            .env("TOOLGATE_PUBLIC_URL", format!("http://{addr}/mcp"))
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let lines = read(child.stderr.take().expect("its log"));
        let mut program = Self { addr, child, lines };
        within("readiness", program.ready()).await.then_some(program)
    }

    /// Whether it came to be ready; not when the address was taken.
    async fn ready(&mut self) -> bool {
        let listens = |lines: &Vec<String>| lines.iter().any(|line| line.contains(": listening "));
        if self.lines.wait_for(listens).await.is_err() {
            let log = self.whole_log().await.join("\n");
            assert!(log.contains("cannot be bound"), "ended early:\n{log}");
            return false;
        }
        self.send(&Ask::get("/ready")).await.status == 200
    }

    /// The endpoint, when nothing else was said.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.addr)
    }

    pub(crate) async fn send(&self, ask: &Ask) -> Reply {
        ask.send(self.addr).await
    }

    /// What was logged since this was last asked. All that was answered so far is in it.
    pub(crate) async fn log(&mut self) -> Vec<String> {
        let fences = |lines: &[String]| lines.iter().filter(|line| line.contains(FENCE)).count();
        let seen = fences(&self.lines.borrow());
        assert_eq!(self.send(&Ask::get("/fence")).await.status, 404);
        let lines = within("a line of the log", self.lines.wait_for(|all| fences(all) > seen));
        let lines = lines.await.expect("the log goes on").clone();
        let mut since: Vec<_> = lines.rsplitn(3, |line| line.contains(FENCE)).collect();
        since.remove(1).to_vec()
    }

    /// All that was logged, once the program has ended.
    pub(crate) async fn whole_log(&mut self) -> Vec<String> {
        let ended = within("the end of the log", self.lines.wait_for(|_| false)).await;
        drop(ended);
        self.lines.borrow().clone()
    }

    /// Asks it to end, as service managers do.
    pub(crate) async fn terminate(&self) {
        let id = self.child.id().expect("it runs");
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().await;
        assert!(sent.expect("a shell").success());
    }

    pub(crate) async fn ended(&mut self) -> ExitStatus {
        within("the end of the program", self.child.wait()).await.expect("a status")
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a status").is_some()
    }
}

/// An address that nobody listens on right now.
fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address")
}

/// Collects the lines of a log. The sender goes when the log ends.
fn read(log: ChildStderr) -> watch::Receiver<Vec<String>> {
    let (sender, receiver) = watch::channel(Vec::new());
    tokio::spawn(async move {
        let mut lines = BufReader::new(log).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            sender.send_modify(|all| all.push(line));
        }
    });
    receiver
}
