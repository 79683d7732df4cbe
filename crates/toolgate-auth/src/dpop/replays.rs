//! Proofs that were used: each once, in bounded memory.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use toolgate_core::Key;

use super::{Proof, ProofUse};
use crate::memory::Hash;

/// Remembers proofs for as long as they would be accepted. What it has no room to remember, it does not
/// let pass: nothing makes it forget one too early.
pub struct Replays {
    all: usize,
    per_caller: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By caller, so that one cannot fill the room of all. Not by key: anybody makes as many keys as he
    /// likes, and gets a token for each.
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
    /// Nobody can tell, for another reason.
    Unknown,
}

impl Replays {
    /// Remembers at most so many proofs, and so many of one caller.
    pub fn new(all: usize, per_caller: usize) -> Self {
        Self { all, per_caller, state: Mutex::default() }
    }

    /// Whether a proof is used for the first time. `caller` is whoever the token is of; through which
    /// client and by which key makes no difference to the room that its proofs may take.
    pub fn first_use(&self, proof: &Proof, caller: &Key, now: SystemTime) -> Replay {
        self.remember(&proof.used_by(caller, now))
    }

    fn remember(&self, used: &ProofUse) -> Replay {
        let ProofUse { id, caller: owner, until, now } = *used;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.ends.contains_key(&id) {
            return Replay::Used;
        }
        let full = |state: &State| {
            let (of_caller, of_all) =
                (state.used.get(&owner).map_or(0, HashSet::len), state.ends.len());
            of_all >= self.all || of_caller >= self.share(of_all)
        };
        if full(&state) {
            state.sweep(now);
        }
        if full(&state) {
            return Replay::Full;
        }
        state.used.entry(owner).or_default().insert(id);
        state.ends.insert(id, (until, owner));
        Replay::New
    }
}

impl Replays {
    /// What one caller may have: the second half of the room is for many, or a few who send without end would
    /// have all of it.
    fn share(&self, of_all: usize) -> usize {
        let few = of_all < self.all / 2;
        if few { self.per_caller } else { (self.per_caller / 16).max(1) }
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
            if !keep && let Some(of_caller) = used.get_mut(owner) {
                of_caller.remove(id);
            }
            keep
        });
        used.retain(|_, of_caller| !of_caller.is_empty());
    }
}

impl Default for Replays {
    /// 65,536 proofs, 16,384 of one caller, and 1,024 once half of the room is taken: 15 MiB when it is full.
    fn default() -> Self {
        Self::new(65_536, 16_384)
    }
}

impl fmt::Debug for Replays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replays(at most {}, {} of a caller)", self.all, self.per_caller)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    /// A proof by a key of its own.
    fn proof(id: u8, until: u64) -> Proof {
        Proof { nonce: None, nonce_made: None, id: [id; 32], until: at(until) }
    }

    fn caller(number: u8) -> Key {
        Key::new("https://issuer.example", number.to_string())
    }

    #[test]
    fn a_proof_is_new_once() {
        let replays = Replays::default();
        assert_eq!(replays.first_use(&proof(1, 10), &caller(1), at(0)), Replay::New);
        assert_eq!(replays.first_use(&proof(1, 10), &caller(1), at(0)), Replay::Used);
        assert_eq!(replays.first_use(&proof(1, 10), &caller(1), at(9)), Replay::Used);
        assert_eq!(replays.first_use(&proof(2, 10), &caller(1), at(0)), Replay::New);
    }

    #[test]
    fn without_room_nobody_passes_and_one_caller_takes_none_from_the_others() {
        let replays = Replays::new(4, 2);
        assert_eq!(replays.first_use(&proof(1, 10), &caller(1), at(0)), Replay::New);
        assert_eq!(replays.first_use(&proof(2, 20), &caller(1), at(0)), Replay::New);
        assert_eq!(replays.first_use(&proof(3, 20), &caller(1), at(0)), Replay::Full);
        assert_eq!(replays.first_use(&proof(4, 20), &caller(2), at(0)), Replay::New);
        assert_eq!(replays.first_use(&proof(6, 20), &caller(4), at(0)), Replay::New);
        assert_eq!(replays.first_use(&proof(5, 20), &caller(3), at(0)), Replay::Full);
        // What is still remembered is still known.
        assert_eq!(replays.first_use(&proof(1, 10), &caller(1), at(5)), Replay::Used);
        // Time makes room.
        assert_eq!(replays.first_use(&proof(5, 20), &caller(3), at(10)), Replay::New);
        assert_eq!(replays.first_use(&proof(2, 20), &caller(1), at(10)), Replay::Used);
        let state = replays.state.lock().unwrap();
        assert_eq!((state.ends.len(), state.used.len()), (4, 4));
    }

    #[test]
    fn a_busy_caller_is_let_in_and_leaves_room_for_the_others() {
        let replays = Replays::default();
        let mut sent = 0_u64;
        let mut second = |number: u8, now: u64, requests: u64| {
            let mut let_in = 0;
            for _ in 0..requests {
                sent += 1;
                let mut proof = proof(0, now + 121);
                proof.id = crate::memory::hash(&[&sent.to_le_bytes()]);
                let seen = replays.first_use(&proof, &caller(number), at(now));
                let_in += u64::from(seen == Replay::New);
            }
            let_in
        };
        for now in 0..300 {
            assert_eq!(second(1, now, 130), 130, "a service account, in second {now}");
        }
        // One that sends without end has its own room, and the others have theirs.
        let let_in: u64 = (300..420).map(|now| second(2, now, 400)).sum();
        assert_eq!(let_in, 16_384);
        assert_eq!([second(1, 420, 130), second(3, 420, 130)], [130, 130]);
    }

    #[test]
    fn a_few_who_send_without_end_leave_half_of_the_room_to_many() {
        let replays = Replays::new(2048, 512);
        let mut sent = 0_u64;
        let mut let_in = |number: u8, requests: usize| {
            let new = |_: &usize| {
                sent += 1;
                let mut proof = proof(0, 121);
                proof.id = crate::memory::hash(&[&sent.to_le_bytes()]);
                replays.first_use(&proof, &caller(number), at(0)) == Replay::New
            };
            (0..requests).filter(new).count()
        };
        assert_eq!([let_in(1, 600), let_in(2, 600)], [512, 512]);
        for number in 3..33 {
            assert_eq!(let_in(number, 600), 32, "caller {number}");
        }
    }

    #[test]
    fn a_caller_gets_no_more_room_by_many_keys_or_many_clients() {
        let replays = Replays::new(100, 3);
        let by = |client: u8| caller(1).client(client.to_string());
        for id in 0..3 {
            assert_eq!(replays.first_use(&proof(id, 10), &by(id), at(0)), Replay::New);
        }
        for id in 3..9 {
            assert_eq!(replays.first_use(&proof(id, 10), &by(id), at(0)), Replay::Full);
        }
        // The same name at another issuer is somebody else.
        let other = Key::new("https://other.example", "1");
        assert_eq!(replays.first_use(&proof(9, 10), &other, at(0)), Replay::New);
    }
}
