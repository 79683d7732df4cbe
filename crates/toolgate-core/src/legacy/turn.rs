//! A request of the old era, in the terms of this crate.

use toolgate_protocol::{
    Json, LogLevel, Params,
    discover::Discovered,
    legacy::{
        INITIALIZE, PING, Revision, SET_LEVEL,
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
        method::DISCOVER | method::LISTEN => Err(Error::method_not_found()),
        _ => Ok(Turn::Call),
    }
}

/// What the service is asked so that a handshake can be answered.
pub fn introduction() -> Request {
    Request::new(method::DISCOVER, Json::object())
}

/// The answer to a handshake, out of what the service says of itself.
///
/// # Errors
/// `-32603` when that is not what a service says of itself.
pub fn introduced(revision: Revision, card: &Card, discovered: &Reply) -> Result<Reply, Error> {
    let found: Discovered = discovered.fields.to_object().parse().map_err(|_| Error::internal())?;
    let instructions = found.instructions.as_deref();
    handshake::answer(revision, &card.server, &found.capabilities, instructions)
        .map(Reply::new)
        .map_err(|_| Error::internal())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(method: &str, params: serde_json::Value) -> Result<Turn, i32> {
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
        assert_eq!(turn("server/discover", none()).unwrap_err(), -32601);
        assert_eq!(turn("subscriptions/listen", none()).unwrap_err(), -32601);
    }
}
