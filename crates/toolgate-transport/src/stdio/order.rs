//! Who waits for whom: what a line of the old era changes holds for the lines after it, though all
//! of them run at the same time.

use tokio::sync::watch;

/// Changes in the order of their lines.
#[derive(Debug, Default)]
pub(crate) struct Order(Option<watch::Receiver<()>>);

/// The change before a line, if there is one under way.
#[derive(Debug)]
pub(crate) struct Before(Option<watch::Receiver<()>>);

/// A change under way; done when dropped.
#[derive(Debug)]
pub(crate) struct Change(#[expect(dead_code, reason = "held to be dropped")] watch::Sender<()>);

impl Order {
    /// For a line that changes nothing.
    pub(crate) fn follow(&self) -> Before {
        Before(self.0.clone())
    }

    /// For a line that changes something: those after it wait for that.
    pub(crate) fn change(&mut self) -> (Before, Change) {
        let (sender, receiver) = watch::channel(());
        (Before(self.0.replace(receiver)), Change(sender))
    }
}

impl Before {
    /// Waits until that change is done, one way or another.
    pub(crate) async fn done(self) {
        if let Some(mut before) = self.0 {
            while before.changed().await.is_ok() {}
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn a_line_waits_for_the_changes_before_it_and_for_none_after() {
        let mut order = Order::default();
        let early = order.follow();
        let (first, one) = order.change();
        let between = order.follow();
        let (second, two) = order.change();
        let late = order.follow();
        assert!(early.done().now_or_never().is_some());
        assert!(first.done().now_or_never().is_some());
        let (mut second, mut late) = (second.done().boxed(), late.done().boxed());
        assert!((&mut second).now_or_never().is_none());
        drop(one);
        assert!(second.now_or_never().is_some());
        assert!(between.done().now_or_never().is_some());
        assert!((&mut late).now_or_never().is_none());
        drop(two);
        assert!(late.now_or_never().is_some());
    }
}
