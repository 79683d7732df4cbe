//! Who reads, for how long, and what is kept when nobody does.

use std::future::poll_fn;

use futures::future::pending;
use tokio::time::advance;
use toolgate_core::{
    Notes,
    legacy::{Owner, SessionId},
};

use super::*;
use crate::http::admission::{Admission, Bucket};

const TIMES: Times = Times {
    keep_alive: Duration::from_secs(15),
    patience: Duration::from_secs(300),
    alone: Duration::from_secs(60),
};

fn live() -> Arc<LiveSession> {
    let owner = Owner::of(&Caller::Open);
    let key = SessionKey::new(SessionId::random().unwrap(), owner);
    LiveSession::new(Arc::new(key), Caller::Open, Shutdown::never(), None)
}

fn reading() -> Reading {
    let permit = Admission::new(1, 1).enter(Bucket::Anybody).unwrap();
    Reading::new(permit, VecDeque::new())
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
