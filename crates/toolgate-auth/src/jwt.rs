//! Access tokens that are signed JWTs (RFC 9068 and what issuers make of it).
//!
//! A token is judged by rules that are each a pure function: first what needs no key, then
//! the signature with a key that the issuer publishes, then what the token says. A rule that cannot
//! be decided refuses, and an issuer that cannot be reached is `Verdict::Unavailable`, since 401
//! would send people to log in for nothing.

mod algorithm;
mod audience;
mod builder;
mod claims;
mod identity;
mod judge;
mod key;
mod keys;
mod keyset;
mod members;
mod rules;
mod source;
#[cfg(test)]
mod tests;
mod token;

use std::{fmt, sync::Arc, time::SystemTime};

use toolgate_core::{
    Authenticate, BoxFuture, Credentials, Identity, Refusal, ResourceCard, Verdict,
};

pub use self::{
    algorithm::Algorithm,
    builder::{Danger, Jwt, jwt},
    claims::Claims,
};
use self::{
    identity::Principal,
    judge::{Settings, judge},
    keys::{Keys, Outage},
    rules::{Fault, Rule},
};
use crate::bearer::{Token, bearer};

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Verifies the JWTs of one issuer; made by [`Jwt::build`].
///
/// Cheap to clone; clones share the issuer's keys.
#[derive(Clone)]
pub struct JwtAuth {
    settings: Arc<Settings>,
    keys: Keys,
    clock: Clock,
    principals: Vec<Principal>,
    leave_others: bool,
}

impl Authenticate for JwtAuth {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            match self.identify(with).await {
                Ok(identity) => Verdict::known(identity),
                Err(verdict) => verdict,
            }
        })
    }

    fn card(&self) -> ResourceCard {
        let mut card = ResourceCard::default();
        card.authorization_servers = vec![self.settings.issuer.clone()];
        card.needs_resource = self.settings.audiences.is_empty();
        card.principals = self.principals.iter().map(|principal| principal.of).collect();
        card
    }
}

impl JwtAuth {
    async fn identify(&self, with: &Credentials) -> Result<Identity, Verdict> {
        let token = bearer(with)?;
        if self.leave_others && !token::has_form(token.expose()) {
            return Err(Verdict::NotMine);
        }
        if self.settings.audiences.is_empty() && with.resource().is_empty() {
            return Err(Verdict::Failed(NO_AUDIENCE.into()));
        }
        let claims = self.claims(&token, with.resource()).await?;
        let settings = &self.settings;
        identity::identity(&settings.issuer, settings.leeway, &claims, token, &self.principals)
            .map_err(Verdict::Refused)
    }

    /// The claims of a token that keeps every rule.
    async fn claims(&self, token: &Token, resource: &str) -> Result<Claims, Verdict> {
        let settings = &*self.settings;
        let refused = |fault: Fault| Verdict::Refused(refusal(fault.rule(), settings, resource));
        let read =
            token::read(token.expose(), &settings.algorithms, settings.rules).map_err(refused)?;
        let keys = self.keys.current().await.map_err(unavailable)?;
        let judged = judge(&read, &keys, settings, resource, (self.clock)());
        let Err(Fault::Keys(_)) = judged else { return judged.map_err(refused) };
        match self.keys.newer(&keys).await.map_err(unavailable)? {
            Some(newer) => {
                judge(&read, &newer, settings, resource, (self.clock)()).map_err(refused)
            }
            None => judged.map_err(refused),
        }
    }
}

impl fmt::Debug for JwtAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuth").field("settings", &self.settings).finish_non_exhaustive()
    }
}

const NO_AUDIENCE: &str = "no audience to hold tokens against: the transport names no resource; \
                           set its public URL, or an audience";

fn unavailable(outage: Outage) -> Verdict {
    Verdict::Unavailable { retry: outage.retry }
}

/// The refusal for a broken rule. The log is told what was expected, never what the token says.
fn refusal(rule: Rule, settings: &Settings, resource: &str) -> Refusal {
    let expected = match (rule, &*settings.audiences) {
        (Rule::Issuer, _) => format!("; expected {}", settings.issuer),
        (Rule::Audience, []) => format!("; expected {resource}"),
        (Rule::Audience, accepted) => format!("; expected one of {}", accepted.join(", ")),
        _ => String::new(),
    };
    let message = rule.message();
    Refusal::invalid(message).detail(format!("{message} (rule {rule:?}{expected})"))
}
