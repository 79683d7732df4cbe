//! Any bytes at all: nobody gets in by them, and nothing breaks.

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*};

use super::kit::{Asked, issued, known, verdict, word};
use crate::ApiKeyAuth;

static KNOWN: LazyLock<(String, ApiKeyAuth)> = LazyLock::new(|| {
    let (sent, key) = issued("tg_reports");
    (sent, known([key]).build().unwrap())
});

/// Bytes of every kind, more often those that keys are made of.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..200),
        "[a-z0-9_]{0,12}_[A-Za-z0-9_-]{40,46}".prop_map(String::into_bytes),
        "(Bearer|bearer|X)[ ,]{0,2}tg_[a-z]{0,4}_[A-Za-z0-9_.=-]{40,46}"
            .prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn no_bytes_are_a_key(
        authorization in vec(value(), 0..3),
        field in vec(value(), 0..3),
    ) {
        let (sent, auth) = &*KNOWN;
        let authorization = authorization.into_iter().map(|value| ("authorization", value));
        let field = field.into_iter().map(|value| ("x-api-key", value));
        let fields: Vec<_> = authorization.chain(field).collect();
        let count = fields.len();
        let verdict = verdict(auth, Asked("/mcp", fields));
        let word = word(&verdict);
        let shown = format!("{verdict:?}");
        prop_assert!(!shown.contains(sent.as_str()), "{}", shown);
        prop_assert_ne!(word, "known");
        prop_assert_ne!(word, "other");
        prop_assert_eq!(word == "missing", count == 0);
        prop_assert!(count < 2 || word == "malformed", "{}", word);
    }

    /// A known key with anything around it is no key, unless it is space.
    #[test]
    fn nothing_may_stand_around_a_key(before in value(), after in value()) {
        let (sent, auth) = &*KNOWN;
        let bare = before.trim_ascii().is_empty() && after.trim_ascii().is_empty();
        let value = [&before, sent.as_bytes(), &after].concat();
        let verdict = verdict(auth, Asked("/mcp", vec![("x-api-key", value)]));
        prop_assert_eq!(word(&verdict) == "known", bare);
    }
}
