//! Whether the right token opens the door, and no other.

use super::{
    super::{
        exchange::{Exchange, quote},
        finding::{Finding, Rule},
    },
    challenge::has_error,
};
use crate::probe::Expects;

/// What is the matter with the answers to the right token, one for each era: one of them has to be
/// a result.
pub(crate) fn right(seen: &[Exchange]) -> Vec<Finding> {
    if seen.iter().any(|seen| seen.reply().is_some_and(|reply| reply.has_result())) {
        return Vec::new();
    }
    let Some(first) = seen.first() else { return Vec::new() };
    let good = seen.iter().find(|seen| seen.reply().is_some_and(|reply| reply.is_good()));
    if let Some(seen) = good {
        let body = seen.reply().map(|reply| reply.body.clone()).unwrap_or_default();
        return vec![Finding::new(Rule::NoAnswer, seen, quote(&body))];
    }
    let challenge = first.reply().and_then(|reply| reply.field("www-authenticate"));
    let said = challenge.map(|text| format!(", {}", quote(&text))).unwrap_or_default();
    let why = format!("it was answered with {}{said}", first.told());
    vec![Finding::new(Rule::RightRefused, first, why)]
}

/// What is the matter with the answer to the same under `bearer` in lower case.
pub(crate) fn lower(seen: &Exchange) -> Option<Finding> {
    let refused = matches!(seen.status(), Some(400..=499));
    let why = format!("`bearer` was answered with {}", seen.told());
    refused.then(|| Finding::new(Rule::SchemeCase, seen, why))
}

/// What is the matter with the answer to a wrong token, which by `rule` must not be served. Where
/// clients have theirs by hand there is no login for them to begin.
pub(crate) fn wrong(seen: &Exchange, rule: Rule, expects: Expects) -> Vec<Finding> {
    let Some(reply) = seen.reply() else { return Vec::new() };
    let found = |rule, why: String| vec![Finding::new(rule, seen, why)];
    match reply.status {
        200..=299 => found(rule, format!("it was served with {}", reply.status)),
        401 if expects != Expects::Login || has_error(seen, "invalid_token") => Vec::new(),
        401 => {
            let text = reply.field("www-authenticate").unwrap_or_default();
            found(Rule::NoInvalidToken, format!("the challenge is {}", quote(&text)))
        }
        _ => {
            let what = match rule {
                Rule::GarbageTaken => "a made-up token",
                _ => "a wrong token",
            };
            found(Rule::WrongStatus, format!("{what} was answered with {}", seen.told()))
        }
    }
}

/// What is the matter with the answer to a token in the URL.
pub(crate) fn query(seen: &Exchange) -> Option<Finding> {
    let taken = seen.reply().is_some_and(|reply| reply.is_good());
    let why = format!("it was served with {}", seen.told());
    taken.then(|| Finding::new(Rule::QueryTaken, seen, why))
}
