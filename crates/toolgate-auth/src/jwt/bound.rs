//! Tokens that are bound to a key, and the proof that has to come with each (RFC 9449, section 7).

use std::time::Duration;

use toolgate_core::{
    Challenge, Credentials, Key, Refusal, Verdict, credentials::Field, protocol::Json,
};

use super::{
    Good, Shared,
    algorithm::Algorithm,
    judge::{Dpop, refusal},
    rules::Rule,
};
use crate::{
    bearer::{Token, bearer, token},
    dpop::{Expected, Replay, verify},
};

/// The error code of a proof that is no good (RFC 9449, section 7.1).
const BAD_PROOF: &str = "invalid_dpop_proof";

/// How a token was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Bearer,
    Dpop,
}

/// The token of a request, and how it was sent; under the scheme `DPoP` where that is looked for.
pub(super) fn sent(with: &Credentials, dpop: bool) -> Result<(Token, Scheme), Verdict> {
    match bearer(with) {
        Err(Verdict::NotMine) if dpop => Ok((token(with, "dpop")?, Scheme::Dpop)),
        sent => Ok((sent?, Scheme::Bearer)),
    }
}

impl Shared {
    /// Whether whoever sent a good token holds the key that it is bound to. On every request: what is
    /// remembered of a token says nothing of who sends it.
    pub(super) fn proven(
        &self,
        scheme: Scheme,
        good: &Good,
        token: &Token,
        with: &Credentials,
    ) -> Result<(), Verdict> {
        match (scheme, good.bound_to.as_deref()) {
            (Scheme::Bearer, None) => Ok(()),
            (Scheme::Bearer, Some(_)) => Err(refusal(Rule::Bound, &[]).into()),
            (Scheme::Dpop, None) => Err(refusal(Rule::Unbound, &[]).into()),
            (Scheme::Dpop, Some(thumbprint)) => {
                self.proof(thumbprint, &good.identity.key, token, with)
            }
        }
    }

    fn proof(
        &self,
        thumbprint: &str,
        caller: &Key,
        token: &Token,
        with: &Credentials,
    ) -> Result<(), Verdict> {
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
            Replay::New => Ok(()),
            Replay::Used => Err(bad("the proof was used before".to_owned())),
            Replay::Full => Err(Verdict::Unavailable { retry: Duration::from_secs(1) }),
        }
    }

    /// Which schemes are asked for. A bad proof is not mended by another login, so it asks for a proof
    /// alone.
    pub(super) fn bound_challenges(&self, why: &Refusal) -> Vec<Challenge> {
        if self.replays.is_none() {
            return vec![Challenge::bearer()];
        }
        let names = Algorithm::ALL.map(Algorithm::name).join(" ");
        let dpop = Challenge::new("DPoP").param("algs", names);
        if why.error_code() == Some(BAD_PROOF) || self.all_bound() {
            vec![dpop]
        } else {
            vec![Challenge::bearer(), dpop]
        }
    }

    /// What the metadata document says of it (RFC 9728, section 2).
    pub(super) fn bound_card(&self) -> Vec<(String, Json)> {
        if self.replays.is_none() {
            return Vec::new();
        }
        let names = Algorithm::ALL.map(Algorithm::name);
        let algorithms = Json::of(&names).map(|names| ("dpop_signing_alg_values_supported", names));
        let required = Json::of(&self.all_bound());
        let required = required.map(|it| ("dpop_bound_access_tokens_required", it));
        let members = [algorithms.ok(), required.ok()].into_iter().flatten();
        members.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Whether no issuer's token is accepted without proof.
    fn all_bound(&self) -> bool {
        self.issuers.iter().all(|issuer| issuer.settings.dpop == Dpop::Required)
    }
}
