//! Whether a connection does anything: what its peer has yet to read is the peer's to do.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// What a connection is doing.
#[derive(Clone, Default)]
pub(super) struct Activity(Arc<Counts>);

#[derive(Default)]
struct Counts {
    running: AtomicUsize,
    begun: AtomicUsize,
}

impl Activity {
    pub(super) fn begin(&self) -> Busy {
        self.0.begun.fetch_add(1, Ordering::AcqRel);
        self.0.running.fetch_add(1, Ordering::AcqRel);
        Busy { counts: self.0.clone(), rests: false }
    }

    /// Whether nothing runs and nothing began since this was last asked.
    pub(super) fn is_idle_since(&self, seen: &mut usize) -> bool {
        let begun = self.0.begun.load(Ordering::Acquire);
        let quiet = std::mem::replace(seen, begun) == begun;
        quiet && self.0.running.load(Ordering::Acquire) == 0
    }
}

/// One request that its connection is busy with.
pub(crate) struct Busy {
    counts: Arc<Counts>,
    rests: bool,
}

impl Busy {
    /// There is something to read: it is the peer that has something to do.
    pub(crate) fn rest(&mut self) {
        if !std::mem::replace(&mut self.rests, true) {
            self.counts.running.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// The peer has taken that, and more is made for it.
    pub(crate) fn go_on(&mut self) {
        self.counts.begun.fetch_add(1, Ordering::AcqRel);
        if std::mem::replace(&mut self.rests, false) {
            self.counts.running.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.rest();
    }
}

impl fmt::Debug for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Busy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_idle_when_nothing_runs_and_nothing_began() {
        let (activity, mut seen) = (Activity::default(), 0);
        assert!(activity.is_idle_since(&mut seen), "not even a first request");
        let busy = activity.begin();
        assert!(!activity.is_idle_since(&mut seen));
        assert!(!activity.is_idle_since(&mut seen), "still running");
        drop(busy);
        assert!(activity.is_idle_since(&mut seen));
        drop(activity.begin());
        assert!(!activity.is_idle_since(&mut seen), "there was one meanwhile");
        assert!(activity.is_idle_since(&mut seen));
    }

    #[test]
    fn an_answer_that_nobody_reads_keeps_no_connection_and_one_that_is_made_does() {
        let (activity, mut seen) = (Activity::default(), 0);
        let mut busy = activity.begin();
        busy.rest();
        assert!(!activity.is_idle_since(&mut seen), "it has only begun");
        assert!(activity.is_idle_since(&mut seen));
        busy.go_on();
        busy.rest();
        assert!(!activity.is_idle_since(&mut seen), "somebody reads");
        busy.go_on();
        for _ in 0..3 {
            assert!(!activity.is_idle_since(&mut seen), "it is being made");
        }
        drop(busy);
        assert!(activity.is_idle_since(&mut seen));
    }
}
