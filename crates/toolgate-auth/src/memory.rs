//! What was decided of tokens, for a while: by hash, so that no token is a key; bounded; never longer
//! than was said.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use ring::digest::{Context, SHA256};

/// Longest text, in bytes, of which something is remembered: of a token, or of an answer about one. With the
/// number of them it bounds a memory, since what is remembered is made of it.
pub(crate) const MAX_REMEMBERED: usize = 8 * 1024;

/// SHA-256 of a token, and of what else a decision about it depends on.
pub(crate) type Hash = [u8; 32];

/// The hash of `parts`, told apart: two lists of parts that read alike when joined have two hashes.
pub(crate) fn hash(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Values by hash. When it is full, the oldest makes room.
pub(crate) struct Memory<V> {
    most: usize,
    state: Mutex<State<V>>,
}

struct State<V> {
    entries: HashMap<Hash, Entry<V>>,
    /// In the order of arrival; what was forgotten meanwhile is still in it for a while.
    order: VecDeque<(Hash, u64)>,
    arrivals: u64,
}

struct Entry<V> {
    value: V,
    from: SystemTime,
    until: SystemTime,
    arrival: u64,
}

impl<V: Clone> Memory<V> {
    /// A memory of at most so many values; of none, it forgets everything at once.
    pub(crate) fn new(most: usize) -> Self {
        let state = State { entries: HashMap::new(), order: VecDeque::new(), arrivals: 0 };
        Self { most, state: Mutex::new(state) }
    }

    /// Whether it keeps anything at all.
    pub(crate) fn keeps(&self) -> bool {
        self.most > 0
    }

    /// The value, while its time is not over. One from the future is none: the clock was set back, so
    /// nobody knows how long it has been there.
    pub(crate) fn find(&self, hash: &Hash, now: SystemTime) -> Option<V> {
        let mut state = self.state();
        let entry = state.entries.get(hash)?;
        if entry.from <= now && now < entry.until {
            return Some(entry.value.clone());
        }
        state.entries.remove(hash);
        None
    }

    /// Keeps a value from now until then.
    pub(crate) fn keep(&self, hash: Hash, value: V, now: SystemTime, until: SystemTime) {
        if !self.keeps() || until <= now {
            return;
        }
        let mut state = self.state();
        state.arrivals += 1;
        let arrival = state.arrivals;
        state.entries.insert(hash, Entry { value, from: now, until, arrival });
        state.order.push_back((hash, arrival));
        while state.entries.len() > self.most {
            let Some(oldest) = state.order.pop_front() else { break };
            state.forget(&oldest);
        }
        if state.order.len() > self.most.saturating_mul(2) {
            let State { entries, order, .. } = &mut *state;
            order.retain(|(hash, arrival)| {
                entries.get(hash).is_some_and(|entry| entry.arrival == *arrival)
            });
        }
    }

    pub(crate) fn forget(&self, hash: &Hash) {
        self.state().entries.remove(hash);
    }

    /// A panic elsewhere leaves nothing half-written here that would be wrong: at worst, `order` names
    /// what is no longer there.
    fn state(&self) -> MutexGuard<'_, State<V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> State<V> {
    /// Forgets what arrived then, unless something newer has taken its place.
    fn forget(&mut self, (hash, arrival): &(Hash, u64)) {
        if self.entries.get(hash).is_some_and(|entry| entry.arrival == *arrival) {
            self.entries.remove(hash);
        }
    }
}

impl<V> fmt::Debug for Memory<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory(at most {})", self.most)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    fn key(number: u64) -> Hash {
        hash(&[&number.to_le_bytes()])
    }

    #[test]
    fn parts_are_told_apart() {
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
        assert_ne!(hash(&[b"abc"]), hash(&[b"abc", b""]));
        assert_eq!(hash(&[b"ab", b"c"]), hash(&[b"ab", b"c"]));
    }

    #[test]
    fn a_value_is_kept_for_its_time_and_not_a_moment_longer() {
        let memory = Memory::new(4);
        memory.keep(key(1), "one", at(10), at(20));
        assert_eq!(memory.find(&key(1), at(10)), Some("one"));
        assert_eq!(memory.find(&key(1), at(19)), Some("one"));
        assert_eq!(memory.find(&key(2), at(19)), None);
        assert_eq!(memory.find(&key(1), at(20)), None);
        assert_eq!(memory.find(&key(1), at(19)), None, "gone for good");
        memory.keep(key(1), "one", at(20), at(20));
        assert_eq!(memory.find(&key(1), at(20)), None, "no time at all");
        memory.keep(key(1), "one", at(10), at(20));
        assert_eq!(memory.find(&key(1), at(9)), None, "the clock was set back");
        memory.keep(key(1), "one", at(10), at(20));
        memory.forget(&key(1));
        assert_eq!(memory.find(&key(1), at(10)), None);
    }

    #[test]
    fn the_oldest_makes_room_and_nothing_grows() {
        let memory = Memory::new(3);
        for number in 0..3 {
            memory.keep(key(number), number, at(0), at(9));
        }
        // Anew, so it is no longer the oldest.
        memory.keep(key(0), 10, at(0), at(9));
        memory.keep(key(3), 3, at(0), at(9));
        let found = |number| memory.find(&key(number), at(1));
        assert_eq!([found(0), found(1), found(2), found(3)], [Some(10), None, Some(2), Some(3)]);
        for number in 0..1_000 {
            memory.keep(key(number % 5), number, at(0), at(9));
            memory.forget(&key(number % 5));
            memory.keep(key(number), number, at(0), at(9));
        }
        assert!(memory.state().entries.len() <= 3);
        // Never full, and still nothing is left of what was forgotten.
        let memory = Memory::new(3);
        for number in 0..1_000 {
            memory.keep(key(0), number, at(0), at(9));
            memory.keep(key(1), number, at(0), at(9));
            memory.forget(&key(1));
        }
        let state = memory.state();
        assert!(state.entries.len() <= 3 && state.order.len() <= 7, "{}", state.order.len());
        drop(state);
        let none = Memory::new(0);
        none.keep(key(1), 1, at(0), at(9));
        assert_eq!(none.find(&key(1), at(0)), None);
    }
}
