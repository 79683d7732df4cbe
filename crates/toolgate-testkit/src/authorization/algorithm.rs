//! The algorithms that tokens can be signed with.

use josekit::{
    JoseError,
    jwk::Jwk,
    jws::{self, JwsSigner, JwsVerifier},
};
use serde_json::{Map, Value};

/// A signature algorithm (RFC 7518, section 3; RFC 8037, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what most issuers use.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// EdDSA, here on Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// The name in a token's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// A signer with a private key of the fitting type.
    pub(super) fn signer(self, private: &Jwk) -> Result<Box<dyn JwsSigner>, JoseError> {
        Ok(match self {
            Self::Rs256 => Box::new(jws::RS256.signer_from_jwk(private)?),
            Self::Ps256 => Box::new(jws::PS256.signer_from_jwk(private)?),
            Self::Es256 => Box::new(jws::ES256.signer_from_jwk(private)?),
            Self::EdDsa => Box::new(jws::EdDSA.signer_from_jwk(private)?),
        })
    }

    /// The algorithm of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// A verifier with the material of a key, whatever else is said of that key.
    pub(super) fn verifier(
        self,
        key: &Map<String, Value>,
    ) -> Result<Box<dyn JwsVerifier>, JoseError> {
        let mut key = key.clone();
        key.retain(|name, _| ["kty", "n", "e", "crv", "x", "y"].contains(&name.as_str()));
        let key = Jwk::from_map(key)?;
        Ok(match self {
            Self::Rs256 => Box::new(jws::RS256.verifier_from_jwk(&key)?),
            Self::Ps256 => Box::new(jws::PS256.verifier_from_jwk(&key)?),
            Self::Es256 => Box::new(jws::ES256.verifier_from_jwk(&key)?),
            Self::EdDsa => Box::new(jws::EdDSA.verifier_from_jwk(&key)?),
        })
    }
}
