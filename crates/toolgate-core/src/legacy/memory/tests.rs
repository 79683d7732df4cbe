//! What the table keeps, for whom, and for how long.

use toolgate_protocol::legacy::Revision;

use super::*;
use crate::{
    identity::{Caller, Identity, Key},
    legacy::Conversation,
};

const BOUNDS: Bounds = Bounds { all: 4, per_owner: 2, idle: Duration::from_secs(60) };

fn owner(name: &str) -> Owner {
    Owner::of(&Identity::new(Key::new("i", name)).into())
}

fn record(owner: &Owner) -> SessionRecord {
    SessionRecord::new(owner.clone(), Conversation::assumed(Revision::LATEST))
}

struct Room {
    table: Table,
    now: Instant,
}

impl Room {
    fn new() -> Self {
        Self { table: Table::default(), now: Instant::now() }
    }

    fn create(&mut self, owner: &Owner) -> Option<SessionId> {
        let id = SessionId::random().unwrap();
        self.table.create(id.clone(), record(owner), BOUNDS, self.now).then_some(id)
    }

    fn finds(&mut self, id: &SessionId, owner: &Owner) -> bool {
        self.table.find(id, owner, BOUNDS, self.now).is_some()
    }

    fn later(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn is_empty(&self) -> bool {
        self.table.sessions.is_empty() && self.table.owned.is_empty()
    }
}

#[test]
fn nobody_but_the_owner_finds_keeps_alive_changes_or_ends_a_session() {
    let (ada, bob, open) = (owner("ada"), owner("bob"), Owner::of(&Caller::Open));
    let mut room = Room::new();
    let id = room.create(&ada).unwrap();
    room.later(59);
    for other in [&bob, &open] {
        assert!(!room.finds(&id, other));
        assert!(!room.table.end(&id, other, BOUNDS, room.now));
        assert!(!room.table.replace(&id, record(other), BOUNDS, room.now));
    }
    // Had their attempts counted as use, it would still be there.
    room.later(1);
    assert!(!room.finds(&id, &ada));
    assert!(room.is_empty());
}

#[test]
fn use_keeps_a_session_and_its_end_leaves_nothing() {
    let ada = owner("ada");
    let mut room = Room::new();
    let id = room.create(&ada).unwrap();
    for _ in 0..5 {
        room.later(59);
        assert!(room.finds(&id, &ada));
    }
    assert!(room.table.end(&id, &ada, BOUNDS, room.now));
    assert!(!room.table.end(&id, &ada, BOUNDS, room.now));
    assert!(room.is_empty());
}

#[test]
fn an_owner_with_too_many_loses_the_one_not_used_for_longest() {
    let ada = owner("ada");
    let mut room = Room::new();
    let first = room.create(&ada).unwrap();
    room.later(1);
    let second = room.create(&ada).unwrap();
    room.later(1);
    assert!(room.finds(&first, &ada));
    room.later(1);
    let third = room.create(&ada).unwrap();
    assert!(room.finds(&first, &ada) && room.finds(&third, &ada));
    assert!(!room.finds(&second, &ada));
}

#[test]
fn full_in_all_is_refused_until_somebody_is_idle() {
    let mut room = Room::new();
    for name in ["a", "b", "c", "d"] {
        room.create(&owner(name)).unwrap();
    }
    assert!(room.create(&owner("e")).is_none());
    assert_eq!(room.table.owned.len(), 4);
    room.later(60);
    assert!(room.create(&owner("e")).is_some());
    assert_eq!(room.table.sessions.len(), 1);
}

#[test]
fn a_full_table_looks_again_soon() {
    let mut room = Room::new();
    for name in ["a", "b", "c"] {
        room.create(&owner(name)).unwrap();
    }
    room.later(59);
    // Looks through the table, a second before anybody's time is over.
    room.create(&owner("d")).unwrap();
    room.later(1);
    assert!(room.create(&owner("e")).is_some());
}

#[test]
fn strangers_push_each_other_out_and_nobody_is_locked_out() {
    let open = Owner::of(&Caller::Open);
    let mut room = Room::new();
    let first = room.create(&open).unwrap();
    for _ in 0..4 {
        room.later(1);
        assert!(room.create(&open).is_some());
    }
    assert!(!room.finds(&first, &open));
    assert_eq!(room.table.sessions.len(), 4);
}

#[tokio::test]
async fn the_store_is_its_table_and_a_replaced_record_is_found() {
    let store = MemorySessions::new().all(1);
    let ada = owner("ada");
    let id = store.create(record(&ada)).await.unwrap();
    let full = store.create(record(&owner("bob"))).await;
    assert!(matches!(full, Err(StoreError::Full)));
    let mut other = record(&ada);
    other.conversation.revision = Revision::June2025;
    assert!(store.replace(&id, other).await.unwrap());
    let found = store.find(&id, &ada).await.unwrap().unwrap();
    assert_eq!(found.conversation.revision, Revision::June2025);
    assert!(store.end(&id, &ada).await.unwrap() && store.is_empty());
}
