//! The example with client certificates.

use std::process::Command;

use crate::Result;
use crate::certificates::{self, Holder};
use crate::server::{self, Server};

const FOLDER: &str = "target/mtls";

/// A token counts with its certificate, and without it does not.
pub(super) fn check() -> Result {
    let program = server::build("--example", "mtls")?;
    certificates::mint(FOLDER)?;
    let mut command = Command::new(program);
    command
        .arg(certificates::thumbprint(FOLDER)?)
        .env("TOOLGATE_TLS_CERT", format!("{FOLDER}/server.pem"))
        .env("TOOLGATE_TLS_KEY", format!("{FOLDER}/server.key"))
        .env("TOOLGATE_TLS_CLIENT_CA", format!("{FOLDER}/ca.pem"));
    let server = Server::start(&mut command)?;
    let endpoint = server.line("endpoint", |line| server::after(line, "endpoint:"))?;
    let token = server.line("token", |line| server::after(line, "token:"))?;
    let holder = Holder { folder: FOLDER, url: &endpoint, token: &token };
    let own = holder.who("--cert client.pem --key client.key")?;
    if !own.starts_with("HTTP/2 200") || !own.contains(r#""text":"ann""#) {
        return Err(format!("with its certificate the token got: {own}").into());
    }
    for other in ["", "--cert other.pem --key other.key"] {
        let refused = holder.who(other)?;
        if !refused.starts_with("HTTP/2 401") || !refused.contains("invalid_token") {
            return Err(format!("with {other:?} in its place the token got: {refused}").into());
        }
    }
    println!("over mutual TLS: with its certificate 200, without it and with another 401");
    Ok(())
}
