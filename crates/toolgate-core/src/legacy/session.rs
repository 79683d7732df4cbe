//! Sessions: an id, an owner, and what is remembered. None is an identity: whoever brings an id is
//! authenticated like anybody else, and finds only what is theirs.

use std::fmt;

use super::Conversation;
use crate::identity::{Caller, Key};

/// What a session is found by, together with its owner.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId(Box<str>);

/// Ids of others may be longer than ours; none has to be longer than this.
const MAX_ID: usize = 128;

impl SessionId {
    /// A new one: 256 bits from the system's generator, in hexadecimal.
    ///
    /// # Errors
    /// When the system has no random numbers to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0u8; 32];
        getrandom::getrandom(&mut bytes)?;
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
        Ok(Self(digits.collect::<String>().into()))
    }

    /// One as a client sent it; none where it is not visible ASCII (2025-11-25, transports, "Session
    /// management") or longer than anybody's.
    pub fn parse(text: &str) -> Option<Self> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        (visible && (1..=MAX_ID).contains(&text.len())).then(|| Self(text.into()))
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// It proves nothing alone, but it has no business in a log.
impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// Whose a session is: issuer, subject and client of a caller. Callers of an open server without
/// identity are one owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner(Option<Key>);

impl Owner {
    /// Whose the sessions of a caller are.
    pub fn of(caller: &Caller) -> Self {
        Self(caller.identity().map(|identity| identity.key.clone()))
    }

    /// The owner's key; none for callers without identity.
    pub fn key(&self) -> Option<&Key> {
        self.0.as_ref()
    }
}

/// What is kept of a session. Neither identity nor scopes nor tools: those are each request's own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionRecord {
    /// Whose it is.
    pub owner: Owner,
    /// What was agreed.
    pub conversation: Conversation,
}

impl SessionRecord {
    /// A session of an owner.
    pub fn new(owner: Owner, conversation: Conversation) -> Self {
        Self { owner, conversation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Identity;

    #[test]
    fn ids_are_long_random_and_visible() {
        let (one, other) = (SessionId::random().unwrap(), SessionId::random().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 64);
        assert_eq!(SessionId::parse(one.as_str()), Some(one.clone()));
        assert_eq!(format!("{one:?}"), "SessionId(..)");
        for bad in ["", "a b", "ä", "a\n", &"x".repeat(MAX_ID + 1)] {
            assert_eq!(SessionId::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn owners_differ_by_issuer_subject_and_client() {
        let of = |key| Owner::of(&Identity::new(key).into());
        let ada = of(Key::new("i", "ada"));
        assert_eq!(ada, of(Key::new("i", "ada")));
        for other in [Key::new("j", "ada"), Key::new("i", "bob"), Key::new("i", "ada").client("c")]
        {
            assert_ne!(ada, of(other));
        }
        assert_ne!(ada, Owner::of(&Caller::Open));
    }
}
