//! HTTP, over real sockets: answered with a document, with a stream, and as either comes.

use std::{io, net::SocketAddr, sync::Arc};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::watch,
};
use toolgate_core::{Authenticate, BoxFuture};
use toolgate_testkit::contract::{self, Broken, Dial, Event};
use toolgate_transport::http::{self, Http, Listen};

use super::{Line, Wire};
use crate::support::{client::Ask, mcp};

const EITHER: &str = "application/json, text/event-stream";

#[tokio::test]
async fn http_keeps_its_contract() -> Result<(), Broken> {
    contract::transport(|auth| make(auth, EITHER)).check().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_keeps_its_contract_on_threads() -> Result<(), Broken> {
    contract::transport(|auth| make(auth, EITHER)).check().await
}

#[tokio::test]
async fn http_with_streams_alone_keeps_its_contract() -> Result<(), Broken> {
    contract::transport(|auth| make(auth, "text/event-stream")).check().await
}

#[tokio::test]
async fn http_with_documents_alone_keeps_its_contract() -> Result<(), Broken> {
    contract::transport(|auth| make(auth, "application/json")).without_notes().check().await
}

fn make(auth: Arc<dyn Authenticate>, accept: &'static str) -> (Http<Listen>, Address) {
    let (tell, addr) = watch::channel(None);
    let http = http::bind("127.0.0.1:0").auth(auth);
    let http = http.on_listen(move |at| {
        let _ = tell.send(Some(at.addr));
    });
    (http, Address { addr, accept })
}

struct Address {
    addr: watch::Receiver<Option<SocketAddr>>,
    accept: &'static str,
}

impl Address {
    async fn open(&self, token: Option<&str>) -> io::Result<Connection> {
        let mut addr = self.addr.clone();
        // The listener has told it and is gone, or has not told it yet.
        let _ = addr.wait_for(Option::is_some).await;
        let addr = (*addr.borrow()).ok_or(io::ErrorKind::NotConnected)?;
        let stream = BufReader::new(TcpStream::connect(addr).await?);
        let (accept, token) = (self.accept, token.map(str::to_owned));
        Ok(Connection { stream, addr, accept, token, rest: Rest::Nothing })
    }
}

impl Dial for Address {
    type Client = Line<Connection>;

    fn connect<'a>(
        &'a self,
        token: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Line<Connection>, Event>> {
        Box::pin(async move { self.open(token).await.map(Line::new).map_err(|_| Event::Closed) })
    }

    fn garble<'a>(&'a self, token: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let mut connection = self.open(Some(token)).await.expect("a server");
            let body = connection.ask(&mcp::message(1, "contract/act", serde_json::json!({})));
            let body = body.body(bytes);
            connection.write(&body).await.expect("a server that reads");
            connection.next().await.expect("an answer");

            let mut stream = TcpStream::connect(connection.addr).await.expect("a server");
            // A server may well have closed while this is written.
            if stream.write_all(bytes).await.is_ok() && stream.shutdown().await.is_ok() {
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        })
    }
}

struct Connection {
    stream: BufReader<TcpStream>,
    addr: SocketAddr,
    accept: &'static str,
    token: Option<String>,
    rest: Rest,
}

/// What is still to be read of an answer.
enum Rest {
    Nothing,
    Head,
    /// Of a stream of events; those that were read and not looked at.
    Events(String),
}

impl Connection {
    fn ask(&self, message: &Value) -> Ask {
        let ask = mcp::post(message).with("Accept", self.accept);
        match &self.token {
            Some(token) => ask.bearer(token),
            None => ask,
        }
    }

    async fn write(&mut self, ask: &Ask) -> io::Result<()> {
        self.rest = Rest::Head;
        self.stream.write_all(&ask.bytes(self.addr)).await
    }

    /// A document, or nothing where events follow.
    async fn head(&mut self) -> Option<Value> {
        let (mut length, mut events) = (0, false);
        assert!(self.line().await?.starts_with("HTTP/1.1 "));
        loop {
            let line = self.line().await?.to_ascii_lowercase();
            let Some((name, value)) = line.split_once(": ") else { break };
            match name {
                "content-length" => length = value.parse().expect("a number"),
                "content-type" => events = value == "text/event-stream",
                _ => {}
            }
        }
        // A stream that is over before it begins comes with its length.
        if events && length == 0 {
            self.rest = Rest::Events(String::new());
            return None;
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.ok()?;
        let body = String::from_utf8(body).expect("UTF-8");
        self.rest = Rest::Nothing;
        if !events {
            return Some(serde_json::from_str(&body).expect("a document"));
        }
        let [message] = &mcp::events(&body)[..] else { panic!("one message: {body}") };
        Some(message.clone())
    }

    /// The next event of a stream; none at its end.
    async fn event(&mut self, mut text: String) -> Option<Value> {
        while !text.contains("\n\n") {
            let Some(chunk) = self.chunk().await else {
                assert!(text.is_empty(), "half an event");
                self.rest = Rest::Nothing;
                return None;
            };
            text += &chunk;
        }
        let end = text.find("\n\n").expect("as just seen") + 2;
        let rest = text.split_off(end);
        self.rest = Rest::Events(rest);
        mcp::events(&text).pop()
    }

    async fn chunk(&mut self) -> Option<String> {
        let size = usize::from_str_radix(&self.line().await?, 16).expect("a size");
        let mut data = vec![0; size + 2];
        self.stream.read_exact(&mut data).await.ok()?;
        data.truncate(size);
        (size > 0).then(|| String::from_utf8(data).expect("UTF-8"))
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.ok()?;
        line.strip_suffix("\r\n").map(str::to_owned)
    }
}

impl Wire for Connection {
    async fn send(&mut self, request: &Value) -> Option<()> {
        // The end of a stream follows its last event.
        if let Rest::Events(_) = &self.rest {
            assert!(self.next().await.is_none(), "something came after an answer");
        }
        let ask = self.ask(request);
        self.write(&ask).await.ok()
    }

    async fn next(&mut self) -> Option<Value> {
        if let Rest::Head = self.rest
            && let Some(document) = self.head().await
        {
            return Some(document);
        }
        loop {
            let Rest::Events(text) = std::mem::replace(&mut self.rest, Rest::Nothing) else {
                return None;
            };
            // A keep-alive is an event without a message.
            if let Some(message) = self.event(text).await {
                return Some(message);
            }
        }
    }
}
