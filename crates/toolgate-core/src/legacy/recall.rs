//! Events in this process's memory, bounded for each session, in all and in time.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{EventId, EventStore, Replay, SessionKey, StoreError, StreamId, StreamKind};
use crate::BoxFuture;

/// Keeps events in memory. Clones share them.
///
/// ```
/// use toolgate_core::legacy::MemoryEvents;
///
/// let events = MemoryEvents::new().events(100).bytes(64 * 1024);
/// assert_eq!(events.used(), 0);
/// ```
#[derive(Clone)]
pub struct MemoryEvents {
    bounds: Bounds,
    now: Arc<dyn Fn() -> Instant + Send + Sync>,
    table: Arc<Mutex<Table>>,
}

#[derive(Clone, Copy)]
struct Bounds {
    events: usize,
    bytes: usize,
    all: usize,
    idle: Duration,
}

impl Bounds {
    /// No session has more than all of them may.
    fn session_bytes(&self) -> usize {
        self.bytes.min(self.all)
    }
}

impl MemoryEvents {
    /// Up to 1,000 events and 1 MiB of one session, 128 MiB in all, each session's until nothing was
    /// added for 30 minutes. Each event counts 128 bytes more than its data, each stream as many.
    pub fn new() -> Self {
        let idle = Duration::from_secs(30 * 60);
        let bounds = Bounds { events: 1000, bytes: 1 << 20, all: 128 << 20, idle };
        Self { bounds, now: Arc::new(Instant::now), table: Arc::default() }
    }

    /// The most events of one session; for one more its oldest goes.
    #[must_use]
    pub fn events(mut self, events: usize) -> Self {
        self.bounds.events = events;
        self
    }

    /// The most bytes of one session; for more its oldest events go. A larger event is not kept.
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bounds.bytes = bytes;
        self
    }

    /// The most bytes in all; for more the session goes to which nothing was added for longest.
    #[must_use]
    pub fn all(mut self, bytes: usize) -> Self {
        self.bounds.all = bytes;
        self
    }

    /// How long a session's events are kept while nothing is added.
    #[must_use]
    pub fn idle(mut self, time: Duration) -> Self {
        self.bounds.idle = time;
        self
    }

    /// The clock to tell idleness by, in place of the system's.
    #[must_use]
    pub fn clock(self, now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), ..self }
    }

    /// How many bytes count as kept.
    pub fn used(&self) -> usize {
        self.table().used
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryEvents {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryEvents").field("used", &self.used()).finish_non_exhaustive()
    }
}

impl EventStore for MemoryEvents {
    fn open<'a>(
        &'a self,
        of: &'a SessionKey,
        kind: StreamKind,
    ) -> BoxFuture<'a, Result<StreamId, StoreError>> {
        let id = StreamId::random().map_err(|error| StoreError::Failed(Box::new(error)));
        if let Ok(id) = id {
            self.table().open(of, id, kind, self.bounds, (self.now)());
        }
        Box::pin(ready(id))
    }

    fn append<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<Option<EventId>, StoreError>> {
        let kept = self.table().append(of, stream, &data, self.bounds, (self.now)());
        Box::pin(ready(Ok(kept)))
    }

    fn replay<'a>(
        &'a self,
        of: &'a SessionKey,
        after: EventId,
    ) -> BoxFuture<'a, Result<Option<Replay>, StoreError>> {
        Box::pin(ready(Ok(self.table().replay(of, after))))
    }

    fn end<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.table().end(of, stream);
        Box::pin(ready(Ok(())))
    }

    fn forget<'a>(&'a self, of: &'a SessionKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.table().forget(of);
        Box::pin(ready(Ok(())))
    }
}

/// What an event or a stream takes beside its data.
const OVERHEAD: usize = 128;
/// Streams of one session. Those that ended go with their last event, so what counts is how many
/// requests are answered at once.
const STREAMS: usize = 256;

/// All sessions, by key and by last use. What happens at a point in time, without a clock.
#[derive(Default)]
struct Table {
    sessions: HashMap<Arc<SessionKey>, Kept>,
    used_at: BTreeMap<u64, Arc<SessionKey>>,
    uses: u64,
    used: usize,
}

struct Kept {
    streams: VecDeque<Stream>,
    events: VecDeque<(EventId, Bytes)>,
    bytes: usize,
    use_number: u64,
    at: Instant,
}

struct Stream {
    id: StreamId,
    kind: StreamKind,
    given: u64,
    kept: usize,
    ended: bool,
}

impl Table {
    fn open(
        &mut self,
        of: &SessionKey,
        id: StreamId,
        kind: StreamKind,
        bounds: Bounds,
        now: Instant,
    ) {
        self.sweep(bounds, now);
        if !self.sessions.contains_key(of) {
            let (streams, events) = (VecDeque::new(), VecDeque::new());
            let kept = Kept { streams, events, bytes: 0, use_number: 0, at: now };
            self.sessions.insert(Arc::new(of.clone()), kept);
        }
        self.change(of, bounds, now, |kept| {
            kept.streams.push_back(Stream { id, kind, given: 0, kept: 0, ended: false });
            kept.bytes += OVERHEAD;
        });
    }

