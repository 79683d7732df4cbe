//! Tokens that a thief cannot use: each is bound to its client's key, and every request proves that
//! (DPoP, RFC 9449), with a nonce of this server's, so that nobody makes proofs ahead of time.
//!
//! Reads `TOOLGATE_ISSUER`, `TOOLGATE_PUBLIC_URL` and `TOOLGATE_ADDR`.

use toolgate::{
    StartError,
    auth::{Jwt, dpop::Nonces},
    core::env::Env,
    prelude::*,
};

/// Tell who the caller is.
#[derive(Tool)]
#[tool(read_only)]
struct Who;

impl Run for Who {
    type Output = String;
    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(cx.identity()?.key.subject.to_string())
    }
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let unset = || StartError::new("TOOLGATE_ISSUER is not set");
    let tokens = Jwt::from_env(&Env::process())?.ok_or_else(unset)?;
    // `dpop` accepts tokens without a key, too. Servers behind a balancer share keys: `Nonces::shared`.
    let tokens = tokens.require_dpop().dpop_nonces(Nonces::random()?);
    let http = http::listen().auth(tokens.build()?);
    Server::new("who", "1.0.0").tool::<Who>().serve(http).await
}
