//! What a test logs, kept for it to look at.

use std::{
    fmt, io,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use tracing::{
    Dispatch,
    subscriber::{DefaultGuard, NoSubscriber},
};
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter};

use crate::kept;

/// The log lines of one thread, from all levels, spans included, without time and colour.
///
/// Capturing is a matter of the thread that began it. With the current-thread runtime, which
/// `#[tokio::test]` is unless told otherwise, that covers every task; what runs in
/// `spawn_blocking`, on another runtime or on a thread of its own is not seen. Tests that run side by
/// side do not see each other's. Lines are kept, all of them, until the last clone is dropped.
///
/// ```
/// use toolgate_testkit::Logs;
///
/// let (capture, logs) = Logs::capture();
/// // .. what is tested logs something ..
/// assert!(!logs.contains("s3cr3t"));
/// drop(capture);
/// assert!(logs.lines().is_empty());
/// ```
#[derive(Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<u8>>>);

/// Keeps the capture going. Dropping it ends it; what was captured stays.
#[must_use = "dropping it ends the capture"]
pub struct Capture(#[expect(dead_code, reason = "held for its drop")] DefaultGuard);

impl Logs {
    /// Captures what this thread logs, until the guard is dropped.
    pub fn capture() -> (Capture, Self) {
        LazyLock::force(&SECOND);
        let logs = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .without_time()
            .with_writer(Writer(logs.clone()))
            .finish();
        (Capture(tracing::subscriber::set_default(subscriber)), logs)
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    /// Whether any line has this in it.
    pub fn contains(&self, part: &str) -> bool {
        self.text().lines().any(|line| line.contains(part))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A second subscriber, which takes nothing.
///
/// While there is only one, tracing decides once for all threads whether a place in the code is
/// worth logging, and asks the subscriber of whichever thread passes it first. That may be a thread
/// that captures nothing, and the capture would miss lines.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

struct Writer(Logs);

impl MakeWriter<'_> for Writer {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line(self.0.clone())
    }
}

/// One event; tracing-subscriber writes it in one piece.
struct Line(Logs);

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        kept::also(bytes);
        self.0.bytes().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logs({} bytes)", self.bytes().len())
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Capture")
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn lines_of_this_thread_are_kept_and_no_others() {
        let (capture, logs) = Logs::capture();
        tracing::info_span!("outer", user = "ann").in_scope(|| tracing::trace!(n = 1, "fine"));
        thread::spawn(|| tracing::error!("elsewhere")).join().unwrap();
        drop(capture);
        tracing::error!("afterwards");
        let lines = logs.lines();
        let [line] = &lines[..] else { panic!("one line: {lines:?}") };
        assert!(line.starts_with("TRACE outer{user=\"ann\"}: "), "{line:?}");
        assert!(line.ends_with(": fine n=1"), "{line:?}");
        assert!(
            logs.contains("ann") && !logs.contains("elsewhere") && !logs.contains("afterwards")
        );
    }

    #[test]
    fn threads_that_capture_see_their_own() {
        let threads = ["one", "two"].map(|name| {
            thread::spawn(move || {
                let (_capture, logs) = Logs::capture();
                tracing::warn!("{name}");
                logs.lines()
            })
        });
        let [one, two] = threads.map(|thread| thread.join().unwrap());
        assert_eq!((one.len(), two.len()), (1, 1));
        assert!(one[0].ends_with("one") && two[0].ends_with("two"));
    }

    fn passed_by_two_threads() {
        tracing::info!("passed");
    }

    #[test]
    fn a_thread_that_captures_nothing_takes_no_lines_away() {
        let (_capture, logs) = Logs::capture();
        thread::spawn(passed_by_two_threads).join().unwrap();
        passed_by_two_threads();
        assert_eq!(logs.lines().len(), 1);
    }
}
