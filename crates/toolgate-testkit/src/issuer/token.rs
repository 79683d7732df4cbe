//! Access tokens of any subject, right or wrong.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{Algorithm, State};

/// How long a token is good, unless told.
const LIFETIME: Duration = Duration::from_secs(300);

/// A token in the making, in the form of RFC 9068.
#[derive(Clone)]
#[must_use]
pub struct Token {
    issuer: Arc<State>,
    algorithm: Algorithm,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Token {
    pub(super) fn new(issuer: Arc<State>, subject: &str) -> Self {
        let now = seconds(SystemTime::now());
        let mut claims = Map::new();
        claims.insert("iss".into(), issuer.issuer.clone().into());
        claims.insert("sub".into(), subject.into());
        claims.insert("client_id".into(), "test-client".into());
        claims.insert("jti".into(), format!("{subject}-{now}").into());
        claims.insert("iat".into(), now.into());
        claims.insert("exp".into(), (now + LIFETIME.as_secs()).into());
        let header = Map::from_iter([("typ".to_owned(), Value::from("at+jwt"))]);
        Self { issuer, algorithm: Algorithm::default(), header, claims }
    }

    /// Its scopes.
    pub fn scopes<S: AsRef<str>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        let mut text = String::new();
        for scope in scopes {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(scope.as_ref());
        }
        self.claim("scope", text)
    }

    /// Whom it is for.
    pub fn audience(self, audience: impl AsRef<str>) -> Self {
        self.claim("aud", audience.as_ref())
    }

    /// The client that it was given to.
    pub fn client(self, client: impl AsRef<str>) -> Self {
        self.claim("client_id", client.as_ref())
    }

    /// How long it is good, from now.
    pub fn lifetime(self, lifetime: Duration) -> Self {
        self.expires_at(SystemTime::now() + lifetime)
    }

    /// When it ends; may be past.
    pub fn expires_at(self, at: SystemTime) -> Self {
        self.claim("exp", seconds(at))
    }

    /// Any claim, in place of one of that name.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// No claim of that name.
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Any header member, in place of one of that name.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// What it is signed with.
    pub fn algorithm(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }

    /// The token. Empty only where OpenSSL fails to sign, which no verifier takes for a token.
    #[must_use]
    pub fn sign(&self) -> String {
        let ring = self.issuer.ring();
        let mut header = self.header.clone();
        header.entry("alg").or_insert_with(|| self.algorithm.name().into());
        header.entry("kid").or_insert_with(|| json!(ring.id(self.algorithm)));
        let encode =
            |part: Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(part).to_string());
        let message = format!("{}.{}", encode(header), encode(self.claims.clone()));
        let signature = ring.sign(self.algorithm, message.as_bytes());
        let signature = signature.map(|signature| URL_SAFE_NO_PAD.encode(signature));
        signature.map(|signature| format!("{message}.{signature}")).unwrap_or_default()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("claims", &self.claims).finish_non_exhaustive()
    }
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
