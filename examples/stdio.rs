//! Tools over standard input and output, for a client that starts this program itself.
//!
//! With `TOOLGATE_API_KEYS` (a file of hashes) `TOOLGATE_TOKEN` says who the client is, and has to be
//! right; without it whoever starts the program may call. The log is on standard error, as is
//! whatever a tool prints.

use std::time::Duration;

use toolgate::{auth::ApiKeys, core::env::Env, prelude::*};

/// Add two numbers.
#[derive(Tool)]
#[tool(read_only)]
struct Add {
    a: i64,
    b: i64,
}

impl Run for Add {
    type Output = i64;

    async fn run(self, _: &(), _: &Context) -> Result<i64> {
        self.a.checked_add(self.b).ok_or_else(|| ToolError::shown("the sum is too large"))
    }
}

/// Count slowly, with progress.
#[derive(Tool)]
struct Count {
    /// How far.
    to: u32,
}

impl Run for Count {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        for step in 1..=self.to {
            cx.progress(f64::from(step)).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(format!("counted to {}", self.to))
    }
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let server = Server::new("stdio", "1.0.0").tool::<Add>().tool::<Count>();
    match ApiKeys::from_env(&Env::process())? {
        Some(keys) => server.serve(stdio::listen().auth(keys.build()?)).await,
        None => server.open().serve(stdio::listen()).await,
    }
}
