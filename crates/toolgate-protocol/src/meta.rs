//! `params._meta`: what each request says of itself (basic, "General fields").

use serde_json::value::RawValue;

use crate::{id::ProgressToken, json::Json, level::LogLevel, object::Object, params::Params};

/// Key of the protocol revision of a request.
pub const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// Key of the capabilities that the client declares for a request.
pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// Key of the client's own description of itself.
pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// Key of the least severe log message that the client wants for a request.
pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
/// Key of the server's description of itself, in results.
pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// Key that ties a notification or result to its `subscriptions/listen` request.
pub const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// More than any baggage needs (W3C Baggage, section 3.3.2); longer trace context is dropped.
const MAX_TRACE: usize = 8192;

/// What a request said of itself. All of it is the client's word: none is fit for authorization.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RequestMeta {
    /// The revision the request is written in.
    pub version: Option<Box<str>>,
    /// What the client can do, as an object; says nothing about other requests.
    pub client_capabilities: Option<Json>,
    /// Name and version of the client.
    pub client_info: Option<Json>,
    /// The least severe log message wanted; none asks for none at all.
    pub log_level: Option<LogLevel>,
    /// Where progress is wanted.
    pub progress_token: Option<ProgressToken>,
    /// W3C trace context, where it was well-formed.
    pub trace: Option<Box<Trace>>,
}

/// W3C trace context of a request. Not to be trusted for decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trace {
    /// `traceparent`, checked against Trace Context, section 3.2.
    pub parent: Box<str>,
    /// `tracestate`, unchecked.
    pub state: Option<Box<str>>,
    /// `baggage`, unchecked.
    pub baggage: Option<Box<str>>,
}

/// A member of `_meta`, or `params` itself, that is not what it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadMeta {
    /// For the peer; quotes nothing that it sent.
    pub message: &'static str,
}

impl RequestMeta {
    /// Reads `_meta` out of a request's parameters. Members that are absent are none.
    ///
    /// # Errors
    /// When `params` or `_meta` is no object or names a member twice, or a member has another type.
    pub fn read(params: Option<&Json>) -> Result<Self, BadMeta> {
        params.map_or_else(|| Ok(Self::default()), |params| Params::split(params)?.meta())
    }

    pub(crate) fn of(params: &Json, meta: &RawValue) -> Result<Self, BadMeta> {
        let members = Object::parse(meta.get().as_bytes())
            .map_err(|_| BadMeta { message: "`_meta` must be an object without duplicates" })?;
        let json = |name, message| match members.take(name) {
            Some(raw) if raw.get().starts_with('{') => Ok(Some(Json::within(params.bytes(), raw))),
            Some(_) => Err(BadMeta { message }),
            None => Ok(None),
        };
        let version = members
            .text(PROTOCOL_VERSION)
            .transpose()
            .map_err(|_| BadMeta { message: "`protocolVersion` must be a string" })?;
        let log_level = members
            .take(LOG_LEVEL)
            .map(|raw| serde_json::from_str(raw.get()))
            .transpose()
            .map_err(|_| BadMeta { message: "`logLevel` is not a known level" })?;
        let progress_token = members
            .take("progressToken")
            .map(|raw| serde_json::from_str(raw.get()))
            .transpose()
            .map_err(|_| BadMeta {
                message: "`progressToken` must be a string of at most 256 bytes or an integer",
            })?;
        Ok(Self {
            version: version.map(|version| version.into()),
            client_capabilities: json(
                CLIENT_CAPABILITIES,
                "`clientCapabilities` must be an object",
            )?,
            client_info: json(CLIENT_INFO, "`clientInfo` must be an object")?,
            log_level,
            progress_token,
            trace: trace(&members),
        })
    }

    /// Whether the request can bear notifications before its result.
    pub fn wants_notes(&self) -> bool {
        self.progress_token.is_some() || self.log_level.is_some()
    }
}

fn trace(members: &Object<'_>) -> Option<Box<Trace>> {
    let text = |name| members.text(name).and_then(Result::ok);
    let bounded = |name| text(name).filter(|value| value.len() <= MAX_TRACE).map(Box::from);
    let parent = text("traceparent").filter(|value| is_traceparent(value))?;
    let (state, baggage) = (bounded("tracestate"), bounded("baggage"));
    Some(Box::new(Trace { parent: parent.into(), state, baggage }))
}

/// `version "-" trace-id "-" parent-id "-" flags`, lower-case hex, ids not all zero.
fn is_traceparent(value: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let some = |part: &str| part.bytes().any(|byte| byte != b'0');
    let mut parts = value.split('-');
    let [version, id, parent, flags] = [(); 4].map(|()| parts.next().unwrap_or_default());
    let lengths = (version.len(), id.len(), parent.len(), flags.len()) == (2, 32, 16, 2);
    let known = parts.next().is_none() || version != "00";
    let all_hex = [version, id, parent, flags].into_iter().all(hex);
    lengths && known && all_hex && version != "ff" && some(id) && some(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(params: &'static str) -> Result<RequestMeta, BadMeta> {
        RequestMeta::read(Some(&Json::from_text(params).unwrap()))
    }

    #[test]
    fn absent_members_are_none() {
        for params in ["{}", r#"{"_meta":{}}"#, r#"{"_meta":{"traceparent":"nonsense"}}"#] {
            let meta = read(params).unwrap();
            assert!(meta.version.is_none() && meta.client_capabilities.is_none());
            assert!(!meta.wants_notes() && meta.trace.is_none());
        }
        assert!(RequestMeta::read(None).unwrap().version.is_none());
    }

    #[test]
    fn members_are_read() {
        let meta = read(
            r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
                "io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},
                "io.modelcontextprotocol/logLevel":"warning","progressToken":7,
                "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}"#,
        )
        .unwrap();
        assert_eq!(meta.version.as_deref(), Some("2026-07-28"));
        assert_eq!(meta.client_capabilities.unwrap().as_bytes(), br#"{"elicitation":{}}"#);
        assert_eq!(meta.log_level, Some(LogLevel::Warning));
        assert_eq!(meta.progress_token, Some(7.into()));
        assert!(meta.trace.unwrap().parent.starts_with("00-"));
    }

    #[test]
    fn wrong_types_and_duplicates_are_refused() {
        for params in [
            "[]",
            r#"{"_meta":[]}"#,
            r#"{"_meta":{},"_meta":{}}"#,
            r#"{"name":"a","name":"b"}"#,
            r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}"#,
            r#"{"_meta":{"io.modelcontextprotocol/clientCapabilities":[]}}"#,
            r#"{"_meta":{"io.modelcontextprotocol/logLevel":"loud"}}"#,
            r#"{"_meta":{"progressToken":null}}"#,
            r#"{"_meta":{"progressToken":1,"progressToken":2}}"#,
        ] {
            assert!(read(params).is_err(), "{params}");
        }
    }
}
