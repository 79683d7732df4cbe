//! One key: its material, its name and its published form.

use std::sync::{Mutex, PoisonError};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::{
    JoseError,
    jwk::{
        Jwk,
        alg::{ec::EcCurve, ed::EdCurve},
    },
    jws::JwsSigner,
    util::random_bytes,
};
use serde_json::{Map, Value};

use super::algorithm::Algorithm;

/// Bits of an RSA modulus: the least that RFC 7518, section 3.3, allows, and the quickest to make.
const RSA_BITS: u32 = 2048;

/// RSA keys that no living server holds. Making one takes long in a test, so the next server gets
/// them, under new names. Never more than were held at once.
static SPARE: Mutex<Vec<Jwk>> = Mutex::new(Vec::new());

/// A private key that signs, and what is published of it.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) id: String,
    /// `sig` or `enc`.
    usage: &'static str,
    /// As published, whatever it signs with.
    algorithm: &'static str,
    private: Jwk,
    signer: Box<dyn JwsSigner>,
}

impl Key {
    /// A key for tokens. Of RSA, perhaps one that another server has had before.
    pub(super) fn make(algorithm: Algorithm) -> Result<Self, JoseError> {
        let private = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => rsa()?,
            Algorithm::Es256 => bare(Jwk::generate_ec_key(EcCurve::P256)?)?,
            Algorithm::EdDsa => bare(Jwk::generate_ed_key(EdCurve::Ed25519)?)?,
        };
        Self::new("sig", algorithm.name(), algorithm, private)
    }

    /// A key for encryption. It can sign, as RS256; nobody should believe it.
    pub(super) fn for_encryption() -> Result<Self, JoseError> {
        Self::new("enc", "RSA-OAEP", Algorithm::Rs256, rsa()?)
    }

    fn new(
        usage: &'static str,
        published: &'static str,
        algorithm: Algorithm,
        private: Jwk,
    ) -> Result<Self, JoseError> {
        let signer = algorithm.signer(&private)?;
        let id = URL_SAFE_NO_PAD.encode(random_bytes(32));
        Ok(Self { id, usage, algorithm: published, private, signer })
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        self.signer.sign(message)
    }

    /// The public half with the members that Keycloak gives it, certificates aside.
    pub(super) fn published(&self) -> Result<Map<String, Value>, JoseError> {
        let public = self.private.to_public_key()?;
        let mut members = Map::new();
        for (name, value) in [
            ("kid", &*self.id),
            ("kty", public.key_type()),
            ("alg", self.algorithm),
            ("use", self.usage),
        ] {
            members.insert(name.into(), value.into());
        }
        for name in ["n", "e", "crv", "x", "y"] {
            if let Some(value) = public.parameter(name) {
                members.insert(name.into(), value.clone());
            }
        }
        Ok(members)
    }

    /// Leaves an RSA key for the next server.
    pub(super) fn give_back(self) {
        if self.private.key_type() == "RSA" {
            SPARE.lock().unwrap_or_else(PoisonError::into_inner).push(self.private);
        }
    }
}

fn rsa() -> Result<Jwk, JoseError> {
    let spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    spare.map_or_else(|| bare(Jwk::generate_rsa_key(RSA_BITS)?), Ok)
}

/// The material alone: josekit would hold what it adds against us.
fn bare(mut jwk: Jwk) -> Result<Jwk, JoseError> {
    for name in ["alg", "use", "key_ops", "kid"] {
        jwk.set_parameter(name, None)?;
    }
    Ok(jwk)
}
