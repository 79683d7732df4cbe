//! The server that clients of others are held against: a sum for callers with the scope `calc:add`,
//! and a count that reports its progress.
//!
//! Reads what `examples/hello_auth.rs` reads.

use toolgate::{auth::JwtAuth, prelude::*};

/// Add two numbers.
#[derive(Tool)]
#[tool(read_only, scopes("calc:add"))]
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

/// Count, reporting each step.
#[derive(Tool)]
struct Count {
    /// How far.
    to: u8,
}

impl Run for Count {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        for step in 1..=self.to {
            cx.progress(f64::from(step)).await?;
        }
        Ok(format!("{} counted to {}", cx.identity()?.key.subject, self.to))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let server = Server::new("clients", "1.0.0").tool::<Add>().tool::<Count>();
    let auth = JwtAuth::from_env()?;
    match std::env::args().nth(1).as_deref() {
        None => server.serve(http::listen().auth(auth)).await?,
        Some("--stdio") => server.serve(stdio::listen().auth(auth)).await?,
        Some(word) => return Err(format!("`{word}` is not known: http, or --stdio").into()),
    }
    Ok(())
}
