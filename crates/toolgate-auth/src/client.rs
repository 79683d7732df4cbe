//! How this server proves to an authorization server who it is: a secret (RFC 6749, section 2.3.1), or
//! a key (RFC 7523, section 2.2).

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use josekit::{
    JoseError,
    jwk::Jwk,
    jws::{self, JwsSigner},
};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::json;
use toolgate_core::StartError;

use crate::{form, jose::Algorithm};

/// How long an assertion is good for, in seconds.
const LIFETIME: u64 = 60;

/// A private key of this server's, to sign assertions with. `Debug` shows its algorithm and name.
#[derive(Clone)]
pub struct ClientKey {
    algorithm: Algorithm,
    id: Option<String>,
    /// The SHA-256 of a certificate with the public half, as `x5t#S256`.
    certificate: Option<String>,
    signer: Arc<dyn JwsSigner>,
}

impl ClientKey {
    /// A private key in PEM: PKCS #8, or the older form of its type.
    ///
    /// # Errors
    /// When it is no key for that algorithm. Nothing of it is repeated.
    pub fn from_pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, StartError> {
        let pem = pem.as_ref();
        let signer = match algorithm {
            Algorithm::Rs256 => boxed(jws::RS256.signer_from_pem(pem)),
            Algorithm::Rs384 => boxed(jws::RS384.signer_from_pem(pem)),
            Algorithm::Rs512 => boxed(jws::RS512.signer_from_pem(pem)),
            Algorithm::Ps256 => boxed(jws::PS256.signer_from_pem(pem)),
            Algorithm::Ps384 => boxed(jws::PS384.signer_from_pem(pem)),
            Algorithm::Ps512 => boxed(jws::PS512.signer_from_pem(pem)),
            Algorithm::Es256 => boxed(jws::ES256.signer_from_pem(pem)),
            Algorithm::Es384 => boxed(jws::ES384.signer_from_pem(pem)),
            Algorithm::Es512 => boxed(jws::ES512.signer_from_pem(pem)),
            Algorithm::EdDsa | Algorithm::Ed25519 | Algorithm::Ed448 => {
                boxed(jws::EdDSA.signer_from_pem(pem))
            }
        };
        Self::of(algorithm, None, signer)
    }

    /// A private key as a JWK (RFC 7517), whose `kid`, where it has one, names it.
    ///
    /// # Errors
    /// When it is no key for that algorithm. Nothing of it is repeated.
    pub fn from_jwk(algorithm: Algorithm, jwk: impl AsRef<[u8]>) -> Result<Self, StartError> {
        let jwk = Jwk::from_bytes(jwk.as_ref()).map_err(|_| unusable(algorithm))?;
        let signer = match algorithm {
            Algorithm::Rs256 => boxed(jws::RS256.signer_from_jwk(&jwk)),
            Algorithm::Rs384 => boxed(jws::RS384.signer_from_jwk(&jwk)),
            Algorithm::Rs512 => boxed(jws::RS512.signer_from_jwk(&jwk)),
            Algorithm::Ps256 => boxed(jws::PS256.signer_from_jwk(&jwk)),
            Algorithm::Ps384 => boxed(jws::PS384.signer_from_jwk(&jwk)),
            Algorithm::Ps512 => boxed(jws::PS512.signer_from_jwk(&jwk)),
            Algorithm::Es256 => boxed(jws::ES256.signer_from_jwk(&jwk)),
            Algorithm::Es384 => boxed(jws::ES384.signer_from_jwk(&jwk)),
            Algorithm::Es512 => boxed(jws::ES512.signer_from_jwk(&jwk)),
            Algorithm::EdDsa | Algorithm::Ed25519 | Algorithm::Ed448 => {
                boxed(jws::EdDSA.signer_from_jwk(&jwk))
            }
        };
        Self::of(algorithm, jwk.key_id().map(str::to_owned), signer)
    }

