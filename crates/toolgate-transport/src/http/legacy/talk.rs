//! The conversation that a request of the old era belongs to.

use std::sync::Arc;

use toolgate_core::{
    Caller,
    legacy::{Conversation, Owner, SessionId, SessionKey, SessionRecord},
    protocol::legacy::{Revision, handshake::Initialize},
};

use super::lines::Line;

/// A conversation: kept in a session, or as much as one request tells of it.
pub(super) enum Talk {
    Session(Arc<SessionKey>, Arc<SessionRecord>),
    /// A session that is one stream, and what was agreed on it.
    Line(Arc<Line>, Arc<SessionRecord>),
    Alone(Conversation),
    Begun(SessionRecord),
}

impl Talk {
    pub(super) fn begun(caller: &Caller, asked: Initialize) -> Self {
        Self::Begun(SessionRecord::new(Owner::of(caller), Conversation::new(asked)))
    }

    pub(super) fn alone(revision: Revision) -> Self {
        Self::Alone(Conversation::assumed(revision))
    }

    pub(super) fn conversation(&self) -> &Conversation {
        match self {
            Self::Session(_, record) | Self::Line(_, record) => &record.conversation,
            Self::Alone(conversation) => conversation,
            Self::Begun(record) => &record.conversation,
        }
    }

    /// The session's id, where there is one already.
    pub(super) fn id(&self) -> Option<&SessionId> {
        self.key().map(|key| &key.id)
    }

    /// The session by its key, where there is one already.
    pub(super) fn key(&self) -> Option<&Arc<SessionKey>> {
        match self {
            Self::Session(key, _) => Some(key),
            Self::Line(line, _) => Some(&line.key),
            _ => None,
        }
    }
}
