//! Proofs that a caller holds the key that its token is bound to (DPoP, RFC 9449).
//!
//! Whether a proof is right is a pure function, [`verify`]: of the proof, of what it has to be for, and
//! of the time. Whether it was used before is not, and [`Replays`] knows.

mod nonces;
mod replays;
mod rules;
mod store;
mod target;
#[cfg(test)]
pub(crate) mod tests;
mod thumbprint;

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use self::rules::{Broken, Fault, Off};
pub use self::{
    nonces::Nonces,
    replays::{Replay, Replays},
    store::{ProofStore, ProofUse},
};
use crate::{
    jose::{Algorithm, Key, Split, split},
    memory::{Hash, hash},
    rules::Rules,
};

/// How far ahead of now `iat` may be, in seconds: as far as clocks may be apart. A proof that is made
/// for later is one that somebody else may use then, and it fills the memory for longer (RFC 9449,
/// section 11.1).
const AHEAD: f64 = 30.0;
/// How old a proof may be, in seconds: it is made for its request, so this is for clocks, slow networks
/// and what waits in a queue.
const BEHIND: f64 = 120.0;
/// Longest `jti` that is looked at, in bytes.
const MAX_ID: usize = 256;

/// What a proof has to be for. `Debug` does not show the token.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Expected<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's target under the public URL. What follows `?` does not count.
    pub target: &'a str,
    /// The token that came with the proof.
    pub token: &'a str,
    /// The thumbprint of the key that the token is bound to: its `cnf.jkt`.
    pub thumbprint: &'a str,
    /// Now.
    pub now: SystemTime,
    /// Whose nonces a proof has to have one of; `None` where none is asked for.
    ///
    /// Then the nonce says how old the proof is, and `iat` need not be about now (RFC 9449, section
    /// 4.3, step 11): clients whose clocks are wrong are served.
    pub nonces: Option<&'a Nonces>,
}

impl<'a> Expected<'a> {
    /// What a proof has to be for.
    pub fn new(
        method: &'a str,
        target: &'a str,
        token: &'a str,
        thumbprint: &'a str,
        now: SystemTime,
    ) -> Self {
        Self { method, target, token, thumbprint, now, nonces: None }
    }
}

impl fmt::Debug for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expected")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("thumbprint", &self.thumbprint)
            .field("now", &self.now)
            .field("nonces", &self.nonces)
            .finish_non_exhaustive()
    }
}

/// A proof that is right. Ask [`Replays`] whether it is new.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Proof {
    /// What the server gave to the caller to put in (`nonce`), where the proof has it. It is for whoever
    /// gives out such to tell whether it is one of its own.
    pub nonce: Option<String>,
    /// When that was made, where it is one that was asked for.
    nonce_made: Option<SystemTime>,
    /// Which of its key's.
    id: Hash,
    /// When it is of no use any more.
    until: SystemTime,
}

impl Proof {
    /// What a store of used proofs is told, where its token is `caller`'s; through which client and by
    /// which key makes no difference.
    pub fn used_by(&self, caller: &toolgate_core::Key, now: SystemTime) -> ProofUse {
        let caller = hash(&[caller.issuer.as_bytes(), caller.subject.as_bytes()]);
        ProofUse { id: self.id, caller, until: self.until, now }
    }

    /// Whether it is time for another nonce.
    pub(crate) fn nonce_ages(&self, now: SystemTime) -> bool {
        let ages = self.nonce_made.and_then(|made| made.checked_add(nonces::AGES));
        ages.is_some_and(|ages| ages <= now)
    }
}

/// Why a proof is refused: a rule that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadProof(Fault);

impl BadProof {
    /// Whether it lacks a nonce of this server's, and nothing that was looked at before.
    pub fn lacks_nonce(&self) -> bool {
        self.0.0 == Broken::Fresh
    }
}

impl fmt::Display for BadProof {
    /// For the peer: nothing of the proof is repeated.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.message())
    }
}

impl std::error::Error for BadProof {}

/// Whether `proof` is one for this request and this token, by the key that the token is bound to (RFC
/// 9449, section 4.3).
///
/// ```
/// use std::time::SystemTime;
///
/// use toolgate_auth::dpop::{Expected, verify};
///
/// let target = "https://mcp.example/mcp";
/// let expected = Expected::new("POST", target, "a.b.c", "0ZcOCORZNYy", SystemTime::now());
/// assert!(verify("rubbish", &expected).is_err());
/// ```
///
/// # Errors
/// The first rule that it breaks.
pub fn verify(proof: &str, expected: &Expected<'_>) -> Result<Proof, BadProof> {
    judge(proof, expected, Off::NONE).map_err(BadProof)
}

