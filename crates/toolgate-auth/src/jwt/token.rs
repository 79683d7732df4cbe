//! A token's text, cut into parts and read, with its header judged. No key is needed for that, so
//! rubbish costs nobody a request.

use base64::{
    Engine as _,
    engine::{GeneralPurpose, general_purpose::URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value};

use super::{
    algorithm::Algorithm,
    judge::Settings,
    rules::{Fault, Rule, Rules},
};
use crate::claims::{Claims, Members};

/// Longest token that is looked at, in bytes. Real ones stay far below, groups and all.
pub(crate) const MAX_TOKEN: usize = 16 * 1024;

/// Unpadded, and refusing bits that no byte holds.
const STRICT: GeneralPurpose = URL_SAFE_NO_PAD;

/// Whether `text` has three parts, as a signed JWT has and no other token should (RFC 7515, section
/// 7.1).
pub(crate) fn has_form(text: &str) -> bool {
    text.split('.').count() == 3
}

/// A token's parts, read and not judged. Nothing in them is more than a claim.
pub(crate) struct Split<'a> {
    header: Map<String, Value>,
    claims: Claims,
    /// What was signed: the first two parts as they were sent.
    signed: &'a [u8],
    signature: Vec<u8>,
}

/// A token that may be worth a signature check.
pub(super) struct Unverified<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    pub(super) claims: Claims,
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
}

/// Reads `text` as far as it goes without knowing whose it is.
pub(crate) fn split(text: &str, rules: Rules) -> Result<Split<'_>, Fault> {
    rules.require(Rule::Length, text.len() <= MAX_TOKEN)?;
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(Fault::Rule(Rule::Parts));
    };
    rules.require(Rule::Parts, parts.next().is_none())?;
    let signed = text.as_bytes().get(..header.len() + 1 + payload.len()).unwrap_or_default();
    Ok(Split {
        header: members(header, rules)?,
        claims: Claims(members(payload, rules)?),
        signed,
        signature: decode(signature, rules)?,
    })
}

impl<'a> Split<'a> {
    /// Whom the token names as its issuer, to find whose rules to hold it against.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.claims.text("iss")
    }

    pub(crate) fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    pub(crate) fn signed(&self) -> &[u8] {
        self.signed
    }

    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Judges the header, by what `settings` accept.
    pub(super) fn judged(self, settings: &Settings) -> Result<Unverified<'a>, Fault> {
        let Self { header, claims, signed, signature } = self;
        let algorithm = judge_header(&header, settings)?;
        Ok(Unverified { algorithm, key_id: key_id(&header)?, claims, signed, signature })
    }
}

fn members(part: &str, rules: Rules) -> Result<Map<String, Value>, Fault> {
    let members = Members::read(&decode(part, rules)?).ok_or(Fault::Rule(Rule::Readable))?;
    rules.require(Rule::Unique, !members.twice)?;
    Ok(members.map)
}

fn decode(part: &str, rules: Rules) -> Result<Vec<u8>, Fault> {
    let decoded = STRICT.decode(part).ok();
    #[cfg(test)]
    let decoded = decoded.or_else(|| lax(part, rules));
    #[cfg(not(test))]
    let _ = rules;
    decoded.ok_or(Fault::Rule(Rule::Encoding))
}

/// What a forgiving reader would make of a part.
#[cfg(test)]
fn lax(part: &str, rules: Rules) -> Option<Vec<u8>> {
    use base64::engine::{DecodePaddingMode, general_purpose::GeneralPurposeConfig};
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&base64::alphabet::URL_SAFE, config);
    if rules.enforce(Rule::Encoding) { None } else { engine.decode(part).ok() }
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
