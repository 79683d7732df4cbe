//! What is kept, for whom, how much of it, and for how long.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::{
    identity::{Caller, Identity, Key},
    legacy::{Owner, SessionId},
};

fn owner(name: &str) -> Owner {
    Owner::of(&Identity::new(Key::new("i", name)).into())
}

fn session(name: &str) -> SessionKey {
    SessionKey::new(SessionId::random().unwrap(), owner(name))
}

/// A store, and what asks it in a line.
struct Room(MemoryEvents);

impl Room {
    async fn open(&self, of: &SessionKey) -> StreamId {
        self.0.open(of, StreamKind::Reply).await.unwrap()
    }

    async fn append(&self, of: &SessionKey, stream: StreamId, data: &str) -> Option<EventId> {
        self.0.append(of, stream, Bytes::copy_from_slice(data.as_bytes())).await.unwrap()
    }

    async fn replay(&self, of: &SessionKey, after: EventId) -> Option<Vec<String>> {
        let replay = self.0.replay(of, after).await.unwrap()?;
        let text = |(_, data): (EventId, Bytes)| String::from_utf8(data.to_vec()).unwrap();
        Some(replay.events.into_iter().map(text).collect())
    }

    /// A stream with so many events, `0` and on.
    async fn filled(&self, of: &SessionKey, events: usize) -> (StreamId, Vec<EventId>) {
        let stream = self.open(of).await;
        let mut ids = Vec::new();
        for n in 0..events {
            ids.push(self.append(of, stream, &n.to_string()).await.unwrap());
        }
        (stream, ids)
    }
}

/// What any store owes.
async fn keeps_its_word(room: Room) {
    let ada = session("ada");
    let (one, ids) = room.filled(&ada, 3).await;
    let (other, others) = room.filled(&ada, 2).await;
    assert_ne!(one, other);
    assert!(ids.iter().all(|id| id.stream == one) && others.iter().all(|id| id.stream == other));
    // What comes after, in order, of this stream alone.
    assert_eq!(room.replay(&ada, ids[0]).await.unwrap(), ["1", "2"]);
    assert_eq!(room.replay(&ada, ids[2]).await.unwrap(), [""; 0]);
    assert_eq!(room.replay(&ada, others[0]).await.unwrap(), ["1"]);
    // Replaying takes nothing away.
    assert_eq!(room.replay(&ada, ids[0]).await.unwrap(), ["1", "2"]);
    // What was never given out is after nothing.
    for number in [0, ids[2].number + 1, u64::MAX] {
        assert!(room.replay(&ada, EventId::new(one, number)).await.is_none(), "{number}");
    }
    assert!(room.replay(&ada, EventId::new(StreamId::random().unwrap(), 1)).await.is_none());
    nobody_else_finds_them(&room, &ada, one, ids[0]).await;
    // A stream that has ended takes no more, and stays for whoever comes back.
    assert!(!room.0.replay(&ada, ids[0]).await.unwrap().unwrap().ended);
    room.0.end(&ada, one).await.unwrap();
    assert_eq!(room.append(&ada, one, "late").await, None);
    let replay = room.0.replay(&ada, ids[0]).await.unwrap().unwrap();
    assert!(replay.ended && replay.events.len() == 2 && replay.kind == StreamKind::Reply);
    assert!(room.append(&ada, other, "2").await.is_some(), "the other goes on");
    let own = room.0.open(&ada, StreamKind::Session).await.unwrap();
    let first = room.append(&ada, own, "").await.unwrap();
    let replay = room.0.replay(&ada, first).await.unwrap().unwrap();
    assert!(replay.kind == StreamKind::Session && !replay.ended);
    // Nothing is left of what is forgotten, and nothing can be added.
    room.0.forget(&ada).await.unwrap();
    for id in [ids[0], others[0], first] {
        assert!(room.replay(&ada, id).await.is_none());
    }
    assert_eq!(room.append(&ada, other, "3").await, None);
}

/// Neither another owner, nor another session of the same, nor the same session of another.
async fn nobody_else_finds_them(room: &Room, whose: &SessionKey, stream: StreamId, id: EventId) {
    let hers = session("ada");
    room.filled(&hers, 1).await;
    let others = [
        SessionKey::new(whose.id.clone(), owner("bob")),
        SessionKey::new(whose.id.clone(), Owner::of(&Caller::Open)),
        session("bob"),
        hers,
    ];
    for other in others {
        assert!(room.replay(&other, id).await.is_none());
        assert_eq!(room.append(&other, stream, "theirs").await, None);
        room.0.end(&other, stream).await.unwrap();
        room.0.forget(&other).await.unwrap();
    }
    let replay = room.0.replay(whose, id).await.unwrap().unwrap();
    assert!(!replay.ended && replay.events.len() == 2, "as if nobody had tried");
}

#[tokio::test]
async fn memory_keeps_its_word() {
    keeps_its_word(Room(MemoryEvents::new())).await;
}

