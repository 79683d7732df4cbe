//! Whether a request without a token is refused so that a client can log in.

use super::super::{
    challenge::{self, Sent},
    exchange::{Exchange, quote},
    finding::{Finding, Rule},
    places::is_safe,
};
use crate::probe::Expects;

/// What is the matter with the answer to a request that had no token.
pub(crate) fn judge(seen: &Exchange, expects: Expects) -> Vec<Finding> {
    let found = |rule, why: String| vec![Finding::new(rule, seen, why)];
    let Some(reply) = seen.reply() else {
        return found(Rule::Unreachable, seen.told());
    };
    match reply.status {
        200..=299 if expects == Expects::Open => Vec::new(),
        200..=299 => found(Rule::Unguarded, format!("it was served with {}", reply.status)),
        401 => asked(seen, expects),
        _ => found(Rule::OtherStatus, format!("it was answered with {}", seen.told())),
    }
}

/// What a 401 asks for.
fn asked(seen: &Exchange, expects: Expects) -> Vec<Finding> {
    let text = seen.reply().and_then(|reply| reply.field("www-authenticate"));
    let Some(text) = text else {
        let why = "the 401 has no `WWW-Authenticate`";
        return vec![Finding::new(Rule::NoChallenge, seen, why)];
    };
    let Some(challenges) = challenge::read(&text).filter(|challenges| !challenges.is_empty())
    else {
        return vec![Finding::new(Rule::BadChallenge, seen, quote(&text))];
    };
    let mut findings = Vec::new();
    let mut add = |rule, why: String| findings.push(Finding::new(rule, seen, why));
    let Some(bearer) = bearer(&challenges) else {
        // Clients that have their keys by hand may well use another scheme.
        if expects == Expects::Login {
            add(Rule::NoBearer, format!("the challenge is {}", quote(&text)));
        }
        return findings;
    };
    if challenges.first() != Some(bearer) {
        add(Rule::BearerLater, format!("the challenge is {}", quote(&text)));
    }
    if let Some(error) = bearer.param("error") {
        add(Rule::ErrorUnasked, format!("`error` is {}", quote(error)));
    }
    match bearer.param("resource_metadata") {
        None if expects == Expects::Login => {
            add(Rule::NoMetadataUrl, format!("the challenge is {}", quote(&text)));
        }
        Some(url) if !is_safe(url) => {
            add(Rule::BadMetadataUrl, format!("`resource_metadata` is {}", quote(url)));
        }
        _ => {}
    }
    findings
}

fn bearer(challenges: &[Sent]) -> Option<&Sent> {
    challenges.iter().find(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"))
}

/// Where the challenge says that the metadata is.
pub(crate) fn metadata_url(seen: &Exchange) -> Option<String> {
    let challenges = sent(seen)?;
    bearer(&challenges)?.param("resource_metadata").filter(|url| is_safe(url)).map(str::to_owned)
}

/// Whether a challenge of any scheme has this error.
pub(crate) fn has_error(seen: &Exchange, error: &str) -> bool {
    let challenges = sent(seen).unwrap_or_default();
    challenges.iter().any(|challenge| challenge.param("error") == Some(error))
}

fn sent(seen: &Exchange) -> Option<Vec<Sent>> {
    challenge::read(&seen.reply()?.field("www-authenticate")?)
}
