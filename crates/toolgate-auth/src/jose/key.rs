//! One published key (RFC 7517): what it is, what it may verify, or why it is of no use here.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jose_jwk::{EcCurves, Key as Material, OkpCurves};
use josekit::{
    JoseError,
    jwk::Jwk,
    jws::{self, JwsVerifier},
};
use serde_json::Value;

use super::algorithm::Algorithm;
use crate::rules::{Rule, Rules};

/// Fewest and most bits of an RSA modulus: RFC 7518 section 3.3, and what OpenSSL will verify.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=16384;

/// Longest `n` of a key that its sender chose: 4096 bits in base64url. Verifying costs more than twice as
/// much with each doubling, and whoever sends a key chooses how often.
const MAX_SENT_MODULUS: usize = 683;

/// Members that a public key has not (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
const SECRETS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What an RSA key can verify.
const RSA: [Algorithm; 6] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];

/// A key that verifies signatures. The verifiers are built once, when the key is read.
#[derive(Debug)]
pub(crate) struct Key {
    pub(super) id: Option<String>,
    /// The algorithm that it was published for, where it says so.
    declared: Option<Algorithm>,
    /// The algorithms that fit the key's own type. The token only chooses among them.
    verifiers: Vec<(Algorithm, Box<dyn JwsVerifier>)>,
}

/// Why a key is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Skip {
    /// Not for signatures.
    Use,
    /// For an algorithm that is not known or not for signatures.
    Algorithm,
    /// Of a type or curve that is not known.
    Kind,
    /// Too few bits, or too many.
    Strength,
    /// Symmetric, or published with its private half: anybody could sign with it.
    Secret,
    /// Not what its type says.
    Malformed,
    /// Beyond the number of keys that are read.
    TooMany,
}

impl Key {
    /// Reads one member of a set's `keys`.
    pub(crate) fn read(jwk: &Value, rules: Rules) -> Result<Self, Skip> {
        Self::of(jwk, rules, |_| true)
    }

    /// Reads a key that came with what it signed by `algorithm`, for that alone.
    pub(crate) fn sent(jwk: &Value, algorithm: Algorithm) -> Result<Self, Skip> {
        let modulus = jwk.get("n").and_then(Value::as_str).map_or(0, str::len);
        if modulus > MAX_SENT_MODULUS {
            return Err(Skip::Strength);
        }
        Self::of(jwk, Rules::default(), |it| it == algorithm)
    }

    /// Reads a key, for those algorithms of its type that are wanted.
    fn of(jwk: &Value, rules: Rules, wanted: impl Fn(Algorithm) -> bool) -> Result<Self, Skip> {
        if rules.enforce(Rule::KeyUse) && !is_for_signatures(jwk) {
            return Err(Skip::Use);
        }
        let declared = match jwk.get("alg") {
            None | Some(Value::Null) => None,
            Some(name) => Some(name.as_str().and_then(Algorithm::named).ok_or(Skip::Algorithm)?),
        };
        let secret = SECRETS.iter().any(|name| jwk.get(name).is_some());
        if secret || jwk.get("kty").and_then(Value::as_str) == Some("oct") {
            return Err(Skip::Secret);
        }
        let known = ["RSA", "EC", "OKP"].map(Value::from);
        if !jwk.get("kty").is_some_and(|kty| known.contains(kty)) {
            return Err(Skip::Kind);
        }
        let id = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
        let (jwk, fitting) = fitting(jwk, rules)?;
        let wanted = fitting.iter().filter(|it| wanted(**it));
        let verifiers = wanted.map(|it| Ok((*it, verifier(*it, &jwk)?)));
        let verifiers = verifiers.collect::<Result<_, JoseError>>().map_err(|_| Skip::Malformed)?;
        Ok(Self { id, declared, verifiers })
    }

    /// The verifier for `algorithm`: of those that fit the key, and as declared.
    pub(crate) fn verifier(&self, algorithm: Algorithm, rules: Rules) -> Option<&dyn JwsVerifier> {
        let declared = self.declared.is_none_or(|declared| declared.covers(algorithm));
        if rules.enforce(Rule::KeyAlgorithm) && !declared {
            return None;
        }
        let (_, verifier) = self.verifiers.iter().find(|(known, _)| *known == algorithm)?;
        Some(&**verifier)
    }
}

/// `use` and `key_ops` (RFC 7517, sections 4.2 and 4.3), where given, allow verifying.
fn is_for_signatures(jwk: &Value) -> bool {
    let used = jwk.get("use").is_none_or(|used| used == "sig");
    let verifies = |ops: &Vec<Value>| ops.iter().any(|op| op == "verify");
    let ops = jwk.get("key_ops").is_none_or(|ops| ops.as_array().is_some_and(verifies));
    used && ops
}

