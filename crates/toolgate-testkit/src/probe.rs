//! Finding out whether clients would find their way into a server, ours or not.
//!
//! [`probe`] takes the steps of a client that knows nothing but a URL, in order: the challenge on a
//! request without a token, the metadata of the resource in each of its places, the authorization
//! servers' metadata in each of theirs; then what a browser asks, and what should be refused: pages
//! of other origins, wrong tokens, other people's sessions. The [`Report`] begins with the first
//! broken step, the section of the standard that asks for it, and the remedy.
//!
//! ```no_run
//! use toolgate_testkit::probe::probe;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let report = probe("https://mcp.example.com/mcp").page("https://app.example.com").check().await;
//! assert!(report.is_good(), "{report}");
//! # }
//! ```
//!
//! Give the URL that clients are given: much of what goes wrong is a server that has another name for
//! itself. Tokens are given by hand, or [signed](Probe::signed_by) by the authorization server of a
//! test. What is not given is skipped, and the report says so.
//!
//! Certificates are held against the platform's roots; `SSL_CERT_FILE` names others. A token that is
//! bound to a key is of no use here: nothing is signed.
//!
//! The probe writes nothing: it asks servers what they are, begins sessions and ends them. It follows
//! no redirects, waits for 10 seconds and reads 512 KiB of each answer. It asks whatever the server
//! names as its authorization servers, so it is for a person's own machine, not for a service that
//! probes what strangers ask for.

mod ask;
mod challenge;
mod exchange;
mod finding;
mod judge;
mod legacy;
mod places;
mod report;
mod walk;
mod wire;

use std::{
    fmt,
    time::{Duration, SystemTime},
};

pub use self::{
    finding::{Finding, Rule, Weight},
    report::{Report, Stage, Step},
};
use self::{walk::walk, wire::Network};
use crate::authorization::{SigningKey, Tokens};

/// Begins a probe of the server at a URL: the one that clients are given.
pub fn probe(url: impl Into<String>) -> Probe {
    Probe {
        url: url.into(),
        expects: Expects::Login,
        page: None,
        right: None,
        other: None,
        wrong: Vec::new(),
    }
}

/// What is to be found out, and with which credentials.
#[derive(Clone)]
#[must_use = "nothing is asked before `check`"]
pub struct Probe {
    url: String,
    expects: Expects,
    page: Option<String>,
    right: Option<String>,
    other: Option<String>,
    wrong: Vec<(Rule, String)>,
}

/// How clients are meant to come by credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    /// They find an authorization server.
    Login,
    /// Somebody gives them theirs.
    ByHand,
    /// They need none.
    Open,
}

impl Probe {
    /// Clients are given their credentials, API keys for example: there is nothing to be discovered.
    pub fn by_hand(self) -> Self {
        Self { expects: Expects::ByHand, ..self }
    }

    /// Everybody may call.
    pub fn open(self) -> Self {
        Self { expects: Expects::Open, ..self }
    }

    /// Pages of this origin, `scheme://host[:port]`, are meant to call.
    pub fn page(self, origin: impl Into<String>) -> Self {
        Self { page: Some(origin.into()), ..self }
    }

    /// With a token that is right.
    pub fn token(self, token: impl Into<String>) -> Self {
        Self { right: Some(token.into()), ..self }
    }

    /// With a right token of somebody else.
    pub fn other_token(self, token: impl Into<String>) -> Self {
        Self { other: Some(token.into()), ..self }
    }

    /// With a token that is right but for its audience.
    pub fn wrong_token(mut self, token: impl Into<String>) -> Self {
        self.wrong.push((Rule::AudienceTaken, token.into()));
        self
    }

    /// With tokens of every sort, signed for the URL: two right ones of two people, with these
    /// scopes, and wrong ones.
    ///
    /// # Panics
    /// When OpenSSL makes no key or no signature.
    pub fn signed_by<S: Into<String> + Clone>(
        mut self,
        tokens: &Tokens,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
        let of = |who: &str| tokens.token(who).scopes(scopes.clone()).audience(&self.url);
        let past = SystemTime::now() - Duration::from_secs(24 * 60 * 60);
        let wrong = [
            (Rule::AudienceTaken, of("probe-1").audience("https://probe.invalid/mcp")),
            (Rule::NoAudienceTaken, of("probe-1").without("aud")),
            (Rule::ExpiredTaken, of("probe-1").expires_at(past)),
            (Rule::ForgedTaken, of("probe-1").key(SigningKey::Impostor)),
        ];
        let wrong: Vec<_> = wrong.into_iter().map(|(rule, token)| (rule, token.sign())).collect();
        let (right, other) = (of("probe-1").sign(), of("probe-2").sign());
        self.wrong.extend(wrong);
        self.token(right).other_token(other)
    }

    /// Takes all steps.
    pub async fn check(&self) -> Report {
        match Network::new() {
            Ok(network) => walk(self, &network).await,
            Err(error) => {
                let seen = exchange::Exchange {
                    ask: exchange::Ask::new("POST", &self.url),
                    answer: Err(error.to_string()),
                };
                let mut report = Report::new(&self.url);
                let found = Finding::new(Rule::Unreachable, &seen, seen.told());
                report.found(Step::Challenge, vec![found]);
                report
            }
        }
    }

    fn secrets(&self) -> impl Iterator<Item = &str> {
        let wrong = self.wrong.iter().map(|(_, token)| token);
        wrong.chain(&self.right).chain(&self.other).map(String::as_str).filter(|it| !it.is_empty())
    }
}

// It holds tokens.
impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
