//! What lines are, in the modern era.

use serde_json::{Value, json};

use super::kit::{Client, cancel, double, error, modern, note, old, within};

#[tokio::test(start_paused = true)]
async fn requests_are_answered_with_the_stamps_of_the_era() {
    let (double, _) = double();
    let mut client = Client::of(&double, |it| it);
    let reply = client.ask(&modern(1, "")).await;
    assert_eq!(reply["result"]["resultType"], "complete", "{reply}");
    assert_eq!(reply["result"]["version"], "2026-07-28");
    assert!(reply["result"]["_meta"]["io.modelcontextprotocol/serverInfo"].is_object());
    let reply = client.ask(&modern("a", "fail")).await;
    assert_eq!(reply["error"], json!({ "code": 7, "message": "an error of its own" }));
    assert_eq!(reply["id"], "a");
    let (rest, ended) = client.end().await;
    assert!(rest.is_empty() && ended.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_bad_line_is_told_and_the_next_one_served() {
    let rows: &[(&[u8], i64, Option<Value>)] = &[
        (b"{", -32700, None),
        (b"nonsense", -32700, None),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", -32700, None),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":{\"a\":\"\xff\"}}",
            -32700,
            None,
        ),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"\xff\":1}", -32700, None),
        (b"7", -32600, None),
        (b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"m\"}", -32600, Some(json!(1))),
        (b"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"m\"}", -32600, None),
        (b"[1]", -32600, None),
        (b"[1", -32700, None),
        (&[b'['; 100], -32700, None),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[]}", -32602, Some(json!(1))),
    ];
    let (double, _) = double();
    let mut client = Client::of(&double, |it| it);
    for (line, code, id) in rows {
        client.raw(line).await;
        client.raw(b"\n").await;
        let told = client.next().await;
        assert_eq!(error(&told), (*code, id.as_ref()), "{}", String::from_utf8_lossy(line));
        assert!(client.ask(&modern(2, "")).await["result"].is_object());
    }
    // Nothing else is answered.
    client.send(&json!({ "jsonrpc": "2.0", "id": 9, "result": {} })).await;
    client.send(&note("notifications/initialized")).await;
    client.raw(b"\n \r\n").await;
    let (rest, ended) = client.end().await;
    assert!(rest.is_empty() && ended.is_ok(), "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_modern_request_has_to_say_what_it_is_written_in() {
    let (double, _) = double();
    let mut client = Client::of(&double, |it| it);
    let meta = |meta: Value| old(1, "tools/list", json!({ "_meta": meta }));
    let version = "io.modelcontextprotocol/protocolVersion";
    let capabilities = "io.modelcontextprotocol/clientCapabilities";
    let rows = [
        (meta(json!({ version: "2026-07-28" })), -32602),
        (meta(json!({ capabilities: {} })), -32602),
        (meta(json!({ version: "v999", capabilities: {} })), -32022),
        (meta(json!({ version: "2025-11-25", capabilities: {} })), -32022),
        (old(1, "server/discover", json!({})), -32602),
    ];
    for (message, code) in rows {
        let told = client.ask(&message).await;
        assert_eq!(error(&told), (code, Some(&json!(1))), "{message}");
    }
    let told = client.ask(&meta(json!({ version: "v999", capabilities: {} }))).await;
    assert_eq!(told["error"]["data"]["supported"], json!(["2026-07-28"]));
}

#[tokio::test(start_paused = true)]
async fn notes_come_before_their_reply_and_in_order() {
    let (double, _events) = double();
    let mut client = Client::of(&double, |it| it);
    client.send(&modern(1, "notes")).await;
    for n in 0..100 {
        assert_eq!(client.next().await["params"]["progress"], n);
    }
    assert_eq!(client.next().await["result"]["streamed"], true);
}

#[tokio::test(start_paused = true)]
async fn requests_run_beside_each_other_and_can_be_cancelled() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    client.send(&modern(1, "hang")).await;
    assert_eq!(within(events.recv()).await.unwrap(), "began hang");
    assert_eq!(client.ask(&modern(2, "")).await["id"], 2);
    // Another id, another type, no id: none of them is it.
    for nothing in [json!(2), json!("1"), json!(null), json!({}), json!(1.5)] {
        client.send(&cancel(nothing)).await;
    }
    client.send(&note("notifications/cancelled")).await;
    assert_eq!(client.ask(&modern(3, "")).await["id"], 3);
    assert!(events.try_recv().is_err());
    client.send(&cancel(1)).await;
    assert_eq!(within(events.recv()).await.unwrap(), "dropped hang");
    // Its id is free again, and it is not answered.
    assert_eq!(client.ask(&modern(1, "")).await["result"]["resultType"], "complete");
    let (rest, _) = client.end().await;
    assert!(rest.is_empty(), "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn an_id_in_use_is_not_taken_twice() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    client.send(&modern("a", "hang")).await;
    within(events.recv()).await;
    assert_eq!(error(&client.ask(&modern("a", "")).await), (-32600, Some(&json!("a"))));
    // The first of them goes on, and is the one that can be cancelled.
    client.send(&cancel("a")).await;
    assert_eq!(within(events.recv()).await.unwrap(), "dropped hang");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_the_end_of_one_call() {
    let (double, _events) = double();
    let mut client = Client::of(&double, |it| it);
    for act in ["panic", "panic at once"] {
        let told = client.ask(&modern(1, act)).await;
        assert_eq!(error(&told), (-32603, Some(&json!(1))));
        assert!(told["error"]["message"].as_str().unwrap().starts_with("internal error "));
        assert!(!told.to_string().contains("s3cr3t"));
    }
    client.send(&note("notifications/panic")).await;
    assert_eq!(client.ask(&modern(1, "")).await["id"], 1);
}

#[tokio::test(start_paused = true)]
async fn notifications_reach_the_service_and_are_not_answered() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "v999" });
    let params = json!({ "_meta": meta });
    // One in a revision that is not served, and one of a conversation that was never begun.
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/a", "params": params })).await;
    client.send(&note("notifications/b")).await;
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
    let params = json!({ "_meta": meta });
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/c", "params": params })).await;
    assert_eq!(within(events.recv()).await.unwrap(), "notifications/c");
    let (rest, _) = client.end().await;
    assert!(rest.is_empty() && events.try_recv().is_err());
}
