//! Tokens that a thief cannot use: each is bound to its client's certificate, and counts over
//! connections with that certificate alone (mutual TLS, RFC 8705).
//!
//! Reads `TOOLGATE_TLS_CERT`, `TOOLGATE_TLS_KEY`, `TOOLGATE_TLS_CLIENT_CA` and `TOOLGATE_ADDR`. Its
//! authorization server is for development, and binds a token to the certificate in the argument:
//!
//! ```sh
//! openssl x509 -in client.pem -outform der | openssl dgst -sha256 -binary | basenc --base64url | tr -d =
//! ```

use std::error::Error;

use serde_json::json;
use toolgate::prelude::*;
use toolgate_testkit::AuthorizationServer;

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
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let thumbprint = std::env::args().nth(1).ok_or("name the thumbprint of a certificate")?;
    let issuer = AuthorizationServer::start().await?;
    let tokens = issuer.tokens();
    // `mtls` accepts tokens that are bound to nothing, too.
    let auth = jwt(issuer.issuer()).require_mtls().build()?;
    let http = http::listen().auth(auth).on_listen(move |at| {
        let cnf = json!({ "x5t#S256": thumbprint });
        let token = tokens.token("ann").audience(&*at.endpoint).claim("cnf", cnf).sign();
        println!("endpoint: {}\ntoken: {token}", at.endpoint);
    });
    Server::new("who", "1.0.0").tool::<Who>().serve(http).await?;
    Ok(())
}
