//! Sealing: bytes that clients keep for the server come back unread, unchanged and from their owner.
//!
//! What leaves is text of the URL-safe alphabet: version, key id, salt, ciphertext and tag. Each text
//! has a key of its own, derived by HKDF-SHA256 (RFC 5869) from a secret and 24 random bytes, and is
//! encrypted under it once with ChaCha20-Poly1305 (RFC 8439), so that no nonce is ever used twice.
//! After 2^64 texts under one secret, two have met the same salt with a chance below 2^-64.

mod key;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
    rand::{SecureRandom as _, SystemRandom},
};
use toolgate_core::{Caller, StartError};

use self::key::KeyId;
pub use self::key::{BadKey, SealKey};

const VERSION: u8 = 1;
const SALT: usize = 24;
type SaltBytes = [u8; SALT];

/// Seals with the first of its keys, opens with any.
pub(crate) struct Sealer {
    first: SealKey,
    older: Vec<SealKey>,
}

/// Why a text was not opened: for the log, never for the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unopened {
    /// It is no sealed text.
    Form,
    /// No key of ours has its id.
    UnknownKey,
    /// It was changed, or sealed for another purpose, owner or use.
    NotAuthentic,
}

impl Unopened {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Form => "malformed",
            Self::UnknownKey => "sealed by an unknown key",
            Self::NotAuthentic => "changed, or of another owner or request",
        }
    }
}

/// It could not be sealed; there is no randomness, or too much text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unsealed;

impl Sealer {
    /// By the keys of a server; a random one where there is none.
    ///
    /// # Errors
    /// When one is needed and there is no randomness.
    pub(crate) fn new(keys: Vec<SealKey>) -> Result<Self, StartError> {
        let mut keys = keys.into_iter();
        let first = match keys.next() {
            Some(first) => first,
            None => SealKey::random()?,
        };
        Ok(Self { first, older: keys.collect() })
    }

    /// Seals `payload`. It opens only for the same purpose with the same `bound` parts.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(crate) fn seal(
        &self,
        purpose: &'static str,
        bound: &[&[u8]],
        payload: &[u8],
    ) -> Result<String, Unsealed> {
        let key = &self.first;
        let salt: SaltBytes = random()?;
        let mut text = payload.to_vec();
        let associated = Aad::from(associated(key.id(), purpose, bound));
        let cipher = cipher(key, &salt, purpose).ok_or(Unsealed)?;
        let sealed = cipher.seal_in_place_append_tag(once(), associated, &mut text);
        sealed.map_err(|_| Unsealed)?;
        let bytes = [&[VERSION][..], key.id(), &salt, &text].concat();
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The payload of a text that was sealed for this purpose with these parts.
    ///
    /// # Errors
    /// When it was not.
    pub(crate) fn open(
        &self,
        purpose: &'static str,
        bound: &[&[u8]],
        text: &str,
    ) -> Result<Vec<u8>, Unopened> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Unopened::Form)?;
        let ([VERSION], rest) = split::<1>(&bytes)? else { return Err(Unopened::Form) };
        let (id, rest) = split::<{ size_of::<KeyId>() }>(rest)?;
        let (salt, rest) = split::<SALT>(rest)?;
        let mut known = self.keys().filter(|key| key.id() == id).peekable();
        known.peek().ok_or(Unopened::UnknownKey)?;
        // Two secrets may have one id; then the tag tells.
        let opened = known.find_map(|key| opened(key, salt, purpose, bound, rest));
        opened.ok_or(Unopened::NotAuthentic)
    }

    fn keys(&self) -> impl Iterator<Item = &SealKey> {
        std::iter::once(&self.first).chain(&self.older)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

/// What a caller is called where something is bound to its owner. Differs for any two owners.
pub(crate) fn owner(caller: &Caller) -> Vec<u8> {
    let Some(identity) = caller.identity() else { return joined(&[b"open"]) };
    let key = &identity.key;
    let (issuer, subject) = (key.issuer.as_bytes(), key.subject.as_bytes());
    match &key.client {
        Some(client) => joined(&[b"client", issuer, subject, client.as_bytes()]),
        None => joined(&[b"known", issuer, subject]),
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Unsealed> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Unsealed)?;
    Ok(bytes)
}

fn opened(
    key: &SealKey,
    salt: &SaltBytes,
    purpose: &str,
    bound: &[&[u8]],
    sealed: &[u8],
) -> Option<Vec<u8>> {
    let mut text = sealed.to_vec();
    let associated = Aad::from(associated(key.id(), purpose, bound));
    let len = cipher(key, salt, purpose)?.open_in_place(once(), associated, &mut text).ok()?.len();
    text.truncate(len);
    Some(text)
}

/// The cipher of one text.
fn cipher(key: &SealKey, salt: &SaltBytes, purpose: &str) -> Option<LessSafeKey> {
    let extracted = Salt::new(HKDF_SHA256, salt).extract(key.secret());
    let info = [&b"toolgate seal text"[..], purpose.as_bytes()];
    let key: UnboundKey = extracted.expand(&info, &CHACHA20_POLY1305).ok()?.into();
    Some(LessSafeKey::new(key))
}

/// A constant: no key encrypts two texts.
fn once() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn associated(id: &KeyId, purpose: &str, bound: &[&[u8]]) -> Vec<u8> {
    let head = [&[VERSION][..], id, purpose.as_bytes()];
    joined(&[&head[..], bound].concat())
}

/// Parts behind their lengths, so that no two lists of parts look alike.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut all = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        all.extend_from_slice(&(part.len() as u64).to_le_bytes());
        all.extend_from_slice(part);
    }
    all
}

fn split<const N: usize>(bytes: &[u8]) -> Result<(&[u8; N], &[u8]), Unopened> {
    bytes.split_first_chunk::<N>().ok_or(Unopened::Form)
}

#[cfg(test)]
mod tests;
