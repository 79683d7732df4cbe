//! An issuer's keys between requests: kept, renewed in time, and asked for by one request at a time.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Uri;
use tokio::{
    runtime::Handle,
    sync::watch,
    time::{Instant, timeout},
};

use super::source::{Source, SourceError};
use crate::{
    fetch::{Fetch, chain},
    jose::KeySet,
};

/// Age at which keys are renewed, while they stay in use.
const STALE: Duration = Duration::from_secs(10 * 60);
/// Age at which keys are used no longer, when the issuer cannot be reached for so long.
const DEAD: Duration = Duration::from_secs(6 * 60 * 60);
/// Shortest time between two downloads that unknown keys ask for. Others do not count: keys may
/// rotate right after any.
const COOLDOWN: Duration = Duration::from_secs(30);
/// Shortest time between two downloads when the last has failed.
const RETRY: Duration = Duration::from_secs(5);
/// Longest that one download may take, discovery included.
const FLIGHT: Duration = Duration::from_secs(30);

/// The keys of one issuer.
///
/// A download runs in a task of its own: a request that gives up waiting takes nothing from the
/// others that wait for the same download.
#[derive(Clone)]
pub(super) struct Keys(Arc<Shared>);

/// There are no keys to decide with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outage {
    pub(super) retry: Duration,
}

struct Shared {
    source: Source,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// When the last download began.
    tried: Option<Instant>,
    /// When the last download began that an unknown key asked for.
    asked: Option<Instant>,
    /// Whether the last download failed.
    failing: bool,
    /// Closed when the running download ends, however it ends.
    flight: Option<watch::Receiver<()>>,
    uri: Option<Uri>,
}

struct Held {
    keys: Arc<KeySet>,
    since: Instant,
}

/// What a decision looks at. Times are ages.
#[derive(Clone, Copy, Debug)]
struct View {
    held: Option<Duration>,
    tried: Option<Duration>,
    asked: Option<Duration>,
    failing: bool,
    flying: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Use what is held.
    Use,
    /// Use what is held, and renew it meanwhile.
    Renew,
    /// Wait for the download; start one when none runs.
    Wait,
    /// There is nothing to use, and it is too early to try again.
    Outage(Duration),
}

impl Keys {
    pub(super) fn new(source: Source) -> Self {
        Self(Arc::new(Shared { source, state: Mutex::default() }))
    }

    /// What asks the issuer.
    pub(super) fn fetch(&self) -> &dyn Fetch {
        &*self.0.source.fetch
    }

    /// The keys to judge a token with.
    pub(super) async fn current(&self) -> Result<Arc<KeySet>, Outage> {
        let flight = {
            let mut state = self.0.state();
            match step(state.view()) {
                Step::Use => return state.usable(),
                Step::Renew => {
                    self.0.join_or_launch(&mut state);
                    return state.usable();
                }
                Step::Outage(retry) => return Err(Outage { retry }),
                Step::Wait => self.0.join_or_launch(&mut state),
            }
        };
        landed(flight).await;
        self.0.state().usable()
    }

    /// Keys other than `seen`, which did not verify a token; `None` when there are none and the
    /// issuer was asked lately.
    pub(super) async fn newer(&self, seen: &Arc<KeySet>) -> Result<Option<Arc<KeySet>>, Outage> {
        let flight = {
            let mut state = self.0.state();
            if let Some(keys) = state.other_than(seen) {
                return Ok(Some(keys));
            }
            match step_newer(state.view()) {
                Step::Use | Step::Renew => return Ok(None),
                Step::Outage(retry) => return Err(Outage { retry }),
                Step::Wait => {
                    if state.flying().is_none() {
                        state.asked = Some(Instant::now());
                    }
                    self.0.join_or_launch(&mut state)
                }
            }
        };
        landed(flight).await;
        let state = self.0.state();
        match state.other_than(seen) {
            Some(keys) => Ok(Some(keys)),
            None => Err(Outage { retry: state.retry() }),
        }
    }
}

/// What to do for a token whose key may be among those held.
fn step(view: View) -> Step {
    match view.held {
        Some(age) if age <= STALE => Step::Use,
        Some(age) if age <= DEAD => {
            if may_try(view, RETRY) {
                Step::Renew
            } else {
                Step::Use
            }
        }
        _ => wait_or_outage(view, RETRY),
    }
}

