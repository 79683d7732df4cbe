//! What a session has in this process beside its record: its own stream, what it listens to, and
//! whose credentials count.

use std::{
    collections::VecDeque,
    fmt, mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    task::{Context as Task, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::time::Instant;
use toolgate_core::{
    Caller, Ending, Note, Shutdown,
    legacy::{SessionKey, StreamId, StreamKind, updated},
    protocol::RequestId,
};

use super::{
    super::{activity::Busy, admission::Permit, sse},
    keep::Keep,
    lines::Calling,
    tenure::Tenure,
};
use crate::legacy::{Listen, TooMuch, room};

/// A session that streams, or listens.
///
/// What it listens to is polled by whoever reads its stream. While nobody does, changes wait with
/// the service, which keeps few of them; so a short loss of the connection loses none.
pub(super) struct LiveSession {
    pub(super) key: Arc<SessionKey>,
    pub(super) tenure: Arc<Tenure>,
    keep: Option<Keep>,
    asked: AtomicI64,
    state: Mutex<State>,
}

struct State {
    listens: Vec<Listen>,
    /// Where polling them goes on, so that a busy one starves no other.
    turn: usize,
    reading: Option<Reading>,
    /// How many are about to read in place of whoever does.
    held: usize,
    /// Which reader has the stream: the last one.
    reader: u64,
    waker: Option<Waker>,
    /// Since when nobody reads.
    since: Instant,
    stream: Option<StreamId>,
    /// What is being kept. It is the session's and no reader's: one who goes away meanwhile comes
    /// back for it.
    keeping: Option<Keeping>,
    /// What was kept when nobody read, or somebody was about to.
    unread: Option<Bytes>,
    /// Whether calls are asked first, this time.
    calls_first: bool,
}

/// What a reader has, for as long as it is the one.
pub(super) struct Reading {
    /// Shared with whoever comes in its place.
    permit: Arc<Permit>,
    /// Their own credentials, which may not be those that the session lives on.
    tenure: Arc<Tenure>,
    busy: Option<Busy>,
    ready: VecDeque<Bytes>,
    /// Where its calls are answered on the same stream.
    calling: Option<Calling>,
    said: Instant,
    must_speak: bool,
}

impl Reading {
    /// One that begins with these events.
    pub(super) fn new(permit: Arc<Permit>, caller: &Caller, ready: VecDeque<Bytes>) -> Self {
        let tenure = Arc::new(Tenure::new(caller.clone(), Shutdown::never()));
        let (busy, calling, said) = (None, None, Instant::now());
        Self { permit, tenure, busy, ready, calling, said, must_speak: false }
    }

    /// The same, which answers calls too.
    pub(super) fn calling(self, calling: Calling) -> Self {
        Self { calling: Some(calling), ..self }
    }

    fn is_answering(&self) -> bool {
        self.calling.as_ref().is_some_and(Calling::is_running)
    }
}

/// What is done when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// A comment is told after so long without a word.
    pub(super) keep_alive: Duration,
    /// A reader that takes nothing for so long is none.
    pub(super) patience: Duration,
    /// What is listened to is kept for so long without a reader.
    pub(super) alone: Duration,
}

impl LiveSession {
    pub(super) fn new(
        key: Arc<SessionKey>,
        caller: Caller,
        stopping: Shutdown,
        keep: Option<Keep>,
    ) -> Arc<Self> {
        let state = State {
            listens: Vec::new(),
            turn: 0,
            reading: None,
            held: 0,
            reader: 0,
            waker: None,
            since: Instant::now(),
            stream: None,
            keeping: None,
            unread: None,
            calls_first: false,
        };
        let (tenure, state) = (Arc::new(Tenure::new(caller, stopping)), Mutex::new(state));
        Arc::new(Self { key, tenure, keep, asked: AtomicI64::new(0), state })
    }

    /// What the next request to the service is called; no client sees it.
    pub(super) fn next_id(&self) -> RequestId {
        self.asked.fetch_add(1, Ordering::Relaxed).into()
    }

    /// Whether one more resource may be listened to, or the lists where none is named.
    pub(super) fn room(&self, uri: Option<&str>, most: usize) -> Result<(), TooMuch> {
        room(self.state().listens.iter(), uri, most)
    }

    /// Listens to one thing more.
    pub(super) fn add(&self, listen: Listen, most: usize) -> Result<(), TooMuch> {
        let mut state = self.state();
        room(state.listens.iter(), listen.uri.as_deref(), most)?;
        state.listens.push(listen);
        state.wake();
        Ok(())
    }

    /// Does not listen to a resource any more.
    pub(super) fn remove(&self, uri: &str) {
        let mut state = self.state();
        let found = state.listens.iter().position(|it| it.uri.as_deref() == Some(uri));
        let removed = found.map(|at| state.listens.swap_remove(at));
        drop(state);
        // Outside of the lock: it runs the service's code.
        drop(removed);
    }

    /// Gives the stream to a new reader, and takes it from any other: most often that is a
    /// connection that broke without a word, and each message goes to one place only.
    pub(super) fn give(self: &Arc<Self>, reading: Reading) -> OwnStream {
        let mut state = self.state();
        let mut reading = reading;
        reading.ready.extend(state.unread.take());
        let old = state.reading.replace(reading);
        state.reader += 1;
        state.wake();
        let reader = state.reader;
        drop(state);
        drop(old);
        OwnStream { live: self.clone(), reader }
    }

    /// Keeps whoever reads from hearing anything new, for as long as what this returns is kept.
    pub(super) fn hold(&self) -> Held<'_> {
        self.state().held += 1;
        Held(self)
    }

    /// The room of whoever reads, for who comes in their place.
    pub(super) fn permit(&self) -> Option<Arc<Permit>> {
        self.state().reading.as_ref().map(|reading| reading.permit.clone())
    }

    /// On whose credentials it lives: the owner's, and those that its stream was opened with, where
    /// they are others.
    pub(super) fn tenures(&self) -> impl Iterator<Item = Arc<Tenure>> {
        let reader = self.state().reading.as_ref().map(|reading| reading.tenure.clone());
        let other = reader.filter(|reader| !reader.is_same(&self.tenure));
        [Some(self.tenure.clone()), other].into_iter().flatten()
    }

    /// Goes on with a stream that this session had before. What nobody has read of it is among
    /// what was missed.
    pub(super) fn go_on(&self, stream: StreamId) {
        let mut state = self.state();
        if *state.stream.get_or_insert(stream) == stream {
            state.unread = None;
        }
    }

    /// Waits, while nobody hears anything new, until all is kept that was heard.
    pub(super) async fn all_kept(&self) {
        // Each waits with a hold of their own, so that whoever goes away takes nobody's turn along.
        let keeping = self.state().keeping.clone();
        let Some(keeping) = keeping else { return };
        keeping.await;
        let mut state = self.state();
        state.unread = state.kept().or(state.unread.take());
    }

    /// Lets go of everything.
    pub(super) fn end(&self) {
        self.tenure.end();
        let mut state = self.state();
        let old = (state.stop_reading(), mem::take(&mut state.listens));
        drop(state);
        drop(old);
    }

    /// What has to be done as time goes by. Whether it is still of use.
    pub(super) fn look(&self, now: Instant, times: Times) -> bool {
        let over = match self.tenure.look() {
            Some(Ending::Expired | Ending::Revoked) => true,
            Some(Ending::Shutdown) if self.is_answering() => false,
            // Nobody will come to read any more.
            Some(_) => {
                self.end();
                return false;
            }
            None => false,
        };
        let mut state = self.state();
        let Some(reading) = &mut state.reading else {
            return !state.listens.is_empty() && now.duration_since(state.since) < times.alone;
        };
        let quiet = now.duration_since(reading.said);
        // One that does not even take a comment reads no more.
        let gone = reading.must_speak && quiet >= times.keep_alive + times.patience;
        reading.must_speak |= quiet >= times.keep_alive;
        if over || gone || reading.tenure.is_revoked() {
            let old = state.stop_reading();
            drop(state);
            drop(old);
        } else if reading.must_speak {
            state.wake();
        }
        true
    }

    /// Whether calls of its reader may yet be answered.
    fn is_answering(&self) -> bool {
        self.state().reading.as_ref().is_some_and(Reading::is_answering)
    }

    /// Whether somebody reads.
    pub(super) fn is_read(&self) -> bool {
        self.state().reading.is_some()
    }

    /// Since when nobody reads; none where somebody does.
    pub(super) fn alone_since(&self) -> Option<Instant> {
        let state = self.state();
        state.reading.is_none().then_some(state.since)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what is told, where events are kept. A stream that the store has let go of begins anew.
    fn keep(&self, note: &Note, stream: Option<StreamId>) -> Result<Keeping, Bytes> {
        let message = note.to_message();
        let Some(keep) = self.keep.clone() else { return Err(sse::event(&message)) };
        let of = self.key.clone();
        let keeping = async move {
            let mut kept = (stream, None);
            if let Some(stream) = stream {
                kept.1 = keep.append(&of, stream, &message).await;
            }
            if kept.1.is_none() {
                kept.0 = keep.open(&of, StreamKind::Session).await;
                if let Some(stream) = kept.0 {
                    kept.1 = keep.append(&of, stream, &message).await;
                }
            }
            (kept.0, sse::named(kept.1, &message))
        };
        Ok(keeping.boxed().shared())
    }
}

/// Who is about to read in place of somebody else.
pub(super) struct Held<'a>(&'a LiveSession);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.held -= 1;
        state.wake();
    }
}

