//! A store that fails, panics or never answers: that is 503, within bounds, and nobody gets in.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use toolgate_core::{
    BoxFuture,
    legacy::{MemorySessions, Owner, SessionId, SessionRecord, SessionStore, StoreError},
};
use toolgate_transport::http::Limits;

use super::{begin, bound, calling, counting, of_ann, ping, said, server};
use crate::support::{
    client::{Ask, Reply},
    mcp,
    old::{self, LATEST, Session},
    served::Served,
};

/// How a store may let one down.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Fails,
    PanicsAtOnce,
    PanicsLater,
    Hangs,
}

/// Those that show at once.
const BREAKS: [Fault; 3] = [Fault::Fails, Fault::PanicsAtOnce, Fault::PanicsLater];

/// Works until it is told not to.
#[derive(Clone, Default)]
struct Flaky {
    sessions: MemorySessions,
    fault: Arc<AtomicU8>,
}

impl Flaky {
    fn breaks(&self, fault: Fault) {
        self.fault.store(fault as u8, Ordering::SeqCst);
    }

    /// Does what was asked, unless that is broken: then none of it happens.
    fn or<'a, T: Send + 'a>(
        &self,
        kept: impl FnOnce() -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        let fault = self.fault.load(Ordering::SeqCst);
        let is = |it: Fault| fault == it as u8;
        assert!(!is(Fault::PanicsAtOnce), "s3cr3t");
        if is(Fault::PanicsLater) {
            return Box::pin(async { panic!("s3cr3t") });
        }
        if is(Fault::Fails) {
            return Box::pin(async { Err(StoreError::Failed("s3cr3t host".into())) });
        }
        if is(Fault::Hangs) { Box::pin(pending()) } else { kept() }
    }
}

impl SessionStore for Flaky {
    fn create(&self, record: SessionRecord) -> BoxFuture<'_, Result<SessionId, StoreError>> {
        self.or(|| self.sessions.create(record))
    }

    fn find<'a>(
        &'a self,
        id: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<Option<Arc<SessionRecord>>, StoreError>> {
        self.or(|| self.sessions.find(id, owner))
    }

    fn replace<'a>(
        &'a self,
        id: &'a SessionId,
        record: SessionRecord,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.or(|| self.sessions.replace(id, record))
    }

    fn end<'a>(
        &'a self,
        id: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.or(|| self.sessions.end(id, owner))
    }
}

fn modern() -> Ask {
    mcp::post(&mcp::call(7, "count", json!({}))).bearer("ann")
}

/// All that needs a store.
fn asks(session: &Session) -> [Ask; 7] {
    [
        of_ann(&old::handshake(LATEST)),
        session.post(&calling("count")),
        session.post(&ping()),
        session.post(&old::cancel(7)),
        session.post(&json!([calling("count")])),
        session.post(&json!({"jsonrpc": "2.0", "id": 7, "result": {}})),
        session.delete(),
    ]
}

#[track_caller]
fn unavailable(reply: &Reply, fault: Fault) {
    assert_eq!(reply.outcome(), (503, Some(-32000)), "{fault:?}: {}", reply.text());
    assert_eq!(reply.field("retry-after"), Some("1"), "{fault:?}");
    assert_eq!(reply.field("mcp-session-id"), None, "{fault:?}");
    assert!(!reply.text().contains("s3cr3t"), "{fault:?}");
}

#[tokio::test]
async fn a_store_that_breaks_lets_nobody_in() {
    let (tools, count) = counting();
    let store = Flaky::default();
    let server = Served::start(tools, bound().sessions(store.clone())).await;
    let session = begin(&server, "ann").await;
    for fault in BREAKS {
        store.breaks(fault);
        for ask in asks(&session) {
            unavailable(&server.send(&ask).await, fault);
        }
    }
    assert_eq!((count.is(), store.sessions.len()), (0, 1), "nothing ran, began or ended");
    // Whoever needs no session notices nothing.
    assert_eq!(said(&server.send(&modern()).await), "called 1 times");
    store.breaks(Fault::None);
    assert_eq!(said(&session.send(&calling("count")).await), "called 2 times");
}

