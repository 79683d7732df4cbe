//! What the log says of refusals: why, and what would change it; and never a secret.

use serde_json::json;

use super::{Hello, hello};
use crate::support::{client::Ask, mcp};

/// Refusals that a setting, or another token, would change.
fn mendable(server: &Hello) -> Vec<(&'static str, Ask)> {
    let token = server.token();
    let fine = hello().bearer(&token);
    let large = mcp::post(&mcp::call(7, "hello", json!({"greeting": "x".repeat(2000)})));
    vec![
        ("no token", hello()),
        ("garbage", hello().bearer("garbage")),
        ("another scheme", hello().with("Authorization", "Basic YWRhOnB3")),
        ("a token in the query", hello().at(&format!("/mcp?access_token={token}"))),
        ("two tokens", fine.clone().adding("Authorization", "Bearer x")),
        ("no scope", hello().bearer(&server.token_with(&[]))),
        ("an evil origin", fine.clone().with("Origin", "https://evil.example")),
        ("a foreign host", fine.with("Host", "evil.example")),
        ("too large", large.bearer(&token)),
    ]
}

#[tokio::test]
async fn each_refusal_is_one_line_with_a_reason_and_a_remedy() {
    let mut server = Hello::start_with(&[("TOOLGATE_MAX_BODY", "1000")]).await;
    let mut without = Vec::new();
    for (name, ask) in mendable(&server) {
        let reply = server.send(&ask).await;
        let mut lines = server.program.log().await;
        lines.retain(|line| line.contains(": refused "));
        let told = format!(": refused status={} method=\"POST\" reason=\"", reply.status);
        let [line] = &lines[..] else { panic!("{name}: one line, and not {lines:#?}") };
        assert!(line.contains(&told), "{name}: {line} should say {told}");
        for field in ["reason", "remedy"] {
            if line.contains(&format!(r#"{field}="""#)) {
                without.push(format!("{name} has no {field}"));
            }
        }
    }
    assert_eq!(without, [""; 0]);
}

#[tokio::test]
async fn what_a_peer_sent_is_in_no_line() {
    let mut server = Hello::start_with(&[("TOOLGATE_MAX_BODY", "1000")]).await;
    let token = server.token();
    for (_, ask) in mendable(&server) {
        server.send(&ask.with("X-Any", "s3cr3t-field")).await;
    }
    let secret = |ask: Ask| ask.bearer("s3cr3t-token");
    let body = json!({"greeting": "s3cr3t-argument"});
    for ask in [
        secret(hello()),
        secret(hello().with("Host", "s3cr3t-host.example")),
        secret(hello().with("Origin", "https://s3cr3t-origin.example")),
        secret(hello().at("/s3cr3t-path?access_token=s3cr3t-query")),
        hello().bearer(&token).body("s3cr3t-body"),
        hello().bearer(&token).with("Mcp-Method", "s3cr3t-method"),
        mcp::post(&mcp::call(7, "s3cr3t-tool", json!({}))).bearer(&token),
        mcp::post(&mcp::message("s3cr3t-id", "s3cr3t/method", json!({}))).bearer(&token),
        mcp::post(&mcp::call(7, "hello", body)).bearer(&token),
        Ask::new("S3CR3T-METHOD", "/mcp").bearer(&token),
    ] {
        server.send(&ask).await;
    }
    server.program.terminate().await;
    server.program.ended().await;
    let log = server.program.whole_log().await;
    assert!(log.len() > 10, "{log:#?}");
    for line in &log {
        assert!(!line.to_ascii_lowercase().contains("s3cr3t"), "{line}");
        for part in token.split('.') {
            assert!(!line.contains(part), "a part of a token: {line}");
        }
    }
}
