//! Every transport and every authenticator here keeps its contract.

mod authenticators;
mod http;
mod lines;
mod memory;
#[cfg(unix)]
mod unix;

/// The example is a transport like any other.
#[cfg(unix)]
#[path = "../../examples/custom_transport/main.rs"]
#[expect(dead_code, reason = "what the example's own `main` alone uses")]
mod custom_transport;

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};
use toolgate_core::{
    BoxFuture, Error, Note, Request,
    protocol::{Json, code},
};
use toolgate_testkit::contract::{Client, Event, Exchange};

/// A connection that carries JSON-RPC, in which an exchange ends before the next begins.
trait Wire: Send + Sync + Sized + 'static {
    /// Sends a request.
    fn send(&mut self, request: &Value) -> impl Future<Output = Option<()>> + Send;

    /// The next message; none where there will be none.
    fn next(&mut self) -> impl Future<Output = Option<Value>> + Send;
}

/// A client on a connection. An exchange takes it along and gives it back at its end; so one that is
/// dropped amid an exchange is closed.
struct Line<W>(Arc<Mutex<Option<W>>>);

impl<W> Line<W> {
    fn new(wire: W) -> Self {
        Self(Arc::new(Mutex::new(Some(wire))))
    }
}

/// The one id; exchanges follow each other.
const ID: &str = "contract";

impl<W: Wire> Client for Line<W> {
    fn call(&mut self, request: Request) -> BoxFuture<'_, Box<dyn Exchange>> {
        let wire = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        Box::pin(async move {
            let params: Value = request.params.parse().expect("the kit's own");
            let message =
                json!({"jsonrpc": "2.0", "id": ID, "method": request.method, "params": params});
            let wire = match wire {
                Some(mut wire) => wire.send(&message).await.map(|()| wire),
                None => None,
            };
            Box::new(Hearing { wire, back: self.0.clone() }) as Box<dyn Exchange>
        })
    }
}

struct Hearing<W> {
    wire: Option<W>,
    back: Arc<Mutex<Option<W>>>,
}

impl<W: Wire> Exchange for Hearing<W> {
    fn next(&mut self) -> BoxFuture<'_, Event> {
        Box::pin(async move {
            let Some(wire) = &mut self.wire else { return Event::Closed };
            let Some(message) = wire.next().await else {
                self.wire = None;
                return Event::Closed;
            };
            let event = event(&message);
            if !matches!(event, Event::Note(_)) {
                *self.back.lock().unwrap_or_else(PoisonError::into_inner) = self.wire.take();
            }
            event
        })
    }
}

/// What a message says. One that is no answer to the request is the server's fault.
fn event(message: &Value) -> Event {
    let json = |value: &Value| Json::of(value).expect("it was JSON before");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let (Some(method), None) = (message.get("method"), message.get("id")) {
        return Event::Note(Note::new(text(method), json(&message["params"])));
    }
    match (message.get("error"), message.get("result"), message.get("id")) {
        // Refused before it was read, a request has no id.
        (Some(error), None, id) if id.is_none_or(|id| id == ID) => {
            let code = error["code"].as_i64().and_then(|code| code.try_into().ok());
            let told = Error::new(code.unwrap_or(code::INTERNAL_ERROR), text(&error["message"]));
            Event::Error(told.with_data(error.get("data").map(json)))
        }
        (None, Some(result), Some(id)) if id == ID => Event::Reply(json(result)),
        _ => panic!("neither a note nor an answer: {message}"),
    }
}
