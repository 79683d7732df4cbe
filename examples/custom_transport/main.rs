//! A transport of one's own: length-prefixed JSON over a Unix socket.
//!
//! The first frame of a connection is its credentials, `[["authorization", "Bearer .."]]`. Each
//! further one is a JSON-RPC message; a request is answered by its notes and then by a result or an
//! error. Requests on one connection run at the same time, each judged by itself. Closing the
//! connection cancels them.
//!
//! `transport.rs` is written against the seam, `toolgate::core`, and nothing else of toolgate;
//! `tests/it/contract/` holds it to `toolgate_testkit::contract`, as yours should be held.
//!
//! `cargo run --example custom_transport -- --demo` makes one call and ends.

pub(crate) mod frames;
pub(crate) mod transport;

use std::{io, path::Path, process};

use toolgate::{
    Credentials, Identity, Key, Refusal, Shutdown, Transport, Verdict, auth::bearer,
    core::IntoService, prelude::*,
};

use self::{frames::connect, transport::UnixTransport};

/// Greet the caller.
#[derive(Tool)]
struct Hello {}

impl Run for Hello {
    type Output = String;

    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        Ok(format!("hello, {}", cx.identity()?.key.subject))
    }
}

async fn judge(credentials: Credentials) -> std::result::Result<Identity, Verdict> {
    match bearer(&credentials)?.expose() {
        "open-sesame" => Ok(Identity::new(Key::new("cave", "ali baba"))),
        _ => Err(Refusal::invalid("the cave stays shut").into()),
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let path = std::env::temp_dir().join(format!("toolgate-{}.sock", process::id()));
    let transport = UnixTransport::bind(&path, auth_fn(judge))?;
    let service = Server::new("custom", "1.0.0").tool::<Hello>().into_service()?;
    let (trigger, until) = Shutdown::new();
    let served = tokio::spawn(transport.serve(service, until));
    println!("listening: {}", path.display());
    if std::env::args().any(|word| word == "--demo") {
        println!("answer: {}", demonstrate(&path).await?);
    } else {
        tokio::signal::ctrl_c().await?;
    }
    trigger.request();
    Ok(served.await??)
}

async fn demonstrate(path: &Path) -> io::Result<String> {
    let (mut reader, writer) = connect(path, Some("open-sesame")).await?;
    let meta = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
    let params = format!(r#"{{"name":"hello","arguments":{{}},"_meta":{meta}}}"#);
    let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
    writer.send(request.as_bytes()).await?;
    let answer = reader.next().await?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
