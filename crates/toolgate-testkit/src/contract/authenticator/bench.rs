//! Asks an authenticator once, and checks what holds whatever was sent.

use std::{
    collections::HashSet,
    error::Error,
    fmt::Debug,
    future::ready,
    iter::successors,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use futures::{FutureExt, future::join_all};
use toolgate_core::{
    Answer, Authenticate, Challenge, Credentials, Identity, Key, Refusal, Verdict,
};

use super::{
    super::{Findings, within},
    Sample,
    rules::{ANSWERED, FAILURES, FITS, PANICS, SENDABLE, SHOWS},
};

/// A shorter credential may stand in any text by chance.
const SHORTEST: usize = 8;

/// Where an authenticator is asked, and what was found.
pub(super) struct Bench<'a> {
    authenticator: &'a dyn Authenticate,
    resource: &'a str,
    /// Credentials that no finding may show, though authenticators may.
    secrets: Vec<String>,
    pub(super) findings: Findings,
}

impl<'a> Bench<'a> {
    pub(super) fn new(authenticator: &'a dyn Authenticate, resource: &'a str) -> Self {
        Self { authenticator, resource, secrets: Vec::new(), findings: Findings::default() }
    }

    /// Whether the kit can do anything with these samples.
    pub(super) fn fits(&mut self, known: &[(Sample, Key)], refused: &[(String, Sample)]) -> bool {
        let samples = known.iter().map(|(sample, _)| sample);
        let samples = samples.chain(refused.iter().map(|(_, sample)| sample));
        self.secrets = samples.map(|sample| sample.secret().to_owned()).collect();
        if known.is_empty() {
            self.add(FITS, "no valid credentials were given");
        }
        let named = known.iter().map(|(sample, key)| (sample, owner(key)));
        let named = named.chain(refused.iter().map(|(name, sample)| (sample, name.clone())));
        for (sample, name) in named.filter(|(sample, _)| sample.secret().len() < SHORTEST) {
            let length = sample.secret().len();
            let found = format!("{name}: {length} bytes are too few, take {SHORTEST} or more");
            self.add(FITS, found);
        }
        let mut secrets = HashSet::new();
        for (_, key) in known.iter().filter(|(sample, _)| !secrets.insert(sample.secret())) {
            self.add(FITS, format!("{}: the same credential twice", owner(key)));
        }
        self.findings.0.is_empty()
    }

    pub(super) fn add(&mut self, rule: &'static str, found: impl Into<String>) {
        let found = self
            .secrets
            .iter()
            .filter(|secret| secret.len() >= SHORTEST)
            .fold(found.into(), |found, secret| found.replace(secret, "[the credential]"));
        self.findings.add(rule, found);
    }

    /// The request of a sample as it is.
    pub(super) fn request(&self, sample: &Sample) -> Credentials {
        self.request_of(sample, &[sample.value()])
    }

    /// The request of a sample with other values in its field.
    pub(super) fn request_of(&self, sample: &Sample, values: &[Vec<u8>]) -> Credentials {
        sample.sent(values, self.resource, self.resource)
    }

    /// The same, with the credential in the query.
    pub(super) fn request_by_query(&self, sample: &Sample, values: &[Vec<u8>]) -> Credentials {
        let target = format!("{}?access_token={}", self.resource, sample.secret());
        sample.sent(values, &target, self.resource)
    }

    /// Asks for a verdict. None where there was none.
    pub(super) async fn ask(&mut self, what: &str, with: &Credentials, secret: &str) -> Asked {
        // Making the future runs the authenticator's code too, so that happens inside as well.
        let judged = ready(()).then(|()| self.authenticator.authenticate(with));
        let verdict = within(what, AssertUnwindSafe(judged).catch_unwind()).await;
        self.look(what, verdict, secret)
    }

    /// Asks for many verdicts, all of them at the same time.
    pub(super) async fn ask_all(&mut self, requests: Vec<(String, Credentials)>) -> Vec<Asked> {
        let authenticator = self.authenticator;
        let all = requests.iter().map(|(_, with)| {
            AssertUnwindSafe(ready(()).then(move |()| authenticator.authenticate(with)))
                .catch_unwind()
        });
        let all = within("callers at the same time", join_all(all)).await;
        match all {
            Ok(all) => {
                let all = requests.iter().zip(all);
                all.map(|((what, _), verdict)| self.look(what, Ok(verdict), "")).collect()
            }
            Err(found) => {
                self.add(ANSWERED, found);
                Vec::new()
            }
        }
    }

