//! `_meta` of what a server describes or sends: what extensions say of it, by key.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::Json;

/// What extensions say of an item, by key (basic, "General fields", `_meta`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemMeta(BTreeMap<String, Json>);

/// A key that the grammar of `_meta` does not admit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadKey {
    /// The key.
    pub key: String,
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no key of `_meta`: write `name` or `example.com/name`", self.key)
    }
}

impl std::error::Error for BadKey {}

impl ItemMeta {
    /// Says something more; what was said under the key before is gone.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        // A `Value` cannot refuse to be written: its keys are strings.
        if let Ok(value) = Json::of(&value.into()) {
            self.0.insert(key.into(), value);
        }
    }

    /// What is said under a key.
    pub fn find(&self, key: &str) -> Option<&Json> {
        self.0.get(key)
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks the keys. Those that are reserved for the protocol pass, since its extensions use them.
    ///
    /// # Errors
    /// The first that the grammar does not admit.
    pub fn check(&self) -> Result<(), BadKey> {
        match self.0.keys().find(|key| !is_key(key)) {
            Some(key) => Err(BadKey { key: key.clone() }),
            None => Ok(()),
        }
    }
}

/// `label.label/name`, or a name alone (basic, "General fields", `_meta`, "Key name format").
fn is_key(key: &str) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let alphanumeric = |byte: u8| byte.is_ascii_alphanumeric();
    let label = |label: &str| {
        is_word(label, |byte| byte.is_ascii_alphabetic(), |byte| alphanumeric(byte) || byte == b'-')
    };
    prefix.is_none_or(|prefix| prefix.split('.').all(label))
        && is_word(name, alphanumeric, |byte| alphanumeric(byte) || b"-_.".contains(&byte))
}

/// A word by its first and its inner characters; the last is a letter or a digit.
fn is_word(word: &str, first: impl Fn(u8) -> bool, inner: impl Fn(u8) -> bool) -> bool {
    let bytes = word.as_bytes();
    bytes.first().copied().is_some_and(first)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().copied().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_grammar() {
        for key in ["a", "a.b_c-d", "1", "example.com/a", "a/b", "x-y.z9/n", "com.mcp.tools/x"] {
            assert!(is_key(key), "{key}");
        }
        for key in
            ["", "/", "a/", "/a", "-a", "a-", "a b", "9a/b", "a-/b", "a..b/c", "a/b/c", "\u{e4}"]
        {
            assert!(!is_key(key), "{key}");
        }
    }

    #[test]
    fn the_first_bad_key_is_named() {
        let mut meta = ItemMeta::default();
        meta.insert("example.com/a", 1);
        assert_eq!(meta.check(), Ok(()));
        assert_eq!(serde_json::to_string(&meta).unwrap(), r#"{"example.com/a":1}"#);
        meta.insert("no key", true);
        assert_eq!(meta.check().unwrap_err().key, "no key");
    }
}
