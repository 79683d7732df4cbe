//! What both sides of an old conversation remember, and a modern request says anew each time.

use toolgate_protocol::{
    Json, LogLevel, RequestMeta,
    legacy::{Revision, handshake::Initialize},
};

/// What is known of a client of the old era.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Conversation {
    /// The revision that is spoken.
    pub revision: Revision,
    /// The client's description of itself. Its word.
    pub client_info: Option<Json>,
    /// What the client can do, as an object. Its word.
    pub capabilities: Json,
    /// The least severe log message wanted.
    pub log_level: LogLevel,
}

impl Conversation {
    /// One that began with a handshake.
    pub fn new(begun: Initialize) -> Self {
        let Initialize { revision, capabilities, client_info, .. } = begun;
        Self { client_info, capabilities, ..Self::assumed(revision) }
    }

    /// One of which only the revision is known, as every request is without sessions.
    ///
    /// Log messages are wanted from `info` on until the client says otherwise, which the revisions
    /// leave to the server.
    pub fn assumed(revision: Revision) -> Self {
        Self {
            revision,
            client_info: None,
            capabilities: Json::object(),
            log_level: LogLevel::Info,
        }
    }

    /// What a request of this conversation says of itself, as the modern era has it: `own` is what
    /// it says in its `_meta`.
    ///
    /// The capabilities are left empty: nothing can be asked of a client in this era so far, so no
    /// tool may think so.
    pub fn meta(&self, own: RequestMeta) -> RequestMeta {
        let mut meta = RequestMeta::default();
        meta.version = Some(self.revision.as_str().into());
        meta.client_info = self.client_info.clone();
        meta.client_capabilities = Some(Json::object());
        meta.log_level = Some(self.log_level);
        meta.progress_token = own.progress_token;
        meta.trace = own.trace;
        meta
    }
}
