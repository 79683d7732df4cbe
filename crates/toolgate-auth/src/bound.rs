//! What tokens are bound to, and the proof of it that has to come with each (RFC 9449, section 7;
//! RFC 8705, section 3): one place for tokens that are signed and for those that are asked about.

pub(crate) mod certificate;
mod settings;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use toolgate_core::{
    Answer, Certificates, Challenge, Credentials, Identity, Key, Refusal, Verdict,
    credentials::Field, protocol::Json,
};

pub(crate) use self::{
    certificate::Mtls,
    settings::{Asked, contradictions},
};
use crate::{
    bearer::{Token, bearer, token},
    claims::Claims,
    dpop::{Expected, Nonces, Proof, ProofStore, Replay, Replays, verify},
    jose::Algorithm,
    rules::{Fault, Rule, Rules},
};

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The error code of a proof that is no good (RFC 9449, section 7.1).
const BAD_PROOF: &str = "invalid_dpop_proof";
/// The error code where a proof lacks a nonce of this server's (RFC 9449, section 9).
const USE_NONCE: &str = "use_dpop_nonce";
/// The field that brings one.
const NONCE: &str = "DPoP-Nonce";
/// When to ask again, where nobody can tell whether a proof is new.
const RETRY: Duration = Duration::from_secs(1);
/// How long a store that is shared may take to say so.
const STORE: Duration = Duration::from_secs(2);
/// How far apart the clocks of servers may be that share one: so much longer it remembers.
const APART: Duration = Duration::from_secs(30);

/// What is made of tokens that are bound to a key (RFC 9449).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dpop {
    /// They are refused: nobody asks for proof.
    #[default]
    Off,
    /// They are accepted with proof, beside others.
    Allowed,
    /// No others are.
    Required,
}

/// What a good token is worth.
#[derive(Clone, Debug)]
pub(crate) struct Good {
    pub(crate) identity: Arc<Identity>,
    pub(crate) bound: Bound,
}

/// What a token is bound to: without proof of that, it is worth nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bound {
    /// The thumbprint of a key: `cnf.jkt` (RFC 9449, section 6.1).
    pub(crate) key: Option<Arc<str>>,
    /// The thumbprint of a certificate: `cnf.x5t#S256` (RFC 8705, section 3.1).
    pub(crate) certificate: Option<Arc<str>>,
}

impl Bound {
    /// What `cnf` says; `None` for a binding that nobody can prove here, or that cannot be read.
    pub(crate) fn of(claims: &Claims) -> Option<Self> {
        let Some(confirmed) = claims.0.get("cnf") else { return Some(Self::default()) };
        let confirmed = confirmed.as_object().filter(|confirmed| !confirmed.is_empty())?;
        let mut bound = Self::default();
        // Each has to be proven.
        for (name, thumbprint) in confirmed {
            let thumbprint = thumbprint.as_str().filter(|it| !it.is_empty())?;
            match &**name {
                "jkt" => bound.key = Some(thumbprint.into()),
                "x5t#S256" => bound.certificate = Some(thumbprint.into()),
                _ => return None,
            }
        }
        Some(bound)
    }

    /// The same of claims that were judged. What cannot be read was refused then, and is here once more:
    /// it is never bound to nothing.
    pub(crate) fn judged(claims: &Claims, rules: Rules) -> Result<Self, Fault> {
        match Self::of(claims) {
            Some(bound) => Ok(bound),
            None => rules.require(Rule::Bound, false).map(|()| Self::default()),
        }
    }
}

/// How a token was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Bearer,
    Dpop,
}

/// What is asked for as proof, and whether it came.
pub(crate) struct Possession {
    clock: Clock,
    /// `None` where no token is accepted with proof.
    proofs: Option<Proofs>,
    /// Whether none is accepted without.
    required: bool,
    /// Whether any is accepted with a certificate, and whether any is without.
    certificates: Certificates,
}

/// What is known of proofs.
struct Proofs {
    used: Used,
    nonces: Option<Nonces>,
}

/// Who remembers those that were used.
enum Used {
    Here(Replays),
    Shared(Arc<dyn ProofStore>),
}

impl Possession {
    /// Whether proofs are looked at: each names the public URL.
    pub(crate) fn looks_at_proofs(&self) -> bool {
        self.proofs.is_some()
    }

    /// The token of a request, and how it was sent; under the scheme `DPoP` where that is looked for.
    pub(crate) fn sent(&self, with: &Credentials) -> Result<(Token, Scheme), Verdict> {
        match bearer(with) {
            Err(Verdict::NotMine) if self.looks_at_proofs() => {
                Ok((token(with, "dpop")?, Scheme::Dpop))
            }
            sent => Ok((sent?, Scheme::Bearer)),
        }
    }