/// The public material of a key, and the algorithms that fit it.
type Fitting = (Jwk, &'static [Algorithm]);

fn fitting(jwk: &Value, rules: Rules) -> Result<Fitting, Skip> {
    // Only the material is read with types: the rest of a key is where publishers differ.
    let unknown_curve = || match jwk.get("crv").and_then(Value::as_str) {
        Some("P-256" | "P-384" | "P-521" | "Ed25519" | "Ed448") => Skip::Malformed,
        Some(_) => Skip::Kind,
        None => Skip::Malformed,
    };
    let material: Material = serde_json::from_value(jwk.clone()).map_err(|_| unknown_curve())?;
    match material {
        Material::Rsa(key) => rsa(&key.n, &key.e, rules),
        Material::Ec(key) => ec(key.crv, &key.x, &key.y),
        Material::Okp(key) => edwards(key.crv, &key.x),
        _ => Err(Skip::Kind),
    }
}

fn rsa(n: &[u8], e: &[u8], rules: Rules) -> Result<Fitting, Skip> {
    let (n, e) = (significant(n), significant(e));
    if rules.enforce(Rule::KeyStrength) && !RSA_BITS.contains(&bits(n)) {
        return Err(Skip::Strength);
    }
    // An exponent of one verifies anything; an even one verifies nothing.
    if e.len() > 8 || e == [1] || e.last().is_none_or(|byte| byte % 2 == 0) {
        return Err(Skip::Malformed);
    }
    Ok((material("RSA", &[("n", text(n)), ("e", text(e))])?, &RSA))
}

fn ec(curve: EcCurves, x: &[u8], y: &[u8]) -> Result<Fitting, Skip> {
    let (fitting, name, length): (&[Algorithm], _, _) = match curve {
        EcCurves::P256 => (&[Algorithm::Es256], "P-256", 32),
        EcCurves::P384 => (&[Algorithm::Es384], "P-384", 48),
        EcCurves::P521 => (&[Algorithm::Es512], "P-521", 66),
        _ => return Err(Skip::Kind),
    };
    // Whole field elements (RFC 7518, section 6.2.1.2): the two are joined below, and a short one
    // would borrow from the other.
    if x.len() != length || y.len() != length {
        return Err(Skip::Malformed);
    }
    let jwk = material("EC", &[("crv", name.to_owned()), ("x", text(x)), ("y", text(y))])?;
    Ok((jwk, fitting))
}

fn edwards(curve: OkpCurves, x: &[u8]) -> Result<Fitting, Skip> {
    let (fitting, name): (&[Algorithm], _) = match curve {
        OkpCurves::Ed25519 => (&[Algorithm::EdDsa, Algorithm::Ed25519], "Ed25519"),
        OkpCurves::Ed448 => (&[Algorithm::EdDsa, Algorithm::Ed448], "Ed448"),
        // The curves for key agreement, and those to come.
        _ => return Err(Skip::Kind),
    };
    Ok((material("OKP", &[("crv", name.to_owned()), ("x", text(x))])?, fitting))
}

/// A key of the public material alone, as the verifiers want it.
fn material(kind: &str, members: &[(&str, String)]) -> Result<Jwk, Skip> {
    let mut jwk = Jwk::new(kind);
    for (name, value) in members {
        let set = jwk.set_parameter(name, Some(Value::String(value.clone())));
        set.map_err(|_| Skip::Malformed)?;
    }
    Ok(jwk)
}

fn verifier(algorithm: Algorithm, jwk: &Jwk) -> Result<Box<dyn JwsVerifier>, JoseError> {
    Ok(match algorithm {
        Algorithm::Rs256 => Box::new(jws::RS256.verifier_from_jwk(jwk)?),
        Algorithm::Rs384 => Box::new(jws::RS384.verifier_from_jwk(jwk)?),
        Algorithm::Rs512 => Box::new(jws::RS512.verifier_from_jwk(jwk)?),
        Algorithm::Ps256 => Box::new(jws::PS256.verifier_from_jwk(jwk)?),
        Algorithm::Ps384 => Box::new(jws::PS384.verifier_from_jwk(jwk)?),
        Algorithm::Ps512 => Box::new(jws::PS512.verifier_from_jwk(jwk)?),
        Algorithm::Es256 => Box::new(jws::ES256.verifier_from_jwk(jwk)?),
        Algorithm::Es384 => Box::new(jws::ES384.verifier_from_jwk(jwk)?),
        Algorithm::Es512 => Box::new(jws::ES512.verifier_from_jwk(jwk)?),
        Algorithm::EdDsa | Algorithm::Ed25519 | Algorithm::Ed448 => {
            Box::new(jws::EdDSA.verifier_from_jwk(jwk)?)
        }
    })
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A number without its leading zeros.
fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// How many bits a number has, given without leading zero bytes.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |byte| byte.leading_zeros());
    (number.len() * 8).saturating_sub(usize::try_from(unused).unwrap_or(0))
}
