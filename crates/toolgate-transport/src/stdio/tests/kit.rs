//! A client on the other end of the streams, and a service that does what a request says.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use toolgate_core::{
    BoxFuture, Card, Context, Error, Kind, Note, Reply, Request, Running, Service, Shutdown,
    Transport,
    protocol::{discover::Implementation, legacy::INITIALIZE, method, version::MODERN},
    transport::Trigger,
};

use super::super::{Stdio, StdioError, Streams, over};

/// What takes longer will never come. Time is paused, so nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(3600);

pub(super) type Lines = Stdio<Streams<DuplexStream, DuplexStream>>;

/// A service that does what a request's `act` says.
pub(super) struct Double {
    card: Arc<Card>,
    /// What each notification was, and each call that hangs or streams as it begins and is dropped.
    pub(super) events: mpsc::UnboundedSender<String>,
    pub(super) calls: AtomicUsize,
    /// Why it does not introduce itself.
    pub(super) shy: Mutex<Option<Error>>,
}

/// The double, and what happens in it.
pub(super) fn double() -> (Arc<Double>, mpsc::UnboundedReceiver<String>) {
    let mut card = Card::new(Implementation::new("double", "1"));
    card.open = true;
    with_card(card)
}

pub(super) fn with_card(card: Card) -> (Arc<Double>, mpsc::UnboundedReceiver<String>) {
    let (events, heard) = mpsc::unbounded_channel();
    let (card, calls, shy) = (Arc::new(card), AtomicUsize::new(0), Mutex::default());
    (Arc::new(Double { card, events, calls, shy }), heard)
}

/// Tells when it is dropped.
struct Tells(String, mpsc::UnboundedSender<String>);

impl Drop for Tells {
    fn drop(&mut self) {
        let _ = self.1.send(format!("dropped {}", self.0));
    }
}

impl Service for Double {
    fn card(&self) -> Arc<Card> {
        self.card.clone()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let params: Value = request.params.parse().unwrap();
        let act = params["act"].as_str().unwrap_or_default().to_owned();
        assert_ne!(act, "panic at once");
        let tells = |name: &str| {
            let _ = self.events.send(format!("began {name}"));
            Tells(name.to_owned(), self.events.clone())
        };
        Box::pin(async move {
            match &*act {
                _ if request.method == method::DISCOVER => self.introduce().await,
                "hang" => {
                    let _held = tells("hang");
                    std::future::pending().await
                }
                "panic" => panic!("s3cr3t"),
                "fail" => Err(Error::new(7, "an error of its own")),
                "ask" => ask(&params, &cx).map(Running::Done),
                "notes" | "flood" | "last" => Ok(self.stream(&act, tells(&act), cx)),
                _ => {
                    let who = cx.identity().map(|identity| identity.key.subject.to_string());
                    let version = cx.meta().version.as_deref().map(str::to_owned);
                    let level = cx.meta().log_level.map(|level| json!(level));
                    let told = json!({ "who": who.ok(), "version": version, "level": level });
                    Reply::of(&told).map(Running::Done)
                }
            }
        })
    }

    fn notify(&self, note: Note, _: Context) -> BoxFuture<'_, ()> {
        assert_ne!(note.method, "notifications/panic");
        let _ = self.events.send(note.method.clone().into_owned());
        Box::pin(async move {
            if note.method == "notifications/hang" {
                std::future::pending::<()>().await;
            }
        })
    }
}

impl Double {
    async fn introduce(&self) -> Result<Running, Error> {
        let _ = self.events.send("introduced".to_owned());
        // Others run meanwhile.
        tokio::time::sleep(Duration::from_millis(1)).await;
        if let Some(error) = self.shy.lock().unwrap().clone() {
            return Err(error);
        }
        let told =
            json!({ "supportedVersions": [MODERN], "capabilities": {}, "instructions": "hi" });
        Reply::of(&told).map(Running::Done)
    }

    fn stream(&self, act: &str, tells: Tells, cx: Context) -> Running {
        let (cx, notes) = cx.streaming();
        let act = act.to_owned();
        let count = self.events.clone();
        let note = |n: usize| {
            Note::of(method::PROGRESS, &json!({ "progressToken": 1, "progress": n })).unwrap()
        };
        let end = async move {
            let held = tells;
            match &*act {
                "last" => {
                    let ending = cx.ending().await;
                    return Reply::of(&json!({ "ending": format!("{ending:?}") }));
                }
                "flood" => {
                    for n in 0..100_000 {
                        cx.send(note(n)).await.map_err(|_| Error::internal())?;
                        let _ = count.send("sent".to_owned());
                    }
                }
                _ => {
                    for n in 0..100 {
                        cx.send(note(n)).await.map_err(|_| Error::internal())?;
                    }
                }
            }
            drop(held);
            Reply::of(&json!({ "streamed": true }))
        };
        Running::Open { notes, end: Box::pin(end) }
    }
}

