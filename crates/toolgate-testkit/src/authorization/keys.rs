//! The keys of one server: published, rotated away, and never published.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    mem,
};

use josekit::JoseError;
use serde_json::{Map, Value, json};

use super::{algorithm::Algorithm, jws::Jws, key::Key};

/// Which key signs a token, and which it names as its own (`kid`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SigningKey {
    /// The published one.
    #[default]
    Current,
    /// The one that was published before the last rotation; before any, one that never was.
    Rotated,
    /// One that was never published, under a name that was not either.
    Unknown,
    /// One that was never published, under the published one's name.
    Impostor,
    /// The one that is published for encryption, under its own name. Signs as RS256, whatever
    /// algorithm was asked for.
    Encryption,
}

type Keys = BTreeMap<Algorithm, Key>;

/// All keys of one server. No two servers that live at once share any.
#[derive(Debug)]
pub(super) struct Ring {
    current: Keys,
    rotated: Keys,
    unknown: Keys,
    encryption: Key,
}

impl Ring {
    /// A key for RS256 and one for encryption: what Keycloak publishes unless it is told otherwise.
    pub(super) fn new() -> Result<Self, JoseError> {
        let current = Keys::from([(Algorithm::Rs256, Key::make(Algorithm::Rs256)?)]);
        let encryption = Key::for_encryption()?;
        Ok(Self { current, rotated: Keys::new(), unknown: Keys::new(), encryption })
    }

    /// Sees to it that there is a published key for `algorithm`.
    pub(super) fn publish(&mut self, algorithm: Algorithm) -> Result<(), JoseError> {
        of(&mut self.current, algorithm).map(|_| ())
    }

    /// Puts new keys in the place of all that are for tokens. Those before the last are forgotten,
    /// not given back: this server must not get them a second time.
    pub(super) fn rotate(&mut self) -> Result<(), JoseError> {
        let fresh = self.current.keys().map(|algorithm| Ok((*algorithm, Key::make(*algorithm)?)));
        let fresh = fresh.collect::<Result<Keys, JoseError>>()?;
        self.rotated = mem::replace(&mut self.current, fresh);
        Ok(())
    }

    /// The published set. The key that is not for tokens comes first, for those who take the first.
    pub(super) fn published(&self) -> Result<Value, JoseError> {
        let keys = [&self.encryption].into_iter().chain(self.current.values());
        let keys = keys.map(Key::published).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({ "keys": keys }))
    }

    /// The claims of a token that a published key has signed; whatever they say.
    pub(super) fn verified(&self, token: &str) -> Option<Map<String, Value>> {
        let jws = Jws::read(token)?;
        let name = jws.header.get("kid")?.as_str()?;
        let algorithm = Algorithm::named(jws.header.get("alg")?.as_str()?)?;
        let key = self.current.get(&algorithm).filter(|key| key.id == name)?;
        jws.is_signed_with(algorithm, &key.published().ok()?).then_some(jws.claims)
    }

    /// The key to sign with, and the name to sign under.
    pub(super) fn signer(
        &mut self,
        algorithm: Algorithm,
        which: SigningKey,
    ) -> Result<(&Key, String), JoseError> {
        let key = match which {
            SigningKey::Current => of(&mut self.current, algorithm)?,
            SigningKey::Rotated => of(&mut self.rotated, algorithm)?,
            SigningKey::Unknown => of(&mut self.unknown, algorithm)?,
            SigningKey::Impostor => {
                let name = of(&mut self.current, algorithm)?.id.clone();
                return Ok((of(&mut self.unknown, algorithm)?, name));
            }
            SigningKey::Encryption => &self.encryption,
        };
        Ok((key, key.id.clone()))
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        for (_, key) in mem::take(&mut self.current) {
            key.give_back();
        }
    }
}

fn of(keys: &mut Keys, algorithm: Algorithm) -> Result<&Key, JoseError> {
    Ok(match keys.entry(algorithm) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(free) => free.insert(Key::make(algorithm)?),
    })
}
