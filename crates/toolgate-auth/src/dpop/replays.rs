//! Proofs that were used: each once, in bounded memory.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use super::Proof;
use crate::memory::Hash;

/// Remembers proofs for as long as they would be accepted. What it has no room to remember, it does not
/// let pass: nothing makes it forget one too early.
pub struct Replays {
    all: usize,
    per_key: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By key, so that one key cannot fill the room of all.
    used: HashMap<Hash, HashSet<Hash>>,
    /// When each is of no use any more, in no order.
    ends: HashMap<Hash, (SystemTime, Hash)>,
    /// When it makes sense to look for such again.
    sweep: Option<SystemTime>,
}

/// What is known of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replay {
    /// It is new, and from now on it is not.
    New,
    /// It was used before.
    Used,
    /// There is no room to remember it, so nobody can tell.
    Full,
}

impl Replays {
    /// Remembers at most so many proofs, and so many of one key.
    pub fn new(all: usize, per_key: usize) -> Self {
        Self { all, per_key, state: Mutex::default() }
    }

    /// Whether a proof is used for the first time.
    pub fn first_use(&self, proof: &Proof, now: SystemTime) -> Replay {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.ends.contains_key(&proof.id) {
            return Replay::Used;
        }
        let full = |state: &State| {
            let of_key = state.used.get(&proof.owner).map_or(0, HashSet::len);
            state.ends.len() >= self.all || of_key >= self.per_key
        };
        if full(&state) {
            state.sweep(now);
        }
        if full(&state) {
            return Replay::Full;
        }
        state.used.entry(proof.owner).or_default().insert(proof.id);
        state.ends.insert(proof.id, (proof.until, proof.owner));
        Replay::New
    }
}

impl State {
    /// Forgets what is of no use any more; at most once a second, since it looks at everything.
    fn sweep(&mut self, now: SystemTime) {
        if self.sweep.is_some_and(|at| now < at) {
            return;
        }
        self.sweep = now.checked_add(std::time::Duration::from_secs(1));
        let Self { used, ends, .. } = self;
        ends.retain(|id, (until, owner)| {
            let keep = now < *until;
            if !keep && let Some(of_key) = used.get_mut(owner) {
                of_key.remove(id);
            }
            keep
        });
        used.retain(|_, of_key| !of_key.is_empty());
    }
}

impl Default for Replays {
    /// 65,536 proofs, 4,096 of one key.
    fn default() -> Self {
        Self::new(65_536, 4_096)
    }
}

impl fmt::Debug for Replays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replays(at most {}, {} of a key)", self.all, self.per_key)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    fn proof(owner: u8, id: u8, until: u64) -> Proof {
        Proof { nonce: None, owner: [owner; 32], id: [id; 32], until: at(until) }
    }

    #[test]
    fn a_proof_is_new_once() {
        let replays = Replays::default();
        assert_eq!(replays.first_use(&proof(1, 1, 10), at(0)), Replay::New);
        assert_eq!(replays.first_use(&proof(1, 1, 10), at(0)), Replay::Used);
        assert_eq!(replays.first_use(&proof(1, 1, 10), at(9)), Replay::Used);
        assert_eq!(replays.first_use(&proof(1, 2, 10), at(0)), Replay::New);
    }

    #[test]
    fn without_room_nobody_passes_and_one_key_takes_none_from_the_others() {
        let replays = Replays::new(3, 2);
        assert_eq!(replays.first_use(&proof(1, 1, 10), at(0)), Replay::New);
        assert_eq!(replays.first_use(&proof(1, 2, 20), at(0)), Replay::New);
        assert_eq!(replays.first_use(&proof(1, 3, 20), at(0)), Replay::Full);
        assert_eq!(replays.first_use(&proof(2, 4, 20), at(0)), Replay::New);
        assert_eq!(replays.first_use(&proof(3, 5, 20), at(0)), Replay::Full);
        // What is still remembered is still known.
        assert_eq!(replays.first_use(&proof(1, 1, 10), at(5)), Replay::Used);
        // Time makes room.
        assert_eq!(replays.first_use(&proof(3, 5, 20), at(10)), Replay::New);
        assert_eq!(replays.first_use(&proof(1, 2, 20), at(10)), Replay::Used);
        let state = replays.state.lock().unwrap();
        assert_eq!((state.ends.len(), state.used.len()), (3, 3));
    }
}
