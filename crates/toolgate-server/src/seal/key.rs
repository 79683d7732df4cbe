//! The secrets that seal, and the names that they go by.

use std::{fmt, str::FromStr};

use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use toolgate_core::StartError;

/// Tells keys apart in what was sealed; says nothing of the secret.
pub(super) type KeyId = [u8; 8];

/// A secret of 32 bytes that seals what clients keep for the server.
///
/// Servers behind one balancer need the same. `openssl rand -hex 32` makes one.
#[derive(Clone)]
pub struct SealKey {
    id: KeyId,
    secret: [u8; 32],
}

impl SealKey {
    /// By its bytes, which have to be random: a password is none.
    ///
    /// # Errors
    /// When all bytes are the same, as in a placeholder.
    pub fn new(secret: [u8; 32]) -> Result<Self, BadKey> {
        let [first, rest @ ..] = &secret;
        if rest.iter().all(|byte| byte == first) {
            return Err(BadKey);
        }
        Ok(Self { id: id(&secret).ok_or(BadKey)?, secret })
    }

    /// A new one.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn random() -> Result<Self, StartError> {
        let secret = super::random().ok().and_then(|secret| Self::new(secret).ok());
        secret.ok_or_else(|| StartError::new("there is no randomness for a key"))
    }

    pub(super) fn id(&self) -> &KeyId {
        &self.id
    }

    pub(super) fn secret(&self) -> &[u8] {
        &self.secret
    }
}

/// By 64 hexadecimal digits.
impl FromStr for SealKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let mut secret = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != secret.len() || !rest.is_empty() {
            return Err(BadKey);
        }
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|it| u8::try_from(it).ok());
        for (byte, [high, low]) in secret.iter_mut().zip(pairs) {
            let (high, low) = value(*high).zip(value(*low)).ok_or(BadKey)?;
            *byte = high * 16 + low;
        }
        Self::new(secret)
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

/// A text or bytes that are no key. Does not repeat them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadKey;

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key is 32 random bytes, written as 64 hexadecimal digits")
    }
}

impl std::error::Error for BadKey {}

fn id(secret: &[u8]) -> Option<KeyId> {
    let mut id = KeyId::default();
    let extracted = Salt::new(HKDF_SHA256, &[]).extract(secret);
    extracted.expand(&[b"toolgate seal key id"], Length(id.len())).ok()?.fill(&mut id).ok()?;
    Some(id)
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}
