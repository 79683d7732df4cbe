//! A client of the transport that streamable HTTP has replaced: a stream, and where to post.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{
    client::{Ask, Connection, Reply},
    old::{self, Stream},
};

pub(crate) const PATH: &str = "/sse";

/// What opens a stream.
pub(crate) fn get(token: &str) -> Ask {
    Ask::get(PATH).with("Accept", "text/event-stream").bearer(token)
}

/// The stream, and the address that its first event tells.
pub(crate) async fn open(addr: SocketAddr, ask: &Ask) -> (Stream, String) {
    let mut stream = Stream::open(addr, ask).await;
    let first = stream.part().await.expect("a first event");
    let target = first.strip_prefix("event: endpoint\ndata: ").expect("the address");
    let target = target.to_owned();
    (stream, target)
}

/// How a request is answered that may open a stream; the stream is not kept.
pub(crate) async fn status(addr: SocketAddr, ask: &Ask) -> u16 {
    let mut connection = Connection::open(addr).await;
    connection.write(&ask.bytes(addr)).await;
    connection.head().await.status
}

/// One that has shaken hands.
pub(crate) struct Line {
    pub(crate) addr: SocketAddr,
    pub(crate) target: String,
    pub(crate) stream: Stream,
    token: String,
}

impl Line {
    pub(crate) async fn begin(addr: SocketAddr, token: &str, revision: &str) -> Self {
        Self::able(addr, token, revision, json!({})).await
    }

    /// The same, of a client that can do so much.
    pub(crate) async fn able(
        addr: SocketAddr,
        token: &str,
        revision: &str,
        capabilities: Value,
    ) -> Self {
        let (stream, target) = open(addr, &get(token)).await;
        let mut line = Self { addr, target, stream, token: token.to_owned() };
        let answer = line.ask(&old::able(revision, capabilities)).await;
        assert_eq!(answer["result"]["protocolVersion"], revision, "{answer}");
        line.tell(&old::notification("notifications/initialized", json!({}))).await;
        line
    }

    pub(crate) fn post(&self, message: &Value) -> Ask {
        old::post(message).at(&self.target).without("Accept").bearer(&self.token)
    }

    pub(crate) async fn send(&self, message: &Value) -> Reply {
        self.post(message).send(self.addr).await
    }

    /// Sends what is taken.
    pub(crate) async fn tell(&self, message: &Value) {
        let reply = self.send(message).await;
        assert_eq!((reply.status, &*reply.body), (202, &b""[..]), "{}", reply.text());
    }

    /// The next message of the stream.
    pub(crate) async fn next(&mut self) -> Value {
        self.stream.message().await.expect("a message")
    }

    /// The answer to a request that says nothing before it.
    pub(crate) async fn ask(&mut self, message: &Value) -> Value {
        self.tell(message).await;
        let answer = self.next().await;
        assert_eq!(answer["id"], message["id"], "{answer}");
        answer
    }

    /// Whether its owner still finds it.
    pub(crate) async fn lives(&self) -> bool {
        let ready = old::notification("notifications/initialized", json!({}));
        match self.send(&ready).await.outcome() {
            (202, None) => true,
            (404, Some(-32001)) => false,
            other => panic!("neither here nor gone: {other:?}"),
        }
    }
}
