//! JWTs and API keys in one chain, in both orders.

use toolgate_core::{
    Authenticate, Credentials, Evidence, Refused, Verdict,
    authenticate::{Reason, identify},
};

use super::kit::{Draft, FakeIssuer, ISSUER, RESOURCE, now};
use crate::{
    ApiKey, ApiKeyAuth, api_keys, chain,
    jwt::{Jwt, JwtAuth, jwt},
};

const KEYS: &str = "https://issuer.example/keys";

struct Request(Vec<(&'static str, String)>);

impl Evidence for Request {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for (_, value) in self.0.iter().filter(|(known, _)| *known == name) {
            each(value.as_bytes());
        }
    }
    fn resource(&self) -> &str {
        RESOURCE
    }
}

fn tokens(draft: &Draft) -> Jwt {
    let issuer = FakeIssuer::new();
    issuer.answer(KEYS, 200, draft.document());
    jwt(ISSUER).jwks_uri(KEYS).fetch(issuer).clock(now)
}

fn keys() -> (String, ApiKeyAuth) {
    let (secret, key) = ApiKey::generate("tg_reports", "bob").unwrap();
    (secret.expose().to_owned(), api_keys([key]).clock(now).build().unwrap())
}

/// Who is let in, or why nobody is.
async fn told(auth: &impl Authenticate, fields: &[(&'static str, &str)]) -> String {
    let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    match identify(auth, &Credentials::new(Request(fields))).await {
        Ok((caller, _)) => caller.identity().unwrap().key.subject.to_string(),
        Err(Refused::Unauthenticated(refusal)) => match refusal.reason() {
            Reason::Missing => "missing".into(),
            Reason::Malformed => "malformed".into(),
            _ => refusal.message().into(),
        },
        Err(other) => panic!("{other:?}"),
    }
}

/// Another signature of the same length.
fn forged(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{}", &signature[1..])
}

/// A request in these words (`T` a token, `F` a forged one, `K` a key, `W` a wrong one), told by a chain with the keys in front, by
/// one with the tokens in front that leaves others, and by one that does not.
type Row = (&'static [(&'static str, &'static str)], [&'static str; 3]);

const A: &str = "authorization";
const X: &str = "x-api-key";
const NO_JWT: &str = "the token is not a well-formed JWT";
const NO_KEY: &str = "the API key is not valid";

const ROWS: &[Row] = &[
    (&[], ["missing"; 3]),
    (&[(A, "Bearer T")], ["ann"; 3]),
    (&[(X, "K")], ["bob"; 3]),
    (&[(A, "Bearer K")], ["bob", "bob", NO_JWT]),
    (&[(A, "Bearer W")], [NO_KEY, NO_KEY, NO_JWT]),
    (&[(X, "W")], [NO_KEY; 3]),
    // A JWT's form, and none: never left to the keys.
    (&[(A, "Bearer a.b.c")], [NO_JWT; 3]),
    (&[(A, "Bearer F")], ["the token's signature is wrong"; 3]),
    // The form of neither.
    (&[(A, "Bearer opaque")], [NO_JWT, "missing", NO_JWT]),
    (&[(A, "Bearer a.b.c.d.e")], [NO_JWT, "missing", NO_JWT]),
    (&[(A, "Basic eDp5")], ["missing"; 3]),
    (&[(X, "opaque")], ["missing"; 3]),
    // Two at once: refused by whoever looks for both. The tokens' authenticator does not.
    (&[(A, "Bearer T"), (X, "K")], ["malformed", "ann", "ann"]),
    (&[(A, "Bearer K"), (X, "K")], ["malformed", "malformed", NO_JWT]),
    (&[(A, "Basic eDp5"), (X, "K")], ["malformed"; 3]),
    (&[(X, "K"), (X, "K")], ["malformed"; 3]),
    (&[(A, "Bearer T"), (A, "Bearer T")], ["malformed"; 3]),
];

#[tokio::test]
async fn keys_and_tokens_are_told_apart_by_form_in_both_orders() {
    let (draft, (sent, keys)) = (Draft::good(), keys());
    let wrong = ApiKey::generate("tg_reports", "bob").unwrap().0;
    let build = |jwt: Jwt| -> JwtAuth { jwt.build().unwrap() };
    let chains = [
        chain(keys.clone()).or(build(tokens(&draft))),
        chain(build(tokens(&draft).leave_other_tokens())).or(keys.clone()),
        chain(build(tokens(&draft))).or(keys),
    ];
    let token = draft.token();
    let forged = forged(&token);
    for (fields, expected) in ROWS {
        let words = [("T", &*token), ("F", &forged), ("K", &sent), ("W", wrong.expose())];
        let write = |value: &str| {
            let word = value.rsplit(' ').next().unwrap();
            let meant = words.iter().find(|(known, _)| *known == word);
            meant.map_or(value.to_owned(), |(word, meant)| {
                format!("{}{meant}", value.strip_suffix(word).unwrap())
            })
        };
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, write(value))).collect();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        for (chain, expected) in chains.iter().zip(expected) {
            assert_eq!(told(chain, &fields).await, *expected, "{fields:?}");
        }
    }
}

#[tokio::test]
async fn a_jwt_authenticator_alone_refuses_what_is_no_jwt() {
    let draft = Draft::good();
    let auth = tokens(&draft).build().unwrap();
    let (sent, _) = keys();
    for token in [&*sent, "opaque", "a.b", "a.b.c.d"] {
        assert_eq!(told(&auth, &[(A, &format!("Bearer {token}"))]).await, NO_JWT, "{token}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_away_lets_no_token_pass_to_the_keys() {
    let (draft, (sent, keys)) = (Draft::good(), keys());
    let issuer = FakeIssuer::new();
    issuer.down(KEYS);
    let away = tokens(&draft).fetch(issuer).leave_other_tokens().build().unwrap();
    let chain = chain(away).or(keys);
    let request = Request(vec![(A, format!("Bearer {}", draft.token()))]);
    let verdict = chain.authenticate(&Credentials::new(request)).await;
    assert!(matches!(verdict, Verdict::Unavailable { .. }), "{verdict:?}");
    // Keys need no issuer.
    assert_eq!(told(&chain, &[(A, &format!("Bearer {sent}"))]).await, "bob");
}