    fn append(
        &mut self,
        of: &SessionKey,
        stream: StreamId,
        data: &Bytes,
        bounds: Bounds,
        now: Instant,
    ) -> Option<EventId> {
        self.sweep(bounds, now);
        let size = data.len() + OVERHEAD;
        if size + OVERHEAD > bounds.session_bytes() || bounds.events == 0 {
            return None;
        }
        self.change(of, bounds, now, |kept| {
            let stream = kept.streams.iter_mut().find(|it| it.id == stream && !it.ended)?;
            stream.given += 1;
            stream.kept += 1;
            let id = EventId::new(stream.id, stream.given);
            // A copy, so that it keeps nothing larger alive than is counted.
            kept.events.push_back((id, Bytes::copy_from_slice(data)));
            kept.bytes += size;
            Some(id)
        })
        .flatten()
    }

    fn replay(&self, of: &SessionKey, after: EventId) -> Option<Replay> {
        let kept = self.sessions.get(of)?;
        let stream = kept.streams.iter().find(|stream| stream.id == after.stream)?;
        if !(1..=stream.given).contains(&after.number) {
            return None;
        }
        let later = kept.events.iter();
        let later = later.filter(|(id, _)| id.stream == stream.id && id.number > after.number);
        Some(Replay::new(stream.kind, later.cloned().collect(), stream.ended))
    }

    fn end(&mut self, of: &SessionKey, stream: StreamId) {
        let Some(kept) = self.sessions.get_mut(of) else { return };
        let before = kept.bytes;
        if let Some(stream) = kept.streams.iter_mut().find(|it| it.id == stream) {
            stream.ended = true;
        }
        kept.tidy();
        self.used -= before - kept.bytes;
    }

    fn forget(&mut self, of: &SessionKey) {
        if let Some(kept) = self.sessions.remove(of) {
            self.used_at.remove(&kept.use_number);
            self.used -= kept.bytes;
        }
    }

    /// Changes a session, which is use of it, and holds the bounds.
    fn change<T>(
        &mut self,
        of: &SessionKey,
        bounds: Bounds,
        now: Instant,
        change: impl FnOnce(&mut Kept) -> T,
    ) -> Option<T> {
        let (key, _) = self.sessions.get_key_value(of)?;
        let key = key.clone();
        let kept = self.sessions.get_mut(of)?;
        let before = kept.bytes;
        let changed = change(kept);
        kept.shrink(bounds);
        self.used = self.used - before + kept.bytes;
        self.uses += 1;
        self.used_at.remove(&kept.use_number);
        self.used_at.insert(self.uses, key);
        (kept.use_number, kept.at) = (self.uses, now);
        while self.used > bounds.all && self.used_at.len() > 1 {
            self.drop_oldest();
        }
        Some(changed)
    }

    fn drop_oldest(&mut self) {
        if let Some((_, oldest)) = self.used_at.first_key_value() {
            let oldest = oldest.clone();
            self.forget(&oldest);
        }
    }

    /// Lets go of sessions to which nothing was added for long. They are in that order, so this
    /// looks at one more than it takes.
    fn sweep(&mut self, bounds: Bounds, now: Instant) {
        while let Some((_, key)) = self.used_at.first_key_value() {
            let at = self.sessions.get(key).map(|kept| kept.at);
            if at.is_some_and(|at| now.saturating_duration_since(at) < bounds.idle) {
                return;
            }
            self.drop_oldest();
        }
    }
}

impl Kept {
    /// Lets go of the oldest until it is within its bounds.
    fn shrink(&mut self, bounds: Bounds) {
        while self.streams.len() > STREAMS {
            // One that has ended, if there is: of the others somebody may still wait for the end.
            let ended = self.streams.iter().position(|stream| stream.ended);
            let Some(oldest) = self.streams.remove(ended.unwrap_or(0)) else { break };
            let of_it = |id: &EventId| id.stream == oldest.id;
            let freed: usize = self.events.iter().filter(|(id, _)| of_it(id)).map(size).sum();
            self.events.retain(|(id, _)| !of_it(id));
            self.bytes -= freed + OVERHEAD;
        }
        while self.events.len() > bounds.events || self.bytes > bounds.session_bytes() {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= size(&oldest);
            let stream = self.streams.iter_mut().find(|stream| stream.id == oldest.0.stream);
            if let Some(stream) = stream {
                stream.kept -= 1;
            }
        }
        // Where even the streams are too many for the bytes, those go.
        while self.bytes > bounds.session_bytes() && self.streams.pop_front().is_some() {
            self.bytes -= OVERHEAD;
        }
        self.tidy();
    }

    /// Forgets streams that have ended and of which nothing is left.
    fn tidy(&mut self) {
        let before = self.streams.len();
        self.streams.retain(|stream| !stream.ended || stream.kept > 0);
        self.bytes -= (before - self.streams.len()) * OVERHEAD;
    }
}

fn size((_, data): &(EventId, Bytes)) -> usize {
    data.len() + OVERHEAD
}

#[cfg(test)]
mod tests;
