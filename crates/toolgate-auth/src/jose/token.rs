//! A token's text, cut into parts and read. No key is needed for that, so rubbish costs nobody a
//! request.

use base64::{
    Engine as _,
    engine::{GeneralPurpose, general_purpose::URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use crate::{
    claims::{Claims, Members},
    rules::{Fault, Rule, Rules},
};

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
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Claims,
    /// What was signed: the first two parts as they were sent.
    pub(crate) signed: &'a [u8],
    pub(crate) signature: Vec<u8>,
}

/// A token that may be worth a signature check.
pub(crate) struct Unverified<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<String>,
    pub(crate) claims: Claims,
    pub(crate) signed: &'a [u8],
    pub(crate) signature: Vec<u8>,
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
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.claims.text("iss")
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
