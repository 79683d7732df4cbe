//! Nonces that a server gives out for proofs (RFC 9449, section 9): nobody makes a proof today for a
//! request of tomorrow.
//!
//! A nonce is the second in which it was made, and a MAC of that. So nothing is kept of it, nobody else
//! makes one, and every server that has the key knows it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    hmac::{HMAC_SHA256, Key, sign, verify},
    rand::{SecureRandom as _, SystemRandom},
};
use toolgate_core::StartError;

/// For how long a nonce counts.
pub(super) const LIFE: Duration = Duration::from_secs(180);
/// From which age on the next one is given along.
pub(super) const AGES: Duration = Duration::from_secs(60);
/// How far ahead of now one may have been made: as far as the clocks of two servers may be apart.
const AHEAD: Duration = Duration::from_secs(30);
/// What is signed besides, so that a key that is used elsewhere too signs nothing of use here.
const PURPOSE: &[u8] = b"toolgate dpop nonce";
/// Bytes of the time, and of the MAC.
const TIME: usize = 8;
const MAC: usize = 32;

/// Makes the nonces of a server, and knows them again.
///
/// Each counts for 3 minutes; whoever sends one that is older than a minute is given the next along
/// with the answer. Nothing is kept of them.
///
/// Clones are the same: give one to every authenticator of a server.
///
/// ```
/// use toolgate_auth::{dpop::Nonces, jwt};
///
/// let auth = jwt("https://issuer.example").require_dpop().dpop_nonces(Nonces::random()?).build()?;
/// # Ok::<(), toolgate_core::StartError>(())
/// ```
#[derive(Clone)]
pub struct Nonces(Arc<Keys>);

struct Keys {
    first: Key,
    older: Vec<Key>,
}

impl Nonces {
    /// By a key that this process makes for itself. Behind a balancer, another does not know its
    /// nonces, and clients would be asked for new ones over and over: use [`shared`](Self::shared).
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn random() -> Result<Self, StartError> {
        let mut secret = [0; 32];
        let made = SystemRandom::new().fill(&mut secret);
        made.map_err(|_| StartError::new("there is no randomness for a key"))?;
        Ok(Self(Arc::new(Keys { first: Key::new(HMAC_SHA256, &secret), older: Vec::new() })))
    }

    /// By keys that several servers share, 64 hexadecimal digits each: the first makes nonces, all
    /// know them. `openssl rand -hex 32` makes one.
    ///
    /// # Errors
    /// When there is no key, or one is not of that form. Nothing of it is repeated.
    pub fn shared<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> Result<Self, StartError> {
        let read = keys.into_iter().map(|key| secret(key.as_ref()));
        let read = read.collect::<Option<Vec<_>>>();
        let mut read = read
            .ok_or_else(|| StartError::new("a key for nonces has 64 hexadecimal digits"))?
            .into_iter()
            .map(|secret| Key::new(HMAC_SHA256, &secret));
        let first = read.next().ok_or_else(|| StartError::new("there is no key for nonces"))?;
        Ok(Self(Arc::new(Keys { first, older: read.collect() })))
    }

    /// A nonce, made now.
    pub fn make(&self, now: SystemTime) -> String {
        let second = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let time = second.to_be_bytes();
        let mac = sign(&self.0.first, &signed(time));
        URL_SAFE_NO_PAD.encode([&time[..], mac.as_ref()].concat())
    }

    /// When a nonce was made, where it is one of these, and still counts.
    pub fn made(&self, nonce: &str, now: SystemTime) -> Option<SystemTime> {
        let mut bytes = [0; TIME + MAC];
        let read = URL_SAFE_NO_PAD.decode_slice(nonce, &mut bytes).ok()?;
        let (time, mac) = bytes.get(..read)?.split_first_chunk::<TIME>()?;
        let signed = signed(*time);
        let mut keys = std::iter::once(&self.0.first).chain(&self.0.older);
        if !keys.any(|key| verify(key, &signed, mac).is_ok()) {
            return None;
        }
        let made = UNIX_EPOCH.checked_add(Duration::from_secs(u64::from_be_bytes(*time)))?;
        let counts = now < made.checked_add(LIFE)? && made <= now.checked_add(AHEAD)?;
        counts.then_some(made)
    }

    /// Whether these are the same, by descent.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

fn signed(time: [u8; TIME]) -> Vec<u8> {
    [PURPOSE, &time].concat()
}

fn secret(text: &str) -> Option<[u8; 32]> {
    let mut secret = [0; 32];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != secret.len() || !rest.is_empty() {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|it| u8::try_from(it).ok());
    for (byte, [high, low]) in secret.iter_mut().zip(pairs) {
        *byte = value(*high)? * 16 + value(*low)?;
    }
    Some(secret)
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonces(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000 + second)
    }

    #[test]
    fn a_nonce_counts_for_its_time_wherever_its_key_is() {
        let (here, there) = (Nonces::shared([ONE]).unwrap(), Nonces::shared([ONE]).unwrap());
        let nonce = here.make(at(100));
        assert!(nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        for (second, counts) in [(69, false), (70, true), (100, true), (279, true), (280, false)] {
            let made = there.made(&nonce, at(second));
            assert_eq!(made, counts.then_some(at(100)), "{second}");
        }
        assert_eq!(Nonces::random().unwrap().made(&nonce, at(100)), None);
    }

    #[test]
    fn keys_change_without_a_nonce_lost() {
        let two = ONE.replace("00", "99");
        let (old, new) = (Nonces::shared([ONE]).unwrap(), Nonces::shared([&two]).unwrap());
        let both = Nonces::shared([&two, ONE]).unwrap();
        assert!(both.made(&old.make(at(0)), at(1)).is_some());
        assert!(new.made(&both.make(at(0)), at(1)).is_some(), "the first makes them");
        assert!(old.made(&both.make(at(0)), at(1)).is_none());
    }

    #[test]
    fn what_was_changed_is_none() {
        let nonces = Nonces::shared([ONE]).unwrap();
        let nonce = nonces.make(at(0));
        let raw = URL_SAFE_NO_PAD.decode(&nonce).unwrap();
        for at_byte in 0..raw.len() {
            let mut changed = raw.clone();
            changed[at_byte] ^= 1;
            assert_eq!(nonces.made(&URL_SAFE_NO_PAD.encode(changed), at(0)), None, "{at_byte}");
        }
        let cut = URL_SAFE_NO_PAD.encode(&raw[..raw.len() - 1]);
        for wrong in ["", "x", &cut, &format!("{nonce}A"), &format!("{nonce}=="), "\u{e4}"] {
            assert_eq!(nonces.made(wrong, at(0)), None, "{wrong}");
        }
    }

    #[test]
    fn keys_have_their_form_and_are_not_shown() {
        for wrong in ["", "00", &ONE[1..], &format!("{ONE}0"), &ONE.replace('0', "g")] {
            let error = Nonces::shared([wrong]).unwrap_err().to_string();
            assert!(!error.contains("gg") && error.contains("64"), "{error}");
        }
        assert!(Nonces::shared([] as [&str; 0]).is_err());
        assert_eq!(format!("{:?}", Nonces::shared([ONE]).unwrap()), "Nonces(..)");
    }
}
