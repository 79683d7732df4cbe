//! A signed token that somebody sent, in its parts (RFC 7515, section 7.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::algorithm::Algorithm;

/// The parts of a token. Read, and not believed.
#[derive(Debug)]
pub(super) struct Jws<'a> {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    pub(super) fn read(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            header: members(header)?,
            claims: members(claims)?,
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// Whether this public key has signed it.
    pub(super) fn is_signed_with(&self, algorithm: Algorithm, key: &Map<String, Value>) -> bool {
        let verifier = algorithm.verifier(key);
        verifier.is_ok_and(|it| it.verify(self.signed.as_bytes(), &self.signature).is_ok())
    }
}

fn members(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
