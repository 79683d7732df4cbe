//! What all handlers of a server have in common.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// What handlers share.
pub(crate) struct Shared<S> {
    pub(crate) state: Arc<S>,
    /// For handlers that block.
    pub(crate) room: Arc<Semaphore>,
}

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), room: self.room.clone() }
    }
}
