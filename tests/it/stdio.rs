//! Servers on standard input and output, as processes of their own.

mod changes;
mod child;

use serde_json::{Value, json};

use self::child::Piped;
use crate::support::{mcp, old};

const EXAMPLE: &str = env!("CARGO_BIN_EXE_stdio");
const NOISY: &str = env!("CARGO_BIN_EXE_noisy");
const SESAME: (&str, &str) = ("TOOLGATE_TOKEN", "open-sesame");

fn noisy(drain: &str) -> Piped {
    Piped::start(NOISY, &[drain], &[SESAME])
}

fn call(id: i64, tool: &str) -> Value {
    mcp::call(id, tool, json!({}))
}

fn said(reply: &Value) -> &str {
    reply["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{reply}"))
}

#[tokio::test]
async fn the_example_serves_both_eras_and_ends_with_its_input() {
    let mut server = Piped::start(EXAMPLE, &[], &[]);
    let sum = json!({"a": 1, "b": 2});
    let reply = server.ask(&mcp::call(1, "add", sum.clone())).await;
    assert_eq!((said(&reply), &reply["result"]["resultType"]), ("3", &json!("complete")));
    let begun = server.ask(&old::handshake("2025-06-18")).await;
    assert_eq!(begun["result"]["protocolVersion"], "2025-06-18");
    server.send(&old::notification("notifications/initialized", json!({}))).await;
    let reply = server.ask(&old::call(2, "add", sum)).await;
    assert_eq!((said(&reply), &reply["result"]["resultType"]), ("3", &Value::Null));
    let list = server.ask(&mcp::message(3, "tools/list", json!({}))).await;
    assert_eq!(list["result"]["tools"].as_array().map(Vec::len), Some(2));
    let count = mcp::with_progress(mcp::call(4, "count", json!({"to": 3})), "p");
    server.send(&count).await;
    for step in 1..=3 {
        let note = server.line().await.unwrap();
        assert_eq!(note["method"], "notifications/progress");
        assert_eq!(note["params"]["progress"].as_f64(), Some(f64::from(step)));
    }
    assert_eq!(said(&server.line().await.unwrap()), "counted to 3");
    server.input = None;
    assert!(server.line().await.is_none());
    let (status, log) = server.ended().await;
    assert!(status.success(), "{status}: {log}");
}

#[tokio::test]
async fn what_was_asked_before_the_end_of_the_input_is_answered() {
    let mut server = Piped::start(EXAMPLE, &[], &[]);
    server.send(&old::handshake(old::LATEST)).await;
    server.send(&old::call(1, "count", json!({"to": 2}))).await;
    server.input = None;
    assert_eq!(server.line().await.unwrap()["id"], 7);
    assert_eq!(said(&server.line().await.unwrap()), "counted to 2");
    assert!(server.line().await.is_none());
    assert!(server.ended().await.0.success());
}

#[tokio::test]
async fn a_client_may_start_it_twice() {
    let mut servers = [Piped::start(EXAMPLE, &[], &[]), Piped::start(EXAMPLE, &[], &[])];
    for server in &mut servers {
        let probe = mcp::message(1, "server/discover", json!({}));
        assert_eq!(server.ask(&probe).await["result"]["supportedVersions"], json!(["2026-07-28"]));
    }
}

#[tokio::test]
async fn whatever_prints_is_not_heard_among_the_messages() {
    let mut server = noisy("0");
    // Each line is looked at by `line`.
    let reply = server.ask(&call(1, "print")).await;
    assert_eq!(said(&reply), r#"ali baba true """#);
    let reply = server.ask(&call(2, "panic")).await;
    assert_eq!(reply["error"]["code"], -32603);
    let incident = reply["error"]["message"].as_str().unwrap().rsplit(' ').next().unwrap();
    server.input = None;
    assert!(server.line().await.is_none());
    let (status, log) = server.ended().await;
    assert!(status.success(), "{log}");
    assert!(log.contains("again: Err(standard input and output cannot be taken"), "{log}");
    for said in ["forged", "half a line", "an error", "said by a child", "judging", incident] {
        assert!(log.contains(said), "{said:?} is missing in {log}");
    }
    assert!(!log.contains("open-sesame"));
}

#[tokio::test]
async fn who_is_refused_is_not_served() {
    let rows: [(&[(&str, &str)], &str); 3] = [
        (&[], "authentication is required"),
        (&[("TOOLGATE_TOKEN", "s3cr3t")], "the cave stays shut"),
        (&[("TOOLGATE_TOKEN_FILE", "/no/such/file")], "TOOLGATE_TOKEN_FILE cannot be read"),
    ];
    for (variables, expected) in rows {
        let mut server = Piped::start(NOISY, &["0"], variables);
        assert!(server.line().await.is_none());
        let (status, log) = server.ended().await;
        assert_eq!(status.code(), Some(1), "{log}");
        let last = log.lines().last().unwrap_or_default();
        assert!(last.starts_with("Error: refused to start: ") && last.contains(expected), "{log}");
        assert!(!log.contains("s3cr3t"), "{log}");
    }
}

#[tokio::test]
async fn a_signal_ends_it_while_its_input_is_open() {
    for (program, signal) in [(EXAMPLE, "TERM"), (EXAMPLE, "INT"), (NOISY, "TERM")] {
        let mut server = Piped::start(program, &["0"], &[SESAME]);
        server.ask(&mcp::message(1, "tools/list", json!({}))).await;
        if program == NOISY {
            server.send(&call(2, "hang")).await;
            server.logged("hanging").await;
        }
        server.signal(signal).await;
        assert!(server.line().await.is_none());
        let (status, log) = server.ended().await;
        assert!(status.success() && server.input.is_some(), "{status}: {log}");
    }
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let hour = "3600000";
    // Told by a signal, or by the end of its input, it waits for its calls.
    for first in ["TERM", "the end of the input"] {
        let mut server = noisy(hour);
        server.send(&call(1, "hang")).await;
        server.logged("hanging").await;
        match first {
            "TERM" => server.signal(first).await,
            _ => server.input = None,
        }
        server.logged("stopping").await;
        server.signal("TERM").await;
        assert!(server.ended().await.0.success(), "{first}");
    }
}

#[tokio::test]
async fn calls_that_never_end_do_not_keep_it() {
    let mut server = noisy("0");
    server.send(&call(1, "hang")).await;
    server.logged("hanging").await;
    server.input = None;
    let (status, log) = server.ended().await;
    assert!(status.success() && log.contains("cut off"), "{status}: {log}");
}

#[tokio::test]
async fn nor_does_a_client_that_does_not_read() {
    for end in ["TERM", "the end of the input"] {
        let mut server = noisy("0");
        for id in 0..8 {
            server.send(&call(id, "large")).await;
        }
        server.send(&call(9, "hang")).await;
        server.logged("hanging").await;
        match end {
            "TERM" => server.signal(end).await,
            _ => server.input = None,
        }
        // The pipe is full, and a thread waits in the middle of a line.
        let (status, log) = server.ended().await;
        assert!(status.success(), "{status}: {log}");
        assert!(log.contains("does not read its last answers"), "{end}: {log}");
    }
}

#[tokio::test]
async fn with_nobody_to_read_it_ends() {
    let mut server = noisy("0");
    server.send(&call(1, "hang")).await;
    server.logged("hanging").await;
    server.output = None;
    server.send(&call(2, "large")).await;
    let (status, log) = server.ended().await;
    assert!(status.success(), "{status}: {log}");
}