#[tokio::test]
async fn a_store_that_never_answers_keeps_nobody_waiting() {
    let (tools, count) = counting();
    let store = Flaky::default();
    let session =
        begin(&Served::start(server(), bound().sessions(store.clone())).await, "ann").await;
    // Nothing is asked of this one but what takes as long as it may.
    let short = Limits::default().call(Duration::from_millis(50));
    let server = Served::start(tools, bound().sessions(store.clone()).limits(short)).await;
    store.breaks(Fault::Hangs);
    for ask in asks(&session) {
        unavailable(&server.send(&ask).await, Fault::Hangs);
    }
    assert_eq!((count.is(), store.sessions.len()), (0, 1), "nothing ran, began or ended");
}

/// Finds a session for whoever asks.
#[derive(Clone, Default)]
struct Careless(MemorySessions, Arc<Mutex<Option<Owner>>>);

impl SessionStore for Careless {
    fn create(&self, record: SessionRecord) -> BoxFuture<'_, Result<SessionId, StoreError>> {
        *self.1.lock().expect("no panic") = Some(record.owner.clone());
        self.0.create(record)
    }

    fn find<'a>(
        &'a self,
        id: &'a SessionId,
        _: &'a Owner,
    ) -> BoxFuture<'a, Result<Option<Arc<SessionRecord>>, StoreError>> {
        Box::pin(async {
            let owner = self.1.lock().expect("no panic").clone().expect("a session");
            self.0.find(id, &owner).await
        })
    }

    fn replace<'a>(
        &'a self,
        id: &'a SessionId,
        record: SessionRecord,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.0.replace(id, record)
    }

    fn end<'a>(
        &'a self,
        id: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.0.end(id, owner)
    }
}

#[tokio::test]
async fn a_store_that_forgets_whose_a_session_is_opens_it_to_nobody_else() {
    let (tools, count) = counting();
    let server = Served::start(tools, bound().sessions(Careless::default())).await;
    let session = begin(&server, "ann").await;
    for message in [calling("count"), ping(), old::cancel(7), json!([calling("count")])] {
        let reply = session.with_token("bob").send(&message).await;
        assert_eq!(reply.outcome(), (404, Some(-32001)), "{message}");
    }
    assert_eq!(count.is(), 0);
    assert!(session.lives().await);
}

/// A store in which a session is found and then cannot be changed.
#[derive(Clone, Default)]
struct Fading(Flaky);

impl SessionStore for Fading {
    fn create(&self, record: SessionRecord) -> BoxFuture<'_, Result<SessionId, StoreError>> {
        self.0.sessions.create(record)
    }

    fn find<'a>(
        &'a self,
        id: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<Option<Arc<SessionRecord>>, StoreError>> {
        self.0.sessions.find(id, owner)
    }

    fn replace<'a>(
        &'a self,
        id: &'a SessionId,
        record: SessionRecord,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        if self.0.fault.load(Ordering::SeqCst) == Fault::None as u8 {
            return Box::pin(async { Ok(false) });
        }
        self.0.replace(id, record)
    }

    fn end<'a>(
        &'a self,
        id: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.0.sessions.end(id, owner)
    }
}

#[tokio::test]
async fn what_could_not_be_kept_is_not_said_to_be() {
    let store = Fading::default();
    let server = Served::start(server(), bound().sessions(store.clone())).await;
    let session = begin(&server, "ann").await;
    let level = old::message(7, "logging/setLevel", json!({"level": "error"}));
    let gone = session.send(&level).await;
    assert_eq!(gone.outcome(), (404, Some(-32001)), "it ended meanwhile");
    for fault in BREAKS {
        store.0.breaks(fault);
        unavailable(&session.send(&level).await, fault);
    }
}