/// Asks for two lists of roots, and tells what came back.
fn ask(params: &Value, cx: &Context) -> Result<Reply, Error> {
    let Some(answers) = params.get("inputResponses") else {
        let roots = json!({ "method": method::ROOTS });
        let asked = json!({ "inputRequests": { "a": roots, "b": roots }, "requestState": "s" });
        return Reply::of(&asked).map(|reply| reply.kind(Kind::InputRequired));
    };
    let who = cx.identity().map(|identity| identity.key.subject.to_string()).ok();
    Reply::of(&json!({ "answers": answers, "state": params["requestState"], "who": who }))
}

/// A request of the modern era.
pub(super) fn modern(id: impl Into<Value>, act: &str) -> Value {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": "x/act", "params": { "act": act, "_meta": meta } })
}

/// A request that says nothing of itself.
pub(super) fn old(id: impl Into<Value>, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": method, "params": params })
}

pub(super) fn handshake(id: impl Into<Value>, revision: &str) -> Value {
    old(id, INITIALIZE, json!({ "protocolVersion": revision, "capabilities": {} }))
}

/// The same, of a client that shows its roots.
pub(super) fn able(id: impl Into<Value>, revision: &str) -> Value {
    let capabilities = json!({ "roots": {} });
    old(id, INITIALIZE, json!({ "protocolVersion": revision, "capabilities": capabilities }))
}

pub(super) fn cancel(id: impl Into<Value>) -> Value {
    let params = json!({ "requestId": id.into() });
    json!({ "jsonrpc": "2.0", "method": method::CANCELLED, "params": params })
}

pub(super) fn note(method: &str) -> Value {
    json!({ "jsonrpc": "2.0", "method": method })
}

/// Waits for what has to come.
pub(super) async fn within<T>(coming: impl Future<Output = T>) -> T {
    timeout(PATIENCE, coming).await.expect("waited in vain")
}

/// The other end.
pub(super) struct Client {
    pub(super) input: Option<DuplexStream>,
    pub(super) output: BufReader<DuplexStream>,
    pub(super) served: JoinHandle<Result<(), StdioError>>,
    pub(super) stop: Trigger,
}

impl Client {
    /// Serves a double, as `set` says.
    pub(super) fn of(double: &Arc<impl Service>, set: impl FnOnce(Lines) -> Lines) -> Self {
        let (input, reader) = tokio::io::duplex(1 << 20);
        let (writer, output) = tokio::io::duplex(4096);
        let (stop, until) = Shutdown::new();
        let served = tokio::spawn(set(over(reader, writer)).serve(double.clone(), until));
        Self { input: Some(input), output: BufReader::new(output), served, stop }
    }

    pub(super) async fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the input has not ended");
        within(input.write_all(bytes)).await.expect("the server reads");
    }

    pub(super) async fn send(&mut self, message: &Value) {
        self.raw(format!("{message}\n").as_bytes()).await;
    }

    /// The next line; none at the end of the output.
    pub(super) async fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        within(self.output.read_line(&mut line)).await.expect("lines of UTF-8");
        (!line.is_empty()).then(|| {
            assert!(line.ends_with('\n'), "half a line: {line:?}");
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line:?}"))
        })
    }

    pub(super) async fn next(&mut self) -> Value {
        self.line().await.expect("one more line")
    }

    pub(super) async fn ask(&mut self, message: &Value) -> Value {
        self.send(message).await;
        self.next().await
    }

    /// Ends the input; what still comes, and how serving ended.
    pub(super) async fn end(mut self) -> (Vec<Value>, Result<(), StdioError>) {
        self.input = None;
        let mut rest = Vec::new();
        while let Some(line) = self.line().await {
            rest.push(line);
        }
        (rest, within(self.served).await.expect("serving does not panic"))
    }
}

/// Code and whether it names a request.
pub(super) fn error(message: &Value) -> (i64, Option<&Value>) {
    (message["error"]["code"].as_i64().unwrap_or_else(|| panic!("{message}")), message.get("id"))
}
