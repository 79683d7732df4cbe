//! Results in the form of older revisions, made once for bytes that are sent often.

use std::{
    collections::HashMap,
    fmt,
    sync::{PoisonError, RwLock},
};

use toolgate_protocol::{
    Members,
    legacy::{Revision, down, lowers},
};

use crate::reply::Reply;

/// How many are kept: a server has few lists, and few sets of callers who see them alike.
const MAX: usize = 256;

/// Lowered forms of replies that have a key.
#[derive(Default)]
pub struct Lowered(RwLock<HashMap<(u64, Revision), Members>>);

impl Lowered {
    /// The members of a reply as a revision has them.
    pub fn members(&self, revision: Revision, method: &str, reply: &Reply) -> Members {
        if !lowers(revision, method) {
            return reply.fields.clone();
        }
        let Some(key) = reply.key else { return lower(revision, method, reply) };
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(members) = kept.get(&(key, revision)) {
            return members.clone();
        }
        drop(kept);
        let members = lower(revision, method, reply);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX {
            // Keys of lists that are no more.
            kept.clear();
        }
        kept.insert((key, revision), members.clone());
        members
    }
}

fn lower(revision: Revision, method: &str, reply: &Reply) -> Members {
    down(revision, method, &reply.fields).unwrap_or_else(|| reply.fields.clone())
}

impl fmt::Debug for Lowered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lowered")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_are_lowered_once_and_the_table_is_bounded() {
        let lowered = Lowered::default();
        let reply = |title: &str, key| {
            let tools = serde_json::json!({ "tools": [{ "name": "t", "title": title }] });
            Reply::of(&tools).unwrap().key(key)
        };
        let lower = |reply: &Reply| lowered.members(Revision::March2025, "tools/list", reply);
        let first = lower(&reply("a", 1));
        assert_eq!(first.as_bytes(), br#""tools":[{"name":"t"}]"#);
        let again = lower(&reply("other bytes under the same key", 1));
        assert_eq!(first.as_bytes().as_ptr(), again.as_bytes().as_ptr());
        for key in 2..1000 {
            lower(&reply("a", key));
        }
        assert!(lowered.0.read().unwrap().len() <= MAX);
    }
}
