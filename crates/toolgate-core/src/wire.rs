//! Writing replies and errors: the only place that knows the stamps of revision 2026-07-28, and
//! which messages go without.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use toolgate_protocol::{
    Members, RequestId, code, envelope,
    legacy::{RESOURCE_NOT_FOUND, Revision},
    method,
};

use crate::{
    card::Card,
    error::Error,
    legacy::Lowered,
    reply::{Kind, Reply},
};

/// How the answer to a request is written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Wire {
    /// With the stamps of the modern era.
    Modern,
    /// As an old revision has it.
    Legacy {
        /// The revision.
        revision: Revision,
        /// The method that is answered.
        method: Cow<'static, str>,
        /// What was written that way before.
        lowered: Arc<Lowered>,
    },
}

impl Wire {
    /// A result.
    pub fn result(&self, id: &RequestId, reply: &Reply, card: &Card) -> Bytes {
        match self {
            Self::Modern => result(id, reply, card),
            Self::Legacy { .. } if reply.kind != Kind::Complete => {
                // The era has no such results, and clients were said not to understand them.
                self.error(Some(id), &Error::internal())
            }
            Self::Legacy { revision, method, lowered } => {
                let fields = lowered.members(*revision, method, reply);
                if reply.meta.is_empty() {
                    return envelope::write_result(id, &[&fields]);
                }
                envelope::write_result(id, &[&fields, &Members::object("_meta", &reply.meta)])
            }
        }
    }

    /// An error.
    pub fn error(&self, id: Option<&RequestId>, told: &Error) -> Bytes {
        match self {
            Self::Legacy { .. } if told.code() == code::MISSING_CLIENT_CAPABILITY => {
                // A code of the modern era alone.
                error(id, &Error::invalid_params(told.message().to_owned()))
            }
            Self::Legacy { method, .. } if is_missing_resource(method, told) => {
                let message = told.message().to_owned();
                let old = Error::new(RESOURCE_NOT_FOUND, message);
                error(id, &old.with_data(told.data().cloned()))
            }
            _ => error(id, told),
        }
    }
}

/// Whether an error says that there is no such resource: the modern era has no code for that, and
/// names the URI.
fn is_missing_resource(method: &str, told: &Error) -> bool {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "uri")]
        _uri: String,
    }
    method == method::RESOURCES_READ
        && told.code() == code::INVALID_PARAMS
        && told.data().is_some_and(|data| data.parse::<Named>().is_ok())
}

/// A result with its stamps: `resultType` always, cache hints where the reply has them, and the
/// server's name in `_meta`: all that it says of itself where it introduces itself, else in brief.
pub fn result(id: &RequestId, reply: &Reply, card: &Card) -> Bytes {
    let stamps = stamps(reply);
    if reply.meta.is_empty() {
        return envelope::write_result(id, &[&stamps, &reply.fields, card.meta(reply.introduces)]);
    }
    let meta = Members::object("_meta", &card.server_stamp(reply.introduces).and(&reply.meta));
    envelope::write_result(id, &[&stamps, &reply.fields, &meta])
}

/// An error.
pub fn error(id: Option<&RequestId>, error: &Error) -> Bytes {
    envelope::write_error(id, error.code(), error.message(), error.data())
}

/// What nearly every result carries, written once.
static COMPLETE: LazyLock<Members> = LazyLock::new(|| {
    write(&Stamps { result_type: Kind::Complete.as_str(), ttl_ms: None, cache_scope: None })
});

fn stamps(reply: &Reply) -> Members {
    if reply.kind == Kind::Complete && reply.cache.is_none() {
        return COMPLETE.clone();
    }
    write(&Stamps {
        result_type: reply.kind.as_str(),
        ttl_ms: reply.cache.map(|cache| cache.ttl.as_millis()),
        cache_scope: reply.cache.map(|cache| cache.scope.as_str()),
    })
}

fn write(stamps: &Stamps<'_>) -> Members {
    Members::of(stamps).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stamps<'a> {
    result_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_ms: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_scope: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use toolgate_protocol::{Json, discover::Implementation};

    use super::*;
    use crate::reply::Cache;

    #[test]
    fn stamps_are_where_the_revision_wants_them() {
        let card = Card::new(Implementation::new("n", "1"));
        let reply = Reply::of(&serde_json::json!({ "tools": [] })).unwrap();
        assert_eq!(
            result(&1.into(), &reply, &card),
            r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","tools":[],"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"n","version":"1"}}}}"#
        );
        let meta = Members::of(&serde_json::json!({ "x/y": 1 })).unwrap();
        assert_eq!(
            result(&1.into(), &reply.meta(meta).cache(Cache::PRIVATE), &card),
            r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[],"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"n","version":"1"},"x/y":1}}}"#
        );
    }

    #[test]
    fn the_server_says_all_of_itself_once_and_its_name_always() {
        let mut server = Implementation::new("n", "1");
        server.website_url = Some("https://e.x".into());
        let card = Card::new(server);
        let told =
            |reply: &Reply| String::from_utf8(result(&1.into(), reply, &card).to_vec()).unwrap();
        assert!(told(&Reply::empty().introducing()).contains("https://e.x"));
        assert!(!told(&Reply::empty()).contains("https://e.x"));
        let meta = Members::of(&serde_json::json!({ "x/y": 1 })).unwrap();
        assert!(told(&Reply::empty().introducing().meta(meta)).contains("https://e.x"));
    }

    #[test]
    fn a_missing_resource_has_a_code_of_its_own_in_the_old_era() {
        let wire = |method: &'static str| Wire::Legacy {
            revision: Revision::November2025,
            method: method.into(),
            lowered: Arc::default(),
        };
        let error = |data: serde_json::Value| {
            Error::invalid_params("unknown").with_data(Json::of(&data).ok())
        };
        let missing = || error(serde_json::json!({ "uri": "a:b" }));
        let told = |wire: Wire, error: Error| wire.error(Some(&1.into()), &error);
        assert_eq!(
            told(wire("resources/read"), missing()),
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"unknown","data":{"uri":"a:b"}}}"#
        );
        for (wire, error) in [
            (Wire::Modern, missing()),
            (wire("tools/call"), missing()),
            (wire("resources/read"), Error::invalid_params("malformed")),
            (wire("resources/read"), error(serde_json::json!({ "other": 1 }))),
        ] {
            let told = String::from_utf8(told(wire, error).to_vec()).unwrap();
            assert!(told.contains("-32602"), "{told}");
        }
    }
}
