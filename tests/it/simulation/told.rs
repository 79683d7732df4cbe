//! What somebody who watches has yet to be told, and what must not be told.

/// Of one thing that changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// Changes that may have been told, and how often it was.
    made: u64,
    seen: u64,
    /// Whether it changed and nobody has said so since.
    due: bool,
    /// Whether somebody has promised to tell.
    promised: bool,
}

impl Told {
    /// From now on it is told, if it was not so already.
    pub(super) fn begin(&mut self) {
        self.promised = true;
    }

    pub(super) fn changed(&mut self) {
        self.made += 1;
        self.due |= self.promised;
    }

    /// One may be told, and need not be.
    pub(super) fn may_be(&mut self) {
        self.made += 1;
    }

    /// What was not told by now need not be.
    pub(super) fn forgive(&mut self) {
        self.due = false;
    }

    /// Nor does what changes from now on.
    pub(super) fn lapse(&mut self) {
        (self.due, self.promised) = (false, false);
    }

    pub(super) fn seen(&mut self, what: &str) {
        self.seen += 1;
        self.due = false;
        assert!(self.seen <= self.made, "{what}: told {} times of {}", self.seen, self.made);
    }

    pub(super) fn settled(&self, what: &str) {
        assert!(!self.due, "{what}: a change was never told");
    }
}
