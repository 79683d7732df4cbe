//! Whether a token is let in: pure, with the keys, the settings and the time given.

mod audience;
mod header;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use toolgate_core::Refusal;

pub(crate) use self::header::header;
use crate::{
    bound::{Bound, Dpop, Mtls},
    claims::Claims,
    jose::{Algorithm, KeySet, Unverified},
    rules::{Fault, Rule, Rules},
};

/// Latest second that a date may name: the end of the year 9999.
const LAST: f64 = 253_402_300_799.0;

pub(crate) const NO_AUDIENCE: &str = "no audience to hold tokens against: the transport names no resource; \
                           set its public URL, or an audience";

/// What tokens are held against.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) issuer: String,
    /// In place of the server's resource identifier; empty for that.
    pub(crate) audiences: Vec<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) leeway: Duration,
    /// The claim and value that count when `aud` is absent.
    pub(crate) without_audience: Option<(String, Vec<String>)>,
    /// Whether a token has to keep to RFC 9068 to the letter.
    pub(crate) rfc9068: bool,
    pub(crate) dpop: Dpop,
    pub(crate) mtls: Mtls,
    /// What else this issuer's access tokens have.
    pub(crate) required: Vec<Required>,
    pub(crate) rules: Rules,
}

impl Settings {
    /// The refusal for a rule that was broken.
    pub(crate) fn refusal(&self, rule: Rule, resource: &str) -> Refusal {
        match (rule, &*self.audiences) {
            (Rule::Issuer, _) => rule.refusal(&[&self.issuer]),
            (Rule::Audience, []) => rule.refusal(&[resource]),
            (Rule::Audience, accepted) => {
                rule.refusal(&accepted.iter().map(String::as_str).collect::<Vec<_>>())
            }
            _ => rule.refusal(&[]),
        }
    }
}

/// A claim that a token has to have, or one of several.
#[derive(Clone, Debug)]
pub(crate) struct Required {
    pub(crate) claims: Vec<String>,
    /// The texts of which it is one; empty for any value.
    pub(crate) values: Vec<String>,
}

impl Required {
    fn holds(&self, claims: &Claims) -> bool {
        self.claims.iter().any(|claim| {
            if self.values.is_empty() {
                return claims.0.get(claim).is_some_and(|value| !value.is_null());
            }
            claims.text(claim).is_some_and(|text| self.values.iter().any(|value| value == text))
        })
    }

    /// Whether it asks for what issuers call access tokens, and for nothing that they call others:
    /// Keycloak in `typ`, Cognito and Hydra in `token_use`.
    fn names_access_tokens(&self) -> bool {
        let [claim] = &*self.claims else { return false };
        let known = |value: &String| match &**claim {
            "typ" => matches!(&**value, "Bearer" | "DPoP"),
            "token_use" => is_access_token(Some(value)),
            _ => false,
        };
        !self.values.is_empty() && self.values.iter().all(known)
    }
}

/// Judges a token that was read: its signature first, then what it says.
pub(crate) fn judge(
    token: &Unverified<'_>,
    keys: &KeySet,
    settings: &Settings,
    resource: &str,
    now: SystemTime,
) -> Result<(), Fault> {
    keys.verify(token, settings.rules)?;
    judge_claims(&token.claims, settings, resource, now)
}

/// Judges what a token says, once it is known that its issuer says so.
pub(crate) fn judge_claims(
    claims: &Claims,
    settings: &Settings,
    resource: &str,
    now: SystemTime,
) -> Result<(), Fault> {
    let case = Case { claims, settings, resource, now: seconds(now) };
    for (rule, holds) in CHECKS {
        settings.rules.require(*rule, holds(&case))?;
    }
    Ok(())
}

/// The end of a token's life, as far as this server grants it: `exp` and the leeway. A call that was
/// let in within the leeway must not be over before it starts.
pub(crate) fn end(claims: &Claims, leeway: Duration) -> Option<SystemTime> {
    let exp = Duration::try_from_secs_f64(date(claims, "exp")?).ok()?;
    UNIX_EPOCH.checked_add(exp)?.checked_add(leeway)
}

struct Case<'a> {
    claims: &'a Claims,
    settings: &'a Settings,
    resource: &'a str,
    now: f64,
}

