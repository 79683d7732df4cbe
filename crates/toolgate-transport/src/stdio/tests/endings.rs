//! How serving ends: with its input, with its output, or because it is told to.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::{Instant, timeout},
};
use toolgate_core::{Shutdown, Transport};

use super::{
    super::{Limits, over},
    kit::{Client, double, modern, within},
};

#[tokio::test(start_paused = true)]
async fn with_the_input_running_calls_may_finish() {
    let (double, _events) = double();
    let mut client = Client::of(&double, |it| it);
    // Without a line's end, and without waiting: all that was said is answered.
    client.send(&modern(1, "notes")).await;
    client.raw(modern(2, "last").to_string().as_bytes()).await;
    let (rest, ended) = client.end().await;
    ended.unwrap();
    let (notes, replies): (Vec<_>, Vec<_>) = rest.iter().partition(|it| it.get("id").is_none());
    assert_eq!((notes.len(), replies.len()), (100, 2));
    let last = replies.iter().find(|reply| reply["id"] == 2).unwrap();
    assert_eq!(last["result"]["ending"], "Shutdown");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_finish_is_cut_off_within_the_bound() {
    let (double, mut events) = double();
    let bound = Duration::from_secs(7);
    let mut client = Client::of(&double, |it| it.limits(Limits::default().drain(bound)));
    client.send(&modern(1, "hang")).await;
    within(events.recv()).await;
    let before = Instant::now();
    let (rest, ended) = client.end().await;
    ended.unwrap();
    assert!(rest.is_empty());
    assert_eq!(before.elapsed().as_secs(), 7);
    assert_eq!(within(events.recv()).await.unwrap(), "dropped hang");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_reader_that_does_not_read() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    client.send(&modern(1, "flood")).await;
    within(events.recv()).await;
    client.input = None;
    within(client.served).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_lets_calls_finish_and_takes_no_more() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    client.send(&modern(1, "last")).await;
    within(events.recv()).await;
    client.stop.request();
    assert_eq!(
        client.next().await["result"],
        json!({
            "resultType": "complete",
            "ending": "Shutdown",
            "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "double", "version": "1" } },
        })
    );
    assert!(client.line().await.is_none());
    within(client.served).await.unwrap().unwrap();
    // The input was open all the time, and nobody reads it any more.
    assert!(client.input.unwrap().write_all(b"{}\n").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_still_answers_the_line_that_it_took() {
    let (double, _) = double();
    // So small that a line is written only once the one before it was taken.
    let (mut input, reader) = duplex(2);
    let (writer, mut output) = duplex(64);
    let (stop, until) = Shutdown::new();
    let served = tokio::spawn(over(reader, writer).serve(double, until));
    let mut taken = 0;
    while timeout(Duration::from_secs(1), input.write_all(b"{\n")).await.is_ok() {
        taken += 1;
    }
    stop.request();
    let mut text = String::new();
    within(output.read_to_string(&mut text)).await.unwrap();
    within(served).await.unwrap().unwrap();
    // The last that was written was not read.
    assert_eq!(text.lines().count(), taken - 1);
}

#[tokio::test(start_paused = true)]
async fn with_its_output_it_ends_and_so_do_its_calls() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    client.send(&modern(1, "hang")).await;
    within(events.recv()).await;
    let Client { input, output, served, .. } = client;
    drop(output);
    let mut input = input.unwrap();
    // It learns of it with the next thing that it has to say.
    input.write_all(format!("{}\n", modern(2, "")).as_bytes()).await.unwrap();
    within(served).await.unwrap().unwrap();
    assert_eq!(within(events.recv()).await.unwrap(), "dropped hang");
}

#[tokio::test(start_paused = true)]
async fn whoever_drops_it_drops_its_calls() {
    let (double, mut events) = double();
    let mut client = Client::of(&double, |it| it);
    client.send(&modern(1, "hang")).await;
    within(events.recv()).await;
    client.served.abort();
    assert!(client.line().await.is_none());
    assert_eq!(within(events.recv()).await.unwrap(), "dropped hang");
}
