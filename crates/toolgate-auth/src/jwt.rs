//! Access tokens that are signed JWTs (RFC 9068 and what issuers make of it).
//!
//! A token is judged by rules that are each a pure function: first what needs no key, then
//! the signature with a key that the issuer publishes, then what the token says. A rule that cannot
//! be decided refuses, and an issuer that cannot be reached is `Verdict::Unavailable`, since 401
//! would send people to log in for nothing.

mod algorithm;
mod audience;
mod builder;
mod issuers;
mod judge;
mod key;
mod keys;
mod keyset;
mod rules;
mod source;
#[cfg(test)]
pub(crate) mod tests;
mod token;

use std::{fmt, sync::Arc, time::SystemTime};

use toolgate_core::{
    Authenticate, BoxFuture, Credentials, Identity, Refusal, ResourceCard, Verdict,
};

pub use self::{
    algorithm::Algorithm,
    builder::{Danger, Jwt, jwt},
    issuers::issuers,
};
use self::{
    judge::{Settings, judge},
    keys::{Keys, Outage},
    rules::{Fault, Rule, Rules},
    token::{Split, Unverified},
};
use crate::{
    bearer::{Token, bearer},
    claims::Mapping,
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
}

/// One issuer, and what its tokens are held against.
struct Issuer {
    settings: Settings,
    keys: Keys,
    clock: Clock,
    mapping: Mapping,
}

impl Authenticate for JwtAuth {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            match self.0.identify(with).await {
                Ok(identity) => Verdict::known(identity),
                Err(verdict) => verdict,
            }
        })
    }

    fn card(&self) -> ResourceCard {
        let issuers = &self.0.issuers;
        let mut card = ResourceCard::default();
        card.authorization_servers =
            issuers.iter().map(|issuer| issuer.settings.issuer.clone()).collect();
        card.needs_resource = issuers.iter().any(|issuer| issuer.settings.audiences.is_empty());
        // A promise to tools, so it holds only where it holds for every issuer.
        let made = |issuer: &Issuer| -> Vec<_> {
            issuer.mapping.principals().iter().map(|principal| principal.of).collect()
        };
        let mut all = issuers.iter().map(made);
        card.principals = all.next().unwrap_or_default();
        all.for_each(|made| card.principals.retain(|of| made.contains(of)));
        card
    }
}

impl Shared {
    async fn identify(&self, with: &Credentials) -> Result<Identity, Verdict> {
        let token = bearer(with)?;
        if self.leave_forms && !token::has_form(token.expose()) {
            return Err(Verdict::NotMine);
        }
        let split = token::split(token.expose(), self.rules);
        let split = split.map_err(|fault| Verdict::Refused(self.refusal(fault)))?;
        let named = |issuer: &&Issuer| split.issuer() == Some(&issuer.settings.issuer);
        match self.issuers.iter().find(named) {
            Some(issuer) => issuer.identify(split, token.clone(), with.resource()).await,
            None if self.leave_issuers => Err(Verdict::NotMine),
            None => Err(Verdict::Refused(self.refusal(Fault::Rule(Rule::Issuer)))),
        }
    }

    /// The refusal for a rule that is broken whoever the issuer is.
    fn refusal(&self, fault: Fault) -> Refusal {
        let issuers: Vec<_> =
            self.issuers.iter().map(|issuer| issuer.settings.issuer.as_str()).collect();
        match fault.rule() {
            Rule::Issuer => refusal(Rule::Issuer, &issuers),
            rule => refusal(rule, &[]),
        }
    }
}

impl Issuer {
    async fn identify(
        &self,
        split: Split<'_>,
        token: Token,
        resource: &str,
    ) -> Result<Identity, Verdict> {
        let settings = &self.settings;
        if settings.audiences.is_empty() && resource.is_empty() {
            return Err(Verdict::Failed(NO_AUDIENCE.into()));
        }
        let refused = |fault: Fault| Verdict::Refused(self.refusal(fault.rule(), resource));
        let read = split.judged(settings).map_err(refused)?;
        self.judge(&read, resource).await?.map_err(refused)?;
        let end = judge::end(&read.claims, settings.leeway);
        let made = self.mapping.identity(&settings.issuer, &read.claims, end, token);
        made.map_err(Verdict::Refused)
    }

    /// Whether the token keeps every rule; with newer keys where those held do not tell.
    async fn judge(
        &self,
        token: &Unverified<'_>,
        resource: &str,
    ) -> Result<Result<(), Fault>, Verdict> {
        let judge = |keys: &_| judge(token, keys, &self.settings, resource, (self.clock)());
        let keys = self.keys.current().await.map_err(unavailable)?;
        let judged = judge(&keys);
        let Err(Fault::Keys(_)) = judged else { return Ok(judged) };
        let newer = self.keys.newer(&keys).await.map_err(unavailable)?;
        Ok(newer.map_or(judged, |newer| judge(&newer)))
    }

    fn refusal(&self, rule: Rule, resource: &str) -> Refusal {
        match (rule, &*self.settings.audiences) {
            (Rule::Issuer, _) => refusal(rule, &[&self.settings.issuer]),
            (Rule::Audience, []) => refusal(rule, &[resource]),
            (Rule::Audience, accepted) => {
                refusal(rule, &accepted.iter().map(String::as_str).collect::<Vec<_>>())
            }
            _ => refusal(rule, &[]),
        }
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

const NO_AUDIENCE: &str = "no audience to hold tokens against: the transport names no resource; \
                           set its public URL, or an audience";

fn unavailable(outage: Outage) -> Verdict {
    Verdict::Unavailable { retry: outage.retry }
}

/// The refusal for a broken rule. The log is told what was expected, never what the token says.
fn refusal(rule: Rule, expected: &[&str]) -> Refusal {
    let message = rule.message();
    let expected = match expected {
        [] => String::new(),
        [one] => format!("; expected {one}"),
        several => format!("; expected one of {}", several.join(", ")),
    };
    Refusal::invalid(message).detail(format!("{message} (rule {rule:?}{expected})"))
}
