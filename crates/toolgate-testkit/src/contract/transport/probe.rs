//! The kit's service: tells who asks, streams, hangs, fails and panics, as it is asked to.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};
use toolgate_core::{
    BoxFuture, Caller, Card, Context, Denial, Error, Key, Note, Notes, Reply, Request, Running,
    Scopes, Service,
    protocol::{Json, LogLevel, discover::Implementation, meta, method, version},
};

/// Whose words would be a leak.
pub(super) const INNER: &str = "inner-words-of-the-service";

/// What a service of the author's own may answer with.
pub(super) const OWN_CODE: i32 = -31_999;
pub(super) const OWN_MESSAGE: &str = "the contract's own error";

/// What the probe does for a request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "act", rename_all = "camelCase")]
pub(super) enum Act {
    /// Replies with who asks, and the tag.
    Who { tag: usize },
    /// Sends so many notes, each with its number, the tag and so many bytes; then replies.
    Stream { tag: usize, notes: usize, bytes: usize },
    /// Sends a note, where it can; then waits until it is told to go on. Replies.
    Hang { inside: Inside },
    /// Waits for the end of long requests, and replies with what it was.
    LastWord,
    /// An error of its own.
    Fail,
    /// A refusal.
    Deny,
    /// Panics.
    Panic { inside: Inside },
}

/// Where in a request something happens.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(super) enum Inside {
    /// Before there is a future; to hang there would be to block.
    Once,
    /// Before the request is admitted.
    Call,
    /// After that, and before any note.
    End,
    /// After a note.
    Noted,
}

/// The request that asks for an act, in the modern era, which bears notes of all sorts.
pub(super) fn request(act: &Act) -> Request {
    let own = json!({
        meta::PROTOCOL_VERSION: version::MODERN,
        meta::CLIENT_CAPABILITIES: {},
        meta::LOG_LEVEL: "debug",
        "progressToken": "contract",
    });
    let params = Json::of(&json!({ "_meta": own, "act": act }));
    Request::new("contract/act", params.unwrap_or_else(|_| Json::object()))
}

/// A note of [`Act::Stream`].
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Numbered<P = IgnoredAny> {
    pub(super) tag: usize,
    pub(super) number: usize,
    /// What makes it heavy.
    pad: P,
}

#[derive(Deserialize, Serialize)]
struct Message<D> {
    level: LogLevel,
    data: D,
}

impl Numbered {
    /// The note as the probe sent it.
    pub(super) fn of(note: &Note) -> Option<Self> {
        let message = note.params.parse::<Message<Self>>().ok()?;
        (note.method == method::MESSAGE).then_some(message.data)
    }
}

/// A call of [`Act::Hang`] or [`Act::LastWord`], seen from the inside.
#[derive(Debug)]
pub(super) struct Held {
    /// Lets it go on.
    pub(super) finish: oneshot::Sender<()>,
    /// Ends when the call is dropped.
    pub(super) dropped: oneshot::Receiver<()>,
}

/// What the kit sees of its service.
#[derive(Debug)]
pub(super) struct Probe {
    seen: Arc<Seen>,
}

#[derive(Debug)]
pub(super) struct Seen {
    reached: AtomicUsize,
    nameless: AtomicUsize,
    sent: watch::Sender<usize>,
    held: mpsc::UnboundedSender<Held>,
}

impl Seen {
    /// Requests and notifications that got through to the service.
    pub(super) fn reached(&self) -> usize {
        self.reached.load(Ordering::SeqCst)
    }

    /// Those among them that came from nobody.
    pub(super) fn nameless(&self) -> usize {
        self.nameless.load(Ordering::SeqCst)
    }

    /// How many notes were sent, by all calls, and news of more.
    pub(super) fn sent(&self) -> watch::Receiver<usize> {
        self.sent.subscribe()
    }