    /// The same under a name that the authorization server knows: the `kid` of assertions.
    #[must_use]
    pub fn id(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    /// The same under a certificate that the authorization server knows, in PEM: the `x5t#S256` of
    /// assertions (RFC 7515, section 4.1.8), by which Entra ID finds the key.
    ///
    /// # Errors
    /// When it is no certificate in PEM.
    pub fn certificate(self, pem: impl AsRef<[u8]>) -> Result<Self, StartError> {
        let certificate = CertificateDer::from_pem_slice(pem.as_ref())
            .map_err(|_| StartError::new("that is no certificate in PEM"))?;
        let digest = digest(&SHA256, &certificate);
        Ok(Self { certificate: Some(URL_SAFE_NO_PAD.encode(digest)), ..self })
    }

    fn of(
        algorithm: Algorithm,
        id: Option<String>,
        signer: Result<Box<dyn JwsSigner>, JoseError>,
    ) -> Result<Self, StartError> {
        let signer = signer.map_err(|_| unusable(algorithm))?;
        Ok(Self { algorithm, id, certificate: None, signer: signer.into() })
    }

    /// An assertion of who `client` is, for `audience`, that nobody can use twice where the
    /// authorization server looks (RFC 7523, section 3).
    fn assertion(&self, client: &str, audience: &str, now: SystemTime) -> Option<String> {
        let now = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let mut id = [0; 16];
        SystemRandom::new().fill(&mut id).ok()?;
        let mut header = json!({"alg": self.algorithm.name(), "typ": "JWT"});
        for (name, value) in [("kid", &self.id), ("x5t#S256", &self.certificate)] {
            if let (Some(value), Some(header)) = (value, header.as_object_mut()) {
                header.insert(name.to_owned(), value.clone().into());
            }
        }
        let claims = json!({
            "iss": client, "sub": client, "aud": audience, "jti": URL_SAFE_NO_PAD.encode(id),
            "iat": now, "exp": now + LIFETIME,
        });
        let part = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = self.signer.sign(message.as_bytes()).ok()?;
        Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey")
            .field("algorithm", &self.algorithm)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn boxed<S: JwsSigner + 'static>(
    signer: Result<S, JoseError>,
) -> Result<Box<dyn JwsSigner>, JoseError> {
    signer.map(|signer| Box::new(signer) as Box<dyn JwsSigner>)
}

fn unusable(algorithm: Algorithm) -> StartError {
    StartError::new(format!("that is no private key for {}", algorithm.name()))
}

/// Who this server is to an authorization server. `Debug` shows the name alone.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    proof: Proof,
}

#[derive(Clone)]
enum Proof {
    /// `client_secret_basic`.
    Secret(Arc<str>),
    /// `private_key_jwt`.
    Key(ClientKey),
}

/// A proof as it is sent.
pub(crate) struct Proven {
    /// The value of `Authorization`.
    pub(crate) header: Option<String>,
    /// What is added to the body.
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Client {
    pub(crate) fn with_secret(id: String, secret: String) -> Self {
        Self { id, proof: Proof::Secret(secret.into()) }
    }

    pub(crate) fn with_key(id: String, key: ClientKey) -> Self {
        Self { id, proof: Proof::Key(key) }
    }

    /// Whether there is something to prove with.
    pub(crate) fn is_complete(&self) -> bool {
        let proof = match &self.proof {
            Proof::Secret(secret) => !secret.is_empty(),
            Proof::Key(_) => true,
        };
        proof && !self.id.is_empty()
    }

    /// What proves it in a request to `audience`; `None` when OpenSSL fails or the clock is before 1970.
    pub(crate) fn proof(&self, audience: &str, now: SystemTime) -> Option<Proven> {
        match &self.proof {
            Proof::Secret(secret) => {
                let pair = format!("{}:{}", form::encoded(&self.id), form::encoded(secret));
                let header = Some(format!("Basic {}", STANDARD.encode(pair)));
                Some(Proven { header, fields: Vec::new() })
            }
            Proof::Key(key) => {
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let assertion = key.assertion(&self.id, audience, now)?;
                let fields = vec![
                    ("client_id", self.id.clone()),
                    ("client_assertion_type", kind.to_owned()),
                    ("client_assertion", assertion),
                ];
                Some(Proven { header: None, fields })
            }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}
