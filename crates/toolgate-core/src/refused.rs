//! What a refusal looks like from outside: one pure function, whatever refused and whatever carries
//! the answer.
//!
//! | refusal | status | code | fields |
//! |---|---|---|---|
//! | nothing sent | 401 | -32000 | challenge without `error` |
//! | credentials sent twice, or where they must not be | 400 | -32000 | challenge, `invalid_request` |
//! | credentials wrong | 401 | -32000 | challenge, `invalid_token` or what the refusal says |
//! | right, and not let in | 403 | -32000 | |
//! | scope missing | 403 | -32000 | challenge, `insufficient_scope`, all scopes needed |
//! | login too old or too weak | 401 | -32000 | challenge, `insufficient_user_authentication`, all scopes needed |
//! | too many requests | 429 | -32000 | `Retry-After` |
//! | who asks cannot be told now, or what they may | 503 | -32000 | `Retry-After` |
//! | the authenticator failed | 500 | -32603 | |
//!
//! Sources: RFC 6750 section 3, RFC 9470 section 3, RFC 9728 section 5.1, RFC 6585 section 4,
//! RFC 9110 section 10.2.3.

use std::{borrow::Cow, time::Duration};

use toolgate_protocol::code;

use crate::{
    BoxError,
    authenticate::{Challenge, Reason, Refusal},
    error::{Denial, Error},
    scopes::Scopes,
};

/// Why a request goes no further, whoever said so.
#[derive(Debug)]
#[non_exhaustive]
pub enum Refused {
    /// The credentials are missing, malformed or wrong.
    Unauthenticated(Refusal),
    /// The credentials are right and the caller is still not let in.
    Forbidden(Refusal),
    /// The token lacks scopes.
    Scopes(Scopes),
    /// A fresher or stronger login is needed.
    StepUp {
        /// How old the login may be.
        max_age: Option<Duration>,
        /// How it must have been done: one of these, with spaces between.
        acr: Option<String>,
        /// Scopes that the new token needs too.
        scopes: Scopes,
    },
    /// Too many requests.
    Busy {
        /// When to ask again.
        retry: Duration,
    },
    /// Who asks cannot be told now.
    Unavailable {
        /// When to ask again.
        retry: Duration,
    },
    /// Whether they may cannot be told now.
    Undecided {
        /// When to ask again.
        retry: Duration,
    },
    /// The authenticator failed. The error is for the log.
    Failed(BoxError),
}

impl Refused {
    /// The refusal in an error, where it is one.
    pub fn of(error: &Error) -> Option<Self> {
        Some(match error.denial()? {
            Denial::Unauthenticated => Self::Unauthenticated(Refusal::missing()),
            Denial::Scopes(needed) => Self::Scopes(needed.clone()),
            Denial::Forbidden => Self::Forbidden(Refusal::invalid("forbidden")),
            Denial::StepUp { max_age, acr, scopes } => {
                Self::StepUp { max_age: *max_age, acr: acr.clone(), scopes: scopes.clone() }
            }
            Denial::Busy(retry) => Self::Busy { retry: *retry },
            Denial::Undecided(retry) => Self::Undecided { retry: *retry },
        })
    }

    /// The refusal that an authenticator's challenges are asked for.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Unauthenticated(refusal) | Self::Forbidden(refusal) => Some(refusal),
            _ => None,
        }
    }
}

/// What an answer to a refusal needs to know of the server and of the caller.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Realm<'a> {
    /// Where the metadata document is, when there is one.
    pub metadata_url: Option<&'a str>,
    /// Scopes that every request needs.
    pub required: Scopes,
    /// Scopes that this server knows.
    pub known: Scopes,
    /// Scopes that the caller holds.
    pub held: Scopes,
    /// What clients put before scopes to ask for them; challenges do the same ([`Scopes::under`]).
    pub scope_prefix: Option<&'a str>,
    /// The authenticator's challenges; none where nobody authenticates.
    pub challenges: Vec<Challenge>,
}

impl Realm<'_> {
    /// What a token needs that is to be as good as the caller's, and better: a widely used client
    /// asks for what a challenge names, and for nothing else.
    fn with(&self, needed: &Scopes) -> Scopes {
        needed.union(&self.required).union(&self.held.intersection(&self.known))
    }
}

/// The answer to a refusal, in the words of HTTP and JSON-RPC.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// HTTP status.
    pub status: u16,
    /// JSON-RPC code.
    pub code: i32,
    /// JSON-RPC message.
    pub message: Cow<'static, str>,
    /// Response fields.
    pub fields: Vec<(&'static str, String)>,
}

