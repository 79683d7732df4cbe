//! A service that cannot say what it is, or breaks: nothing begins, and the client is told.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use toolgate_core::{
    BoxFuture, Caller, Card, Context, Denial, Error, Kind, Notes, Reply, Request, Running, Service,
    legacy::{
        Conversation, MemorySessions, Owner, SessionId, SessionRecord, SessionStore, StoreError,
    },
    protocol::{discover::Implementation, legacy::Revision},
};
use toolgate_transport::http::{self, Limits};

use super::{Tells, calling};
use crate::support::{
    client::{Ask, Connection, Reply as Answer, within},
    old::{self, LATEST},
    served::Served,
};

/// What a service does when it is asked for anything.
#[derive(Clone, Copy, Debug)]
enum Does {
    PanicsAtOnce,
    PanicsLater,
    PanicsLast,
    Hangs,
    HangsLast,
    Refuses,
    Forbids,
    Fails,
    Babbles,
    Asks,
}

const ALL: [Does; 10] = [
    Does::PanicsAtOnce,
    Does::PanicsLater,
    Does::PanicsLast,
    Does::Hangs,
    Does::HangsLast,
    Does::Refuses,
    Does::Forbids,
    Does::Fails,
    Does::Babbles,
    Does::Asks,
];

struct Broken(Does);

impl Service for Broken {
    fn card(&self) -> Arc<Card> {
        let mut card = Card::new(Implementation::new("broken", "1"));
        card.open = true;
        card.into()
    }

    fn call(&self, _: Request, _: Context) -> BoxFuture<'_, Result<Running, Error>> {
        let does = self.0;
        assert!(!matches!(does, Does::PanicsAtOnce), "s3cr3t");
        Box::pin(async move {
            let last = |end| Ok(Running::Open { notes: Notes::none(), end });
            match does {
                Does::PanicsAtOnce | Does::PanicsLater => panic!("s3cr3t"),
                Does::PanicsLast => last(Box::pin(async { panic!("s3cr3t") })),
                Does::Hangs => std::future::pending().await,
                Does::HangsLast => last(Box::pin(std::future::pending())),
                Does::Refuses => Err(Error::denied(Denial::Unauthenticated)),
                Does::Forbids => Err(Error::denied(Denial::Forbidden)),
                Does::Fails => Err(Error::internal()),
                Does::Asks => {
                    let asked = Reply::of(&json!({"inputRequests": {}}))?;
                    Ok(Running::Done(asked.kind(Kind::InputRequired)))
                }
                Does::Babbles => Reply::of(&json!({"capabilities": 7})).map(Running::Done),
            }
        })
    }
}

/// The answers to a handshake, to a call and to the same in a batch, and how many began.
async fn meet(does: Does) -> ([Answer; 3], usize) {
    let sessions = MemorySessions::new();
    let conversation = Conversation::assumed(Revision::March2025);
    let record = SessionRecord::new(Owner::of(&Caller::Open), conversation);
    let id = sessions.create(record).await.expect("room");
    let mut http = http::bind("127.0.0.1:0").sessions(sessions.clone());
    if matches!(does, Does::Hangs | Does::HangsLast) {
        http = http.limits(Limits::default().call(Duration::from_millis(50)));
    }
    let service: Arc<dyn Service> = Arc::new(Broken(does));
    let server = Served::start(service, http).await;
    let here = |message: &Value| old::post(message).with("Mcp-Session-Id", id.as_str());
    let handshake = server.send(&old::post(&old::handshake(LATEST))).await;
    let call = server.send(&here(&calling("any"))).await;
    let batch = server.send(&here(&json!([calling("any"), calling("any")]))).await;
    ([handshake, call, batch], sessions.len() - 1)
}

