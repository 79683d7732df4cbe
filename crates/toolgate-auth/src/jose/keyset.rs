//! An issuer's published keys, and which of them may have signed a token.

use std::collections::BTreeMap;

use josekit::jws::JwsVerifier;
use serde::Deserialize;
use serde_json::Value;

use super::{
    key::{Key, Skip},
    token::Unverified,
};
use crate::{
    claims::object,
    memory::{Hash, hash},
    rules::{Fault, Rule, Rules},
};

/// Most keys that are read from one set.
const MAX_KEYS: usize = 64;
/// Most keys that are tried for one token.
pub(crate) const MAX_ATTEMPTS: usize = 4;

/// The keys of a set (RFC 7517, section 5) that verify signatures.
///
/// A set is read key by key: issuers publish keys for encryption and keys of types to come beside
/// those that sign, and one that is not understood must not cost the others.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
    /// How many others were left out, and why.
    pub(crate) skipped: BTreeMap<Skip, usize>,
    /// What tells this set from another: the hash of its document.
    pub(crate) digest: Hash,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a set's document; `None` when it is no set.
    pub(crate) fn read(document: &[u8], rules: Rules) -> Option<Self> {
        let digest = hash(&[document]);
        let document: Document = object(document)?;
        let mut set = Self { keys: Vec::new(), skipped: BTreeMap::new(), digest };
        for jwk in &document.keys {
            let key =
                if set.keys.len() < MAX_KEYS { Key::read(jwk, rules) } else { Err(Skip::TooMany) };
            match key {
                Ok(key) => set.keys.push(key),
                Err(skip) => *set.skipped.entry(skip).or_default() += 1,
            }
        }
        Some(set)
    }

    /// How many keys there are to verify with.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Checks the signature with the key that the token names, or with the few that fit when it
    /// names none.
    pub(crate) fn verify(&self, token: &Unverified<'_>, rules: Rules) -> Result<(), Fault> {
        let named = |key: &&Key| token.key_id.is_none() || key.id == token.key_id;
        let known = self.keys.iter().any(|key| named(&key));
        if !known && rules.enforce(Rule::KeyId) {
            return Err(Fault::Keys(Rule::KeyId));
        }
        // A key that was found by its name is the right one: newer keys change nothing.
        let fault =
            |rule| if token.key_id.is_some() { Fault::Rule(rule) } else { Fault::Keys(rule) };
        let candidates = self.keys.iter().filter(|key| !known || named(key));
        let mut fitting =
            candidates.filter_map(|key| key.verifier(token.algorithm, rules)).peekable();
        if fitting.peek().is_none() {
            return Err(fault(Rule::KeyAlgorithm));
        }
        let signed =
            |verifier: &dyn JwsVerifier| verifier.verify(token.signed, &token.signature).is_ok();
        let most = if rules.enforce(Rule::Attempts) { MAX_ATTEMPTS } else { usize::MAX };
        if fitting.by_ref().take(most).any(signed) {
            return Ok(());
        }
        let broken = if fitting.next().is_some() { Rule::Attempts } else { Rule::Signature };
        rules.require(broken, false).map_err(|broken| fault(broken.rule()))
    }
}
