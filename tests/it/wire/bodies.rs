//! Bodies that are not one message, and heads and bodies that are too much of one.

use serde_json::{Value, json};
use toolgate_transport::http::Limits;

use super::{echo, of_ann, said, start, start_with};
use crate::support::client::{Ask, Connection};

fn with_body(body: impl Into<Vec<u8>>) -> Ask {
    of_ann(&echo()).body(body)
}

#[tokio::test]
async fn what_is_not_one_request_is_400() {
    let server = start().await;
    let request = echo().to_string();
    let rows: &[(&str, String, i64, Option<Value>)] = &[
        ("nothing", String::new(), -32700, None),
        ("half", request[..20].to_owned(), -32700, None),
        ("words", "hello".into(), -32700, None),
        ("two", format!("{request}{request}"), -32700, None),
        ("a byte order mark", format!("\u{feff}{request}"), -32700, None),
        ("a batch", format!("[{request}]"), -32600, None),
        ("an empty batch", "[]".into(), -32600, None),
        ("a string", "\"x\"".into(), -32600, None),
        ("null", "null".into(), -32600, None),
        ("a response", r#"{"jsonrpc":"2.0","id":7,"result":{}}"#.into(), -32600, None),
        (
            "an error",
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"x"}}"#.into(),
            -32600,
            None,
        ),
        ("no version", request.replace(r#""jsonrpc":"2.0","#, ""), -32600, Some(json!(7))),
        ("no method", r#"{"jsonrpc":"2.0","id":7}"#.into(), -32600, Some(json!(7))),
        ("a null id", request.replace(r#""id":7"#, r#""id":null"#), -32600, None),
        ("an object as id", request.replace(r#""id":7"#, r#""id":{}"#), -32600, None),
        ("a fraction as id", request.replace(r#""id":7"#, r#""id":7.5"#), -32600, None),
    ];
    for (name, body, code, id) in rows {
        let reply = server.send(&with_body(body.clone())).await;
        assert_eq!(reply.outcome(), (400, Some(*code)), "{name}: {}", reply.text());
        assert_eq!(reply.json().get("id"), id.as_ref(), "{name}");
    }
    let reply =
        server.send(&with_body(b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"\xff\"}")).await;
    assert_eq!(reply.outcome(), (400, Some(-32700)), "not UTF-8");
}

#[tokio::test]
async fn a_member_named_twice_is_refused_where_it_could_mislead() {
    let server = start().await;
    let request = echo().to_string();
    let twice = |what: &str| request.replacen(what, &format!("{what},{what}"), 1);
    let version = format!(r#""{}":"2026-07-28""#, crate::support::mcp::VERSION_KEY);
    let rows = [
        (r#""id":7"#, -32600),
        (r#""method":"tools/call""#, -32600),
        (r#""jsonrpc":"2.0""#, -32600),
        (r#""name":"echo""#, -32602),
        (r#""arguments":{"text":"hi"}"#, -32602),
        (&version, -32602),
    ];
    for (what, code) in rows {
        assert_ne!(twice(what), request, "{what}");
        let reply = server.send(&with_body(twice(what))).await;
        assert_eq!(reply.outcome(), (400, Some(code)), "{what}");
    }
    // Nor written in another way.
    let hidden = request.replacen(r#""name":"echo""#, r#""name":"echo","n\u0061me":"write""#, 1);
    assert_eq!(server.send(&with_body(hidden)).await.outcome(), (400, Some(-32602)));
}

#[tokio::test]
async fn what_nests_too_deeply_is_400_at_any_size() {
    let server = start().await;
    let deep = |depth: usize| {
        let mut message = echo();
        message["params"]["arguments"]["more"] = json!("HERE");
        let nest = "[".repeat(depth) + &"]".repeat(depth);
        message.to_string().replace("\"HERE\"", &nest)
    };
    assert_eq!(said(&server.send(&with_body(deep(60))).await), "hi");
    for depth in [65, 1000, 200_000] {
        let reply = server.send(&with_body(deep(depth))).await;
        assert_eq!(reply.outcome(), (400, Some(-32600)), "{depth}");
    }
    let open = with_body("[".repeat(1_000_000));
    assert_eq!(server.send(&open).await.outcome(), (400, Some(-32600)));
    assert_eq!(said(&server.send(&of_ann(&echo())).await), "hi", "and it lives");
}

fn with_text(size: usize) -> Ask {
    of_ann(&crate::support::mcp::call(7, "echo", json!({"text": "x".repeat(size)})))
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_one_at_it_is_not() {
    let at = with_text(3000);
    let limit = at.body.len();
    let server = start_with(Limits::default().body(limit)).await;
    assert_eq!(said(&server.send(&at).await).len(), 3000);
    let reply = server.send(&with_text(3001)).await;
    assert_eq!(reply.outcome(), (413, Some(-32000)));
    assert_eq!(reply.json()["id"], 7, "a small one is read for its id");
    assert_eq!(said(&server.send(&at).await).len(), 3000);
}

#[tokio::test]
async fn a_large_body_is_sent_to_its_end_and_the_refusal_arrives() {
    let server = start_with(Limits::default().body(10_000)).await;
    let large = with_text(8 << 20);
    for (ask, status) in [(large.clone(), 413), (large.clone().bearer("nobody"), 401)] {
        let reply = server.send(&ask).await;
        assert_eq!(reply.outcome(), (status, Some(-32000)));
        assert_eq!(reply.field("connection"), Some("close"));
    }
    assert_eq!(said(&server.send(&with_text(10)).await).len(), 10);
}

#[tokio::test]
async fn a_body_in_chunks_is_counted_as_it_comes() {
    let server = start_with(Limits::default().body(10_000)).await;
    let chunked = |size: usize| {
        let ask = with_text(size).with("Transfer-Encoding", "chunked");
        let chunks = ask
            .body
            .chunks(1000)
            .map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        let body = chunks.chain([b"0\r\n\r\n".to_vec()]).collect::<Vec<_>>().concat();
        ask.body(body)
    };
    assert_eq!(said(&server.send(&chunked(5000)).await).len(), 5000);
    assert_eq!(server.send(&chunked(50_000)).await.outcome(), (413, Some(-32000)));
}

#[tokio::test]
async fn who_waits_for_leave_to_send_is_told_before_sending() {
    let server = start_with(Limits::default().body(10_000)).await;
    let ask = with_text(100_000).with("Expect", "100-continue").bearer("nobody");
    let mut connection = Connection::open(server.addr).await;
    let bytes = ask.bytes(server.addr);
    connection.write(&bytes[..bytes.len() - ask.body.len()]).await;
    let reply = connection.reply("POST").await;
    assert_eq!(reply.outcome(), (401, Some(-32000)));
}

#[tokio::test]
async fn two_requests_on_one_connection_are_two_requests() {
    let server = start().await;
    let mut connection = Connection::open(server.addr).await;
    let (fine, refused) = (of_ann(&echo()), of_ann(&echo()).bearer("nobody"));
    // A caller is not remembered from one request to the next.
    for (ask, status) in [(&fine, 200), (&refused, 401), (&fine, 200), (&refused, 401)] {
        connection.write(&ask.bytes(server.addr)).await;
        assert_eq!(connection.reply("POST").await.status, status);
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_431_and_reaches_nobody() {
    let server = start_with(Limits::default().header_count(30).header_bytes(10_000)).await;
    let fine = of_ann(&echo());
    let many = (0..40).fold(fine.clone(), |ask, n| ask.adding(&format!("X-{n}"), "x"));
    let large =
        (0..10).fold(fine.clone(), |ask, n| ask.adding(&format!("X-{n}"), &"x".repeat(1200)));
    for ask in [many, large] {
        let mut connection = Connection::open(server.addr).await;
        connection.write(&ask.bytes(server.addr)).await;
        assert_eq!(connection.head().await.status, 431);
    }
    assert_eq!(said(&server.send(&fine).await), "hi");
}