/// Maps a refusal to its answer; the table is this module's documentation.
pub fn outcome(refused: &Refused, realm: &Realm<'_>) -> Outcome {
    let text = |message: &str| Cow::Owned(message.to_owned());
    let (status, message, fields) = match refused {
        Refused::Unauthenticated(refusal) => {
            let (status, error) = match refusal.reason() {
                Reason::Missing => (401, None),
                Reason::Malformed => (400, Some("invalid_request")),
                Reason::Invalid => (401, Some("invalid_token")),
                Reason::Forbidden => return outcome(&Refused::Forbidden(refusal.clone()), realm),
            };
            let error = error.map(|usual| refusal.error_code().unwrap_or(usual));
            let describe = error.map(|_| refusal.message());
            let fields = challenge(realm, error, &[], &realm.required, describe);
            (status, text(refusal.message()), fields)
        }
        Refused::Forbidden(refusal) => (403, text(refusal.message()), vec![]),
        Refused::Scopes(needed) => {
            let message = "the token lacks a scope";
            let error = Some("insufficient_scope");
            let fields = challenge(realm, error, &[], &realm.with(needed), Some(message));
            (403, message.into(), fields)
        }
        Refused::StepUp { max_age, acr, scopes } => {
            let max_age = max_age.map(|age| age.as_secs().to_string());
            let more = [("acr_values", acr.as_deref()), ("max_age", max_age.as_deref())];
            let message = "a fresher or stronger login is required";
            let error = Some("insufficient_user_authentication");
            let fields = challenge(realm, error, &more, &realm.with(scopes), Some(message));
            (401, message.into(), fields)
        }
        Refused::Busy { retry } => (429, "too many requests".into(), after(*retry)),
        Refused::Unavailable { retry } => {
            (503, "authentication is unavailable".into(), after(*retry))
        }
        Refused::Undecided { retry } => (503, "this cannot be decided now".into(), after(*retry)),
        Refused::Failed(_) => {
            let (code, message) = (code::INTERNAL_ERROR, "internal error".into());
            return Outcome { status: 500, code, message, fields: vec![] };
        }
    };
    Outcome { status, code: code::REFUSED, message, fields }
}

/// The order of parameters is fixed and equal refusals give equal bytes: a widely used client stops
/// a login loop by comparing them, and takes the first `error=` that it finds.
fn challenge(
    realm: &Realm<'_>,
    error: Option<&str>,
    more: &[(&str, Option<&str>)],
    scopes: &Scopes,
    description: Option<&str>,
) -> Vec<(&'static str, String)> {
    if realm.challenges.is_empty() {
        return vec![];
    }
    let scopes = realm.scope_prefix.map_or_else(|| scopes.clone(), |it| scopes.under(it));
    let scopes = scopes.to_string();
    let scope = Some(&*scopes).filter(|scopes| !scopes.is_empty());
    let mut texts = Vec::new();
    for challenge in bearer_first(&realm.challenges) {
        let own = challenge.params.iter().map(|(name, value)| (&**name, Some(&**value)));
        let params = own.chain([("resource_metadata", realm.metadata_url), ("error", error)]);
        let params = params.chain(more.iter().copied());
        let params = params.chain([("scope", scope), ("error_description", description)]);
        let params =
            params.filter_map(|(name, value)| Some(format!("{name}=\"{}\"", safe(value?))));
        let params = params.collect::<Vec<_>>().join(", ");
        let space = if params.is_empty() { "" } else { " " };
        texts.push(format!("{}{space}{params}", challenge.scheme));
    }
    vec![("www-authenticate", texts.join(", "))]
}

fn bearer_first(challenges: &[Challenge]) -> impl Iterator<Item = &Challenge> {
    let bearer = |challenge: &&Challenge| challenge.scheme.eq_ignore_ascii_case("bearer");
    let others = challenges.iter().filter(move |challenge| !bearer(challenge));
    challenges.iter().filter(bearer).chain(others)
}

/// What RFC 6750, section 3, allows in a description; the rest is replaced, since a widely used
/// client does not undo escapes.
fn safe(value: &str) -> String {
    let allowed = |c: char| matches!(c, '\x20'..='\x21' | '\x23'..='\x5B' | '\x5D'..='\x7E');
    value.chars().map(|c| if allowed(c) { c } else { '?' }).collect()
}

fn after(retry: Duration) -> Vec<(&'static str, String)> {
    // Whole seconds, rounded up: zero would ask the client to come back at once.
    let seconds = retry.as_secs() + u64::from(retry.subsec_nanos() > 0);
    vec![("retry-after", seconds.max(1).to_string())]
}

#[cfg(test)]
mod tests;
