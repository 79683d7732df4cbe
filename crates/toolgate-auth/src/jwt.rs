//! Access tokens that are signed JWTs (RFC 9068 and what issuers make of it).
//!
//! A token is judged by rules that are each a pure function: first what needs no key, then
//! the signature with a key that the issuer publishes, then what the token says. A rule that cannot
//! be decided refuses, and an issuer that cannot be reached is `Verdict::Unavailable`, since 401
//! would send people to log in for nothing.

mod builder;
mod issuers;
mod keys;
mod source;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use toolgate_core::{
    Answer, Authenticate, BoxFuture, Challenge, Credentials, Identity, Refusal, ResourceCard,
    ScopePrefix, Verdict, protocol::Json,
};

use self::keys::{Keys, Outage};
pub use self::{
    builder::{Danger, Jwt, jwt},
    issuers::issuers,
};
use crate::{
    bearer::Token,
    bound::{Bound, Good, Possession},
    claims::Mapping,
    exchange::Exchanger,
    jose::{KeySet, Split, has_form, split},
    judge::{self, NO_AUDIENCE, Settings, judge},
    memory::{Hash, MAX_REMEMBERED, Memory, hash},
    published::metadata,
    rules::{Fault, Rule, Rules},
};

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Verifies the JWTs of one issuer, made by [`Jwt::build`], or of several, made by [`issuers()`].
///
/// Which issuer's rules and keys a token is held against, its `iss` says, to the letter. The token of
/// any other is refused before anybody is asked for a key.
///
/// Cheap to clone; clones share the issuers' keys.
#[derive(Clone)]
pub struct JwtAuth(Arc<Shared>);

struct Shared {
    issuers: Vec<Issuer>,
    rules: Rules,
    /// Whether tokens without the form of a JWT are left to others.
    leave_forms: bool,
    /// Whether the JWTs of other issuers are left to others.
    leave_issuers: bool,
    clock: Clock,
    memory: Memory<Remembered>,
    possession: Possession,
}

/// The verdict on a token, which holds while the issuer's keys are the same.
///
/// It is of the token alone. What else a request has to bring, or a moment to allow, is not in it.
#[derive(Clone)]
struct Remembered {
    good: Good,
    /// Which of the issuers.
    issuer: usize,
    keys: Hash,
}

/// For how long a token is remembered where a type of the author's own is made of it: making it may
/// refuse, and by more than the claims, such as a list of people who may no longer.
const MADE_FOR: Duration = Duration::from_secs(60);

/// One issuer, and what its tokens are held against.
struct Issuer {
    settings: Settings,
    keys: Keys,
    mapping: Mapping,
    /// Whether its tokens are remembered; the memory itself is shared.
    remembers: bool,
    exchanger: Option<Exchanger>,
    scope_prefix: Option<ScopePrefix>,
}

impl Authenticate for JwtAuth {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            match self.0.identify(with).await {
                Ok((identity, answer)) => Verdict::Known(identity, answer),
                Err(verdict) => verdict,
            }
        })
    }

    fn challenges(&self, why: &Refusal) -> Vec<Challenge> {
        self.0.possession.challenges(why)
    }

    fn card(&self) -> ResourceCard {
        let issuers = &self.0.issuers;
        let mut card = ResourceCard::default();
        card.authorization_servers =
            issuers.iter().map(|issuer| issuer.settings.issuer.clone()).collect();
        // A proof names the public URL.
        card.needs_resource = self.0.possession.looks_at_proofs()
            || issuers.iter().any(|issuer| issuer.settings.audiences.is_empty());
        card.scope_prefix = issuers.first().and_then(|issuer| issuer.scope_prefix.clone());
        card.certificates = self.0.possession.certificates();
        card.more = self.0.possession.card();
        // A promise to tools, so it holds only where it holds for every issuer.
        let made = |issuer: &Issuer| -> Vec<_> {
            issuer.mapping.principals().iter().map(|principal| principal.of).collect()
        };
        let mut all = issuers.iter().map(made);
        card.principals = all.next().unwrap_or_default();
        all.for_each(|made| card.principals.retain(|of| made.contains(of)));
        card
    }

    fn issuer_metadata<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, Option<Json>> {
        Box::pin(async move {
            let found = self.0.issuers.iter().find(|known| known.settings.issuer == issuer)?;
            metadata(issuer, found.keys.fetch()).await
        })
    }
}

impl Shared {
    async fn identify(&self, with: &Credentials) -> Result<(Arc<Identity>, Answer), Verdict> {
        let (token, scheme) = self.possession.sent(with)?;
        if self.leave_forms && !has_form(token.expose()) {
            return Err(Verdict::NotMine);
        }
        let good = self.worth(&token, with.resource()).await?;
        let Good { identity, bound } = good;
        let proven = self.possession.proven(scheme, &bound, &identity.key, &token, with);
        let answer = proven.await?;
        let by = |issuer: &&Issuer| issuer.settings.issuer == *identity.key.issuer;
        let exchanger = self.issuers.iter().find(by).and_then(|issuer| issuer.exchanger.as_ref());
        Ok((Exchanger::keep(exchanger, identity, &token), answer))
    }