/// The same, with a rule left out where a test says so.
fn judge(proof: &str, expected: &Expected<'_>, off: Off) -> Result<Proof, Fault> {
    let split = split(proof, Rules::default()).map_err(|_| Fault(Broken::Form))?;
    let (algorithm, jwk) = named(&split, off)?;
    // What costs nothing comes first: the sender chooses the key, and how dear its signatures are.
    let empty = Map::new();
    let key = thumbprint::of(jwk.as_object().unwrap_or(&empty)).ok_or(Fault(Broken::Key))?;
    off.require(Broken::Thumbprint, key == expected.thumbprint)?;
    let claims = &split.claims.0;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    off.require(Broken::Method, text("htm") == Some(expected.method))?;
    let target = text("htu").is_some_and(|htu| target::same(htu, expected.target));
    off.require(Broken::Target, target)?;
    let digest = ring::digest::digest(&ring::digest::SHA256, expected.token.as_bytes());
    let of_token = text("ath") == Some(&URL_SAFE_NO_PAD.encode(digest));
    off.require(Broken::Token, of_token)?;
    let id = text("jti").filter(|id| (1..=MAX_ID).contains(&id.len()));
    off.require(Broken::Id, id.is_some())?;
    // Last of what costs nothing: another nonce mends nothing else.
    off.require(Broken::Nonce, claims.get("nonce").is_none_or(Value::is_string))?;
    let nonce_made = match expected.nonces {
        Some(nonces) => {
            let made = text("nonce").and_then(|nonce| nonces.made(nonce, expected.now));
            off.require(Broken::Fresh, made.is_some())?;
            made
        }
        None => None,
    };
    let until = until(claims, nonce_made, expected.now, off)?;
    let signed = is_signed(&split, algorithm, jwk)?;
    off.require(Broken::Signature, signed)?;
    Ok(Proof {
        nonce: text("nonce").map(str::to_owned),
        nonce_made,
        id: hash(&[key.as_bytes(), id.unwrap_or_default().as_bytes()]),
        until,
    })
}

/// When a proof is of no use any more: by its nonce, or else by `iat`.
fn until(
    claims: &Map<String, Value>,
    nonce_made: Option<SystemTime>,
    now: SystemTime,
    off: Off,
) -> Result<SystemTime, Fault> {
    let issued = claims.get("iat").and_then(Value::as_f64);
    if let Some(made) = nonce_made {
        off.require(Broken::Issued, issued.is_some())?;
        return Ok(made.checked_add(nonces::LIFE).unwrap_or(now));
    }
    let issued = issued.unwrap_or(f64::NAN);
    // Nothing compares with NaN: a clock before 1970 lets no proof in.
    let at = now.duration_since(UNIX_EPOCH).map_or(f64::NAN, |it| it.as_secs_f64());
    off.require(Broken::Issued, (-AHEAD..=BEHIND).contains(&(at - issued)))?;
    let lasts = Duration::try_from_secs_f64(issued + BEHIND + 1.0).unwrap_or_default();
    Ok(UNIX_EPOCH.checked_add(lasts).unwrap_or(now))
}

/// The algorithm that a proof names, and the key that it brings.
fn named<'a>(split: &'a Split<'_>, off: Off) -> Result<(Algorithm, &'a Value), Fault> {
    let header = &split.header;
    let typ = header.get("typ").and_then(Value::as_str);
    off.require(Broken::Type, typ.is_some_and(|typ| typ.eq_ignore_ascii_case("dpop+jwt")))?;
    off.require(Broken::Critical, !header.contains_key("crit"))?;
    // `none` and `HS*` end here: they have no `Algorithm`.
    let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
    let algorithm = algorithm.ok_or(Fault(Broken::Algorithm))?;
    let jwk = header.get("jwk").filter(|jwk| jwk.is_object()).ok_or(Fault(Broken::Key))?;
    Ok((algorithm, jwk))
}

/// Whether a proof is signed with the key that it brings. A private key, or a symmetric one, is not
/// read, nor one that takes too long.
fn is_signed(split: &Split<'_>, algorithm: Algorithm, jwk: &Value) -> Result<bool, Fault> {
    let key = Key::sent(jwk, algorithm).map_err(|_| Fault(Broken::Key))?;
    let verifier = key.verifier(algorithm, Rules::default()).ok_or(Fault(Broken::Key))?;
    Ok(verifier.verify(split.signed, &split.signature).is_ok())
}
