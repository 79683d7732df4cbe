//! What a watcher has yet to be told, as small as it can be: that a list changed is said once,
//! however often it did.

use std::collections::VecDeque;

use toolgate_core::bus::Change;

/// How many URIs wait for one reader before it loses the thread.
const MAX_URIS: usize = 64;

/// Changes that wait.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    lists: u8,
    uris: VecDeque<String>,
    lost: bool,
}

/// What waits next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Change(Change),
    /// Some change could not be kept, so the reader has to look again at all of it.
    Lost,
    Nothing,
}

const LISTS: [(u8, Change); 3] = [(1, Change::Tools), (2, Change::Prompts), (4, Change::Resources)];

impl Pending {
    /// Adds a change. One that waits already is not added again.
    pub(crate) fn add(&mut self, change: &Change) {
        match LISTS.iter().find(|(_, list)| list == change) {
            Some((bit, _)) => self.lists |= bit,
            None => self.add_uri(change),
        }
    }

    fn add_uri(&mut self, change: &Change) {
        let Change::Resource { uri } = change else { return };
        if self.lost || self.uris.contains(uri) {
            return;
        }
        if self.uris.len() == MAX_URIS {
            self.lose();
        } else {
            self.uris.push_back(uri.clone());
        }
    }

    /// Gives up on what waits and on all that comes.
    pub(crate) fn lose(&mut self) {
        *self = Self { lost: true, ..Self::default() };
    }

    /// Takes what waits: lists first, since what changed in a list may not be in it any more.
    pub(crate) fn take(&mut self) -> Next {
        if self.lost {
            return Next::Lost;
        }
        for (bit, list) in LISTS {
            if self.lists & bit != 0 {
                self.lists &= !bit;
                return Next::Change(list);
            }
        }
        match self.uris.pop_front() {
            Some(uri) => Next::Change(Change::Resource { uri }),
            None => Next::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(n: usize) -> Change {
        Change::Resource { uri: format!("a:{n}") }
    }

    #[test]
    fn what_waits_is_said_once_and_in_order() {
        let mut pending = Pending::default();
        for change in [resource(2), Change::Resources, resource(1), Change::Tools, resource(2)] {
            pending.add(&change);
        }
        for change in [Change::Tools, Change::Resources, resource(2), resource(1)] {
            assert_eq!(pending.take(), Next::Change(change));
        }
        assert_eq!(pending.take(), Next::Nothing);
    }

    #[test]
    fn a_reader_who_is_too_slow_is_told_so_and_costs_nothing_more() {
        let mut pending = Pending::default();
        (0..MAX_URIS).for_each(|n| pending.add(&resource(n)));
        pending.add(&resource(0));
        assert_eq!(pending.take(), Next::Change(resource(0)));
        pending.add(&resource(0));
        pending.add(&resource(MAX_URIS));
        assert_eq!(pending.take(), Next::Lost);
        pending.add(&Change::Tools);
        pending.add(&resource(1));
        assert_eq!(pending.take(), Next::Lost);
        assert!(pending.uris.is_empty());
    }
}
