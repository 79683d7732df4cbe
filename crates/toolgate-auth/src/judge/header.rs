//! Whether a token's header is one that is taken, before any key is looked for.

use serde_json::{Map, Value};

use super::Settings;
use crate::{
    jose::{Algorithm, Split, Unverified},
    rules::{Fault, Rule},
};

/// Judges the header, by what `settings` accept.
pub(crate) fn header<'a>(split: Split<'a>, settings: &Settings) -> Result<Unverified<'a>, Fault> {
    let Split { header, claims, signed, signature } = split;
    let algorithm = judge_header(&header, settings)?;
    Ok(Unverified { algorithm, key_id: key_id(&header)?, claims, signed, signature })
}

fn judge_header(header: &Map<String, Value>, settings: &Settings) -> Result<Algorithm, Fault> {
    let Settings { algorithms: allowed, rules, .. } = settings;
    // `none` and `HS*` end here: they have no `Algorithm`.
    let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
    let algorithm = algorithm.ok_or(Fault::Rule(Rule::Algorithm))?;
    rules.require(Rule::Algorithm, allowed.contains(&algorithm))?;
    let embedded = ["jwk", "jku", "x5u", "x5c"].iter().any(|name| header.contains_key(*name));
    rules.require(Rule::EmbeddedKey, !embedded)?;
    rules.require(Rule::Critical, !header.contains_key("crit"))?;
    let typ = header.get("typ");
    let holds = if settings.rfc9068 {
        typ.is_some_and(|typ| is_one_of(typ, &ACCESS_TOKEN))
    } else {
        typ.is_none_or(|typ| is_one_of(typ, &ACCESS_TOKEN) || is_one_of(typ, &["JWT"]))
    };
    rules.require(Rule::Type, holds)?;
    Ok(algorithm)
}

/// What RFC 9068, section 2.1, calls an access token.
const ACCESS_TOKEN: [&str; 2] = ["at+jwt", "application/at+jwt"];

fn is_one_of(typ: &Value, known: &[&str]) -> bool {
    typ.as_str().is_some_and(|typ| known.iter().any(|known| typ.eq_ignore_ascii_case(known)))
}

fn key_id(header: &Map<String, Value>) -> Result<Option<String>, Fault> {
    match header.get("kid") {
        None => Ok(None),
        Some(Value::String(id)) => Ok(Some(id.clone())),
        Some(_) => Err(Fault::Rule(Rule::KeyId)),
    }
}
