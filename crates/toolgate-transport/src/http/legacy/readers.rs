//! Calls whose streams somebody may come back to, by stream.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use toolgate_core::legacy::{EventId, SessionKey, StreamId};

/// A client that comes back.
pub(super) struct Return {
    /// What it has seen.
    pub(super) after: EventId,
    /// Where it reads what is yet to come.
    pub(super) reader: mpsc::Sender<Bytes>,
    /// What it has missed, or that nothing is known of what it has seen.
    pub(super) missed: oneshot::Sender<Option<Vec<Bytes>>>,
}

/// The streams of running calls.
#[derive(Clone, Default)]
pub(crate) struct Readers(Arc<Mutex<HashMap<StreamId, Door>>>);

struct Door {
    of: Arc<SessionKey>,
    comes: mpsc::Sender<Return>,
}

impl Readers {
    /// Lets whoever comes back to a stream in, for as long as what this returns is kept.
    pub(super) fn enter(&self, stream: StreamId, of: Arc<SessionKey>) -> Open {
        let (comes, returns) = mpsc::channel(1);
        self.table().insert(stream, Door { of, comes });
        Open { readers: self.clone(), stream, returns }
    }

    /// The way into a running call's stream, for its owner in its session.
    pub(super) fn door(&self, of: &SessionKey, stream: StreamId) -> Option<mpsc::Sender<Return>> {
        let table = self.table();
        let door = table.get(&stream).filter(|door| *door.of == *of)?;
        Some(door.comes.clone())
    }

    fn table(&self) -> MutexGuard<'_, HashMap<StreamId, Door>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that can be come back to.
pub(super) struct Open {
    readers: Readers,
    pub(super) stream: StreamId,
    returns: mpsc::Receiver<Return>,
}

impl Open {
    /// The next client that comes back. Cancel-safe.
    pub(super) async fn next(&mut self) -> Return {
        match self.returns.recv().await {
            Some(back) => back,
            // The door has the other end.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.readers.table().remove(&self.stream);
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readers")
    }
}
