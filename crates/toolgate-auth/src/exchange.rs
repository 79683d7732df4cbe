//! Tokens for other servers, on behalf of whoever asks (RFC 8693): never the caller's own, which was made
//! for this server and stays here.
//!
//! An authenticator that was given an [`Exchange`] keeps the caller's token where only this module finds
//! it. A handler names a [`Target`] and gets an [`Exchanged`]; it counts for that caller, that token and
//! that target, until shortly before it ends. A question that is being asked is not asked twice.

mod answer;
mod authority;
mod builder;
mod context;
mod error;
mod grant;
mod target;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, timeout};
use toolgate_core::{Identity, Key};
use tracing::Level;

use self::{
    answer::{Denied, Issued},
    authority::{Authority, Trouble},
    grant::Grant,
};
pub use self::{
    builder::{Exchange, exchange},
    context::Exchanging,
    error::{ExchangeError, ExchangeErrorKind},
    target::{Exchanged, Target},
};
use crate::{
    bearer::Token,
    fetch::{Fetch, FetchErrorKind},
    flight::{Flights, NoFlight, Share},
    form,
    memory::{Hash, MAX_REMEMBERED, Memory, hash},
    reach::{Heard, Reach},
};

/// For how long a refusal counts for the same caller, token and target.
const REFUSED_FOR: Duration = Duration::from_secs(10);
/// How long before its end a token counts no more: this, or a tenth of its life where that is less.
const MARGIN: Duration = Duration::from_secs(30);
/// Longest life of a token that is believed.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// For how long it counts that an exchange for a target has worked.
const WORKED_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Questions of one caller that may be asked at a time, through whichever clients: a quarter of all.
const OF_ONE: usize = 16;
/// For how long a login counts as tried by who was sent to it.
const TRIED_FOR: Duration = Duration::from_secs(5 * 60);

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// What exchanges tokens; made by [`Exchange`], held by an authenticator. Clones share what they remember.
#[derive(Clone)]
pub(crate) struct Exchanger(Arc<Shared>);

/// Who may be asked to exchange what: kept beside an identity, and found by this module alone.
struct Subject {
    token: Token,
    exchanger: Exchanger,
}

struct Shared {
    grant: Grant,
    at: Authority,
    fetch: Arc<dyn Fetch>,
    timeout: Duration,
    clock: Clock,
    known: Memory<Exchanged>,
    refused: Memory<ExchangeError>,
    /// Targets for which some caller's token was exchanged. What is said of a token that is no good is also
    /// said of a request that is wrong; where the same request has worked, it is the token.
    worked: Memory<()>,
    flights: Flights<Outcome>,
    /// Who was sent to log in lately, by caller and target: with which token, by its hash.
    sent: Memory<Hash>,
    reach: Reach,
}

type Outcome = Result<Exchanged, ExchangeError>;

impl Exchanger {
    /// The identity, and, where something exchanges it, the token that it was made of: where a handler's call
    /// to [`Exchanging`] finds it. Made anew for each request: what is remembered of a token does not hold it.
    pub(crate) fn keep(
        this: Option<&Self>,
        identity: Arc<Identity>,
        token: &Token,
    ) -> Arc<Identity> {
        let Some(this) = this else { return identity };
        let (token, exchanger) = (token.clone(), this.clone());
        Arc::new(Identity::clone(&identity).with(Subject { token, exchanger }))
    }
}

