//! The server behind a reverse proxy: its tools do nothing until they are told, or tell what became
//! of those that did.
//!
//! Reads `TOOLGATE_ADDR`, `TOOLGATE_PUBLIC_URL` and `TOOLGATE_STATELESS`.
#![expect(clippy::print_stdout, reason = "it says where it listens on its standard output")]

use std::future::pending;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use toolgate::core::context::Step;
use toolgate::http::Limits;
use toolgate::prelude::*;
use toolgate::{Credentials, Identity, Key, Refusal, Verdict, auth::bearer};

/// The only token that is taken.
const TOKEN: &str = "let-me-through";

/// What calls of this process have to do with each other.
struct Desk {
    /// One permit for each note that may go out.
    releases: Semaphore,
    /// Calls of `hang` that have begun, and those of them that were dropped.
    begun: AtomicUsize,
    dropped: AtomicUsize,
}

/// Send numbered notes. Each after the first waits for a `release` at the same node.
#[derive(Tool)]
struct Notes {
    /// How many.
    to: u8,
}

impl Run<Desk> for Notes {
    type Output = String;

    async fn run(self, desk: &Desk, cx: &Context) -> Result<String> {
        for step in 1..=self.to {
            if step > 1 {
                desk.releases.acquire().await.map_err(ToolError::hidden)?.forget();
            }
            let step = Step::new(f64::from(step)).saying(process::id().to_string());
            cx.progress(step).await?;
        }
        Ok(format!("sent {}", self.to))
    }
}

/// Let one note go out.
#[derive(Tool)]
struct Release {}

impl Run<Desk> for Release {
    type Output = ();

    async fn run(self, desk: &Desk, _: &Context) -> Result<()> {
        desk.releases.add_permits(1);
        Ok(())
    }
}

/// Never answer.
#[derive(Tool)]
struct Hang {}

/// Counts when it is dropped.
struct Counts<'a>(&'a AtomicUsize);

impl Drop for Counts<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

impl Run<Desk> for Hang {
    type Output = ();

    async fn run(self, desk: &Desk, _: &Context) -> Result<()> {
        let _counts = Counts(&desk.dropped);
        desk.begun.fetch_add(1, Ordering::AcqRel);
        pending().await
    }
}

/// How many calls of `hang` have begun here, and how many of those were dropped.
#[derive(Tool)]
#[tool(read_only)]
struct Hung {}

impl Run<Desk> for Hung {
    type Output = String;

    async fn run(self, desk: &Desk, _: &Context) -> Result<String> {
        // In this order, so that none is seen to be dropped before it began.
        let dropped = desk.dropped.load(Ordering::Acquire);
        Ok(format!("{} {dropped}", desk.begun.load(Ordering::Acquire)))
    }
}

/// How many bytes a text has.
#[derive(Tool)]
#[tool(read_only)]
struct Length {
    text: String,
}

impl Run<Desk> for Length {
    type Output = String;

    async fn run(self, _: &Desk, _: &Context) -> Result<String> {
        Ok(self.text.len().to_string())
    }
}

/// Which process answers.
#[derive(Tool)]
#[tool(read_only)]
struct Node {}

impl Run<Desk> for Node {
    type Output = String;

    async fn run(self, _: &Desk, _: &Context) -> Result<String> {
        Ok(process::id().to_string())
    }
}

async fn judge(credentials: Credentials) -> Result<Identity, Verdict> {
    match bearer(&credentials)?.expose() {
        TOKEN => Ok(Identity::new(Key::new("proxy", "somebody"))),
        _ => Err(Verdict::Refused(Refusal::invalid("that is not the token"))),
    }
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let http = http::listen()
        .auth(auth_fn(judge).authorization_servers(["https://issuer.example"]))
        // So that nobody has to wait long for one.
        .limits(Limits::default().keep_alive(Duration::from_millis(250)))
        .on_listen(|at| println!("node: http://{}/mcp", at.addr));
    let desk = Desk {
        releases: Semaphore::new(0),
        begun: AtomicUsize::new(0),
        dropped: AtomicUsize::new(0),
    };
    let server = Server::new("proxy", "1.0.0")
        .state(desk)
        .tool::<Notes>()
        .tool::<Release>()
        .tool::<Hang>()
        .tool::<Hung>()
        .tool::<Length>()
        .tool::<Node>();
    // Nothing changes, but it could, so clients may watch.
    let _live = server.live();
    server.serve(http).await
}
