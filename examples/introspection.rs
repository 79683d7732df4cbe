//! Opaque tokens: their issuer is asked about each, once a minute.
//!
//! Reads `TOOLGATE_ISSUER`, `CLIENT_ID` and `CLIENT_SECRET` of this server at the issuer,
//! `TOOLGATE_PUBLIC_URL` and `TOOLGATE_ADDR`.

use std::time::Duration;

use toolgate::{StartError, auth::introspection, prelude::*};

/// Tell who the caller is.
#[derive(Tool)]
#[tool(read_only, scopes("profile"))]
struct Who;

impl Run for Who {
    type Output = String;
    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(cx.identity()?.key.subject.to_string())
    }
}

fn variable(name: &str) -> Result<String, StartError> {
    std::env::var(name).map_err(|_| StartError::new(format!("{name} is not set")))
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let tokens = introspection(variable("TOOLGATE_ISSUER")?)
        .client_secret(variable("CLIENT_ID")?, variable("CLIENT_SECRET")?)
        // So long may a token go on that was revoked.
        .remember(Duration::from_secs(60), Duration::from_secs(10));
    let http = http::listen().auth(tokens.build()?);
    Server::new("who", "1.0.0").tool::<Who>().serve(http).await
}
