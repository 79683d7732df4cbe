//! Questions that nobody can know of: nobody waits for their answers.

use std::{pin::pin, time::Duration};

use tokio::{
    sync::{Notify, Semaphore},
    task::yield_now,
    time::sleep,
};
use toolgate_core::{
    Kind,
    legacy::{
        EventId, EventStore, MemoryEvents, Replay, SessionKey, StoreError, StreamId, StreamKind,
    },
};

use super::{
    asks::{LATEST, calling, session, to},
    sockets::within,
    *,
};
use crate::http::Limits;

/// A store that begins a stream when it may, if it ever does.
struct Store {
    kept: MemoryEvents,
    begins: bool,
    keeps: bool,
    asked: Notify,
    may: Semaphore,
}

impl Store {
    fn new(begins: bool, keeps: bool) -> Arc<Self> {
        let (kept, asked, may) = (MemoryEvents::new(), Notify::new(), Semaphore::new(0));
        Arc::new(Self { kept, begins, keeps, asked, may })
    }
}

impl EventStore for Store {
    fn open<'a>(
        &'a self,
        of: &'a SessionKey,
        kind: StreamKind,
    ) -> BoxFuture<'a, Result<StreamId, StoreError>> {
        Box::pin(async move {
            if !self.begins {
                return Err(StoreError::Full);
            }
            self.asked.notify_one();
            drop(self.may.acquire().await);
            self.kept.open(of, kind).await
        })
    }

    fn append<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<Option<EventId>, StoreError>> {
        if self.keeps {
            return self.kept.append(of, stream, data);
        }
        Box::pin(async { Ok(None) })
    }

    fn replay<'a>(
        &'a self,
        of: &'a SessionKey,
        after: EventId,
    ) -> BoxFuture<'a, Result<Option<Replay>, StoreError>> {
        self.kept.replay(of, after)
    }

    fn end<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.kept.end(of, stream)
    }

    fn forget<'a>(&'a self, of: &'a SessionKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.kept.forget(of)
    }
}

/// Tools that ask: one at once, and one when it is told to, after a note.
fn asking(later: Arc<Notify>) -> Arc<Double> {
    double(open_card(), move |request, cx| {
        let later = later.clone();
        async move {
            if request.method != "tools/call" {
                let known = json!({ "supportedVersions": [], "capabilities": {} });
                return Reply::of(&known).map(Running::Done);
            }
            let asks = json!({ "inputRequests": { "a": { "method": "roots/list" } } });
            let asks = Reply::of(&asks)?.kind(Kind::InputRequired);
            if request.params.parse::<Value>().unwrap()["name"] == "now" {
                return Ok(Running::Done(asks));
            }
            let (cx, notes) = cx.streaming();
            let end = async move {
                let note = Note::of("notifications/progress", &json!({ "n": 1 })).unwrap();
                cx.send(note).await.ok();
                later.notified().await;
                Ok(asks)
            };
            Ok(Running::Open { notes, end: Box::pin(end) })
        }
    })
}

/// A session that may be asked one question at a time.
struct Stage {
    service: McpService,
    session: http::HeaderValue,
    later: Arc<Notify>,
}

impl Stage {
    async fn with(store: Arc<Store>) -> Self {
        let later = Arc::new(Notify::new());
        let http = mounted(asking(later.clone())).events(store);
        let service = http.limits(Limits::default().questions(1)).build().unwrap();
        let session = session(&service, LATEST).await;
        Self { service, session, later }
    }

    async fn call(&self, id: usize, tool: &str) -> Response<Body> {
        let mut request = to("/mcp", &calling(id, tool));
        request.headers_mut().insert("mcp-session-id", self.session.clone());
        send(&self.service, request).await
    }

    /// Reads one event of a call, and goes away.
    async fn leave_after_one(&self, tool: &str) {
        let mut body = self.call(1, tool).await.into_body();
        within(body.frame()).await.unwrap().unwrap();
    }

    /// Whether another question may be asked, which is when the first is not open any more.
    async fn has_room(&self) -> bool {
        for id in 2..100 {
            if self.call(id, "now").await.status() == 200 {
                return true;
            }
            yield_now().await;
        }
        false
    }
}

#[tokio::test]
async fn a_question_on_a_stream_that_nobody_was_told_of_is_none() {
    let store = Store::new(true, true);
    let stage = Stage::with(store.clone()).await;
    {
        let mut call = pin!(stage.call(1, "now"));
        tokio::select! {
            _ = &mut call => panic!("its stream has not begun"),
            () = store.asked.notified() => {}
        }
    }
    store.may.add_permits(1);
    assert!(stage.has_room().await);
}

#[tokio::test]
async fn a_question_after_its_reader_has_left_is_none_unless_it_is_kept() {
    for (begins, expected) in [(false, true), (true, true), (true, false)] {
        let store = Store::new(begins, !expected);
        store.may.add_permits(1);
        let stage = Stage::with(store).await;
        stage.leave_after_one("later").await;
        stage.later.notify_one();
        // It asks meanwhile.
        for _ in 0..100 {
            yield_now().await;
        }
        assert_eq!(stage.has_room().await, expected, "{begins}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_whose_reader_leaves_for_good_is_none_any_more() {
    let stage = Stage::with(Store::new(false, false)).await;
    stage.leave_after_one("now").await;
    sleep(Limits::default().keep_alive * 2 + Duration::from_secs(1)).await;
    assert!(stage.has_room().await);
}
