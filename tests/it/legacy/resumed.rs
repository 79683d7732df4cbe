//! Streams that are come back to: what was missed, of this stream, for its owner, once.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use toolgate_core::{
    BoxFuture, Context, Out,
    legacy::{
        EventId, EventStore, MemoryEvents, Replay, SessionKey, StoreError, StreamId, StreamKind,
    },
};
use toolgate_server::ToolSpec;
use toolgate_transport::http::{Http, Limits, Listen};

use super::{Nothing, begin, bound, calling};
use crate::support::{
    client::{Ask, within},
    mcp::with_progress,
    old::{Event, LATEST, REVISIONS, Session, Stream},
    served::Served,
};

/// What a call is told to do.
enum Do {
    Progress,
    Release,
    Finish(String),
}

type Driver = mpsc::UnboundedSender<Do>;

/// A server with a tool that does what it is told, and its calls.
async fn driven(http: Http<Listen>) -> (Served, mpsc::UnboundedReceiver<Driver>) {
    let (calls, receiver) = mpsc::unbounded_channel();
    let tools = super::server().tool_fn(ToolSpec::new("driven"), move |_: Nothing, cx: Context| {
        let calls = calls.clone();
        async move {
            let (driver, mut orders) = mpsc::unbounded_channel();
            let _ = calls.send(driver);
            let mut steps = 0.0;
            loop {
                match orders.recv().await {
                    Some(Do::Progress) => {
                        steps += 1.0;
                        cx.progress(steps).await?;
                    }
                    Some(Do::Release) => {
                        cx.send_out(Out::ReleaseConnection(Duration::from_millis(20))).await?;
                    }
                    Some(Do::Finish(word)) => return Ok(word),
                    None => return Ok("left alone".into()),
                }
            }
        }
    });
    (Served::start(tools, http).await, receiver)
}

/// A call of a session, its stream open, and what drives it.
struct Call {
    session: Session,
    stream: Stream,
    driver: Driver,
}

impl Call {
    /// Begins one. Its first progress has been read; that event comes with it.
    async fn begin(
        server: &Served,
        session: &Session,
        calls: &mut mpsc::UnboundedReceiver<Driver>,
    ) -> (Self, Event) {
        let ask = session.post(&with_progress(calling("driven"), "p"));
        let opening = Stream::open(server.addr, &ask);
        let driving = async {
            let driver = within("the call", calls.recv()).await.expect("it runs");
            let _ = driver.send(Do::Progress);
            driver
        };
        let (mut stream, driver) = tokio::join!(opening, driving);
        let first = loop {
            let event = stream.event().await.expect("progress");
            if event.message.is_some() {
                break event;
            }
        };
        (Self { session: session.clone(), stream, driver }, first)
    }

    fn order(&self, order: Do) {
        let _ = self.driver.send(order);
    }

    fn finish(&self) {
        self.order(Do::Finish("done".into()));
    }
}

/// What asks for what comes after an event.
fn after(session: &Session, event: &Event) -> Ask {
    session.get().with("Last-Event-ID", event.id.as_deref().expect("an id"))
}

async fn back(session: &Session, event: &Event) -> Stream {
    Stream::open(session.addr, &after(session, event)).await
}

/// The rest of a stream: of each message the progress or the word of the result.
async fn rest(stream: &mut Stream) -> Vec<Value> {
    let mut rest = Vec::new();
    while let Some(message) = stream.message().await {
        let progress = &message["params"]["progress"];
        let text = &message["result"]["content"][0]["text"];
        rest.push(if progress.is_null() { text.clone() } else { progress.clone() });
    }
    rest
}

#[tokio::test]
async fn every_event_has_an_id_and_only_the_last_revision_a_beginning_without_data() {
    let (server, mut calls) = driven(bound()).await;
    let mut ids = std::collections::HashSet::new();
    for revision in REVISIONS {
        let session = Session::begin(server.addr, "ann", revision).await;
        let ask = session.post(&with_progress(calling("driven"), "p"));
        let (mut stream, ()) = tokio::join!(Stream::open(server.addr, &ask), async {
            let driver = within("the call", calls.recv()).await.expect("it runs");
            for order in [Do::Progress, Do::Progress, Do::Finish("done".into())] {
                let _ = driver.send(order);
            }
        });
        let mut events = Vec::new();
        while let Some(event) = stream.event().await {
            events.push(event);
        }
        assert_eq!(events[0].is_priming(), revision == LATEST, "{revision}");
        let primings = events.iter().filter(|event| event.is_priming()).count();
        assert_eq!(primings, usize::from(revision == LATEST));
        assert_eq!(events.iter().filter(|it| it.message.is_some()).count(), 3);
        for event in events {
            assert!(ids.insert(event.id.expect("an id")), "no id is there twice");
        }
    }
}

