//! Lines over streams in memory, a conversation for each connection.

use std::sync::Arc;

use futures::FutureExt;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex},
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use toolgate_core::{
    Authenticate, BoxFuture, Credentials, Service, Shutdown, Transport, protocol::code,
};
use toolgate_testkit::contract::{self, Broken, Dial, Event};
use toolgate_transport::stdio::{self, StdioError};

use super::{ID, Line, Wire};

#[tokio::test(start_paused = true)]
async fn lines_keep_the_contract_of_a_transport() -> Result<(), Broken> {
    contract::transport(make).check().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_keep_the_contract_of_a_transport_on_threads() -> Result<(), Broken> {
    contract::transport(make).check().await
}

fn make(auth: Arc<dyn Authenticate>) -> (Server, Streams) {
    let (sender, connections) = mpsc::channel(1);
    (Server { connections, auth }, Streams(sender))
}

/// As many conversations as come.
struct Server {
    connections: mpsc::Receiver<Connection>,
    auth: Arc<dyn Authenticate>,
}

struct Connection {
    input: DuplexStream,
    output: DuplexStream,
    credentials: Credentials,
    /// Why it was not even begun.
    refused: oneshot::Sender<()>,
}

impl Transport for Server {
    type Error = StdioError;

    async fn serve(mut self, service: Arc<dyn Service>, until: Shutdown) -> Result<(), StdioError> {
        let mut conversations = JoinSet::new();
        loop {
            let next = tokio::select! {
                next = self.connections.recv() => next,
                () = until.requested() => None,
            };
            let Some(Connection { input, output, credentials, refused }) = next else { break };
            let lines = stdio::over(input, output).auth(self.auth.clone());
            let serving = lines.credentials(credentials).serve(service.clone(), until.clone());
            conversations.spawn(async move {
                if let Err(StdioError::Start(_)) = serving.await {
                    let _ = refused.send(());
                }
            });
        }
        while conversations.join_next().await.is_some() {}
        Ok(())
    }
}

struct Streams(mpsc::Sender<Connection>);

impl Streams {
    async fn open(&self, token: Option<&str>) -> Result<Ends, Event> {
        let (near, input) = duplex(1 << 16);
        let (output, far) = duplex(1 << 16);
        let (refused, told) = oneshot::channel();
        let field = token.map(|token| ("authorization", format!("Bearer {token}")));
        let credentials = Credentials::from_fields(field);
        let connection = Connection { input, output, credentials, refused };
        self.0.send(connection).await.map_err(|_| Event::Closed)?;
        Ok(Ends { input: near, output: BufReader::new(far), told: Some(told) })
    }
}

impl Dial for Streams {
    type Client = Line<Ends>;

    fn connect<'a>(&'a self, token: Option<&'a str>) -> BoxFuture<'a, Result<Line<Ends>, Event>> {
        Box::pin(async move { self.open(token).await.map(Line::new) })
    }

    fn garble<'a>(&'a self, token: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            for end in [&b""[..], b"\n"] {
                let mut ends = self.open(Some(token)).await.expect("a server");
                let Ends { input, output, .. } = &mut ends;
                let sent = async {
                    input.write_all(bytes).await.expect("it reads");
                    input.write_all(end).await.expect("it reads");
                    input.shutdown().await.expect("it reads");
                };
                let mut heard = Vec::new();
                let ((), heard) = tokio::join!(sent, output.read_to_end(&mut heard));
                heard.expect("the end");
            }
        })
    }
}

/// The client's ends of two streams.
struct Ends {
    input: DuplexStream,
    output: BufReader<DuplexStream>,
    told: Option<oneshot::Receiver<()>>,
}

/// Who gives a call up says so, as the protocol has it.
impl Drop for Ends {
    fn drop(&mut self) {
        let note = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": ID}});
        let line = format!("{note}\n");
        // There is room, or the server is gone.
        let _ = self.input.write_all(line.as_bytes()).now_or_never();
    }
}

impl Wire for Ends {
    async fn send(&mut self, request: &Value) -> Option<()> {
        let line = format!("{request}\n");
        // Whoever is refused finds out when it reads.
        let _ = self.input.write_all(line.as_bytes()).await;
        Some(())
    }

    async fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line).await.expect("UTF-8");
        if !line.is_empty() {
            return Some(serde_json::from_str(&line).expect("JSON in each line"));
        }
        // A process that is refused says so as it ends.
        self.told.take()?.await.ok()?;
        Some(json!({"error": {"code": code::REFUSED, "message": "refused to start"}}))
    }
}
