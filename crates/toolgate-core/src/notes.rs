//! What a request sends before its reply, through a bounded channel.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use tokio::sync::mpsc;

use crate::request::Note;

/// How many notes wait for a slow reader before the tool waits too.
pub(crate) const CAPACITY: usize = 16;

/// What goes out before the reply.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Out {
    /// A notification.
    Note(Note),
    /// Let go of the connection; the client comes back after this long. Only revisions before
    /// 2026-07-28 have this (streamable HTTP, polling).
    ReleaseConnection(Duration),
}

/// The receiving end of a request's notes.
#[derive(Debug)]
pub struct Notes(Option<mpsc::Receiver<Out>>);

impl Notes {
    /// Notes of a request that cannot send any.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Notes, and where to send them from. A sender that finds the channel full waits.
    pub fn channel(capacity: usize) -> (mpsc::Sender<Out>, Self) {
        let (sender, receiver) = mpsc::channel(capacity.max(1));
        (sender, Self(Some(receiver)))
    }

    /// The next note; none once no more can come. Cancel-safe.
    pub async fn next(&mut self) -> Option<Out> {
        match &mut self.0 {
            Some(receiver) => receiver.recv().await,
            None => None,
        }
    }

    /// The same as [`next`](Self::next), for code that polls.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Out>> {
        match &mut self.0 {
            Some(receiver) => receiver.poll_recv(cx),
            None => Poll::Ready(None),
        }
    }

    /// A note that waits already.
    pub fn waiting(&mut self) -> Option<Out> {
        self.0.as_mut()?.try_recv().ok()
    }

    /// Whether no note can ever come.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Whether none waits now.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(mpsc::Receiver::is_empty)
    }
}
