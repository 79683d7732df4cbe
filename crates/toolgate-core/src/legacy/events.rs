//! Where the events of streams are kept, so that they can be kept elsewhere.

use std::sync::Arc;

use bytes::Bytes;

use super::{EventId, Replay, SessionKey, StoreError, StreamId, StreamKind};
use crate::BoxFuture;

/// Keeps the events of sessions' streams for clients that lost their connection. There is no way to
/// an event but with its session and that session's owner: to anybody else it does not exist.
///
/// A store bounds what it keeps, of each session and in all; the oldest goes first.
pub trait EventStore: Send + Sync + 'static {
    /// Begins a stream.
    fn open<'a>(
        &'a self,
        of: &'a SessionKey,
        kind: StreamKind,
    ) -> BoxFuture<'a, Result<StreamId, StoreError>>;

    /// Adds an event to a stream; `data` is the message as it is sent, or nothing at all. None when
    /// it was not kept: the stream is gone, has ended or is somebody else's, or the event is too
    /// large.
    fn append<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<Option<EventId>, StoreError>>;

    /// What comes after an event, in its stream and no other. None where no such event was ever
    /// given out, or nothing is known of its stream any more.
    fn replay<'a>(
        &'a self,
        of: &'a SessionKey,
        after: EventId,
    ) -> BoxFuture<'a, Result<Option<Replay>, StoreError>>;

    /// Ends a stream. What is in it stays for whoever comes back.
    fn end<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Lets go of all that is kept of a session.
    fn forget<'a>(&'a self, of: &'a SessionKey) -> BoxFuture<'a, Result<(), StoreError>>;
}

impl<S: EventStore + ?Sized> EventStore for Arc<S> {
    fn open<'a>(
        &'a self,
        of: &'a SessionKey,
        kind: StreamKind,
    ) -> BoxFuture<'a, Result<StreamId, StoreError>> {
        (**self).open(of, kind)
    }

    fn append<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<Option<EventId>, StoreError>> {
        (**self).append(of, stream, data)
    }

    fn replay<'a>(
        &'a self,
        of: &'a SessionKey,
        after: EventId,
    ) -> BoxFuture<'a, Result<Option<Replay>, StoreError>> {
        (**self).replay(of, after)
    }

    fn end<'a>(
        &'a self,
        of: &'a SessionKey,
        stream: StreamId,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).end(of, stream)
    }

    fn forget<'a>(&'a self, of: &'a SessionKey) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).forget(of)
    }
}
