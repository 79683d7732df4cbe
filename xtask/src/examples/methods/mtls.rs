//! The example with client certificates: certificates are made by openssl, and curl shows one.

use std::fs;
use std::process::Command;

use super::super::META;
use crate::Result;
use crate::command::{output, program, run};
use crate::server::{self, Server};

const FOLDER: &str = "target/mtls";
const EXAMPLE: &str = "examples/mtls.rs";

/// What openssl puts into certificates of each kind.
const KINDS: &str = "\
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[server]
subjectAltName = IP:127.0.0.1
extendedKeyUsage = serverAuth
[client]
extendedKeyUsage = clientAuth
";

/// A token counts with its certificate, and without it does not.
pub(super) fn check() -> Result {
    let program = server::build("--example", "mtls")?;
    certificates()?;
    let thumbprint = output(self::program("sh", "-c").arg(told()?).current_dir(FOLDER))?;
    let mut command = Command::new(program);
    command
        .arg(thumbprint.trim())
        .env("TOOLGATE_TLS_CERT", format!("{FOLDER}/server.pem"))
        .env("TOOLGATE_TLS_KEY", format!("{FOLDER}/server.key"))
        .env("TOOLGATE_TLS_CLIENT_CA", format!("{FOLDER}/ca.pem"));
    let server = Server::start(&mut command)?;
    let endpoint = server.line("endpoint", |line| server::after(line, "endpoint:"))?;
    let token = server.line("token", |line| server::after(line, "token:"))?;
    let ask = |with: &str| {
        let line = call(&endpoint, &token, with);
        output(self::program("sh", "-c").arg(line).current_dir(FOLDER))
    };
    let own = ask("--cert client.pem --key client.key")?;
    if !own.starts_with("HTTP/2 200") || !own.contains(r#""text":"ann""#) {
        return Err(format!("with its certificate the token got: {own}").into());
    }
    for other in ["", "--cert other.pem --key other.key"] {
        let refused = ask(other)?;
        if !refused.starts_with("HTTP/2 401") || !refused.contains("invalid_token") {
            return Err(format!("with {other:?} in its place the token got: {refused}").into());
        }
    }
    println!("over mutual TLS: with its certificate 200, without it and with another 401");
    Ok(())
}

/// The line that the example's readers are told.
fn told() -> Result<String> {
    let text = fs::read_to_string(EXAMPLE)?;
    let line = text.lines().find_map(|line| line.strip_prefix("//! openssl "));
    Ok(format!("openssl {}", line.ok_or("the example tells no line of openssl")?))
}

/// An authority, and what it has signed: for the server, for a client, for another.
fn certificates() -> Result {
    fs::create_dir_all(FOLDER)?;
    fs::write(format!("{FOLDER}/kinds"), KINDS)?;
    for (name, kind, signed) in [
        ("ca", "ca", ""),
        ("server", "server", "-CA ca.pem -CAkey ca.key"),
        ("client", "client", "-CA ca.pem -CAkey ca.key"),
        ("other", "client", "-CA ca.pem -CAkey ca.key"),
    ] {
        let words = format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -config kinds \
             -extensions {kind} -subj /CN={name} -keyout {name}.key -out {name}.pem {signed}"
        );
        run(program("openssl", &words).current_dir(FOLDER))?;
    }
    Ok(())
}

fn call(url: &str, token: &str, with: &str) -> String {
    let params = format!(r#"{{"name":"who","arguments":{{}},"_meta":{META}}}"#);
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
    format!(
        "curl -s --show-error --include --max-time 10 --cacert ca.pem {with} {url} \
         -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
         -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
         -H 'Mcp-Method: tools/call' -H 'Mcp-Name: who' -d '{body}'"
    )
}
