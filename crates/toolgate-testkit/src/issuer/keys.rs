//! The keys of a development authorization server, in the form in which Keycloak publishes its own.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
};

use josekit::{
    JoseError,
    jwk::{
        Jwk,
        alg::{ec::EcCurve, ed::EdCurve},
    },
    jws::{self, JwsSigner},
};
use serde_json::{Value, json};

/// Algorithms that tokens can be signed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSA with SHA-256, as most issuers sign.
    #[default]
    Rs256,
    /// RSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    pub(super) const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// One key for each algorithm, and one that is for encryption alone.
pub(super) struct KeyRing {
    keys: Vec<Key>,
    encryption: Jwk,
}

struct Key {
    id: String,
    algorithm: Algorithm,
    pair: Jwk,
}

impl KeyRing {
    pub(super) fn new() -> io::Result<Self> {
        let encryption = Jwk::generate_rsa_key(2048).map_err(failed)?;
        Ok(Self { keys: fresh().map_err(failed)?, encryption })
    }

    pub(super) fn rotate(&mut self) -> io::Result<()> {
        self.keys = fresh().map_err(failed)?;
        Ok(())
    }

    /// The id of the key that signs with an algorithm.
    pub(super) fn id(&self, algorithm: Algorithm) -> Option<&str> {
        Some(&self.key(algorithm)?.id)
    }

    /// Signs; none only where OpenSSL fails.
    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
        let pair = &self.key(algorithm)?.pair;
        let signer: Box<dyn JwsSigner> = match algorithm {
            Algorithm::Rs256 => Box::new(jws::RS256.signer_from_jwk(pair).ok()?),
            Algorithm::Ps256 => Box::new(jws::PS256.signer_from_jwk(pair).ok()?),
            Algorithm::Es256 => Box::new(jws::ES256.signer_from_jwk(pair).ok()?),
            Algorithm::EdDsa => Box::new(jws::EdDSA.signer_from_jwk(pair).ok()?),
        };
        signer.sign(message).ok()
    }

    /// The key set document (RFC 7517, section 5).
    pub(super) fn document(&self) -> Value {
        let signing = self.keys.iter().filter_map(|key| {
            let more = json!({"kid": key.id, "alg": key.algorithm.name(), "use": "sig"});
            published(&key.pair, &more)
        });
        let more = json!({"kid": "encryption", "alg": "RSA-OAEP", "use": "enc"});
        let keys: Vec<_> = signing.chain(published(&self.encryption, &more)).collect();
        json!({ "keys": keys })
    }

    fn key(&self, algorithm: Algorithm) -> Option<&Key> {
        self.keys.iter().find(|key| key.algorithm == algorithm)
    }
}

fn fresh() -> Result<Vec<Key>, JoseError> {
    /// Ids differ between rings too, as they do between issuers.
    static GENERATION: AtomicUsize = AtomicUsize::new(1);
    let generation = GENERATION.fetch_add(1, Ordering::Relaxed);
    let rsa = Jwk::generate_rsa_key(2048)?;
    let keys = Algorithm::ALL.into_iter().map(|algorithm| {
        let pair = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => rsa.clone(),
            Algorithm::Es256 => Jwk::generate_ec_key(EcCurve::P256)?,
            Algorithm::EdDsa => Jwk::generate_ed_key(EdCurve::Ed25519)?,
        };
        let id = format!("{}-{generation}", algorithm.name().to_lowercase());
        Ok(Key { id, algorithm, pair: bare(pair) })
    });
    keys.collect()
}

/// Without what would tie the key to one algorithm.
fn bare(mut pair: Jwk) -> Jwk {
    for name in ["alg", "use", "key_ops", "kid"] {
        // Removing a member that was there cannot make a key invalid.
        let _ = pair.set_parameter(name, None);
    }
    pair
}

fn published(pair: &Jwk, more: &Value) -> Option<Value> {
    let mut key = bare(pair.to_public_key().ok()?).as_ref().clone();
    key.extend(more.as_object()?.clone());
    Some(Value::Object(key))
}

fn failed(error: JoseError) -> io::Error {
    io::Error::other(error)
}

// The keys are private.
impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids: Vec<_> = self.keys.iter().map(|key| &key.id).collect();
        f.debug_struct("KeyRing").field("ids", &ids).finish_non_exhaustive()
    }
}
