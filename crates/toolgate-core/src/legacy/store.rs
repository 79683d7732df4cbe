//! Where sessions are kept, so that they can be kept elsewhere.

use std::{fmt, sync::Arc};

use super::{Owner, SessionId, SessionRecord};
use crate::{BoxError, BoxFuture};

/// Keeps the records of sessions. There is no way to a session but with its owner: to anybody else
/// it does not exist.
///
/// A store bounds what it keeps, in all and per owner, and lets sessions go that their owner has not
/// used for long. [`find`](Self::find) counts as use.
pub trait SessionStore: Send + Sync + 'static {
    /// Keeps a new session. Where its owner has too many, the one that was not used for longest
    /// goes.
    fn create(&self, record: SessionRecord) -> BoxFuture<'_, Result<SessionId, StoreError>>;

    /// The owner's session of that id.
    fn find<'a>(
        &'a self,
        id: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<Option<Arc<SessionRecord>>, StoreError>>;

    /// Keeps another record for a session of the same owner. Whether there was one.
    fn replace<'a>(
        &'a self,
        id: &'a SessionId,
        record: SessionRecord,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Ends the owner's session of that id. Whether there was one.
    fn end<'a>(
        &'a self,
        id: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;
}

impl<S: SessionStore + ?Sized> SessionStore for Arc<S> {
    fn create(&self, record: SessionRecord) -> BoxFuture<'_, Result<SessionId, StoreError>> {
        (**self).create(record)
    }

    fn find<'a>(
        &'a self,
        id: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<Option<Arc<SessionRecord>>, StoreError>> {
        (**self).find(id, owner)
    }

    fn replace<'a>(
        &'a self,
        id: &'a SessionId,
        record: SessionRecord,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).replace(id, record)
    }

    fn end<'a>(
        &'a self,
        id: &'a SessionId,
        owner: &'a Owner,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).end(id, owner)
    }
}

/// Why a store did not do what it was asked. Either way the client may ask again later: 503.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// It keeps as much as it may.
    Full,
    /// It failed. The error goes to the log.
    Failed(BoxError),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the store is full",
            Self::Failed(_) => "the store failed",
        })
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Full => None,
            Self::Failed(error) => Some(&**error),
        }
    }
}
