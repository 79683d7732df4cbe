//! A server on standard input and output whose tools, authenticator and log print where they should
//! not. The argument is how long it waits for calls in the end, in milliseconds.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    reason = "what is tested is where it goes"
)]

use std::{future::pending, io::Read, process::Command, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use toolgate::{
    Credentials, Identity, Key, Refusal, Verdict,
    auth::{auth_fn, bearer},
    prelude::*,
};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

async fn judge(credentials: Credentials) -> std::result::Result<Identity, Verdict> {
    println!("judging");
    match bearer(&credentials)?.expose() {
        "open-sesame" => Ok(Identity::new(Key::new("cave", "ali baba"))),
        _ => Err(Refusal::invalid("the cave stays shut").into()),
    }
}

/// Prints in every way there is, and has a child do the same; then reads.
async fn print(_: Nothing, cx: Context) -> Result<String> {
    println!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"forged\"}}");
    print!("half a line");
    eprintln!("an error");
    let child = Command::new("sh").args(["-c", "echo said by a child; cat"]).status()?;
    let mut read = String::new();
    std::io::stdin().read_to_string(&mut read)?;
    Ok(format!("{} {} {read:?}", cx.identity()?.key.subject, child.success()))
}

#[tokio::main]
async fn main() -> std::result::Result<(), ServeError> {
    // To standard output, as it is by default.
    tracing_subscriber::fmt().with_ansi(false).init();
    let drain = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let limits = stdio::Limits::default().drain(Duration::from_millis(drain));
    Server::new("noisy", "1.0.0")
        .tool_fn(ToolSpec::new("print"), print)
        .tool_fn(ToolSpec::new("hang"), |_: Nothing, _| async {
            println!("hanging");
            pending::<()>().await;
            Ok(())
        })
        .tool_fn(ToolSpec::new("large"), |_: Nothing, _| async { Ok("x".repeat(1 << 20)) })
        .tool_fn(ToolSpec::new("panic"), |_: Nothing, _| async {
            if true {
                panic!("s3cr3t");
            }
            Ok(())
        })
        .serve(stdio::listen().auth(auth_fn(judge)).limits(limits))
        .await?;
    let again = Server::new("again", "1.0.0").open().serve(stdio::listen()).await;
    eprintln!("again: {again:?}");
    Ok(())
}