#[tokio::test]
async fn the_oldest_events_of_a_session_go_first() {
    let (ada, bob) = (session("ada"), session("bob"));
    let room = Room(MemoryEvents::new().events(3));
    let (_, bobs) = room.filled(&bob, 3).await;
    let (_, ids) = room.filled(&ada, 10).await;
    assert_eq!(room.replay(&ada, ids[0]).await.unwrap(), ["7", "8", "9"]);
    assert_eq!(room.replay(&bob, bobs[0]).await.unwrap(), ["1", "2"], "not those of others");
    // By bytes: three events of one byte each, and their stream.
    let room = Room(MemoryEvents::new().bytes(4 * OVERHEAD + 3));
    let (stream, ids) = room.filled(&ada, 10).await;
    assert_eq!(room.replay(&ada, ids[0]).await.unwrap(), ["7", "8", "9"]);
    assert_eq!(room.0.used(), 4 * OVERHEAD + 3);
    let large = "x".repeat(2 * OVERHEAD + 4);
    assert_eq!(room.append(&ada, stream, &large).await, None, "it never fits");
    assert_eq!(room.replay(&ada, ids[0]).await.unwrap(), ["7", "8", "9"], "so it pushes out none");
    assert!(room.append(&ada, stream, &large[1..]).await.is_some());
    assert_eq!(room.replay(&ada, ids[0]).await.unwrap(), [&large[1..]]);
}

#[tokio::test]
async fn the_session_that_was_quiet_for_longest_goes_first() {
    let [one, two, three] = [session("a"), session("b"), session("a")];
    let room = Room(MemoryEvents::new().all(3 * (2 * OVERHEAD + 1)));
    let (stream, ids) = room.filled(&one, 1).await;
    let (_, others) = room.filled(&two, 1).await;
    let (_, last) = room.filled(&three, 1).await;
    assert!(room.append(&one, stream, "").await.is_some());
    assert!(room.replay(&two, others[0]).await.is_none());
    assert_eq!(room.replay(&one, ids[0]).await.unwrap(), [""]);
    assert!(room.replay(&three, last[0]).await.is_some());
    assert!(room.0.used() <= 3 * (2 * OVERHEAD + 1));
    // One alone has no more than all.
    for n in 0..100 {
        room.append(&one, stream, &n.to_string()).await;
        assert!(room.0.used() <= 3 * (2 * OVERHEAD + 1));
    }
}

#[tokio::test]
async fn streams_are_bounded_and_those_that_ended_go_first() {
    let ada = session("ada");
    let room = Room(MemoryEvents::new());
    let (open, ids) = room.filled(&ada, 1).await;
    let (ended, gone) = room.filled(&ada, 1).await;
    room.0.end(&ada, ended).await.unwrap();
    for _ in 0..STREAMS - 1 {
        room.open(&ada).await;
    }
    assert!(room.replay(&ada, gone[0]).await.is_none());
    assert!(room.append(&ada, open, "1").await.is_some());
    room.open(&ada).await;
    assert!(room.replay(&ada, ids[0]).await.is_none(), "then the oldest");
    assert_eq!(room.0.used(), STREAMS * OVERHEAD);
    let few = Room(MemoryEvents::new().bytes(3 * OVERHEAD));
    for _ in 0..100 {
        few.open(&ada).await;
    }
    assert_eq!(few.0.used(), 3 * OVERHEAD);
}

#[tokio::test]
async fn nothing_is_left_of_streams_that_ended_with_nothing() {
    let ada = session("ada");
    let room = Room(MemoryEvents::new().events(1));
    for _ in 0..10 {
        let (stream, _) = room.filled(&ada, 1).await;
        room.0.end(&ada, stream).await.unwrap();
    }
    assert_eq!(room.0.used(), 2 * OVERHEAD + 1);
    let empty = room.open(&ada).await;
    room.0.end(&ada, empty).await.unwrap();
    assert_eq!(room.0.used(), 2 * OVERHEAD + 1);
    room.0.forget(&ada).await.unwrap();
    let table = room.0.table();
    assert!(table.used == 0 && table.sessions.is_empty() && table.used_at.is_empty());
}

#[tokio::test]
async fn events_go_with_time() {
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let start = Instant::now();
    let events = MemoryEvents::new().idle(Duration::from_secs(60));
    let room =
        Room(events.clock(move || start + Duration::from_secs(PASSED.load(Ordering::SeqCst))));
    let (ada, bob) = (session("ada"), session("bob"));
    let (stream, ids) = room.filled(&ada, 1).await;
    PASSED.store(59, Ordering::SeqCst);
    assert!(room.append(&ada, stream, "1").await.is_some());
    PASSED.store(118, Ordering::SeqCst);
    room.open(&bob).await;
    assert_eq!(room.replay(&ada, ids[0]).await.unwrap(), ["1"], "adding is use");
    PASSED.store(119, Ordering::SeqCst);
    room.open(&bob).await;
    assert!(room.replay(&ada, ids[0]).await.is_none());
    assert_eq!(room.0.used(), 2 * OVERHEAD, "bob's");
}
