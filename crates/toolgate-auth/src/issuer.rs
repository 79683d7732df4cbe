//! What is said of an issuer, whatever its tokens are, and what cannot be used of it.

use std::time::Duration;

use http::Uri;

use crate::fetch::address::{self, is_safe};

/// Clocks that differ by more than this are broken, not drifting.
const MAX_LEEWAY: Duration = Duration::from_secs(5 * 60);

/// The settings that all kinds of tokens have in common.
pub(crate) struct Said<'a> {
    pub(crate) issuer: &'a str,
    /// A setting that names a place of the issuer's, and what it says.
    pub(crate) place: (&'static str, Option<&'a str>),
    pub(crate) audiences: Option<&'a Vec<String>>,
    /// The claim and values that count when `aud` is absent.
    pub(crate) without_audience: Option<&'a (String, Vec<String>)>,
    /// Claims that are no such claim: they say nothing of whom a token is for.
    pub(crate) everywhere: &'a [&'a str],
    pub(crate) leeway: Duration,
}

impl Said<'_> {
    /// What is wrong with them, a sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut unless = |fine: bool, problem: &str| {
            if !fine {
                problems.push(problem.to_owned());
            }
        };
        // RFC 8414, section 2: an issuer has neither query nor fragment.
        let plain = !self.issuer.contains(['?', '#', '@']);
        let issuer = parsed(self.issuer).filter(|uri| is_safe(uri, is_local(self.issuer)));
        unless(
            plain && issuer.is_some(),
            "the issuer has to be an https URL without query, fragment and user, or an http URL on \
             loopback for development",
        );
        let (setting, place) = self.place;
        unless(
            place.is_none_or(|uri| parsed(uri).is_some_and(|uri| is_safe(&uri, true))),
            &format!("`{setting}` has to be an https URL, or an http URL on loopback"),
        );
        let named =
            |names: &Vec<String>| !names.is_empty() && names.iter().all(|name| !name.is_empty());
        unless(
            self.audiences.is_none_or(named),
            "`audience` names no audience; leave it out to accept the server's public URL",
        );
        unless(
            self.without_audience.is_none_or(|(claim, all)| !claim.is_empty() && named(all)),
            "`accept_without_audience` has to name a claim and its value",
        );
        unless(
            self.without_audience.is_none_or(|(claim, _)| !self.everywhere.contains(&&**claim)),
            "`accept_without_audience` has to name a claim that says whom the token is for: not \
             `aud`, which is then absent, nor one that is there for every token",
        );
        unless(self.leeway <= MAX_LEEWAY, "`leeway` is longer than 5 minutes");
        problems
    }
}

/// Whether the issuer is on loopback without TLS.
pub(crate) fn is_local(issuer: &str) -> bool {
    parsed(issuer).is_some_and(|uri| address::is_loopback_http(&uri))
}

pub(crate) fn parsed(url: &str) -> Option<Uri> {
    url.parse().ok()
}
