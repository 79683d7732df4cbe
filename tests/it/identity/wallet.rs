//! A client with a key of its own, and the proofs that it makes (DPoP, RFC 9449).

use std::time::SystemTime;

use serde_json::{Value, json};
use toolgate_testkit::{AuthorizationServer, Token};

use super::{Ask, RESOURCE};

fn digest(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, bytes))
}

/// A client's key. The test kit signs whatever it is told to, so an issuer of nothing stands in.
pub(super) struct Wallet {
    signer: AuthorizationServer,
    jwk: Value,
}

impl Wallet {
    pub(super) async fn new() -> Self {
        let signer = AuthorizationServer::start().await.expect("a key");
        let at = signer.issuer().strip_prefix("http://").expect("loopback").parse();
        let path = signer.jwks_uri().replace(signer.issuer(), "");
        let set = Ask::get(&path).send(at.expect("an address")).await.json();
        let key = set["keys"].as_array().expect("keys").iter().find(|key| key["use"] == "sig");
        let key = key.expect("a key that signs");
        let jwk = json!({"kty": key["kty"], "n": key["n"], "e": key["e"]});
        Self { signer, jwk }
    }

    pub(super) fn thumbprint(&self) -> String {
        let text = |name: &str| self.jwk[name].as_str().expect("text");
        let members = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text("e"), text("n"));
        digest(members.as_bytes())
    }

    /// A proof with an id of its own.
    pub(super) fn proof(&self, id: &str, method: &str, token: &str) -> String {
        self.proving(id, method, token).sign()
    }

    /// The same, with what this server asked for.
    pub(super) fn proof_with(&self, id: &str, method: &str, token: &str, nonce: &str) -> String {
        self.proving(id, method, token).claim("nonce", nonce).sign()
    }

    fn proving(&self, id: &str, method: &str, token: &str) -> Token {
        let now = SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
        self.signer
            .token("nobody")
            .header("typ", "dpop+jwt")
            .header("jwk", self.jwk.clone())
            .claim("jti", id)
            .claim("htm", method)
            .claim("htu", RESOURCE)
            .claim("iat", now)
            .claim("ath", digest(token.as_bytes()))
    }
}
