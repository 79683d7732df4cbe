//! What every result carries, and what becomes of calls that fail.

use serde_json::{Value, json};
use toolgate_testkit::Logs;

use super::{echo, of_ann, start};
use crate::support::mcp;

fn server_info() -> Value {
    json!({mcp::SERVER_KEY: {"name": "wire", "version": "1.2.3"}})
}

#[tokio::test]
async fn a_call_says_that_it_is_complete_and_whose_it_is_and_nothing_of_caches() {
    let server = start().await;
    let reply = server.send(&of_ann(&echo())).await.json();
    let result = json!({
        "resultType": "complete",
        "content": [{"type": "text", "text": "hi"}],
        "_meta": server_info(),
    });
    assert_eq!(reply, json!({"jsonrpc": "2.0", "id": 7, "result": result}));
}

#[tokio::test]
async fn lists_and_discovery_say_how_they_may_be_kept() {
    let server = start().await;
    for method in ["tools/list", "server/discover"] {
        let reply = server.send(&of_ann(&mcp::message("q", method, json!({})))).await.json();
        let result = &reply["result"];
        assert_eq!((&reply["id"], &result["resultType"]), (&json!("q"), &json!("complete")));
        assert!(result["ttlMs"].is_u64(), "{method}: {}", result["ttlMs"]);
        assert_eq!(result["cacheScope"], "private", "{method}");
        assert_eq!(result["_meta"], server_info(), "{method}");
    }
}

#[tokio::test]
async fn discovery_names_the_revisions_that_an_unsupported_one_is_told() {
    let server = start().await;
    let found = server.send(&of_ann(&mcp::message(7, "server/discover", json!({})))).await.json();
    assert_eq!(found["result"]["supportedVersions"], json!(["2026-07-28"]));
    assert_eq!(found["result"].get("serverInfo"), None, "it moved into _meta");
    let mut old = echo();
    old["params"]["_meta"][mcp::VERSION_KEY] = json!("2025-11-25");
    let reply = server.send(&of_ann(&old)).await;
    assert_eq!(reply.outcome(), (400, Some(-32022)));
    let data = &reply.json()["error"]["data"];
    assert_eq!(data["supported"], found["result"]["supportedVersions"]);
    assert_eq!(data["requested"], "2025-11-25");
}

#[tokio::test]
async fn an_unknown_tool_is_an_answer_and_not_a_verdict_on_the_server() {
    let server = start().await;
    for name in ["nope", "Echo", "../echo"] {
        let reply = server.send(&of_ann(&mcp::call(7, name, json!({})))).await;
        let error = json!({"code": -32602, "message": "unknown tool"});
        assert_eq!(reply.status, 200);
        assert_eq!(reply.json(), json!({"jsonrpc": "2.0", "id": 7, "error": error}));
    }
}

#[tokio::test]
async fn bad_arguments_are_told_to_the_model() {
    let server = start().await;
    for (arguments, words) in [
        (json!({}), "missing field `text`"),
        (json!({"text": 1}), "`text`: invalid type: integer `1`, expected a string"),
    ] {
        let reply = server.send(&of_ann(&mcp::call(7, "echo", arguments))).await;
        let result = &reply.json()["result"];
        assert_eq!((reply.status, &result["isError"]), (200, &json!(true)));
        assert_eq!(result["resultType"], "complete");
        let text = result["content"][0]["text"].as_str().expect("text");
        assert!(text.contains(words), "{text}");
    }
    for arguments in [json!([1]), json!("x"), json!(1)] {
        let reply = server.send(&of_ann(&mcp::call(7, "echo", arguments.clone()))).await;
        assert_eq!(reply.json()["error"]["code"], -32602, "{arguments}");
    }
}

#[tokio::test]
async fn a_failure_or_a_panic_is_told_by_an_id_alone_and_harms_nobody_else() {
    let server = start().await;
    for tool in ["fails", "panics"] {
        let reply = server.send(&of_ann(&mcp::call(7, tool, json!({})))).await;
        assert_eq!(reply.outcome(), (200, Some(-32603)), "{tool}");
        assert_eq!(reply.json()["id"], 7);
        let message = reply.json()["error"]["message"].as_str().expect("a message").to_owned();
        assert!(message.starts_with("internal error "), "{message}");
        assert!(!reply.text().contains("s3cr3t"), "{}", reply.text());
        assert_eq!(super::said(&server.send(&of_ann(&echo())).await), "hi");
    }
}

/// An operator has only the id that a user reports to find the cause by.
#[tokio::test]
async fn the_log_has_the_cause_under_the_id_that_was_told() {
    let (_capture, logs) = Logs::capture();
    let server = start().await;
    for (tool, cause) in [("fails", "cause=s3cr3t"), ("panics", "cause=the tool panicked")] {
        let reply = server.send(&of_ann(&mcp::call(7, tool, json!({})))).await.json();
        let message = reply["error"]["message"].as_str().expect("a message").to_owned();
        let id = message.strip_prefix("internal error ").expect("an id");
        let tells = |line: &String| line.contains("ERROR") && line.contains(id);
        let lines: Vec<_> = logs.lines().into_iter().filter(tells).collect();
        assert!(matches!(&lines[..], [line] if line.contains(cause)), "{tool}: {lines:?}");
    }
}

#[tokio::test]
async fn an_unknown_cursor_is_refused() {
    let server = start().await;
    let ask = of_ann(&mcp::message(7, "tools/list", json!({"cursor": "x"})));
    assert_eq!(server.send(&ask).await.json()["error"]["code"], -32602);
}

#[tokio::test]
async fn a_client_need_not_say_who_it_is_and_may_say_more() {
    let server = start().await;
    let mut message = echo();
    message["params"]["_meta"]["com.example/anything"] = json!([1, 2]);
    message["params"]["_meta"]["io.modelcontextprotocol/clientInfo"] =
        json!({"name": "c", "version": "1"});
    message["params"]["_meta"]["traceparent"] = json!("nonsense");
    assert_eq!(super::said(&server.send(&of_ann(&message)).await), "hi");
    message["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = json!("loud");
    assert_eq!(server.send(&of_ann(&message)).await.json()["error"]["code"], -32602);
}
