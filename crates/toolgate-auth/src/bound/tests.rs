//! Tokens that are bound to a key: with proof, without, with somebody else's, with an old one; whoever
//! says what the token is worth.

pub(crate) mod certificates;
mod nonces;
mod opaque;
mod signed;
mod stores;

use serde_json::{Value, json};
use toolgate_core::{Authenticate, Credentials, Evidence, Refusal, Verdict};

use super::Bound;
use crate::{
    claims::Claims,
    jose::Algorithm,
    jwt::{
        Jwt, jwt,
        tests::kit::{
            Draft, FakeIssuer, ISSUER, NOW, OTHER_RSA, Pair, RESOURCE, encode, now, published, sign,
        },
    },
    rules::{Fault, Rule, Rules},
};

const KEYS: &str = "https://issuer.example/keys";
const TARGET: &str = "https://mcp.example/mcp?a=b";
const A: &str = "authorization";
const P: &str = "dpop";
const BAD: Option<&str> = Some("invalid_dpop_proof");
const NOT_PROVEN: &str = "the token is bound to a key, and the key was not proven";

struct Request {
    method: &'static str,
    fields: Vec<(&'static str, String)>,
}

impl Evidence for Request {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for (_, value) in self.fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)) {
            each(value.as_bytes());
        }
    }
    fn method(&self) -> &str {
        self.method
    }
    fn target(&self) -> &str {
        TARGET
    }
    fn resource(&self) -> &str {
        RESOURCE
    }
}

/// The thumbprint of the caller's key, an RSA key.
pub(crate) fn thumbprint(pair: Pair) -> String {
    let jwk = published(pair, json!({}));
    let text = |name: &str| jwk[name].as_str().unwrap().to_owned();
    let members = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text("e"), text("n"));
    encode(ring::digest::digest(&ring::digest::SHA256, members.as_bytes()))
}

#[test]
fn what_cannot_be_read_is_never_bound_to_nothing() {
    let judged = |cnf: Value| {
        let claims = Claims(json!({"cnf": cnf}).as_object().unwrap().clone());
        Bound::judged(&claims, Rules::default()).map(|bound| bound.key)
    };
    for cnf in [json!({}), json!(null), json!({"jkt": ""}), json!({"jkt": "a", "jwe": "b"})] {
        assert_eq!(judged(cnf.clone()), Err(Fault::Rule(Rule::Bound)), "{cnf}");
    }
    assert_eq!(judged(json!({"jkt": "a"})), Ok(Some("a".into())));
    assert_eq!(
        Bound::judged(&Claims(serde_json::Map::new()), Rules::default()),
        Ok(Bound::default())
    );
}

/// The caller's proof, with an id of its own.
pub(crate) fn proof(pair: Pair, id: &str, token: &str) -> String {
    proof_with(pair, id, token, &json!({}))
}

/// The same, with claims besides, or otherwise.
pub(crate) fn proof_with(pair: Pair, id: &str, token: &str, more: &Value) -> String {
    let header = json!({"typ": "dpop+jwt", "alg": "RS256", "jwk": published(pair, json!({}))});
    let ath = encode(ring::digest::digest(&ring::digest::SHA256, token.as_bytes()));
    let mut claims = json!({"jti": id, "htm": "POST", "htu": RESOURCE, "iat": NOW, "ath": ath});
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    format!("{message}.{}", encode(sign(Algorithm::Rs256, pair, &message)))
}

fn bound(cnf: Value) -> Draft {
    let mut draft = Draft::good();
    draft.claims["cnf"] = cnf;
    draft
}

/// A token of the caller, who has the key.
fn own() -> Draft {
    bound(json!({"jkt": thumbprint(&OTHER_RSA)}))
}

fn builder(draft: &Draft) -> Jwt {
    let issuer = FakeIssuer::new();
    issuer.answer(KEYS, 200, draft.document());
    jwt(ISSUER).jwks_uri(KEYS).fetch(issuer).clock(now)
}

pub(crate) async fn ask(auth: &impl Authenticate, fields: &[(&'static str, &str)]) -> Verdict {
    let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    auth.authenticate(&Credentials::new(Request { method: "POST", fields })).await
}

async fn known(auth: &impl Authenticate, fields: &[(&'static str, &str)]) {
    let verdict = ask(auth, fields).await;
    assert!(matches!(verdict, Verdict::Known(..)), "{verdict:?}");
}

async fn refused(auth: &impl Authenticate, fields: &[(&'static str, &str)]) -> Refusal {
    match ask(auth, fields).await {
        Verdict::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}
