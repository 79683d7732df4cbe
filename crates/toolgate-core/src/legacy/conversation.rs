//! What both sides of an old conversation remember, and a modern request says anew each time.

use toolgate_protocol::{
    Json, LogLevel, RequestMeta,
    legacy::{Revision, capabilities, handshake::Initialize},
};

/// What is known of a client of the old era.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Conversation {
    /// The revision that is spoken.
    pub revision: Revision,
    /// The client's description of itself. Its word.
    pub client_info: Option<Json>,
    /// What the client can do, as a modern request would say it. Its word.
    pub capabilities: Json,
    /// The least severe log message wanted.
    pub log_level: LogLevel,
}

impl Conversation {
    /// One that began with a handshake.
    pub fn new(begun: Initialize) -> Self {
        let Initialize { revision, capabilities: said, client_info, .. } = begun;
        let capabilities = capabilities(revision, &said);
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
    /// it says in its `_meta`. It says of no capability, so that no tool asks: for where the client
    /// could not be reached.
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

    /// The same, where the client can be asked what it can answer.
    pub fn asking(&self, own: RequestMeta) -> RequestMeta {
        let mut meta = self.meta(own);
        meta.client_capabilities = Some(self.capabilities.clone());
        meta
    }

    /// Whether there is anything that the client can answer.
    pub fn can_answer(&self) -> bool {
        self.capabilities != Json::object()
    }
}

#[cfg(test)]
mod tests {
    use toolgate_protocol::Params;

    use super::*;

    #[test]
    fn capabilities_are_said_where_the_client_can_be_asked() {
        let begun = |capabilities: serde_json::Value| {
            let params = serde_json::json!({
                "protocolVersion": "2025-06-18", "capabilities": capabilities });
            let params = Json::of(&params).unwrap();
            let begun = Initialize::read(&Params::split(&params).unwrap()).unwrap();
            Conversation::new(begun)
        };
        let said = |meta: RequestMeta| meta.client_capabilities.unwrap();
        let able = begun(serde_json::json!({ "elicitation": { "url": {} } }));
        assert!(able.can_answer());
        assert_eq!(
            said(able.asking(RequestMeta::default())).as_bytes(),
            br#"{"elicitation":{"form":{}}}"#
        );
        assert_eq!(said(able.meta(RequestMeta::default())), Json::object());
        for not in [begun(serde_json::json!({})), Conversation::assumed(Revision::LATEST)] {
            assert!(!not.can_answer());
        }
    }
}
