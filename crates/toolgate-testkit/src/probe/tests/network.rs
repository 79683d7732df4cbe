//! Over a real socket: what is read of an answer, and when reading ends.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::probe::wire::Network;

/// Answers one request with these bytes, and gives what it was asked.
async fn once(answer: String, closes: bool) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
            let mut part = [0; 1024];
            let read = stream.read(&mut part).await.unwrap();
            asked.extend_from_slice(&part[..read]);
        }
        // Who reads no further may be gone by now.
        let _ = stream.write_all(answer.as_bytes()).await;
        if !closes {
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        String::from_utf8(asked).unwrap()
    });
    (addr, task)
}

async fn sent(method: &'static str, answer: &str, closes: bool) -> (Result<Reply, String>, String) {
    let (addr, task) = once(answer.to_owned(), closes).await;
    let network = Network::new().unwrap();
    let ask = Ask::new(method, &format!("http://{addr}/mcp")).with("Host", "other.example");
    let reply = network.send(&ask).await;
    drop(network);
    (reply, task.await.unwrap())
}

#[tokio::test]
async fn an_answer_is_read_whole_and_a_stream_up_to_its_first_event() {
    let plain = "HTTP/1.1 307 x\r\nLocation: /a\r\nContent-Length: 2\r\n\r\n{}";
    let (reply, asked) = sent("GET", plain, true).await;
    let reply = reply.unwrap();
    assert_eq!(
        (reply.status, &*reply.body, reply.field("location")),
        (307, "{}", Some("/a".into()))
    );
    assert!(asked.starts_with("GET /mcp HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_ascii_lowercase().contains("host: other.example\r\n"), "{asked}");

    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    let events =
        ": hi\r\n\r\nid: 1\r\ndata:\r\n\r\nevent: message\r\ndata: {\"a\":1}\r\n\r\ndata: {";
    let (reply, _) = sent("POST", &format!("{head}{events}"), false).await;
    assert_eq!(reply.unwrap().body, "{\"a\":1}");
    let (reply, _) = sent("GET", head, false).await;
    assert_eq!(reply.unwrap().status, 200);
}

#[tokio::test]
async fn too_much_is_no_answer_and_neither_is_nothing() {
    let much = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(600 * 1024));
    assert!(sent("GET", &much, true).await.0.unwrap_err().contains("bytes"));
    assert!(sent("GET", "no http", true).await.0.is_err());
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let report = probe(format!("http://{gone}/mcp")).check().await;
    assert_eq!(rules(&report), [Rule::Unreachable], "{report}");
}

#[tokio::test(start_paused = true)]
async fn silence_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let report = probe(url).check().await;
    assert_eq!(rules(&report), [Rule::Unreachable], "{report}");
}
