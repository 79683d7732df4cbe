//! Lines: what a client has in the transport that streamable HTTP has replaced (2024-11-05,
//! transports, "HTTP with SSE"). A line is a session and its one stream: it begins and ends with it,
//! in this process.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use bytes::Bytes;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use toolgate_core::{
    Caller,
    legacy::{Conversation, Owner, SessionKey, SessionRecord},
    protocol::legacy::Revision,
};

use super::{
    super::{limits::Limits, sse},
    live::LiveSession,
    sessions::{Ends, LiveSessions},
};

/// Messages that wait for a reader before the calls that say them do, too.
const AHEAD: usize = 16;

/// The lines by key.
pub(crate) struct Lines(Arc<Shared>);

struct Shared {
    live: LiveSessions,
    table: Mutex<HashMap<SessionKey, Arc<Line>>>,
}

impl Lines {
    pub(crate) fn new(limits: &Limits, ends: Ends) -> Self {
        let live = LiveSessions::new(limits, None, None, ends);
        Self(Arc::new(Shared { live, table: Mutex::default() }))
    }

    /// Begins a line. None where there are too many.
    pub(super) fn begin(&self, key: &SessionKey, caller: &Caller) -> Option<(Arc<Line>, Calling)> {
        let live = self.0.live.of(key, caller)?;
        let (out, said) = mpsc::channel(AHEAD);
        let kept = Kept { record: Arc::new(assumed(key.owner.clone(), None)), begun: false };
        let line = Line { key: Arc::new(key.clone()), live, kept: Mutex::new(kept), out };
        let line = Arc::new(line);
        self.0.table().insert(key.clone(), line.clone());
        let open = Open { lines: Arc::downgrade(&self.0), key: key.clone() };
        Some((line, Calling { said, _open: open }))
    }

    /// A line, with the credentials that its owner brought.
    pub(super) fn find(&self, key: &SessionKey, caller: &Caller) -> Option<Arc<Line>> {
        let line = self.0.table().get(key).cloned()?;
        line.live.tenure.renew(caller);
        Some(line)
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, HashMap<SessionKey, Arc<Line>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who opened the stream and has not shaken hands yet.
fn assumed(owner: Owner, revision: Option<Revision>) -> SessionRecord {
    let revision = revision.unwrap_or(Revision::November2024);
    SessionRecord::new(owner, Conversation::assumed(revision))
}

/// A line.
pub(super) struct Line {
    pub(super) key: Arc<SessionKey>,
    pub(super) live: Arc<LiveSession>,
    kept: Mutex<Kept>,
    out: mpsc::Sender<Bytes>,
}

struct Kept {
    record: Arc<SessionRecord>,
    begun: bool,
}

impl Line {
    /// What was agreed so far.
    pub(super) fn record(&self) -> Arc<SessionRecord> {
        self.kept().record.clone()
    }

    /// Keeps what is agreed now.
    pub(super) fn keep(&self, record: SessionRecord) {
        *self.kept() = Kept { record: Arc::new(record), begun: true };
    }

    /// What it begins with where there was no handshake; none where it has begun.
    pub(super) fn beginning(&self, revision: Option<Revision>) -> Option<SessionRecord> {
        let begun = self.kept().begun;
        (!begun).then(|| assumed(self.key.owner.clone(), revision))
    }

    /// Begins so, unless it has begun meanwhile.
    pub(super) fn go_on(&self, record: SessionRecord) {
        let mut kept = self.kept();
        if !kept.begun {
            *kept = Kept { record: Arc::new(record), begun: true };
        }
    }

    /// What somebody says things with. While there is one, the line waits for it before it ends
    /// with the server.
    pub(super) fn voice(self: &Arc<Self>) -> Voice {
        Voice { line: self.clone(), out: self.out.clone() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one call says on a line.
pub(super) struct Voice {
    line: Arc<Line>,
    out: mpsc::Sender<Bytes>,
}

impl Voice {
    /// Puts a message on the stream. One that is not taken in time is lost, and with it the line:
    /// whoever waits for it would do so for ever.
    pub(super) async fn say(&self, message: &[u8], until: Instant) {
        let sent = timeout_at(until, self.out.send(sse::event(message))).await;
        if sent.is_err() {
            self.line.live.end();
        }
    }

    /// Waits until the line has ended.
    pub(super) async fn ended(&self) {
        self.out.closed().await;
    }
}

/// What the stream of a line reads beside what the session listens to; the line ends with it.
pub(super) struct Calling {
    said: mpsc::Receiver<Bytes>,
    _open: Open,
}

impl Calling {
    pub(super) fn poll(&mut self, task: &mut std::task::Context<'_>) -> Option<Bytes> {
        match self.said.poll_recv(task) {
            std::task::Poll::Ready(message) => message,
            std::task::Poll::Pending => None,
        }
    }

    /// Whether a call may have something to say yet, or has said something that was not read.
    pub(super) fn is_running(&self) -> bool {
        // The line itself has one.
        self.said.sender_strong_count() > 1 || !self.said.is_empty()
    }
}

struct Open {
    lines: Weak<Shared>,
    key: SessionKey,
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(lines) = self.lines.upgrade() else { return };
        let line = lines.table().remove(&self.key);
        lines.live.end(&self.key);
        drop(line);
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lines")
    }
}