type Keeping = Shared<BoxFuture<'static, (Option<StreamId>, Bytes)>>;

impl State {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn stop_reading(&mut self) -> Option<Reading> {
        let old = self.reading.take();
        if old.is_some() {
            self.since = Instant::now();
        }
        self.wake();
        old
    }

    /// What was being kept, once it is; none where nothing was.
    fn poll_kept(&mut self, task: &mut Task<'_>) -> Poll<Option<Bytes>> {
        let Some(keeping) = &mut self.keeping else { return Poll::Ready(None) };
        keeping.poll_unpin(task).map(|(stream, event)| {
            (self.keeping, self.stream) = (None, stream);
            Some(event)
        })
    }

    /// The same for whoever has waited for it; none where somebody else took it.
    fn kept(&mut self) -> Option<Bytes> {
        let (stream, event) = self.keeping.as_ref()?.peek()?.clone();
        (self.keeping, self.stream) = (None, stream);
        Some(event)
    }

    /// Whether a call has said something.
    fn poll_said(&mut self, task: &mut Task<'_>) -> bool {
        let Some(reading) = &mut self.reading else { return false };
        let said = reading.calling.as_mut().and_then(|calling| calling.poll(task));
        reading.ready.extend(said.clone());
        said.is_some()
    }

    /// The next thing that anybody has to tell.
    fn poll_heard(&mut self, task: &mut Task<'_>) -> Option<Heard> {
        let count = self.listens.len();
        for step in 0..count {
            let at = (self.turn + step) % count;
            let Some(listen) = self.listens.get_mut(at) else { break };
            match listen.poll(task) {
                Poll::Ready(Some(note)) => {
                    self.turn = (at + 1) % count;
                    return Some(Heard::Note(note));
                }
                Poll::Ready(None) => return Some(Heard::Ended(self.listens.swap_remove(at))),
                Poll::Pending => {}
            }
        }
        None
    }
}

