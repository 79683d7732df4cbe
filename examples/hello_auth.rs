//! A tool for callers whose token has the scope `mcp:hello`.
//!
//! Reads `TOOLGATE_ISSUER`, `TOOLGATE_PUBLIC_URL`, `TOOLGATE_ADDR` and, where discovery is not
//! wanted, `TOOLGATE_JWKS_URI`.

use toolgate::{auth::JwtAuth, prelude::*};

/// Greet the caller.
#[derive(Tool)]
#[tool(scopes("mcp:hello"))]
struct Hello {
    /// What to say.
    greeting: String,
}

impl Run for Hello {
    type Output = String;
    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(format!("{}, {}", self.greeting, cx.identity()?.key.subject))
    }
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let http = http::listen().auth(JwtAuth::from_env()?);
    Server::new("hello", "1.0.0").tool::<Hello>().serve(http).await
}