#[tokio::test]
async fn whoever_comes_back_gets_what_they_missed_and_what_comes_until_the_result() {
    let (server, mut calls) = driven(bound()).await;
    for revision in REVISIONS {
        let session = Session::begin(server.addr, "ann", revision).await;
        let (call, first) = Call::begin(&server, &session, &mut calls).await;
        let Call { session, stream, driver } = call;
        drop(stream);
        for order in [Do::Progress, Do::Progress] {
            let _ = driver.send(order);
        }
        let mut stream = back(&session, &first).await;
        let missed = stream.event().await.expect("what was missed");
        assert_eq!(missed.message.as_ref().map(|it| &it["params"]["progress"]), Some(&json!(2.0)));
        let _ = driver.send(Do::Progress);
        let _ = driver.send(Do::Finish("done".into()));
        assert_eq!(rest(&mut stream).await, [json!(3.0), json!(4.0), json!("done")], "{revision}");
        // The stream has ended, and can still be come back to.
        assert_eq!(
            rest(&mut back(&session, &missed).await).await,
            [json!(3.0), json!(4.0), json!("done")]
        );
    }
}

/// A call that lets go of its connection at once: its stream, and what drives it.
async fn released(
    session: &Session,
    calls: &mut mpsc::UnboundedReceiver<Driver>,
) -> (Stream, Driver) {
    let ask = session.post(&calling("driven"));
    tokio::join!(Stream::open(session.addr, &ask), async {
        let driver = within("the call", calls.recv()).await.expect("it runs");
        let _ = driver.send(Do::Release);
        driver
    })
}

#[tokio::test]
async fn a_connection_is_let_go_of_where_its_client_knows_to_come_back() {
    let (server, mut calls) = driven(bound()).await;
    let session = begin(&server, "ann").await;
    let (mut stream, driver) = released(&session, &mut calls).await;
    let beginning = stream.event().await.expect("a beginning");
    assert!(beginning.is_priming());
    let release = stream.event().await.expect("when to come back");
    assert_eq!((release.retry, release.message), (Some(20), None));
    assert_eq!(stream.event().await, None, "the answer ends, the call does not");
    let mut again = back(&session, &beginning).await;
    let _ = driver.send(Do::Release);
    assert_eq!(again.event().await.expect("when").retry, Some(20), "again");
    assert_eq!(again.event().await, None);
    let _ = driver.send(Do::Finish("done".into()));
    assert_eq!(rest(&mut back(&session, &beginning).await).await, [json!("done")]);
    // Earlier revisions wanted the reply before the end.
    for revision in ["2025-03-26", "2025-06-18"] {
        let session = Session::begin(server.addr, "ann", revision).await;
        let (mut call, _) = Call::begin(&server, &session, &mut calls).await;
        call.order(Do::Release);
        call.finish();
        assert_eq!(rest(&mut call.stream).await, [json!("done")], "{revision}");
    }
}

#[tokio::test]
async fn a_reply_without_notes_is_a_document_for_all_that() {
    let (server, _calls) = driven(bound()).await;
    for revision in REVISIONS {
        let session = Session::begin(server.addr, "ann", revision).await;
        let reply = session.send(&calling("who")).await;
        assert_eq!(reply.field("content-type"), Some("application/json"), "{revision}");
    }
}

#[tokio::test]
async fn each_message_goes_to_one_reader_the_last_one_to_come() {
    let (server, mut calls) = driven(bound()).await;
    let session = begin(&server, "ann").await;
    let (mut call, first) = Call::begin(&server, &session, &mut calls).await;
    let mut second = back(&session, &first).await;
    assert_eq!(call.stream.message().await, None, "the first reader's stream is over");
    call.order(Do::Progress);
    assert_eq!(second.message().await.expect("progress")["params"]["progress"], 2.0);
    call.finish();
    assert_eq!(rest(&mut second).await, [json!("done")]);
}

