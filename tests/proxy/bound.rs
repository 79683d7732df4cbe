//! A server behind a reverse proxy that tells the certificates of clients: its token counts with its
//! certificate alone.
//!
//! Reads `TOOLGATE_ADDR` and `TOOLGATE_PUBLIC_URL`. The first word is the thumbprint of the certificate,
//! the second the address that the proxy connects from.
#![expect(clippy::print_stdout, reason = "it says where it listens on its standard output")]

use std::env;
use std::error::Error;

use serde_json::json;
use toolgate::http::CertificateHeader;
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
    let words: Vec<String> = env::args().skip(1).collect();
    let [thumbprint, proxy] = words.try_into().map_err(|_| "two words")?;
    let issuer = AuthorizationServer::start().await?;
    let tokens = issuer.tokens();
    let http = http::listen()
        .auth(jwt(issuer.issuer()).require_mtls().build()?)
        .danger()
        .trust_certificate_header(CertificateHeader::EscapedPem("x-client-cert".into()), [&*proxy])
        .trusted_proxies([&*proxy])
        .on_listen(move |at| {
            let cnf = json!({ "x5t#S256": thumbprint });
            let token = tokens.token("ann").audience(&*at.endpoint).claim("cnf", cnf).sign();
            println!("token: {token}\nnode: http://{}/mcp", at.addr);
        });
    Server::new("bound", "1.0.0").tool::<Who>().serve(http).await?;
    Ok(())
}