impl Subject {
    async fn exchange(&self, identity: &Identity, target: &Target) -> Outcome {
        let this = &self.exchanger.0;
        let now = (this.clock)();
        if let Some(why) = this.grant.unfit(target) {
            tracing::error!(issuer = this.at.issuer, why, "a target cannot be asked for");
            return Err(ExchangeError::new(ExchangeErrorKind::Misconfigured));
        }
        if identity.expires.is_some_and(|end| end <= now) {
            return Err(ExchangeError::new(ExchangeErrorKind::Login));
        }
        let asked = Asked::new(&identity.key, &self.token, target);
        if let Some(found) = this.known.find(&asked.hash, now) {
            return Ok(found);
        }
        if let Some(error) = this.refused.find(&asked.hash, now) {
            return Err(error);
        }
        if this.reach.rests() {
            return Err(ExchangeError::new(ExchangeErrorKind::Unavailable));
        }
        let (shared, token, target) = (Arc::clone(this), self.token.clone(), target.clone());
        let (hash, end) = (asked.hash, identity.expires);
        let share = Share { owner: asked.caller, most: OF_ONE };
        let landed = this.flights.join(hash, Some(share), || {
            Box::pin(async move { shared.decide(&token, &target, &asked, end).await })
        });
        let landed = match this.reach.patience() {
            // Whoever gives up waiting takes nothing from the question, and its answer is kept.
            Some(briefly) => timeout(briefly, landed)
                .await
                .unwrap_or(Ok(Err(ExchangeError::new(ExchangeErrorKind::Unavailable)))),
            None => landed.await,
        };
        landed.unwrap_or_else(|error| {
            let why = match error {
                NoFlight::Full => "too many exchanges are under way, of this caller or of all",
                NoFlight::Lost => "an exchange was given up",
            };
            tracing::warn!(issuer = this.at.issuer, why, "no token was asked for");
            Err(ExchangeError::new(ExchangeErrorKind::Unavailable))
        })
    }
}

/// What is asked for, by hash.
struct Asked {
    /// Whose, by which token, for whom.
    hash: Hash,
    /// For whom.
    target: Hash,
    /// Whose.
    caller: Hash,
    /// Whose, for whom, whichever the token.
    purpose: Hash,
}

impl Asked {
    fn new(owner: &Key, token: &Token, target: &Target) -> Self {
        let named = form::body(&target.fields());
        let client = owner.client.as_deref().map_or_else(Vec::new, |client| vec![client]);
        let of = |parts: &[&str]| {
            let parts = parts.iter().chain(&client).map(|part| part.as_bytes());
            hash(&parts.collect::<Vec<_>>())
        };
        Self {
            hash: of(&[&*owner.issuer, &owner.subject, token.expose(), &named]),
            target: hash(&[named.as_bytes()]),
            caller: hash(&[owner.issuer.as_bytes(), owner.subject.as_bytes()]),
            purpose: of(&[&*owner.issuer, &owner.subject, &named]),
        }
    }
}

impl Shared {
    /// Asks, and keeps what comes of it for as long as it may be kept.
    async fn decide(
        &self,
        token: &Token,
        target: &Target,
        asked: &Asked,
        end: Option<SystemTime>,
    ) -> Outcome {
        // The token's life is counted from before it began.
        let (began, asked_at) = ((self.clock)(), Instant::now());
        let issued = timeout(self.timeout, self.ask(token, target)).await;
        let issued = issued.unwrap_or(Err(Trouble::TooSlow));
        self.reach.heard(asked_at, heard(&issued));
        let issued = issued.and_then(|issued| {
            let lifetime = issued.lifetime.map(|lifetime| lifetime.min(MAX_LIFETIME));
            let expires = lifetime.and_then(|lifetime| began.checked_add(lifetime));
            let exchanged = Exchanged::new(issued.token, expires);
            Ok((exchanged.ok_or(Trouble::Denied(Denied::OtherKind))?, lifetime))
        });
        let now = (self.clock)();
        let after = |life: Duration| began.checked_add(life).unwrap_or(began);
        match issued {
            Ok((exchanged, lifetime)) => {
                self.worked.keep(asked.target, (), now, after(WORKED_FOR));
                self.sent.forget(&asked.purpose);
                let until = after(counts_for(lifetime.unwrap_or_default()));
                let until = end.map_or(until, |end| end.min(until));
                if exchanged.expose().len() <= MAX_REMEMBERED {
                    self.known.keep(asked.hash, exchanged.clone(), now, until);
                }
                Ok(exchanged)
            }
            Err(trouble) => {
                let worked = self.worked.find(&asked.target, now).is_some();
                let mut error = trouble.error(worked);
                if error.kind() == ExchangeErrorKind::Login && !self.may_send(asked, now) {
                    error = ExchangeError::new(ExchangeErrorKind::Misconfigured);
                }
                self.log(&trouble, &error);
                if error.kind() != ExchangeErrorKind::Unavailable {
                    self.refused.keep(asked.hash, error.clone(), now, after(REFUSED_FOR));
                }
                Err(error)
            }
        }
    }