#[tokio::test]
async fn two_streams_of_a_session_are_told_apart() {
    let (server, mut calls) = driven(bound()).await;
    let session = begin(&server, "ann").await;
    let (one, first) = Call::begin(&server, &session, &mut calls).await;
    let mut message = with_progress(calling("driven"), "q");
    message["id"] = json!(8);
    let ask = session.post(&message);
    let (mut stream, other) = tokio::join!(Stream::open(server.addr, &ask), async {
        let driver = within("the call", calls.recv()).await.expect("it runs");
        let _ = driver.send(Do::Progress);
        let _ = driver.send(Do::Finish("other".into()));
        driver
    });
    assert_eq!(rest(&mut stream).await, [json!(1.0), json!("other")]);
    one.finish();
    assert_eq!(rest(&mut back(&session, &first).await).await, [json!("done")]);
    drop(other);
}

#[tokio::test]
async fn nobody_else_comes_back_to_it() {
    let (server, mut calls) = driven(bound()).await;
    let session = begin(&server, "ann").await;
    let (call, first) = Call::begin(&server, &session, &mut calls).await;
    let id = first.id.as_deref().expect("an id");
    // In her session he is nobody; in his own, and in another of hers, there is no such event.
    let reply = server.send(&after(&session.with_token("bob"), &first)).await;
    assert_eq!(reply.outcome(), (404, Some(-32001)));
    let unknown = format!("{:032x}-1", 7);
    for other in [begin(&server, "bob").await, begin(&server, "ann").await] {
        let theirs = server.send(&after(&other, &first)).await;
        let none = server.send(&other.get().with("Last-Event-ID", &unknown)).await;
        assert_eq!(theirs.outcome(), (400, Some(-32600)));
        assert_eq!((theirs.status, theirs.body), (none.status, none.body), "alike to the byte");
    }
    for bad in ["", "1", "x", &format!("{id}0"), &format!("{id}-1"), &"9".repeat(500)] {
        let reply = server.send(&session.get().with("Last-Event-ID", bad)).await;
        assert_eq!(reply.outcome(), (400, Some(-32600)), "{bad:?}");
    }
    let twice = after(&session, &first).adding("Last-Event-ID", id);
    assert_eq!(server.send(&twice).await.outcome(), (400, Some(-32600)));
    // None of that took it from its reader.
    let mut stream = call.stream;
    let _ = call.driver.send(Do::Finish("done".into()));
    assert_eq!(rest(&mut stream).await, [json!("done")]);
    assert_eq!(server.send(&call.session.delete()).await.status, 204);
    let reply = server.send(&after(&session, &first)).await;
    assert_eq!(reply.outcome(), (404, Some(-32001)), "it went with its session");
}

#[tokio::test]
async fn a_session_s_end_leaves_nothing_of_its_events() {
    let events = MemoryEvents::new();
    let (server, mut calls) = driven(bound().events(events.clone())).await;
    let session = begin(&server, "ann").await;
    let (mut call, _) = Call::begin(&server, &session, &mut calls).await;
    assert!(events.used() > 0);
    assert_eq!(server.send(&session.delete()).await.status, 204);
    assert_eq!(events.used(), 0);
    call.finish();
    // It is told all the same, to come back to no more.
    let last = call.stream.event().await.expect("the result");
    assert_eq!((last.id, last.message.map(|it| it["id"].clone())), (None, Some(json!(7))));
    assert_eq!(events.used(), 0);
}

#[tokio::test]
async fn what_was_pushed_out_is_not_come_back_to() {
    let events = MemoryEvents::new().all(2000);
    let (server, mut calls) = driven(bound().events(events.clone())).await;
    let (session, other) = (begin(&server, "ann").await, begin(&server, "bob").await);
    let (call, first) = Call::begin(&server, &session, &mut calls).await;
    let (mut flood, _) = Call::begin(&server, &other, &mut calls).await;
    for _ in 0..20 {
        flood.order(Do::Progress);
    }
    flood.finish();
    rest(&mut flood.stream).await;
    assert!(events.used() <= 2000);
    assert_eq!(server.send(&after(&session, &first)).await.outcome(), (400, Some(-32600)));
    drop(call);
}