    /// What holds of every answer.
    fn look<P>(
        &mut self,
        what: &str,
        verdict: Result<Result<Verdict, P>, String>,
        secret: &str,
    ) -> Asked {
        let verdict = match verdict {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(_)) => {
                self.add(PANICS, what);
                return Asked::Nothing;
            }
            Err(found) => {
                self.add(ANSWERED, found);
                return Asked::Nothing;
            }
        };
        self.hides(what, "the verdict", &verdict, secret);
        match verdict {
            Verdict::Known(identity, answer) => {
                self.can_be_sent(what, &answer);
                Asked::Known(identity)
            }
            Verdict::Refused(refusal) => {
                self.can_be_sent(what, refusal.answered());
                self.challenges(what, &refusal, secret);
                Asked::Refused(refusal)
            }
            Verdict::Failed(error) => {
                self.add(FAILURES, what);
                self.hides(what, "the error", &told(&*error), secret);
                Asked::Nothing
            }
            Verdict::Forbidden(refusal) => {
                self.can_be_sent(what, refusal.answered());
                Asked::Forbidden
            }
            Verdict::NotMine => Asked::NotMine,
            Verdict::Unavailable { .. } => Asked::PutOff,
            // Whatever a later version adds lets nobody in.
            _ => Asked::Nothing,
        }
    }

    /// How a refusal of the authenticator's asks for credentials.
    pub(super) fn challenges(&mut self, what: &str, refusal: &Refusal, secret: &str) {
        let asked = || self.authenticator.challenges(refusal);
        let Ok(challenges) = catch_unwind(AssertUnwindSafe(asked)) else {
            self.add(PANICS, format!("{what}: when asked for its challenges"));
            return;
        };
        self.hides(what, "a challenge", &challenges, secret);
        if challenges.is_empty() {
            self.add(SENDABLE, format!("{what}: no challenge"));
        }
        for challenge in challenges.iter().filter(|challenge| !is_challenge(challenge)) {
            let found = format!("{what}: no challenge of RFC 9110: {:?}", challenge.scheme);
            self.add(SENDABLE, found);
        }
    }

    fn can_be_sent(&mut self, what: &str, answer: &Answer) {
        let clean = |value: &str| value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        let fields = answer.fields.iter().filter(|(name, value)| !(is_token(name) && clean(value)));
        for (name, _) in fields {
            self.add(SENDABLE, format!("{what}: no response field: {name:?}"));
        }
    }

    fn hides(&mut self, what: &str, place: &str, told: &dyn Debug, secret: &str) {
        // The second half too: in front may stand what is no secret, such as the name of a key.
        let half = secret.char_indices().nth(secret.chars().count() / 2).map_or(0, |(at, _)| at);
        let half = secret.get(half..).filter(|half| half.len() >= SHORTEST).unwrap_or(secret);
        if !secret.is_empty() && format!("{told:?}").contains(half) {
            self.add(SHOWS, format!("{what}: in {place}"));
        }
    }

    pub(super) fn authenticator(&self) -> &'a dyn Authenticate {
        self.authenticator
    }
}

/// What came of asking.
#[derive(Debug)]
pub(super) enum Asked {
    Known(Arc<Identity>),
    Refused(Refusal),
    NotMine,
    Forbidden,
    PutOff,
    /// No verdict, or a failure; told already.
    Nothing,
}

/// A key for people to read.
pub(super) fn owner(key: &Key) -> String {
    match &key.client {
        Some(client) => format!("`{}`/`{}` through `{client}`", key.issuer, key.subject),
        None => format!("`{}`/`{}`", key.issuer, key.subject),
    }
}

/// All that a log may tell of an error.
fn told(error: &(dyn Error + 'static)) -> Vec<String> {
    let chain = successors(Some(error), |error: &&(dyn Error + 'static)| Error::source(*error));
    chain.map(|error| format!("{error} {error:?}")).collect()
}

fn is_challenge(challenge: &Challenge) -> bool {
    is_token(&challenge.scheme) && challenge.params.iter().all(|(name, _)| is_token(name))
}

/// `token` of RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let sign = |byte: u8| b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || sign(byte))
}
