//! The event store, whatever becomes of its code: an event that is not kept is still told, and
//! nobody waits for the store without end.

use std::{error::Error as _, fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::FutureExt;
use tokio::time::timeout;
use toolgate_core::{
    BoxFuture,
    error::incident_id,
    legacy::{EventId, EventStore, Replay, SessionKey, StoreError, StreamId, StreamKind},
};

/// How long the store may take for one thing.
const PATIENCE: Duration = Duration::from_secs(5);

/// The store.
#[derive(Clone)]
pub(crate) struct Keep(Arc<dyn EventStore>);

impl Keep {
    pub(crate) fn new(store: Arc<dyn EventStore>) -> Self {
        Self(store)
    }

    /// Begins a stream; none where the store cannot.
    pub(super) async fn open(&self, of: &SessionKey, kind: StreamKind) -> Option<StreamId> {
        self.ask(|| self.0.open(of, kind)).await
    }

    /// Keeps an event; none where it was not kept.
    pub(super) async fn append(
        &self,
        of: &SessionKey,
        stream: StreamId,
        data: &Bytes,
    ) -> Option<EventId> {
        self.ask(|| self.0.append(of, stream, data.clone())).await.flatten()
    }

    /// What comes after an event; none where that is not known.
    pub(super) async fn replay(&self, of: &SessionKey, after: EventId) -> Option<Replay> {
        self.ask(|| self.0.replay(of, after)).await.flatten()
    }

    pub(super) async fn end(&self, of: &SessionKey, stream: StreamId) {
        self.ask(|| self.0.end(of, stream)).await;
    }

    pub(super) async fn forget(&self, of: &SessionKey) {
        self.ask(|| self.0.forget(of)).await;
    }

    async fn ask<'a, T>(
        &self,
        ask: impl FnOnce() -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> Option<T> {
        // Asking runs the store's code too, so that happens inside as well.
        let asked = AssertUnwindSafe(async { ask().await }).catch_unwind();
        let reason = match timeout(PATIENCE, asked).await {
            Ok(Ok(Ok(kept))) => return Some(kept),
            Ok(Ok(Err(error))) => reasons(&error),
            Ok(Err(_)) => "it panicked".into(),
            Err(_) => "it did not answer in time".into(),
        };
        let (incident, remedy) = (incident_id(), "events: the store");
        tracing::error!(incident, reason, remedy, "the event store failed");
        None
    }
}

/// An error of a store's, and all that is behind it.
pub(super) fn reasons(error: &StoreError) -> String {
    let mut reasons = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        reasons.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    reasons
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keep")
    }
}
