//! A request of the old era, in the terms of this crate.

use toolgate_protocol::{
    Json, LogLevel, Params,
    discover::Discovered,
    legacy::{
        INITIALIZE, PING, Revision, SET_LEVEL, SUBSCRIBE, UNSUBSCRIBE,
        handshake::{self, Initialize},
    },
    method,
};

use crate::{card::Card, error::Error, reply::Reply, request::Request};

/// What a request of the old era asks for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Turn {
    /// To begin. What the service says of itself is asked of it with [`introduction`], so that a caller
    /// whom it refuses begins nothing.
    Handshake(Initialize),
    /// Nothing: an empty answer.
    Ping,
    /// Log messages from this level on.
    SetLevel(LogLevel),
    /// To be told when the resource of this URI changes.
    Subscribe(String),
    /// Not to be told any more.
    Unsubscribe(String),
    /// What the service answers, unchanged.
    Call,
}

/// Reads a request.
///
/// # Errors
/// `-32602` when the parameters of what is answered here are malformed; `-32601` for methods that
/// only the modern era has.
pub fn read(method: &str, params: &Params<'_>) -> Result<Turn, Error> {
    match method {
        INITIALIZE => Initialize::read(params)
            .map(Turn::Handshake)
            .map_err(|bad| Error::invalid_params(bad.message)),
        PING => Ok(Turn::Ping),
        SET_LEVEL => {
            let level = params.value("level").and_then(|level| level.parse().ok());
            level.map(Turn::SetLevel).ok_or(Error::invalid_params("`level` is not a known level"))
        }
        SUBSCRIBE => uri(params).map(Turn::Subscribe),
        UNSUBSCRIBE => uri(params).map(Turn::Unsubscribe),
        method::DISCOVER | method::LISTEN => Err(Error::method_not_found()),
        _ => Ok(Turn::Call),
    }
}

/// URIs longer than this name nothing.
const MAX_URI: usize = 8192;

fn uri(params: &Params<'_>) -> Result<String, Error> {
    let uri = params.text("uri").filter(|uri| (1..=MAX_URI).contains(&uri.len()));
    uri.map(Into::into).ok_or(Error::invalid_params("`uri` must be a URI"))
}

/// What the service is asked so that a handshake can be answered.
pub fn introduction() -> Request {
    Request::new(method::DISCOVER, Json::object())
}

/// The answer to a handshake, out of what the service says of itself. `told` says whether the client
/// can be told of changes in this conversation: where it cannot, none are promised.
///
/// # Errors
/// `-32603` when that is not what a service says of itself.
pub fn introduced(
    revision: Revision,
    card: &Card,
    discovered: &Reply,
    told: bool,
) -> Result<Reply, Error> {
    let found: Discovered = discovered.fields.to_object().parse().map_err(|_| Error::internal())?;
    let mut capabilities = found.capabilities;
    if !told {
        for list in [&mut capabilities.tools, &mut capabilities.prompts].into_iter().flatten() {
            list.list_changed = false;
        }
        if let Some(resources) = &mut capabilities.resources {
            (resources.list_changed, resources.subscribe) = (false, false);
        }
    }
    let instructions = found.instructions.as_deref();
    handshake::answer(revision, &card.server, &capabilities, instructions)
        .map(Reply::new)
        .map_err(|_| Error::internal())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn turn(method: &str, params: Value) -> Result<Turn, i32> {
        let params = Json::of(&params).unwrap();
        read(method, &Params::split(&params).unwrap()).map_err(|error| error.code())
    }

    #[test]
    fn what_the_era_has_of_its_own_is_answered_here() {
        let none = || serde_json::json!({});
        assert!(matches!(turn("ping", none()), Ok(Turn::Ping)));
        assert!(matches!(turn("tools/list", none()), Ok(Turn::Call)));
        assert!(matches!(turn("x/y", none()), Ok(Turn::Call)));
        let level = serde_json::json!({ "level": "warning" });
        assert!(matches!(turn(SET_LEVEL, level), Ok(Turn::SetLevel(LogLevel::Warning))));
        assert_eq!(turn(SET_LEVEL, serde_json::json!({ "level": "loud" })).unwrap_err(), -32602);
        assert_eq!(turn(SET_LEVEL, none()).unwrap_err(), -32602);
        assert_eq!(turn(INITIALIZE, none()).unwrap_err(), -32602);
        let uri = || serde_json::json!({ "uri": "a://b" });
        assert!(matches!(turn(SUBSCRIBE, uri()), Ok(Turn::Subscribe(it)) if it == "a://b"));
        assert!(matches!(turn(UNSUBSCRIBE, uri()), Ok(Turn::Unsubscribe(it)) if it == "a://b"));
        let long = "x".repeat(MAX_URI + 1);
        for uri in [serde_json::json!(7), "".into(), long.into()] {
            let params = serde_json::json!({ "uri": uri });
            assert_eq!(turn(SUBSCRIBE, params.clone()).unwrap_err(), -32602);
            assert_eq!(turn(UNSUBSCRIBE, params).unwrap_err(), -32602);
        }
        assert_eq!(turn(SUBSCRIBE, none()).unwrap_err(), -32602);
        assert_eq!(turn("server/discover", none()).unwrap_err(), -32601);
        assert_eq!(turn("subscriptions/listen", none()).unwrap_err(), -32601);
    }
    #[test]
    fn changes_are_promised_where_they_can_be_told() {
        let card = Card::new(toolgate_protocol::discover::Implementation::new("n", "1"));
        let found = serde_json::json!({ "supportedVersions": [], "capabilities": {
            "tools": { "listChanged": true },
            "resources": { "subscribe": true, "listChanged": true },
            "completions": {},
        }});
        let found = Reply::of(&found).unwrap();
        let said = |told| -> Value {
            let reply = introduced(Revision::LATEST, &card, &found, told).unwrap();
            let reply: Value = reply.fields.to_object().parse().unwrap();
            reply["capabilities"].clone()
        };
        let all = serde_json::json!({
            "tools": { "listChanged": true },
            "resources": { "subscribe": true, "listChanged": true },
            "completions": {},
        });
        assert_eq!(said(true), all);
        let none = serde_json::json!({ "tools": {}, "resources": {}, "completions": {} });
        assert_eq!(said(false), none);
        let bad = Reply::of(&serde_json::json!({ "capabilities": 7 })).unwrap();
        assert!(introduced(Revision::LATEST, &card, &bad, true).is_err());
    }
}
