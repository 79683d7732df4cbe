//! What a client can make grow.

use std::time::Duration;

use serde_json::json;
use tokio::{io::AsyncWriteExt, task::yield_now, time::timeout};

use super::{
    super::Limits,
    kit::{Client, cancel, double, error, modern, within},
};

#[tokio::test(start_paused = true)]
async fn a_long_line_is_refused_and_skipped() {
    let (double, _) = double();
    let mut client = Client::of(&double, |it| it.limits(Limits::default().line(1000)));
    client.raw(&[b'x'; 2000]).await;
    // Told before it ends, which it may never do.
    assert_eq!(error(&client.next().await), (-32000, None));
    client.raw(&[b'x'; 200_000]).await;
    client.raw(b"\n").await;
    assert_eq!(client.ask(&modern(1, "")).await["id"], 1);
}

#[tokio::test(start_paused = true)]
async fn json_nests_only_so_deep() {
    let (double, _) = double();
    let mut client = Client::of(&double, |it| it.limits(Limits::default().json_depth(8)));
    let deep = format!("{}{}", "[".repeat(8), "]".repeat(8));
    let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{{"a":{deep}}}}}"#);
    client.raw(format!("{line}\n").as_bytes()).await;
    // Not even its id is read.
    assert_eq!(error(&client.next().await), (-32600, None));
}

#[tokio::test(start_paused = true)]
async fn so_many_requests_run_and_one_more_is_refused_while_cancelling_goes_on() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it.limits(Limits::default().calls(2)));
    for id in [1, 2] {
        client.send(&modern(id, "hang")).await;
        assert_eq!(within(events.recv()).await.unwrap(), "began hang");
    }
    assert_eq!(error(&client.ask(&modern(3, "")).await), (-32000, Some(&json!(3))));
    assert_eq!(error(&client.ask(&json!([1])).await), (-32000, None));
    client.send(&cancel(1)).await;
    assert_eq!(within(events.recv()).await.unwrap(), "dropped hang");
    assert_eq!(client.ask(&modern(3, "")).await["id"], 3);
    assert_eq!(client.ask(&modern(4, "")).await["result"]["resultType"], "complete");
}

#[tokio::test(start_paused = true)]
async fn notifications_have_the_same_bound() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it.limits(Limits::default().calls(1)));
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
    let told = |name: &str| json!({ "jsonrpc": "2.0", "method": format!("notifications/{name}"), "params": { "_meta": meta } });
    client.send(&told("hang")).await;
    assert_eq!(within(events.recv()).await.unwrap(), "notifications/hang");
    client.send(&told("other")).await;
    assert_eq!(error(&client.ask(&modern(1, "")).await).0, -32000);
    assert!(events.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_does_not_read_slows_the_tool_and_can_still_cancel() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    client.send(&modern(1, "flood")).await;
    assert_eq!(within(events.recv()).await.unwrap(), "began flood");
    // It comes to a stop by itself, long before its end.
    let (mut sent, mut still) = (0, 0);
    while still < 1000 {
        match events.try_recv() {
            Ok(_) => (sent, still) = (sent + 1, 0),
            Err(_) => still += 1,
        }
        yield_now().await;
    }
    assert!((10..2000).contains(&sent), "{sent} notes were sent");
    client.send(&cancel(1)).await;
    assert_eq!(within(events.recv()).await.unwrap(), "dropped flood");
    // What was sent is read in the end; no reply is among it.
    client.send(&modern(2, "")).await;
    let mut read = 0;
    loop {
        let line = client.next().await;
        if line.get("id").is_some() {
            assert_eq!(line["id"], 2);
            break;
        }
        assert_eq!(line["params"]["progress"], read);
        read += 1;
    }
    assert!(read <= sent, "{read} of {sent}");
}

#[tokio::test(start_paused = true)]
async fn answers_to_bad_lines_wait_for_a_reader_too() {
    let (double, _) = double();
    let mut client = Client::of(&double, |it| it);
    let lines = b"{\n".repeat(1 << 20);
    // The input backs up: what nobody reads is not answered either.
    let sent = client.input.as_mut().unwrap().write_all(&lines);
    let blocked = timeout(Duration::from_secs(1), sent);
    assert!(blocked.await.is_err());
    assert_eq!(error(&client.next().await), (-32700, None));
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_time() {
    let (double, mut events) = double();
    let bound = Limits::default().call(Duration::from_secs(3));
    let mut client = Client::of(&double, |it| it.limits(bound));
    let told = client.ask(&modern(1, "hang")).await;
    assert_eq!(error(&told), (-32603, Some(&json!(1))));
    assert_eq!(told["error"]["message"], "timed out");
    assert_eq!(within(events.recv()).await.unwrap(), "began hang");
    assert_eq!(within(events.recv()).await.unwrap(), "dropped hang");
    // A bound that no clock can tell is none.
    let mut client = Client::of(&double, |it| it.limits(Limits::default().call(Duration::MAX)));
    assert_eq!(client.ask(&modern(1, "")).await["id"], 1);
}
