//! Standard headers against the body: the body is the truth, and a header that says something else
//! is refused.

use serde_json::json;

use super::{echo, of_ann, said, start};
use crate::support::{client::Ask, mcp};

const MIRRORED: &[&str] = &["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"];

#[tokio::test]
async fn each_header_is_needed_once_and_as_the_body_has_it() {
    let server = start().await;
    for name in MIRRORED {
        let fine = of_ann(&echo());
        let value = fine.fields.iter().find(|(known, _)| known == name).expect("it is there");
        let value = value.1.clone();
        let rows: Vec<(&str, Ask)> = vec![
            ("missing", fine.clone().without(name)),
            ("empty", fine.clone().with(name, "")),
            ("different", fine.clone().with(name, "other")),
            ("upper case", fine.clone().with(name, &value.to_uppercase()).adding("X-V", &value)),
            ("twice", fine.clone().adding(name, &value)),
            ("a list", fine.clone().with(name, &format!("{value}, {value}"))),
            ("longer", fine.clone().with(name, &format!("{value}x"))),
            ("not ASCII", fine.clone().with(name, "é")),
        ];
        for (fault, ask) in rows {
            // A date has no upper case.
            if fault == "upper case" && value.to_uppercase() == value {
                continue;
            }
            let reply = server.send(&ask).await;
            assert_eq!(reply.outcome(), (400, Some(-32020)), "{name} {fault}");
            assert_eq!(reply.json()["id"], 7, "{name} {fault}");
            assert_eq!(reply.field("content-type"), Some("application/json"));
        }
    }
}

#[tokio::test]
async fn names_have_no_case_and_space_around_values_does_not_count() {
    let server = start().await;
    let mut ask = of_ann(&echo());
    for (name, value) in &mut ask.fields {
        *name = name.to_uppercase();
        *value = format!(" \t{value}\t ");
    }
    assert_eq!(said(&server.send(&ask).await), "hi");
}

/// `echo` is `ZWNobw==` in Base64.
#[tokio::test]
async fn a_name_may_come_as_base64() {
    let server = start().await;
    let with = |value: &str| of_ann(&echo()).with("Mcp-Name", value);
    assert_eq!(said(&server.send(&with("=?base64?ZWNobw==?=")).await), "hi");
    for (fault, value) in [
        ("another name", "=?base64?ZWNobzI=?="),
        ("no padding", "=?base64?ZWNobw?="),
        ("wrong alphabet", "=?base64?ZWN*bw==?="),
        ("not UTF-8", "=?base64?/w==?="),
        ("no end", "=?base64?ZWNobw=="),
        ("no start", "ZWNobw==?="),
        ("upper case", "=?BASE64?ZWNobw==?="),
        ("empty", "=?base64??="),
        ("twice", "=?base64?PT9iYXNlNjQ/WldOb2J3PT0/PQ==?="),
    ] {
        assert_eq!(server.send(&with(value)).await.outcome(), (400, Some(-32020)), "{fault}");
    }
}

#[tokio::test]
async fn a_name_that_no_header_can_carry_is_compared_after_decoding() {
    let server = start().await;
    // There is no such tool, so agreement shows as the answer to that.
    for (name, header, agrees) in [
        ("écho", "=?base64?w6ljaG8=?=", true),
        (" echo", "=?base64?IGVjaG8=?=", true),
        ("=?base64?x?=", "=?base64?PT9iYXNlNjQ/eD89?=", true),
        ("=?base64?ZWNobw==?=", "=?base64?ZWNobw==?=", false),
        ("écho", "écho", false),
        ("Echo", "echo", false),
    ] {
        let ask = of_ann(&mcp::call(7, name, json!({}))).with("Mcp-Name", header);
        let expected = if agrees { (200, Some(-32602)) } else { (400, Some(-32020)) };
        assert_eq!(server.send(&ask).await.outcome(), expected, "{name} {header}");
    }
}

#[tokio::test]
async fn a_request_without_a_name_needs_no_name_header() {
    let server = start().await;
    let ask = of_ann(&mcp::message(7, "tools/list", json!({})));
    assert!(ask.fields.iter().all(|(name, _)| name != "Mcp-Name"));
    assert_eq!(server.send(&ask).await.status, 200);
    assert_eq!(server.send(&ask.with("Mcp-Method", "tools/call")).await.status, 400);
}

#[tokio::test]
async fn a_name_in_the_header_alone_is_refused() {
    let server = start().await;
    let nameless = mcp::message(7, "tools/call", json!({"arguments": {}}));
    let ask = of_ann(&nameless).with("Mcp-Name", "echo");
    assert_eq!(server.send(&ask).await.outcome(), (400, Some(-32020)));
    // In neither, it is a call without a tool.
    assert_eq!(server.send(&of_ann(&nameless)).await.json()["error"]["code"], -32602);
}
