//! API keys: long random secrets that an operator hands out, and keeps as hashes.
//!
//! A key reads `tg_reports_<43 characters of base64url>`: the brand `tg`, a name, and 256 random
//! bits. Brand and name are its prefix. That is no secret: it says in logs whose key it is, and finds
//! the key's entry. Whether a credential is a key is decided by that form alone, never by trying it.
//!
//! What is kept is the SHA-256 of the whole key. A slow hash, as for passwords, would buy nothing:
//! it makes guesses dear where people choose among few words, and nobody guesses 256 random bits, at
//! any price. So NIST SP 800-63B-3 (section 5.1.2.2) asks for a salt and a slow hash only below 112
//! bits, and RFC 6749 (section 10.10) for no more than odds of 2^-128. What a slow hash would do is
//! to let anybody keep this server busy, since keys are hashed on every request.

mod builder;
mod digest;
mod form;
mod key;
mod record;
mod sent;
mod table;
#[cfg(test)]
mod tests;

use std::{
    fmt, mem,
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use toolgate_core::{
    Answer, Authenticate, BoxFuture, Credentials, Identity, ResourceCard, StartError, Verdict,
};

pub(crate) use self::digest::Digest;
use self::table::{Rules, Table};
pub use self::{
    builder::{ApiKeys, api_keys},
    key::{ApiKey, ApiSecret},
};

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Verifies API keys; made by [`ApiKeys::build`].
///
/// | sent | verdict |
/// |---|---|
/// | neither `Authorization` nor `X-API-Key` | refused, nothing sent: 401 |
/// | both, either of them twice, or a token in the query | refused, malformed: 400 |
/// | another scheme than `Bearer`, or a value without the form of a key | not mine |
/// | the form of a key, and no such key | refused, invalid: 401 |
/// | a key whose time is over | refused, invalid: 401 |
/// | a key | known |
///
/// An unknown prefix and a wrong secret get one answer, after the same work.
///
/// Cheap to clone; clones share the keys. To have keys and tokens, put the keys first in a
/// [`chain`](crate::chain()).
#[derive(Clone)]
pub struct ApiKeyAuth(Arc<Shared>);

struct Shared {
    rules: Rules,
    clock: Clock,
    /// Held for as long as it takes to copy or to swap a pointer, so that no request waits for keys
    /// that are being read.
    table: RwLock<Arc<Table>>,
}

impl ApiKeyAuth {
    /// Puts other keys in place of all those known, from the next request on. A key that is not
    /// among them is revoked; calls that it began run to their end.
    ///
    /// ```
    /// use toolgate_auth::{ApiKey, api_keys};
    ///
    /// let (_, old) = ApiKey::generate("tg_nightly", "reports")?;
    /// let auth = api_keys([old]).build()?;
    /// let (secret, new) = ApiKey::generate("tg_nightly", "reports")?;
    /// auth.replace([new])?;
    /// # Ok::<(), toolgate_core::StartError>(())
    /// ```
    ///
    /// # Errors
    /// Every key that cannot be used. The keys known before then stay in force, so that a slip in a
    /// file locks nobody out: whoever revokes has to look at the result.
    pub fn replace(&self, keys: impl IntoIterator<Item = ApiKey>) -> Result<(), StartError> {
        let table = Table::of(keys.into_iter().collect(), &self.0.rules)?;
        let count = table.len();
        let mut held = self.0.table.write().unwrap_or_else(PoisonError::into_inner);
        let before = mem::replace(&mut *held, Arc::new(table));
        // Lest requests wait until all the old keys are gone.
        drop(held);
        let (issuer, replaced) = (&*self.0.rules.issuer, before.len());
        tracing::info!(issuer, keys = count, replaced, "the API keys were replaced");
        Ok(())
    }

    fn identify(&self, with: &Credentials) -> Result<Arc<Identity>, Verdict> {
        let sent = sent::sent(with)?;
        let prefix = form::prefix(sent.text(), &self.0.rules.brand).ok_or(Verdict::NotMine)?;
        let held = self.0.table.read().unwrap_or_else(PoisonError::into_inner);
        let table = Arc::clone(&held);
        drop(held);
        table.judge(prefix, sent.text(), (self.0.clock)()).map_err(Verdict::Refused)
    }
}

impl Authenticate for ApiKeyAuth {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            match self.identify(with) {
                Ok(identity) => Verdict::Known(identity, Answer::default()),
                Err(verdict) => verdict,
            }
        })
    }

    fn card(&self) -> ResourceCard {
        let mut card = ResourceCard::default();
        card.principals = self.0.rules.principals.iter().map(|principal| principal.of).collect();
        card
    }
}

impl fmt::Debug for ApiKeyAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyAuth").field("rules", &self.0.rules).finish_non_exhaustive()
    }
}