enum Heard {
    Note(Note),
    Ended(Listen),
}

/// A session's own stream, as the body of an answer.
pub(crate) struct OwnStream {
    live: Arc<LiveSession>,
    reader: u64,
}

impl OwnStream {
    /// The next event; none once somebody else reads, or the stream's time is over.
    pub(crate) fn poll(&mut self, task: &mut Task<'_>) -> Poll<Option<Bytes>> {
        let mut guard = self.live.state();
        let state = &mut *guard;
        if state.reader != self.reader {
            return Poll::Ready(None);
        }
        loop {
            let Some(reading) = &mut state.reading else { return Poll::Ready(None) };
            if let Some(event) = reading.ready.pop_front() {
                (reading.said, reading.must_speak) = (Instant::now(), false);
                return Poll::Ready(Some(event));
            }
            if state.held == 0 && state.unread.is_some() {
                // Whoever was to come in its place did not.
                reading.ready.extend(state.unread.take());
                continue;
            }
            if state.held == 0 && state.keeping.is_some() {
                let Poll::Ready(event) = state.poll_kept(task) else { break };
                if let Some(reading) = &mut state.reading {
                    reading.ready.extend(event);
                }
                continue;
            }
            if mem::take(&mut reading.must_speak) {
                reading.ready.push_back(sse::KEEP_ALIVE);
                continue;
            }
            if state.held > 0 {
                break;
            }
            // In turns, so that neither calls nor changes have to wait for the others' end.
            state.calls_first = !state.calls_first;
            if state.calls_first && state.poll_said(task) {
                continue;
            }
            let Some(heard) = state.poll_heard(task) else {
                if !state.calls_first && state.poll_said(task) {
                    continue;
                }
                break;
            };
            if !self.live.hear(state, heard) {
                // The service has ended what the whole stream lives on.
                let old = state.stop_reading();
                drop(guard);
                drop(old);
                return Poll::Ready(None);
            }
        }
        state.waker = Some(task.waker().clone());
        Poll::Pending
    }

    /// Keeps the connection from counting as idle while this is its stream.
    pub(crate) fn keep_busy(&self, busy: Busy) {
        let mut state = self.live.state();
        if state.reader == self.reader
            && let Some(reading) = &mut state.reading
        {
            reading.busy = Some(busy);
        }
    }
}

impl LiveSession {
    /// Whether the stream goes on.
    fn hear(&self, state: &mut State, heard: Heard) -> bool {
        let note = match heard {
            Heard::Note(note) => note,
            Heard::Ended(Listen { uri: None, .. }) => {
                return self.tenure.is_stopping()
                    && state.reading.as_ref().is_some_and(Reading::is_answering);
            }
            Heard::Ended(Listen { uri: Some(uri), .. }) => {
                // From here on changes would be missed, so the client is told to look.
                let Ok(note) = updated(&uri) else { return true };
                note
            }
        };
        let Some(reading) = &mut state.reading else { return true };
        match self.keep(&note, state.stream) {
            Ok(keeping) => state.keeping = Some(keeping),
            Err(event) => reading.ready.push_back(event),
        }
        true
    }
}

impl Drop for OwnStream {
    fn drop(&mut self) {
        let mut state = self.live.state();
        if state.reader == self.reader {
            let old = state.stop_reading();
            drop(state);
            drop(old);
        }
    }
}

impl fmt::Debug for OwnStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnStream")
    }
}

#[cfg(test)]
mod tests;