type Check = (Rule, fn(&Case<'_>) -> bool);

/// What the claims have to say, in the order of asking. The two kinds of wrong token come first:
/// that they are the wrong kind tells more than what follows from it.
const CHECKS: &[Check] = &[
    (Rule::IdToken, |case| !is_id_token(case)),
    (Rule::RefreshToken, |case| !is_refresh_token(case.claims)),
    (Rule::Issuer, |case| case.claims.text("iss") == Some(&case.settings.issuer)),
    (Rule::Audience, is_for_us),
    (Rule::Expiry, |case| {
        date(case.claims, "exp").is_some_and(|exp| case.now < exp + case.leeway())
    }),
    (Rule::NotBefore, |case| case.has_begun("nbf")),
    (Rule::IssuedAt, |case| case.has_begun("iat")),
    (Rule::Subject, |case| case.claims.text("sub").is_some_and(|subject| !subject.is_empty())),
    (Rule::Profile, |case| {
        !case.settings.rfc9068 || PROFILE.iter().all(|name| case.claims.has(name))
    }),
    (Rule::Required, |case| case.settings.required.iter().all(|claim| claim.holds(case.claims))),
    (Rule::Bound, |case| {
        Bound::of(case.claims).is_some_and(|bound| {
            (bound.key.is_none() || case.settings.dpop != Dpop::Off)
                && (bound.certificate.is_none() || case.settings.mtls != Mtls::Off)
        })
    }),
    (Rule::Unbound, |case| {
        case.settings.dpop != Dpop::Required || case.is_bound(|bound| bound.key.is_some())
    }),
    (Rule::Uncertified, |case| {
        let required = case.settings.mtls == Mtls::Required;
        !required || case.is_bound(|bound| bound.certificate.is_some())
    }),
];

/// What RFC 9068, section 2.2, requires beyond what is required of every token.
const PROFILE: [&str; 3] = ["client_id", "iat", "jti"];

impl Case<'_> {
    fn leeway(&self) -> f64 {
        self.settings.leeway.as_secs_f64()
    }

    /// Whether this issuer's access tokens have a name of their own, as was said, and this token has it.
    /// Such an issuer may put `nonce` into any token, as Keycloak did before version 25.
    fn is_named_an_access_token(&self) -> bool {
        let mut required = self.settings.required.iter();
        required.any(|required| required.names_access_tokens() && required.holds(self.claims))
    }

    fn is_bound(&self, by: impl FnOnce(&Bound) -> bool) -> bool {
        Bound::of(self.claims).as_ref().is_some_and(by)
    }

    /// Whether the date is absent, or readable and not in the future.
    fn has_begun(&self, name: &str) -> bool {
        !self.claims.has(name)
            || date(self.claims, name).is_some_and(|date| date <= self.now + self.leeway())
    }
}

/// Whether the token names this server, or keeps the claim that was accepted in place of that.
fn is_for_us(case: &Case<'_>) -> bool {
    if !case.claims.has("aud") {
        return case.settings.without_audience.as_ref().is_some_and(|(name, values)| {
            let texts = case.claims.texts(name).unwrap_or_default();
            texts.into_iter().any(|text| values.iter().any(|value| value == text))
        });
    }
    let Some(named) = case.claims.texts("aud") else { return false };
    let ours = |audience: &str| match &*case.settings.audiences {
        [] => !case.resource.is_empty() && audience::same(audience, case.resource),
        accepted => accepted.iter().any(|accepted| audience::same(audience, accepted)),
    };
    named.into_iter().any(ours)
}

/// Tell-tales of an ID token: its audience is the client, which a careless check takes for a match
/// (OpenID Connect Core, sections 2 and 3.1.3.6; `typ` is Keycloak's, `token_use` Cognito's).
fn is_id_token(case: &Case<'_>) -> bool {
    let claims = case.claims;
    claims.text("typ").is_some_and(|typ| typ.eq_ignore_ascii_case("ID"))
        || ["at_hash", "c_hash"].iter().any(|name| claims.has(name))
        || claims.has("nonce") && !case.is_named_an_access_token()
        || claims.has("token_use") && !is_access_token(claims.text("token_use"))
}

/// What Cognito calls an access token, and Hydra.
fn is_access_token(used: Option<&str>) -> bool {
    matches!(used, Some("access" | "access_token"))
}

/// Keycloak's refresh tokens are signed like its access tokens.
fn is_refresh_token(claims: &Claims) -> bool {
    let kinds = ["Refresh", "Offline"];
    claims.text("typ").is_some_and(|typ| kinds.iter().any(|kind| typ.eq_ignore_ascii_case(kind)))
}

/// A date (RFC 7519, section 2: seconds, fractions allowed) within reason.
fn date(claims: &Claims, name: &str) -> Option<f64> {
    claims.number(name).filter(|date| (0.0..=LAST).contains(date))
}

fn seconds(time: SystemTime) -> f64 {
    // A clock before 1970 is broken. Nothing compares with NaN, so no token is let in.
    time.duration_since(UNIX_EPOCH).map_or(f64::NAN, |since| since.as_secs_f64())
}