    /// Whether whoever sent a good token holds what it is bound to, and what to tell him. On every
    /// request: what is remembered of a token says nothing of who sends it.
    pub(crate) async fn proven(
        &self,
        scheme: Scheme,
        bound: &Bound,
        caller: &Key,
        token: &Token,
        with: &Credentials,
    ) -> Result<Answer, Verdict> {
        if let Some(thumbprint) = &bound.certificate {
            let judged = certificate::judge(thumbprint, with.certificate(), Rules::default());
            judged.map_err(|fault| fault.rule().refusal(&[]))?;
        }
        match (scheme, bound.key.as_deref(), &self.proofs) {
            (Scheme::Bearer, None, _) => Ok(Answer::default()),
            (Scheme::Bearer, Some(_), _) | (Scheme::Dpop, Some(_), None) => {
                Err(Rule::Bound.refusal(&[]).into())
            }
            (Scheme::Dpop, None, _) => Err(Rule::Unbound.refusal(&[]).into()),
            (Scheme::Dpop, Some(thumbprint), Some(proofs)) => {
                let now = (self.clock)();
                let proof = proofs.sent(thumbprint, token, with, now)?;
                proofs.first_use(&proof, caller, now).await?;
                Ok(proofs.answer(&proof, now))
            }
        }
    }

    /// Which schemes are asked for. A bad proof is not mended by another login, so it asks for a proof
    /// alone.
    pub(crate) fn challenges(&self, why: &Refusal) -> Vec<Challenge> {
        if !self.looks_at_proofs() {
            return vec![Challenge::bearer()];
        }
        let names = Algorithm::ALL.map(Algorithm::name).join(" ");
        let dpop = Challenge::new("DPoP").param("algs", names);
        if matches!(why.error_code(), Some(BAD_PROOF | USE_NONCE)) || self.required {
            vec![dpop]
        } else {
            vec![Challenge::bearer(), dpop]
        }
    }

    /// Who has to show a certificate.
    pub(crate) fn certificates(&self) -> Certificates {
        self.certificates
    }

    /// What the metadata document says of it (RFC 9728, section 2).
    pub(crate) fn card(&self) -> Vec<(String, Json)> {
        let mut members = Vec::new();
        let mut say = |name: &str, value: Result<Json, _>| {
            members.extend(value.ok().map(|value| (name.to_owned(), value)))
        };
        let names = Algorithm::ALL.map(Algorithm::name);
        if self.looks_at_proofs() {
            say("dpop_signing_alg_values_supported", Json::of(&names));
            say("dpop_bound_access_tokens_required", Json::of(&self.required));
        }
        if self.certificates() != Certificates::Nobody {
            say("tls_client_certificate_bound_access_tokens", Json::of(&true));
        }
        members
    }
}

impl Proofs {
    /// The proof of a request, when it is right.
    fn sent(
        &self,
        thumbprint: &str,
        token: &Token,
        with: &Credentials,
        now: SystemTime,
    ) -> Result<Proof, Verdict> {
        let sent = match with.field("dpop") {
            Field::One(sent) => String::from_utf8(sent.into()).unwrap_or_default(),
            Field::Absent => return Err(bad("a proof of the token's key is missing".to_owned())),
            // RFC 9449, section 4.3, step 1.
            _ => return Err(bad("more than one proof is sent".to_owned())),
        };
        let mut expected =
            Expected::new(with.method(), with.target(), token.expose(), thumbprint, now);
        expected.nonces = self.nonces.as_ref();
        verify(&sent, &expected).map_err(|error| match &self.nonces {
            Some(nonces) if error.lacks_nonce() => {
                let answer = Answer::default().field(NONCE, nonces.make(now));
                Refusal::invalid(error.to_string()).error(USE_NONCE).answer(answer).into()
            }
            _ => bad(error.to_string()),
        })
    }

    async fn first_use(&self, proof: &Proof, caller: &Key, now: SystemTime) -> Result<(), Verdict> {
        let seen = match &self.used {
            Used::Here(replays) => replays.first_use(proof, caller, now),
            Used::Shared(store) => {
                let mut used = proof.used_by(caller, now);
                used.until = used.until.checked_add(APART).unwrap_or(used.until);
                let seen = tokio::time::timeout(STORE, store.use_once(&used)).await;
                seen.unwrap_or(Replay::Unknown)
            }
        };
        match seen {
            Replay::New => Ok(()),
            Replay::Used => Err(bad("the proof was used before".to_owned())),
            Replay::Full | Replay::Unknown => {
                tracing::warn!(why = self.untold(seen), "nobody can tell whether a proof is new");
                Err(Verdict::Unavailable { retry: RETRY })
            }
        }
    }

    /// Why nobody can tell, and what helps.
    fn untold(&self, seen: Replay) -> &'static str {
        match (&self.used, seen) {
            (Used::Here(_), _) => {
                "no room to remember it: `dpop_memory` has to be 180 times the requests of a second, of one \
                 caller and of all"
            }
            (Used::Shared(_), Replay::Full) => "the store of used proofs is full",
            (Used::Shared(_), _) => "the store of used proofs does not say",
        }
    }

    /// The next nonce, once that of a proof grows old (RFC 9449, section 8.2).
    fn answer(&self, proof: &Proof, now: SystemTime) -> Answer {
        match &self.nonces {
            Some(nonces) if proof.nonce_ages(now) => {
                Answer::default().field(NONCE, nonces.make(now))
            }
            _ => Answer::default(),
        }
    }
}

fn bad(message: String) -> Verdict {
    Refusal::invalid(message).error(BAD_PROOF).into()
}
