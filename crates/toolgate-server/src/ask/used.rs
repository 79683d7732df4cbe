//! States that were used and must not be used again.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// The random name of a state.
pub(crate) type Id = u128;

/// Remembers used states until they expire, a bounded number of them.
pub(crate) struct Used {
    by_end: Mutex<BTreeSet<(u64, Id)>>,
    most: usize,
}

/// What came of using a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It was the first time.
    First,
    /// It was used before.
    Again,
    /// There is no room to remember it, so nobody may use it.
    NoRoom,
}

impl Used {
    pub(crate) fn at_most(most: usize) -> Self {
        Self { by_end: Mutex::default(), most }
    }

    /// Uses a state that expires at `until`; both in seconds since 1970.
    pub(crate) fn take(&self, id: Id, until: u64, now: u64) -> Use {
        let mut used = self.by_end.lock().unwrap_or_else(PoisonError::into_inner);
        while used.first().is_some_and(|(end, _)| *end <= now) {
            used.pop_first();
        }
        if used.contains(&(until, id)) {
            return Use::Again;
        }
        if used.len() >= self.most {
            return Use::NoRoom;
        }
        used.insert((until, id));
        Use::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_used_once_and_forgotten_when_it_has_expired() {
        let used = Used::at_most(2);
        assert_eq!(used.take(1, 10, 0), Use::First);
        assert_eq!(used.take(1, 10, 9), Use::Again);
        assert_eq!(used.take(2, 20, 9), Use::First);
        assert_eq!(used.take(3, 20, 9), Use::NoRoom, "nothing is forgotten to make room");
        assert_eq!(used.take(2, 20, 9), Use::Again);
        assert_eq!(used.take(3, 20, 10), Use::First);
    }
}