    /// What a token is worth, whoever sent it.
    async fn worth(&self, token: &Token, resource: &str) -> Result<Good, Verdict> {
        let text = token.expose();
        let kept = self.memory.keeps() && text.len() <= MAX_REMEMBERED;
        let hash = kept.then(|| hash(&[resource.as_bytes(), text.as_bytes()]));
        if let Some(hash) = &hash
            && let Some(good) = self.remembered(hash).await?
        {
            return Ok(good);
        }
        let split = split(text, self.rules);
        let split = split.map_err(|fault| Verdict::Refused(self.refusal(fault)))?;
        let named = |issuer: &Issuer| split.issuer() == Some(&issuer.settings.issuer);
        match self.issuers.iter().position(named) {
            Some(at) => self.judged(at, split, resource, hash).await,
            None if self.leave_issuers => Err(Verdict::NotMine),
            None => Err(Verdict::Refused(self.refusal(Fault::Rule(Rule::Issuer)))),
        }
    }

    /// What a token that was judged before is worth, unless its issuer has changed its keys since.
    async fn remembered(&self, hash: &Hash) -> Result<Option<Good>, Verdict> {
        let kept = self.memory.find(hash, (self.clock)());
        let Some(Remembered { good, issuer, keys }) = kept else { return Ok(None) };
        let Some(issuer) = self.issuers.get(issuer) else { return Ok(None) };
        if issuer.keys.current().await.map_err(unavailable)?.digest == keys {
            return Ok(Some(good));
        }
        self.memory.forget(hash);
        Ok(None)
    }

    /// Judges a token by the rules and the keys of one issuer, and remembers that it is good.
    async fn judged(
        &self,
        at: usize,
        split: Split<'_>,
        resource: &str,
        hash: Option<Hash>,
    ) -> Result<Good, Verdict> {
        let Some(issuer) = self.issuers.get(at) else { return Err(Verdict::NotMine) };
        let judged = issuer.judged(split, resource, &*self.clock).await?;
        let Judged { good, end, keys } = judged;
        if let Some(hash) = hash.filter(|_| issuer.remembers) {
            let (kept, now) = (Remembered { good: good.clone(), issuer: at, keys }, (self.clock)());
            self.memory.keep(hash, kept, now, issuer.until(now, end));
        }
        Ok(good)
    }

    /// The refusal for a rule that is broken whoever the issuer is.
    fn refusal(&self, fault: Fault) -> Refusal {
        let issuers: Vec<_> =
            self.issuers.iter().map(|issuer| issuer.settings.issuer.as_str()).collect();
        match fault.rule() {
            Rule::Issuer => Rule::Issuer.refusal(&issuers),
            rule => rule.refusal(&[]),
        }
    }
}

/// A good token: what it is worth, when it ends, and with which keys it was verified.
struct Judged {
    good: Good,
    end: SystemTime,
    keys: Hash,
}

impl Issuer {
    /// Until when a token that ends then is remembered.
    fn until(&self, now: SystemTime, end: SystemTime) -> SystemTime {
        if self.mapping.principals().is_empty() {
            return end;
        }
        now.checked_add(MADE_FOR).map_or(now, |at| at.min(end))
    }

    async fn judged(
        &self,
        split: Split<'_>,
        resource: &str,
        clock: &(dyn Fn() -> SystemTime + Send + Sync),
    ) -> Result<Judged, Verdict> {
        let settings = &self.settings;
        if settings.audiences.is_empty() && resource.is_empty() {
            return Err(Verdict::Failed(NO_AUDIENCE.into()));
        }
        let refused = |fault: Fault| Verdict::Refused(settings.refusal(fault.rule(), resource));
        let read = judge::header(split, settings).map_err(refused)?;
        let judge = |keys: &KeySet| judge(&read, keys, settings, resource, clock());
        let mut keys = self.keys.current().await.map_err(unavailable)?;
        let mut judged = judge(&keys);
        // With newer keys where those held do not tell.
        if matches!(judged, Err(Fault::Keys(_)))
            && let Some(newer) = self.keys.newer(&keys).await.map_err(unavailable)?
        {
            judged = judge(&newer);
            keys = newer;
        }
        judged.map_err(refused)?;
        let bound = Bound::judged(&read.claims, settings.rules).map_err(refused)?;
        let expires = judge::end(&read.claims, settings.leeway);
        let made = self.mapping.identity(&settings.issuer, &read.claims, expires);
        // Within the leeway, a token is good and not remembered.
        let end = judge::end(&read.claims, Duration::ZERO).unwrap_or(UNIX_EPOCH);
        let good = Good { identity: Arc::new(made.map_err(Verdict::Refused)?), bound };
        Ok(Judged { good, end, keys: keys.digest })
    }
}

impl fmt::Debug for JwtAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.0.issuers.iter().map(|issuer| &issuer.settings);
        f.debug_struct("JwtAuth")
            .field("issuers", &settings.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

fn unavailable(outage: Outage) -> Verdict {
    Verdict::Unavailable { retry: outage.retry }
}