    fn arrives(&self, cx: &Context) {
        self.reached.fetch_add(1, Ordering::SeqCst);
        if !matches!(cx.caller(), Caller::Known(_)) {
            self.nameless.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn hold(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((finish, finished), (tell, dropped)) = (oneshot::channel(), oneshot::channel());
        // Nobody looking any more is a check that has failed already.
        let _ = self.held.send(Held { finish, dropped });
        (finished, tell)
    }
}

impl Probe {
    pub(super) fn new() -> (Self, Arc<Seen>, mpsc::UnboundedReceiver<Held>) {
        let (held, calls) = mpsc::unbounded_channel();
        let seen = Seen {
            reached: AtomicUsize::new(0),
            nameless: AtomicUsize::new(0),
            sent: watch::Sender::new(0),
            held,
        };
        let seen = Arc::new(seen);
        (Self { seen: seen.clone() }, seen, calls)
    }
}

impl Service for Probe {
    fn card(&self) -> Arc<Card> {
        Arc::new(Card::new(Implementation::new("contract", "1")))
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        self.seen.arrives(&cx);
        let act = request.parse().map(|Asked { act }| act);
        if let Ok(Act::Panic { inside: Inside::Once }) = act {
            return panics();
        }
        Box::pin(async move { answer(self.seen.clone(), act?, cx).await })
    }

    fn notify(&self, _: Note, cx: Context) -> BoxFuture<'_, ()> {
        self.seen.arrives(&cx);
        Box::pin(async {})
    }
}

#[derive(Deserialize)]
struct Asked {
    act: Act,
}

async fn answer(seen: Arc<Seen>, act: Act, cx: Context) -> Result<Running, Error> {
    match act {
        Act::Who { tag } => {
            // Whether it ought to be known is for the kit to say.
            let who = cx.identity().map_or(Value::Null, |identity| told(&identity.key));
            done(&json!({ "who": who, "tag": tag }))
        }
        Act::Stream { tag, notes, bytes } => Ok(open(cx, move |cx| async move {
            let pad = "x".repeat(bytes);
            for number in 0..notes {
                cx.send(message(&Numbered { tag, number, pad: &pad })?).await.ok();
                seen.sent.send_modify(|sent| *sent += 1);
            }
            Reply::of(&json!({ "tag": tag, "sent": notes }))
        })),
        Act::Hang { inside: inside @ (Inside::Once | Inside::Call) } => {
            let (finished, _tells) = seen.hold();
            let _ = finished.await;
            done(&json!({ "finished": inside }))
        }
        Act::Hang { inside } => Ok(open(cx, move |cx| async move {
            if inside == Inside::Noted {
                cx.send(message("hanging")?).await.ok();
            }
            let (finished, _tells) = seen.hold();
            let _ = finished.await;
            Reply::of(&json!({ "finished": inside }))
        })),
        Act::LastWord => Ok(open(cx, move |cx| async move {
            let (_finished, _tells) = seen.hold();
            let ending = cx.ending().await;
            Reply::of(&json!({ "ending": format!("{ending:?}") }))
        })),
        Act::Fail => Err(Error::new(OWN_CODE, OWN_MESSAGE).with_data(Json::of(&["a", "b"]).ok())),
        Act::Deny => Err(Error::denied(Denial::Scopes(Scopes::from(["contract:write"])))),
        Act::Panic { inside: Inside::Once | Inside::Call } => panics(),
        Act::Panic { inside } => Ok(open(cx, move |cx| async move {
            if inside == Inside::Noted {
                cx.send(message("about to panic")?).await.ok();
            }
            panics()
        })),
    }
}

/// How a reply tells a key.
pub(super) fn told(key: &Key) -> Value {
    json!([key.issuer, key.subject, key.client])
}

fn done(reply: &Value) -> Result<Running, Error> {
    Ok(Running::Done(Reply::of(reply)?))
}

fn open<F>(cx: Context, run: impl FnOnce(Context) -> F) -> Running
where
    F: Future<Output = Result<Reply, Error>> + Send + 'static,
{
    let (cx, notes): (Context, Notes) = cx.streaming();
    Running::Open { notes, end: Box::pin(run(cx)) }
}

fn message<T: Serialize + ?Sized>(data: &T) -> Result<Note, Error> {
    Note::of(method::MESSAGE, &Message { level: LogLevel::Info, data })
}

#[expect(clippy::panic, reason = "what is tested is who survives it")]
fn panics<T>() -> T {
    panic!("{INNER}")
}
