//! Keys, a clock that stands, and requests with fields.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::FutureExt as _;
use toolgate_core::{Authenticate, Credentials, Evidence, Identity, Verdict, authenticate::Reason};

use crate::{ApiKey, ApiKeyAuth, ApiKeys, api_keys, kept::minted};

/// The tests' present, in seconds.
pub(super) const NOW: u64 = 1_800_000_000;

pub(super) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A key of `prefix`, and the whole of it.
pub(super) fn issued(prefix: &str) -> (String, ApiKey) {
    let (secret, key) = ApiKey::generate(prefix, "ann").unwrap();
    minted(secret.expose());
    (secret.expose().to_owned(), key)
}

pub(super) fn known(keys: impl IntoIterator<Item = ApiKey>) -> ApiKeys {
    api_keys(keys).clock(|| at(NOW))
}

/// A request's target and fields.
pub(super) struct Asked(pub(super) &'static str, pub(super) Vec<(&'static str, Vec<u8>)>);

impl Evidence for Asked {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for (_, value) in self.1.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)) {
            each(value);
        }
    }
    fn target(&self) -> &str {
        self.0
    }
}

/// The verdict, which is there at once: nothing is waited for.
pub(super) fn verdict(auth: &ApiKeyAuth, asked: Asked) -> Verdict {
    auth.authenticate(&Credentials::new(asked)).now_or_never().unwrap()
}

pub(super) fn bearer(key: &str) -> Asked {
    Asked("/mcp", vec![("authorization", format!("Bearer {key}").into())])
}

pub(super) fn field(key: &str) -> Asked {
    Asked("/mcp", vec![("x-api-key", key.into())])
}

/// A verdict in a word.
pub(super) fn word(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Known(..) => "known",
        Verdict::NotMine => "not mine",
        Verdict::Refused(refusal) => match refusal.reason() {
            Reason::Missing => "missing",
            Reason::Malformed => "malformed",
            _ => refusal.message(),
        },
        _ => "other",
    }
}

pub(super) fn identity(verdict: Verdict) -> Identity {
    match verdict {
        Verdict::Known(identity, _) => Identity::clone(&identity),
        other => panic!("{other:?}"),
    }
}
