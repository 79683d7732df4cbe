//! A raw HTTP/1.1 client: sends the bytes that a test says, and shows the answer as it came.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// A test that waits for longer has failed.
const BOUND: Duration = Duration::from_secs(60);

/// Waits for what has to come.
pub(crate) async fn within<T>(what: &str, coming: impl Future<Output = T>) -> T {
    timeout(BOUND, coming).await.unwrap_or_else(|_| panic!("{what}: waited in vain"))
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { method, target, fields: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// One more field, whether or not there is one of the name.
    pub(crate) fn adding(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// The one field of the name.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).adding(name, value)
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn at(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The request on the wire. `Host` and the framing are added where the test says nothing.
    pub(crate) fn bytes(&self, addr: SocketAddr) -> Vec<u8> {
        let has = |name: &str| self.fields.iter().any(|(it, _)| it.eq_ignore_ascii_case(name));
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        if !has("host") {
            head += &format!("Host: {addr}\r\n");
        }
        if !has("content-length") && !has("transfer-encoding") && self.method != "GET" {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        for (name, value) in &self.fields {
            head += &format!("{name}: {value}\r\n");
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }

    /// Sends it on a connection of its own.
    pub(crate) async fn send(&self, addr: SocketAddr) -> Reply {
        let mut connection = Connection::open(addr).await;
        connection.write(&self.bytes(addr)).await;
        connection.reply(&self.method).await
    }

    /// The same, to a server that may be gone.
    pub(crate) async fn try_send(&self, addr: SocketAddr) -> Option<Reply> {
        let mut connection = Connection(BufReader::new(TcpStream::connect(addr).await.ok()?));
        within("room to write", connection.0.write_all(&self.bytes(addr))).await.ok()?;
        let ready =
            within("an answer", connection.0.fill_buf()).await.is_ok_and(|it| !it.is_empty());
        if ready { Some(connection.reply(&self.method).await) } else { None }
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// In the order in which they came, names in lower case.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The value of a field that is there once; none where there is none.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "`{name}` came twice: {:?}", self.fields);
        value
    }

    /// All fields but those that any answer has: date and framing. Sorted.
    pub(crate) fn told(&self) -> Vec<String> {
        const FRAMING: &[&str] = &["date", "content-length", "transfer-encoding"];
        let told = self.fields.iter().filter(|(name, _)| !FRAMING.contains(&name.as_str()));
        let mut told: Vec<_> = told.map(|(name, value)| format!("{name}: {value}")).collect();
        told.sort();
        told
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON in {self:?}"))
    }

    /// Status and JSON-RPC code: what most rows are about.
    pub(crate) fn outcome(&self) -> (u16, Option<i64>) {
        let code = serde_json::from_slice::<Value>(&self.body).ok();
        (self.status, code.and_then(|message| message["error"]["code"].as_i64()))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }
}

/// One connection.
pub(crate) struct Connection<S = TcpStream>(BufReader<S>);

impl Connection {
    pub(crate) async fn open(addr: SocketAddr) -> Self {
        let stream = within("a connection", TcpStream::connect(addr)).await;
        Self::over(stream.expect("a connection"))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self(BufReader::new(stream))
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        within("room to write", self.0.write_all(bytes)).await.expect("the server reads on");
    }

    /// Whether the server still takes bytes.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> bool {
        within("room to write", self.0.write_all(bytes)).await.is_ok()
    }

    /// The whole answer to a request of a method.
    pub(crate) async fn reply(&mut self, method: &str) -> Reply {
        let mut reply = self.head().await;
        let length = reply.field("content-length").map(|length| length.parse().expect("a number"));
        if reply.field("transfer-encoding").is_some() {
            while let Some(chunk) = self.chunk().await {
                reply.body.extend(chunk);
            }
        } else if method != "HEAD" {
            reply.body = vec![0; length.unwrap_or(0)];
            within("the body", self.0.read_exact(&mut reply.body)).await.expect("a whole body");
        }
        reply
    }

    /// The answer as far as the empty line.
    pub(crate) async fn head(&mut self) -> Reply {
        let first = self.line().await.expect("an answer");
        let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
        let status = status.and_then(|code| code.parse().ok()).expect("a status");
        let mut fields = Vec::new();
        loop {
            let line = self.line().await.expect("a whole head");
            let Some((name, value)) = line.split_once(':') else { break };
            fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Reply { status, fields, body: Vec::new() }
    }

    /// So many bytes of a body.
    pub(crate) async fn exactly(&mut self, length: usize) -> String {
        let mut body = vec![0; length];
        within("the body", self.0.read_exact(&mut body)).await.expect("a whole body");
        String::from_utf8(body).expect("UTF-8")
    }

    /// One chunk of a body; none after the last.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = self.line().await.expect("a chunk or the last one");
        let size = usize::from_str_radix(&size, 16).expect("the size of a chunk");
        let mut data = vec![0; size + 2];
        within("a chunk", self.0.read_exact(&mut data)).await.expect("a whole chunk");
        data.truncate(size);
        (size > 0).then_some(data)
    }

    /// Whether the server has closed, now that it has nothing more to say.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        match within("the end", self.0.read_to_end(&mut rest)).await {
            Ok(_) => rest.is_empty(),
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        within("a line", self.0.read_line(&mut line)).await.ok()?;
        line.strip_suffix("\r\n").map(str::to_owned)
    }
}
