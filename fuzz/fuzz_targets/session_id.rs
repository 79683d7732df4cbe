//! Session ids as clients send them: none leads to a session but its own, and that for its owner alone.
//!
//! An input is a client's id; or, begun with `#`, changes to a good one, two bytes each.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;
use toolgate_core::{
    Caller, Identity, Key,
    legacy::{Conversation, MemorySessions, Owner, SessionId, SessionRecord, SessionStore},
    protocol::legacy::Revision,
};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
});
static OWNERS: LazyLock<[Owner; 3]> = LazyLock::new(|| {
    let known = |subject| Owner::of(&Identity::new(Key::new("issuer", subject)).into());
    [known("ann"), known("bob"), Owner::of(&Caller::Open)]
});
static SESSIONS: LazyLock<(MemorySessions, SessionId)> = LazyLock::new(|| {
    let sessions = MemorySessions::new();
    let record = SessionRecord::new(OWNERS[0].clone(), Conversation::assumed(Revision::LATEST));
    let id = RUNTIME.block_on(sessions.create(record)).expect("room for one");
    (sessions, id)
});

fuzz_target!(|data: &[u8]| {
    let (sessions, known) = &*SESSIONS;
    let sent = match data.split_first() {
        Some((b'#', changes)) => changed(known.as_str(), changes),
        _ => data.to_vec(),
    };
    let Ok(text) = str::from_utf8(&sent) else { return };
    let visible = text.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    let id = SessionId::parse(text);
    assert_eq!(id.is_some(), visible && (1..=128).contains(&text.len()), "{text:?}");
    let Some(id) = id else { return };
    assert_eq!(id.as_str(), text);
    assert!(!format!("{id:?}").contains(text) || "SessionId(..)".contains(text));
    for owner in &*OWNERS {
        let found = RUNTIME.block_on(sessions.find(&id, owner)).expect("memory");
        let ours = text == known.as_str() && *owner == OWNERS[0];
        assert_eq!(found.is_some(), ours, "a session of somebody else's");
    }
});

fn changed(good: &str, changes: &[u8]) -> Vec<u8> {
    let mut id = good.as_bytes().to_vec();
    for change in changes.chunks_exact(2) {
        let at = usize::from(change[0]) % id.len();
        id[at] = change[1];
    }
    id
}
