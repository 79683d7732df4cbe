//! Who reads, for how long, and what is kept when nobody does.

use std::{future::poll_fn, sync::atomic::AtomicBool, task::Wake};

use futures::future::pending;
use tokio::{sync::Semaphore, time::advance};
use toolgate_core::{
    Context, Notes,
    legacy::{EventId, EventStore, MemoryEvents, Owner, Replay, SessionId, StoreError},
};

use super::*;
use crate::http::admission::{Admission, Bucket};

const TIMES: Times = Times {
    keep_alive: Duration::from_secs(15),
    patience: Duration::from_secs(300),
    alone: Duration::from_secs(60),
};

fn live() -> Arc<LiveSession> {
    kept_by(None)
}

fn kept_by(keep: Option<Keep>) -> Arc<LiveSession> {
    let owner = Owner::of(&Caller::Open);
    let key = SessionKey::new(SessionId::random().unwrap(), owner);
    LiveSession::new(Arc::new(key), Caller::Open, Shutdown::never(), keep)
}

fn reading() -> Reading {
    let permit = Admission::new(1, 1).enter(Bucket::Anybody).unwrap();
    Reading::new(Arc::new(permit), &Caller::Open, VecDeque::new())
}

async fn seconds(seconds: u64, live: &LiveSession) -> bool {
    advance(Duration::from_secs(seconds)).await;
    live.look(Instant::now(), TIMES)
}

async fn read(stream: &mut OwnStream) -> Option<Bytes> {
    poll_fn(|task| stream.poll(task)).await
}

#[tokio::test(start_paused = true)]
async fn a_reader_is_kept_alive_and_one_that_takes_nothing_is_none() {
    let live = live();
    let mut stream = live.give(reading());
    for _ in 0..100 {
        assert!(seconds(14, &live).await);
        assert!(stream.poll(&mut Task::from_waker(Waker::noop())).is_pending());
        assert!(seconds(1, &live).await);
        assert_eq!(read(&mut stream).await.unwrap(), sse::KEEP_ALIVE);
    }
    for _ in 0..314 {
        assert!(seconds(1, &live).await && live.is_read());
    }
    assert!(seconds(1, &live).await && !live.is_read());
    assert_eq!(read(&mut stream).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_listened_to_is_kept_for_a_while_without_a_reader() {
    let live = live();
    assert!(!seconds(0, &live).await, "there is nothing to keep");
    let end = Box::pin(pending());
    let listen = Listen::of("a:b", Notes::none(), end);
    assert_eq!(live.add(listen, 1), Ok(()));
    assert!(seconds(59, &live).await);
    drop(live.give(reading()));
    assert!(seconds(59, &live).await);
    assert!(!seconds(1, &live).await);
}

#[tokio::test]
async fn the_last_to_come_reads_and_an_earlier_one_takes_nothing_from_it() {
    let live = live();
    let mut first = live.give(reading());
    let second = live.give(reading());
    assert_eq!(read(&mut first).await, None);
    drop(first);
    assert!(live.is_read());
    drop(second);
    assert!(!live.is_read());
}

/// A store that keeps nothing before it is let.
#[derive(Clone)]
struct Slow(MemoryEvents, Arc<Semaphore>);

impl Slow {
    fn new() -> Self {
        Self(MemoryEvents::new(), Arc::new(Semaphore::new(0)))
    }

    fn let_go(&self) {
        self.1.close();
    }
}

impl EventStore for Slow {
    fn open<'a>(
        &'a self,
        of: &'a SessionKey,
        kind: StreamKind,
    ) -> BoxFuture<'a, Result<StreamId, StoreError>> {
        self.0.open(of, kind)
    }

    fn append<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<Option<EventId>, StoreError>> {
        Box::pin(async move {
            let _ = self.1.acquire().await;
            self.0.append(of, stream, data).await
        })
    }

    fn replay<'a>(
        &'a self,
        of: &'a SessionKey,
        after: EventId,
    ) -> BoxFuture<'a, Result<Option<Replay>, StoreError>> {
        self.0.replay(of, after)
    }

    fn end<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.end(of, stream)
    }

    fn forget<'a>(&'a self, of: &'a SessionKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.forget(of)
    }
}

/// One whose reader has heard a change that the store has not kept yet.
async fn keeping(store: &Slow) -> (Arc<LiveSession>, OwnStream, Context) {
    let live = kept_by(Some(Keep::new(Arc::new(store.clone()))));
    let (cx, notes) = Context::new(Caller::Open).streaming();
    assert_eq!(live.add(Listen::of("a:b", notes, Box::pin(pending())), 1), Ok(()));
    let mut stream = live.give(reading());
    cx.send(updated("a:b").unwrap()).await.unwrap();
    assert!(stream.poll(&mut Task::from_waker(Waker::noop())).is_pending());
    (live, stream, cx)
}

/// Whether somebody was woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Also where one of them goes away.
#[tokio::test]
async fn all_who_wait_for_the_store_go_on() {
    for gone in [None, Some(0), Some(1)] {
        let store = Slow::new();
        let (live, stream, _cx) = keeping(&store).await;
        drop(stream);
        let mut waiting = Vec::new();
        for _ in 0..2 {
            let (mut one, woken) = (Box::pin(live.all_kept()), Arc::<Woken>::default());
            let waker = woken.clone().into();
            assert!(one.as_mut().poll(&mut Task::from_waker(&waker)).is_pending());
            waiting.push((one, woken));
        }
        gone.map(|at| waiting.remove(at));
        store.let_go();
        let is_woken = |(_, woken): &(_, Arc<Woken>)| woken.0.load(Ordering::SeqCst);
        while let Some(at) = waiting.iter().position(is_woken) {
            let (one, _) = waiting.remove(at);
            one.await;
        }
        assert!(waiting.is_empty(), "{gone:?}: nobody wakes it");
        let event = read(&mut live.give(reading())).await.unwrap();
        assert!(String::from_utf8(event.to_vec()).unwrap().contains("a:b"), "{gone:?}");
    }
}

#[tokio::test]
async fn who_reads_goes_on_where_nobody_comes_in_its_place() {
    for (waits, is_kept) in [(false, false), (true, false), (true, true)] {
        let store = Slow::new();
        let (live, mut stream, cx) = keeping(&store).await;
        let held = live.hold();
        let mut waiting = Box::pin(live.all_kept());
        if waits {
            assert!(waiting.as_mut().poll(&mut Task::from_waker(Waker::noop())).is_pending());
        }
        store.let_go();
        cx.send(updated("a:c").unwrap()).await.unwrap();
        if is_kept {
            waiting.await;
        } else {
            drop(waiting);
        }
        let (woken, waker) = {
            let woken = Arc::<Woken>::default();
            (woken.clone(), Waker::from(woken))
        };
        let polled = stream.poll(&mut Task::from_waker(&waker));
        assert!(polled.is_pending(), "nothing between what was missed and what comes");
        drop(held);
        assert!(woken.0.load(Ordering::SeqCst));
        for uri in ["a:b", "a:c"] {
            let event = String::from_utf8(read(&mut stream).await.unwrap().to_vec()).unwrap();
            assert!(event.contains(uri), "{waits} {is_kept}: {event}");
        }
    }
}

#[tokio::test]
async fn what_was_kept_meanwhile_is_for_who_comes() {
    let store = Slow::new();
    let (live, mut stream, _cx) = keeping(&store).await;
    let held = live.hold();
    store.let_go();
    live.all_kept().await;
    let mut next = live.give(reading());
    drop(held);
    assert_eq!(read(&mut stream).await, None);
    assert!(read(&mut next).await.is_some());
}
