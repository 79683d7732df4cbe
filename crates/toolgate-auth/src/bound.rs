//! What tokens are bound to, and the proof of it that has to come with each (RFC 9449, section 7): one
//! place for tokens that are signed and for those that are asked about.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use toolgate_core::{
    Answer, Challenge, Credentials, Key, Refusal, Verdict, credentials::Field, protocol::Json,
};

use crate::{
    bearer::{Token, bearer, token},
    claims::Claims,
    dpop::{Expected, Replay, Replays, verify},
    jwt::{Algorithm, judge::refusal, rules::Rule},
};

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The error code of a proof that is no good (RFC 9449, section 7.1).
const BAD_PROOF: &str = "invalid_dpop_proof";

/// What is made of tokens that are bound to a key (RFC 9449).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dpop {
    /// They are refused: nobody asks for proof.
    Off,
    /// They are accepted with proof, beside others.
    Allowed,
    /// No others are.
    Required,
}

/// What a token is bound to: without proof of that, it is worth nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bound {
    /// The thumbprint of a key: `cnf.jkt` (RFC 9449, section 6.1).
    pub(crate) key: Option<Arc<str>>,
}

impl Bound {
    /// What `cnf` says; `None` for a binding that nobody can prove here, or that cannot be read.
    pub(crate) fn of(claims: &Claims) -> Option<Self> {
        let Some(confirmed) = claims.0.get("cnf") else { return Some(Self::default()) };
        // Of two bindings only one could be proven here.
        let confirmed = confirmed.as_object().filter(|confirmed| confirmed.len() == 1)?;
        let thumbprint = confirmed.get("jkt")?.as_str().filter(|it| !it.is_empty())?;
        Some(Self { key: Some(thumbprint.into()) })
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
    /// Proofs that were used; `None` where no token is accepted with proof.
    replays: Option<Replays>,
    /// Whether none is accepted without.
    required: bool,
}

impl Possession {
    pub(crate) fn new(clock: Clock, replays: Option<Replays>, required: bool) -> Self {
        Self { clock, replays, required }
    }

    /// Whether proofs are looked at: each names the public URL.
    pub(crate) fn looks_at_proofs(&self) -> bool {
        self.replays.is_some()
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
        match (scheme, bound.key.as_deref()) {
            (Scheme::Bearer, None) => Ok(Answer::default()),
            (Scheme::Bearer, Some(_)) => Err(refusal(Rule::Bound, &[]).into()),
            (Scheme::Dpop, None) => Err(refusal(Rule::Unbound, &[]).into()),
            (Scheme::Dpop, Some(thumbprint)) => self.proof(thumbprint, caller, token, with),
        }
    }

    fn proof(
        &self,
        thumbprint: &str,
        caller: &Key,
        token: &Token,
        with: &Credentials,
    ) -> Result<Answer, Verdict> {
        let bad = |message: String| Verdict::Refused(Refusal::invalid(message).error(BAD_PROOF));
        let sent = match with.field("dpop") {
            Field::One(sent) => String::from_utf8(sent.into()).unwrap_or_default(),
            Field::Absent => return Err(bad("a proof of the token's key is missing".to_owned())),
            // RFC 9449, section 4.3, step 1.
            _ => return Err(bad("more than one proof is sent".to_owned())),
        };
        let now = (self.clock)();
        let expected = Expected::new(with.method(), with.target(), token.expose(), thumbprint, now);
        let proof = verify(&sent, &expected).map_err(|error| bad(error.to_string()))?;
        let Some(replays) = &self.replays else {
            return Err(refusal(Rule::Bound, &[]).into());
        };
        match replays.first_use(&proof, caller, now) {
            Replay::New => Ok(Answer::default()),
            Replay::Used => Err(bad("the proof was used before".to_owned())),
            Replay::Full => Err(Verdict::Unavailable { retry: Duration::from_secs(1) }),
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
        if why.error_code() == Some(BAD_PROOF) || self.required {
            vec![dpop]
        } else {
            vec![Challenge::bearer(), dpop]
        }
    }

    /// What the metadata document says of it (RFC 9728, section 2).
    pub(crate) fn card(&self) -> Vec<(String, Json)> {
        if !self.looks_at_proofs() {
            return Vec::new();
        }
        let names = Algorithm::ALL.map(Algorithm::name);
        let algorithms = Json::of(&names).map(|names| ("dpop_signing_alg_values_supported", names));
        let required = Json::of(&self.required);
        let required = required.map(|it| ("dpop_bound_access_tokens_required", it));
        let members = [algorithms.ok(), required.ok()].into_iter().flatten();
        members.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