/// Whoever comes back for a reply that was too large to keep is at least told.
#[tokio::test]
async fn a_reply_that_can_neither_be_sent_nor_kept_becomes_an_error() {
    let events = MemoryEvents::new().bytes(2000);
    let (server, mut calls) = driven(bound().events(events)).await;
    let session = begin(&server, "ann").await;
    let (mut stream, driver) = released(&session, &mut calls).await;
    let beginning = stream.event().await.expect("a beginning");
    while stream.event().await.is_some() {}
    let _ = driver.send(Do::Finish("x".repeat(4000)));
    let message = back(&session, &beginning).await.message().await.expect("a word");
    assert_eq!((&message["id"], &message["error"]["code"]), (&json!(7), &json!(-32603)));
    // With a reader it only goes without an id.
    let (mut call, _) = Call::begin(&server, &session, &mut calls).await;
    call.order(Do::Finish("x".repeat(4000)));
    let last = call.stream.event().await.expect("the result");
    assert!(last.id.is_none() && last.message.is_some_and(|it| it["result"].is_object()));
}

#[tokio::test]
async fn where_nothing_is_kept_there_is_nothing_to_come_back_to() {
    let (server, mut calls) = driven(bound().no_events()).await;
    let session = begin(&server, "ann").await;
    let (mut call, first) = Call::begin(&server, &session, &mut calls).await;
    assert_eq!(first.id, None);
    call.order(Do::Release);
    call.finish();
    assert_eq!(rest(&mut call.stream).await, [json!("done")]);
    let ask = session.get().with("Last-Event-ID", &format!("{:032x}-1", 7));
    assert_eq!(server.send(&ask).await.outcome(), (400, Some(-32600)));
}

#[tokio::test]
async fn streams_that_are_come_back_to_are_bounded() {
    let limits = Limits::default().streams_per_caller(1);
    let (server, mut calls) = driven(bound().limits(limits)).await;
    let session = begin(&server, "ann").await;
    let (call, first) = Call::begin(&server, &session, &mut calls).await;
    let mut one = back(&session, &first).await;
    assert_eq!(server.send(&after(&session, &first)).await.outcome(), (429, Some(-32000)));
    call.finish();
    assert_eq!(rest(&mut one).await, [json!("done")], "who was refused took nothing");
}

/// A store that lets one down from the start.
#[derive(Clone, Copy, Debug)]
enum Broken {
    Fails,
    Panics,
}

impl Broken {
    fn or<'a, T>(self) -> BoxFuture<'a, Result<T, StoreError>> {
        match self {
            Self::Fails => Box::pin(async { Err(StoreError::Failed("s3cr3t".into())) }),
            Self::Panics => panic!("s3cr3t"),
        }
    }
}

impl EventStore for Broken {
    fn open<'a>(
        &'a self,
        _: &'a SessionKey,
        _: StreamKind,
    ) -> BoxFuture<'a, Result<StreamId, StoreError>> {
        self.or()
    }

    fn append<'a>(
        &'a self,
        _: &'a SessionKey,
        _: StreamId,
        _: bytes::Bytes,
    ) -> BoxFuture<'a, Result<Option<EventId>, StoreError>> {
        self.or()
    }

    fn replay<'a>(
        &'a self,
        _: &'a SessionKey,
        _: EventId,
    ) -> BoxFuture<'a, Result<Option<Replay>, StoreError>> {
        self.or()
    }

    fn end<'a>(&'a self, _: &'a SessionKey, _: StreamId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.or()
    }

    fn forget<'a>(&'a self, _: &'a SessionKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.or()
    }
}

#[tokio::test]
async fn a_store_that_breaks_keeps_nobody_from_an_answer() {
    for broken in [Broken::Fails, Broken::Panics] {
        let (server, mut calls) = driven(bound().events(broken)).await;
        let session = begin(&server, "ann").await;
        let (mut call, first) = Call::begin(&server, &session, &mut calls).await;
        assert_eq!(first.id, None, "{broken:?}");
        call.order(Do::Release);
        call.finish();
        assert_eq!(rest(&mut call.stream).await, [json!("done")], "{broken:?}");
        let ask = session.get().with("Last-Event-ID", &format!("{:032x}-1", 7));
        let reply = server.send(&ask).await;
        assert_eq!(reply.outcome(), (400, Some(-32600)), "{broken:?}");
        assert!(!reply.text().contains("s3cr3t"));
        assert_eq!(server.send(&session.delete()).await.status, 204, "{broken:?}");
    }
}
