//! Without sessions each request of the old era stands for itself, too.

use serde_json::{Value, json};
use toolgate_core::legacy::MemorySessions;
use toolgate_transport::http;

use super::{bound, by_name, calling, echo, ping, said, server};
use crate::support::{
    client::Ask,
    old::{self, LATEST, REVISIONS},
    served::Served,
};

async fn start() -> Served {
    Served::start(server(), bound().stateless()).await
}

fn of_ann(message: &Value) -> Ask {
    old::post(message).bearer("ann")
}

#[tokio::test]
async fn a_handshake_is_answered_and_nothing_begins() {
    let server = start().await;
    for revision in REVISIONS {
        let reply = server.send(&of_ann(&old::handshake(revision))).await;
        assert_eq!(reply.json()["result"]["protocolVersion"], revision);
        assert_eq!(reply.field("mcp-session-id"), None);
    }
    let ready = old::notification("notifications/initialized", json!({}));
    assert_eq!(server.send(&of_ann(&ready)).await.status, 202);
    assert_eq!(server.send(&of_ann(&ping())).await.json()["result"], json!({}));
}

#[tokio::test]
async fn the_header_tells_the_revision_and_without_one_it_is_the_first_with_http() {
    let server = start().await;
    for (header, spoken) in
        REVISIONS.map(|it| (Some(it), it)).into_iter().chain([(None, "2025-03-26")])
    {
        let mut ask = of_ann(&calling("client"));
        if let Some(header) = header {
            ask = ask.with("MCP-Protocol-Version", header);
        }
        assert_eq!(said(&server.send(&ask).await), format!("Some({spoken:?}) false {{}}"));
    }
    for header in ["v999", "1999-01-01", "2026-07-28"] {
        let ask = of_ann(&echo()).with("MCP-Protocol-Version", header);
        assert_eq!(server.send(&ask).await.status, 400, "{header}");
    }
}

#[tokio::test]
async fn there_is_nothing_to_end_to_stream_or_to_answer() {
    let server = start().await;
    for method in ["DELETE", "GET"] {
        for session in [None, Some("some-session")] {
            let mut ask = Ask::new(method, "/mcp").bearer("ann");
            if let Some(session) = session {
                ask = ask.with("Mcp-Session-Id", session);
            }
            let reply = server.send(&ask).await;
            assert_eq!((reply.status, reply.field("allow")), (405, Some("POST")), "{method}");
        }
    }
    let answer = json!({"jsonrpc": "2.0", "id": 7, "result": {}});
    assert_eq!(server.send(&of_ann(&answer)).await.outcome(), (400, Some(-32600)));
}

/// Whose call an id means nobody can say, and a level could be kept nowhere.
#[tokio::test]
async fn what_would_have_to_be_remembered_is_not() {
    let server = start().await;
    let ask = of_ann(&old::message(7, "logging/setLevel", json!({"level": "emergency"})));
    assert_eq!(server.send(&ask).await.json()["result"], json!({}));
    let reply = server.send(&of_ann(&calling("steps")).with("MCP-Protocol-Version", LATEST)).await;
    assert!(reply.text().contains(r#""level":"info""#), "{}", reply.text());
    assert_eq!(server.send(&of_ann(&old::cancel(7))).await.status, 202);
}

#[test]
fn sessions_that_are_kept_contradict_it() {
    let both = http::service(server()).auth(by_name()).public_url("https://mcp.example/mcp");
    let both = both.stateless().sessions(MemorySessions::new());
    let told = both.build().expect_err("a contradiction").to_string();
    assert!(told.contains("stateless") && told.contains("sessions"), "{told}");
}