/// What to do for a token whose key is not among those held. While the issuer cannot be asked, that
/// is no reason to refuse the token.
fn step_newer(view: View) -> Step {
    if view.failing || view.held.is_none() {
        return wait_or_outage(view, RETRY);
    }
    let cool = view.asked.is_none_or(|asked| asked >= COOLDOWN);
    if view.flying || cool { Step::Wait } else { Step::Use }
}

fn wait_or_outage(view: View, pause: Duration) -> Step {
    if view.flying || may_try(view, pause) {
        return Step::Wait;
    }
    Step::Outage(pause.saturating_sub(view.tried.unwrap_or_default()))
}

fn may_try(view: View, pause: Duration) -> bool {
    !view.flying && view.tried.is_none_or(|tried| tried >= pause)
}

/// Waits until the download ends. Its end closes the channel; nothing is sent.
async fn landed(flight: Option<watch::Receiver<()>>) {
    if let Some(mut flight) = flight {
        while flight.changed().await.is_ok() {}
    }
}

impl Shared {
    /// A panic elsewhere leaves nothing half-written here: every change is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The running download, or a new one; `None` outside of a runtime, where none can run.
    fn join_or_launch(self: &Arc<Self>, state: &mut State) -> Option<watch::Receiver<()>> {
        if let Some(flight) = state.flying() {
            return Some(flight.clone());
        }
        let runtime = Handle::try_current().ok()?;
        let (end, flight) = watch::channel(());
        state.flight = Some(flight.clone());
        state.tried = Some(Instant::now());
        let (shared, known) = (Arc::clone(self), state.uri.clone());
        runtime.spawn(async move {
            shared.load(known).await;
            drop(end);
        });
        Some(flight)
    }

    async fn load(&self, known: Option<Uri>) {
        // Until the end says otherwise: a download that panics has failed too.
        self.state().failing = true;
        match timeout(FLIGHT, self.source.load(known)).await {
            Ok(Ok((uri, keys))) => self.arrived(uri, keys),
            Ok(Err(error)) => self.failed(&error),
            Err(_) => self.failed(&SourceError::TooSlow),
        }
    }

    fn arrived(&self, uri: Uri, keys: KeySet) {
        let mut state = self.state();
        let before = state.held.as_ref().map(|held| &held.keys.skipped);
        if before != Some(&keys.skipped) {
            tracing::info!(
                issuer = %self.source.issuer, usable = keys.len(), skipped = ?keys.skipped,
                "the issuer's keys were read"
            );
        }
        state.held = Some(Held { keys: Arc::new(keys), since: Instant::now() });
        state.uri = Some(uri);
        state.failing = false;
    }

    fn failed(&self, error: &SourceError) {
        let mut state = self.state();
        // The issuer may have moved its keys: discover them anew.
        state.uri = None;
        state.failing = true;
        let age = state.held.as_ref().map(|held| held.since.elapsed().as_secs());
        tracing::warn!(
            issuer = %self.source.issuer, error = %chain(error), age_of_kept_keys_s = age,
            "the issuer's keys cannot be had"
        );
    }
}

impl State {
    fn view(&self) -> View {
        View {
            held: self.held.as_ref().map(|held| held.since.elapsed()),
            tried: self.tried.map(|tried| tried.elapsed()),
            asked: self.asked.map(|asked| asked.elapsed()),
            failing: self.failing,
            flying: self.flying().is_some(),
        }
    }

    fn flying(&self) -> Option<&watch::Receiver<()>> {
        self.flight.as_ref().filter(|flight| flight.has_changed().is_ok())
    }

    fn usable(&self) -> Result<Arc<KeySet>, Outage> {
        let held = self.held.as_ref().filter(|held| held.since.elapsed() <= DEAD);
        held.map(|held| Arc::clone(&held.keys)).ok_or(Outage { retry: self.retry() })
    }

    fn other_than(&self, seen: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        self.usable().ok().filter(|keys| !Arc::ptr_eq(keys, seen))
    }

    fn retry(&self) -> Duration {
        let waited = self.tried.map_or(Duration::ZERO, |tried| tried.elapsed());
        RETRY.saturating_sub(waited).max(Duration::from_secs(1))
    }
}
