//! Access tokens of any content, signed with any key of a server.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::{JoseError, util::random_bytes};
use serde_json::{Map, Value};

use super::{algorithm::Algorithm, keys::SigningKey, settings::LIFETIME, state::State, sure};
use crate::kept;

/// The client that tokens are for unless it is said.
const CLIENT: &str = "toolgate-testkit";

/// Signs tokens in the name of an authorization server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tokens(Arc<State>);

impl Tokens {
    pub(super) fn new(state: Arc<State>) -> Self {
        Self(state)
    }

    /// Begins a token for any subject: signed with the server's current key, as RS256, valid for
    /// five minutes from now on by the server's clock, without audience and without scopes.
    pub fn token(&self, subject: impl Into<String>) -> Token {
        Token {
            state: self.0.clone(),
            subject: subject.into(),
            scopes: Vec::new(),
            audience: None,
            client: CLIENT.to_owned(),
            issued: self.0.now(),
            ends: Ends::After(LIFETIME),
            claims: Vec::new(),
            header: Vec::new(),
            algorithm: Algorithm::Rs256,
            key: SigningKey::Current,
        }
    }
}

/// A token that is being made (RFC 9068): good, except for what is said otherwise.
///
/// [`claim`](Self::claim) and [`without`](Self::without) have the last word, in the order in which
/// they were said.
///
/// ```
/// use toolgate_testkit::{Algorithm, AuthorizationServer, SigningKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let issuer = AuthorizationServer::start().await?;
/// let for_another_server = issuer.token("user-1").audience("https://other.example/mcp").sign();
/// let without_audience = issuer.token("user-1").without("aud").sign();
/// let forged = issuer.token("user-1").key(SigningKey::Impostor).sign();
/// let other_algorithm = issuer.token("user-1").algorithm(Algorithm::Es256).sign();
/// # let _ = (for_another_server, without_audience, forged, other_algorithm);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a token is made by `sign`"]
pub struct Token {
    state: Arc<State>,
    subject: String,
    scopes: Vec<String>,
    audience: Option<String>,
    client: String,
    issued: SystemTime,
    ends: Ends,
    claims: Vec<(String, Option<Value>)>,
    header: Vec<(String, Option<Value>)>,
    algorithm: Algorithm,
    key: SigningKey,
}

#[derive(Clone, Copy, Debug)]
enum Ends {
    After(Duration),
    At(SystemTime),
}

impl Token {
    /// With these scopes (`scope`), in place of earlier ones.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// For this resource (`aud`). Several are a [`claim`](Self::claim).
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Through this client (`client_id`).
    pub fn client(mut self, client: impl Into<String>) -> Self {
        self.client = client.into();
        self
    }

    /// Issued then (`iat`), in whole seconds.
    pub fn issued(mut self, at: SystemTime) -> Self {
        self.issued = at;
        self
    }

    /// Expires this long after it was issued (`exp`), in whole seconds.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.ends = Ends::After(lifetime);
        self
    }

    /// Expires then (`exp`), in whole seconds.
    pub fn expires_at(mut self, at: SystemTime) -> Self {
        self.ends = Ends::At(at);
        self
    }

    /// With a claim, in place of any of that name.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.push((name.into(), Some(value.into())));
        self
    }

    /// Without the claim of that name.
    pub fn without(mut self, name: impl Into<String>) -> Self {
        self.claims.push((name.into(), None));
        self
    }

    /// With a header parameter, in place of any of that name. What is signed with does not change.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.header.push((name.into(), Some(value.into())));
        self
    }

    /// Without the header parameter of that name.
    pub fn without_header(mut self, name: impl Into<String>) -> Self {
        self.header.push((name.into(), None));
        self
    }

    /// Signed with this algorithm, by a key of its own. That key is published from then on; a
    /// verifier that keeps the keys it has seen may have to be told earlier, with
    /// [`AuthorizationServer::publish`](crate::AuthorizationServer::publish).
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Signed with this key.
    pub fn key(mut self, key: SigningKey) -> Self {
        self.key = key;
        self
    }

    /// The token, signed (RFC 7515, section 7.1).
    ///
    /// # Panics
    /// When OpenSSL makes no key or no signature.
    pub fn sign(self) -> String {
        sure(self.signed(&self.claims()))
    }

    /// What it says.
    pub(super) fn claims(&self) -> Map<String, Value> {
        changed(self.usual(), &self.claims)
    }

    /// These claims, signed as it is.
    pub(super) fn signed(&self, claims: &Map<String, Value>) -> Result<String, JoseError> {
        let algorithm = match self.key {
            SigningKey::Encryption => Algorithm::Rs256,
            _ => self.algorithm,
        };
        let mut keys = self.state.keys();
        let (key, name) = keys.signer(algorithm, self.key)?;
        let header = [("alg", algorithm.name()), ("typ", "at+jwt"), ("kid", &name)];
        let header = header.map(|(name, value)| (name.to_owned(), Value::from(value)));
        let header = changed(header.into_iter().collect(), &self.header);
        let part = |members: &Map<String, Value>| Ok(encode(serde_json::to_string(members)?));
        let json = |error: serde_json::Error| JoseError::InvalidJson(error.into());
        let message = format!("{}.{}", part(&header).map_err(json)?, part(claims).map_err(json)?);
        let signature = key.sign(message.as_bytes())?;
        let token = format!("{message}.{}", encode(signature));
        kept::minted(&token);
        Ok(token)
    }

    /// The claims of RFC 9068, section 2.2, and `scope`, where there is any.
    fn usual(&self) -> Map<String, Value> {
        let issued = seconds(self.issued);
        let expires = match self.ends {
            Ends::At(at) => seconds(at),
            Ends::After(lifetime) => {
                issued.saturating_add(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX))
            }
        };
        let mut claims = Map::new();
        let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        put("iss", self.state.issuer().into());
        put("sub", self.subject.clone().into());
        if let Some(audience) = &self.audience {
            put("aud", audience.clone().into());
        }
        put("client_id", self.client.clone().into());
        put("iat", issued.into());
        put("exp", expires.into());
        put("jti", encode(random_bytes(16)).into());
        if !self.scopes.is_empty() {
            put("scope", self.scopes.join(" ").into());
        }
        claims
    }
}

fn changed(
    mut members: Map<String, Value>,
    changes: &[(String, Option<Value>)],
) -> Map<String, Value> {
    for (name, value) in changes {
        match value {
            Some(value) => members.insert(name.clone(), value.clone()),
            None => members.remove(name),
        };
    }
    members
}

/// Seconds since 1970, also of what was before.
fn seconds(at: SystemTime) -> i64 {
    let whole = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => whole(since),
        Err(before) => -whole(before.duration()),
    }
}

fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}