    async fn ask(&self, subject: &Token, target: &Target) -> Result<Issued, Trouble> {
        let (now, fetch) = ((self.clock)(), &*self.fetch);
        let token = answer::Kind::AccessToken;
        let issued = match &self.grant {
            Grant::Exchange => {
                self.at.ask(grant::exchange(subject, target), token, now, fetch).await?
            }
            Grant::OnBehalfOf => {
                self.at.ask(grant::on_behalf_of(subject, target), token, now, fetch).await?
            }
            Grant::Assertion(next) => {
                let fields = grant::assertion(subject, &next.issuer, target);
                let assertion = self.at.ask(fields, answer::Kind::Assertion, now, fetch).await?;
                if assertion.token == *subject {
                    return Err(Trouble::SameToken);
                }
                let redeemed = next.ask(grant::redeem(&assertion.token), token, now, fetch).await;
                redeemed.map_err(|trouble| Trouble::Redeeming(Box::new(trouble)))?
            }
        };
        // Whoever sends it on would send the caller's own.
        if issued.token == *subject { Err(Trouble::SameToken) } else { Ok(issued) }
    }

    /// Whether the caller may be sent to log in: not again with another token, since a login has mended
    /// nothing then.
    fn may_send(&self, asked: &Asked, now: SystemTime) -> bool {
        if let Some(before) = self.sent.find(&asked.purpose, now) {
            return before == asked.hash;
        }
        let until = now.checked_add(TRIED_FOR).unwrap_or(now);
        self.sent.keep(asked.purpose, asked.hash, now, until);
        true
    }

    fn log(&self, trouble: &Trouble, error: &ExchangeError) {
        let (issuer, why) = (&*self.blamed(trouble).issuer, trouble.told());
        match level(trouble, error.kind()) {
            Level::ERROR => tracing::error!(issuer, why, "a token is not exchanged"),
            Level::WARN => tracing::warn!(issuer, why, "a token is not exchanged"),
            _ => tracing::debug!(issuer, why, "a token is not exchanged"),
        }
    }

    /// Where it was.
    fn blamed(&self, trouble: &Trouble) -> &Authority {
        match (trouble, &self.grant) {
            (Trouble::Redeeming(_), Grant::Assertion(next)) => next,
            _ => &self.at,
        }
    }
}

/// Only what an authorization server says of a request tells that somebody is there.
fn heard(issued: &Result<Issued, Trouble>) -> Heard {
    match issued.as_ref().map_err(Trouble::cause) {
        Err(Trouble::Fetch(error)) => match error.kind() {
            FetchErrorKind::Connect => Heard::Nobody,
            FetchErrorKind::Timeout => Heard::Silence,
            _ => Heard::Nothing,
        },
        Err(Trouble::TooSlow) => Heard::Silence,
        Ok(_) | Err(Trouble::Denied(_) | Trouble::SameToken) => Heard::Answer,
        Err(_) => Heard::Nothing,
    }
}

/// How loudly it is told. What callers alone can mend would fill a log; what may be ours is said.
fn level(trouble: &Trouble, kind: ExchangeErrorKind) -> Level {
    match kind {
        ExchangeErrorKind::Misconfigured => Level::ERROR,
        ExchangeErrorKind::Unavailable => Level::WARN,
        _ if trouble.cause().is_unclear() => Level::WARN,
        _ => Level::DEBUG,
    }
}

/// For how long a token of this life counts.
fn counts_for(lifetime: Duration) -> Duration {
    lifetime.saturating_sub(MARGIN.min(lifetime / 10))
}

impl fmt::Debug for Exchanger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchanger").field("issuer", &self.0.at.issuer).finish_non_exhaustive()
    }
}
