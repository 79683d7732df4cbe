//! Access tokens that the endpoints give out, and what becomes of them: whether one is good is asked
//! here, whoever made it.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::util::random_bytes;
use serde_json::{Map, Value, json};

use super::{client::OAuthClient, refusal::Refusal, state::State, token::Tokens};
use crate::kept;

/// What a token says because of how it was asked for. Other claims go along where one is exchanged.
const PROTOCOL: &[&str] =
    &["iss", "aud", "exp", "nbf", "iat", "jti", "client_id", "azp", "scope", "act", "cnf"];

/// What a token is to say.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) subject: String,
    pub(super) client: String,
    pub(super) audience: Vec<String>,
    pub(super) scopes: Vec<String>,
    /// Of whoever it is about.
    pub(super) claims: Map<String, Value>,
    /// Who acts (RFC 8693, section 4.1).
    pub(super) actor: Option<Value>,
    /// The thumbprint of the key that it is bound to (RFC 9449, section 6).
    pub(super) key: Option<String>,
    /// What it comes from, and ends with.
    pub(super) family: Option<String>,
}

/// A token that was given out.
#[derive(Debug)]
pub(super) struct Issued {
    /// All that is known of an opaque one.
    claims: Option<Map<String, Value>>,
    pub(super) family: Option<String>,
}

/// How a token is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Signed,
    Opaque,
}

/// Names that nobody guesses: of codes, of refresh tokens and of opaque ones.
pub(super) fn unguessable() -> String {
    let name = URL_SAFE_NO_PAD.encode(random_bytes(32));
    kept::minted(&name);
    name
}

impl State {
    /// Makes a token, and remembers it.
    pub(super) fn issue(self: &Arc<Self>, wanted: Wanted, form: Form) -> Result<String, Refusal> {
        let mut token = Tokens::new(self.clone()).token(wanted.subject).client(wanted.client);
        for (name, value) in wanted.claims {
            if name != "sub" {
                token = token.claim(name, value);
            }
        }
        token = token.scopes(wanted.scopes).issued(self.issued());
        token = token.lifetime(self.settings().lifetime);
        token = match &*wanted.audience {
            [] => token,
            [one] => token.audience(one.clone()),
            several => token.claim("aud", several.to_vec()),
        };
        if let Some(actor) = wanted.actor {
            token = token.claim("act", actor);
        }
        if let Some(key) = wanted.key {
            token = token.claim("cnf", json!({ "jkt": key }));
        }
        let claims = token.claims();
        let (text, name, claims) = match form {
            Form::Opaque => {
                let name = unguessable();
                (name.clone(), name, Some(claims))
            }
            Form::Signed => {
                let name = text(&claims, "jti").unwrap_or_default().to_owned();
                let text = token.signed(&claims).map_err(|_| Refusal::fault())?;
                (text, name, None)
            }
        };
        self.desk().issued.put(name, Issued { claims, family: wanted.family });
        Ok(text)
    }

    /// What a token says, while it is good: made here, not ended, not taken back.
    pub(super) fn standing(&self, token: &str) -> Option<Map<String, Value>> {
        let signed = self.keys().verified(token);
        let desk = self.desk();
        let claims = match signed {
            Some(claims) => claims,
            None => desk.issued.get(token)?.claims.clone()?,
        };
        let name = if desk.issued.has(token) { token } else { text(&claims, "jti")? };
        let family = desk.issued.get(name).and_then(|issued| issued.family.as_deref());
        let dead = [Some(name), family].into_iter().flatten().any(|name| desk.dead.has(name));
        drop(desk);
        let now = seconds(self.now());
        let within = claims.get("exp")?.as_f64()? > now
            && claims.get("nbf").is_none_or(|from| from.as_f64().is_some_and(|from| from <= now));
        let ours = text(&claims, "iss") == Some(self.issuer());
        (within && ours && !dead).then_some(claims)
    }
}

/// What a token says of whoever it is about.
pub(super) fn personal(mut claims: Map<String, Value>) -> Map<String, Value> {
    claims.retain(|name, _| !PROTOCOL.contains(&name.as_str()));
    claims
}

/// The scopes that a client is given, of those that it asks for; where it asks for none, `usual`.
pub(super) fn scopes(
    client: &OAuthClient,
    asked: Option<&str>,
    usual: Vec<String>,
) -> Result<Vec<String>, Refusal> {
    let may = |scope: &String| client.scopes.as_ref().is_none_or(|all| all.contains(scope));
    let Some(asked) = asked else { return Ok(usual.into_iter().filter(may).collect()) };
    let asked: Vec<String> = words(asked);
    // The characters that a scope may have (RFC 6749, section 3.3).
    let plain =
        |scope: &String| scope.bytes().all(|b| b.is_ascii_graphic() && !b"\"\\".contains(&b));
    match asked.iter().all(|scope| plain(scope) && may(scope)) {
        true => Ok(asked),
        false => Err(Refusal::scope("a scope that this client may not ask for")),
    }
}

/// Each word of a text, once.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split_ascii_whitespace() {
        if !words.iter().any(|it| it == word) {
            words.push(word.to_owned());
        }
    }
    words
}

pub(super) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// Seconds since 1970. Nothing is good before.
fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).map_or(f64::INFINITY, |since| since.as_secs_f64())
}