#[tokio::test]
async fn a_service_that_breaks_begins_nothing_and_says_nothing_of_its_inside() {
    for does in ALL {
        let ([handshake, call, batch], begun) = meet(does).await;
        let (status, code) = match does {
            Does::PanicsAtOnce | Does::PanicsLater | Does::PanicsLast => (500, -32603),
            Does::Refuses => (401, -32000),
            Does::Forbids => (403, -32000),
            _ => (200, -32603),
        };
        let expected = (status, Some(code));
        assert_eq!(handshake.outcome(), expected, "{does:?}: {}", handshake.text());
        assert_eq!((begun, handshake.field("mcp-session-id")), (0, None), "{does:?}");
        // What a call is answered with is the service's own affair, if it is an answer.
        if !matches!(does, Does::Babbles) {
            assert_eq!(call.outcome(), expected, "{does:?}: {}", call.text());
            let answers = batch.json();
            for at in [0, 1] {
                assert_eq!(answers[at]["error"]["code"], code, "{does:?}: {answers}");
            }
        }
        for answer in [handshake, call, batch] {
            assert!(!answer.text().contains("s3cr3t"), "{does:?}: {}", answer.text());
        }
    }
}

/// A service that tells when it is called, and when that call is dropped; neither ends by itself.
struct Undecided(mpsc::UnboundedSender<oneshot::Receiver<()>>);

impl Service for Undecided {
    fn card(&self) -> Arc<Card> {
        Broken(Does::Hangs).card()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        let (tell, dropped) = oneshot::channel();
        let _ = self.0.send(dropped);
        Box::pin(async move {
            let _tells = Tells::new(tell);
            Broken(Does::Hangs).call(request, cx).await
        })
    }
}

/// Whether a tool may be used at all can take a while to decide, too.
#[tokio::test]
async fn a_call_that_is_not_yet_let_in_can_be_cancelled() {
    let (called, mut calls) = mpsc::unbounded_channel();
    let service: Arc<dyn Service> = Arc::new(Undecided(called));
    let server = Served::start(service, http::bind("127.0.0.1:0").sessions(Begun)).await;
    let here = |message: &Value| old::post(message).with("Mcp-Session-Id", "any");
    for message in [calling("any"), json!([calling("any")])] {
        let mut connection = Connection::open(server.addr).await;
        connection.write(&here(&message).bytes(server.addr)).await;
        let dropped = within("the call", calls.recv()).await.expect("it runs");
        assert_eq!(server.send(&here(&old::cancel(7))).await.status, 202);
        within("the end of the call", dropped).await.expect("it tells");
        assert_eq!(connection.reply("POST").await.text(), "");
    }
}

/// A store in which everybody has begun whatever session they name.
struct Begun;

impl SessionStore for Begun {
    fn create(&self, _: SessionRecord) -> BoxFuture<'_, Result<SessionId, StoreError>> {
        Box::pin(async { Err(StoreError::Full) })
    }

    fn find<'a>(
        &'a self,
        _: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<Option<Arc<SessionRecord>>, StoreError>> {
        let conversation = Conversation::assumed(Revision::March2025);
        let record = SessionRecord::new(owner.clone(), conversation);
        Box::pin(async { Ok(Some(Arc::new(record))) })
    }

    fn replace<'a>(
        &'a self,
        _: &'a SessionId,
        _: SessionRecord,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async { Ok(true) })
    }

    fn end<'a>(
        &'a self,
        _: &'a SessionId,
        _: &'a Owner,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async { Ok(true) })
    }
}

#[tokio::test]
async fn what_cannot_be_an_id_is_asked_of_no_store() {
    let service: Arc<dyn Service> = Arc::new(Broken(Does::Fails));
    let server = Served::start(service, http::bind("127.0.0.1:0").sessions(Begun)).await;
    let ping = old::post(&old::message(7, "ping", json!({})));
    assert_eq!(server.send(&ping.clone().with("Mcp-Session-Id", "any")).await.status, 200);
    let long = "x".repeat(129);
    for name in ["", "a b", "\u{e9}", "a\tb", &long] {
        for ask in [ping.clone(), Ask::new("DELETE", "/mcp")] {
            let reply = server.send(&ask.with("Mcp-Session-Id", name)).await;
            assert_eq!(reply.outcome(), (404, Some(-32001)), "{name:?}");
        }
    }
}
