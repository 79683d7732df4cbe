//! A request's parameters with what the request says of itself.

use serde_json::{Map, Value};
use toolgate_core::{
    Error,
    protocol::{Json, LogLevel, ProgressToken, meta, version},
};

/// What a client declares in each request.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) capabilities: Value,
    pub(super) log_level: Option<LogLevel>,
}

impl Default for Declared {
    fn default() -> Self {
        Self { capabilities: Map::new().into(), log_level: None }
    }
}

/// Adds `_meta` (basic, "General fields") to parameters, unless they are no object, or have a
/// `_meta` that is none: a test that sends those means them. The same holds for members of `_meta`.
pub(super) fn with_meta(
    mut params: Value,
    declared: &Declared,
    token: Option<ProgressToken>,
) -> Result<Json, Error> {
    let members = params.as_object_mut().map(|params| {
        let meta = params.entry("_meta").or_insert_with(|| Map::new().into());
        meta.as_object_mut()
    });
    if let Some(Some(members)) = members {
        let mut put = |name: &str, value: Value| {
            members.entry(name).or_insert(value);
        };
        put(meta::PROTOCOL_VERSION, version::MODERN.into());
        put(meta::CLIENT_CAPABILITIES, declared.capabilities.clone());
        if let Some(level) = declared.log_level {
            put(meta::LOG_LEVEL, value(&level)?);
        }
        if let Some(token) = token {
            put("progressToken", value(&token)?);
        }
    }
    Json::of(&params).map_err(|_| Error::internal())
}

fn value(of: &impl serde::Serialize) -> Result<Value, Error> {
    serde_json::to_value(of).map_err(|_| Error::internal())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(params: Value, declared: &Declared, token: Option<ProgressToken>) -> Value {
        with_meta(params, declared, token).unwrap().parse().unwrap()
    }

    #[test]
    fn requests_say_what_the_revision_asks_for() {
        let plain = json!({"a": 1, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }});
        assert_eq!(written(json!({"a": 1}), &Declared::default(), None), plain);

        let declared = Declared {
            capabilities: json!({"elicitation": {}}),
            log_level: Some(LogLevel::Notice),
        };
        let full = json!({"_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
            "io.modelcontextprotocol/logLevel": "notice",
            "progressToken": 7,
        }});
        assert_eq!(written(json!({}), &declared, Some(7.into())), full);
    }

    #[test]
    fn what_a_test_says_itself_stays() {
        let own = json!({"_meta": {
            "io.modelcontextprotocol/protocolVersion": "v0",
            "io.modelcontextprotocol/clientCapabilities": 1,
            "progressToken": "mine",
        }});
        assert_eq!(written(own.clone(), &Declared::default(), Some(7.into())), own);
        for odd in [json!([]), json!(null), json!("x"), json!({"_meta": 1})] {
            assert_eq!(written(odd.clone(), &Declared::default(), None), odd);
        }
    }
}
