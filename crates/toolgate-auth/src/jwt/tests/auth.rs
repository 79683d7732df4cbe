//! The authenticator whole: credentials in, verdict out.

use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::advance;
use toolgate_core::{
    Authenticate, Credentials, Evidence, Identity, Refusal, Verdict, authenticate::Reason,
};

use super::kit::{Draft, FakeIssuer, ISSUER, NOW, OTHER_RSA, P256, RESOURCE, RSA, now, published};
use crate::{
    fetch::tests::net::Peer,
    jose::Algorithm,
    jwt::{Jwt, JwtAuth, jwt},
};

const KEYS: &str = "https://issuer.example/keys";

struct Request {
    token: String,
    resource: &'static str,
}

impl Evidence for Request {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        if name.eq_ignore_ascii_case("authorization") && !self.token.is_empty() {
            each(format!("Bearer {}", self.token).as_bytes());
        }
    }
    fn resource(&self) -> &str {
        self.resource
    }
}

async fn ask(auth: &JwtAuth, token: String) -> Verdict {
    auth.authenticate(&Credentials::new(Request { token, resource: RESOURCE })).await
}

fn served(draft: &Draft) -> FakeIssuer {
    let issuer = FakeIssuer::new();
    issuer.answer(KEYS, 200, draft.document());
    issuer
}

fn builder(issuer: &FakeIssuer) -> Jwt {
    jwt(ISSUER).jwks_uri(KEYS).fetch(issuer.clone()).clock(now)
}

async fn identity(jwt: Jwt, token: String) -> Identity {
    match ask(&jwt.build().unwrap(), token).await {
        Verdict::Known(identity, _) => Identity::clone(&identity),
        other => panic!("{other:?}"),
    }
}

fn refusal(verdict: Verdict) -> Refusal {
    match verdict {
        Verdict::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_good_token_is_an_identity() {
    let mut draft = Draft::good();
    draft.claims["roles"] = json!(["admin", "night watch"]);
    draft.claims["scp"] = json!(["c"]);
    let token = draft.token();
    let identity = identity(builder(&served(&draft)), token).await;
    assert_eq!(&*identity.key.issuer, ISSUER);
    assert_eq!(&*identity.key.subject, "ann");
    assert_eq!(identity.key.client.as_deref(), Some("desk"));
    assert_eq!(identity.scopes.to_string(), "a b c");
    assert_eq!(identity.roles.iter().collect::<Vec<_>>(), ["admin", "night watch"]);
    assert_eq!(identity.token_id.as_deref(), Some("t1"));
    // Admitted until the leeway has passed, so that no call is over before it starts.
    assert_eq!(identity.expires, Some(UNIX_EPOCH + Duration::from_secs(NOW + 330)));
    // What is remembered of a token is not the token, nor anything else that was not asked for.
    assert_eq!(format!("{:?}", identity.ext), "TypeMap(0 values)");
}

#[tokio::test]
async fn claims_of_the_wrong_shape_give_nothing() {
    let mut draft = Draft::good();
    draft.claims["scope"] = json!(["a", 1]);
    draft.claims["roles"] = json!({"admin": true});
    draft.claims["jti"] = json!(7);
    draft.claims.as_object_mut().unwrap().remove("client_id");
    let identity = identity(builder(&served(&draft)), draft.token()).await;
    assert!(identity.scopes.is_empty() && identity.roles.is_empty());
    assert!(identity.token_id.is_none() && identity.key.client.is_none());
}

/// Access tokens in the form of three issuers, with what is to be read from them.
#[tokio::test]
async fn tokens_are_read_in_the_forms_that_issuers_give_them() {
    let keycloak = json!({
        "typ": "Bearer", "azp": "desk", "aud": ["account", RESOURCE], "scope": "openid email",
        "sid": "s", "acr": "1", "realm_access": {"roles": ["user"]}, "email_verified": false,
    });
    let entra = json!({
        "aud": RESOURCE, "azp": "desk", "scp": "openid email", "roles": ["admin"], "ver": "2.0",
        "oid": "o", "tid": "t", "uti": "u", "azpacr": "1",
    });
    // Its client is read by its preset.
    let okta = json!({
        "ver": 1, "aud": RESOURCE, "cid": "desk", "scp": ["email", "openid"], "uid": "u",
    });
    for (published_as, claims, client) in [
        (include_str!("fixtures/keycloak.json"), keycloak, Some("desk")),
        (include_str!("fixtures/entra.json"), entra, Some("desk")),
        (include_str!("fixtures/okta.json"), okta, None),
    ] {
        let mut draft = Draft::good();
        let mut set: Value = serde_json::from_str(published_as).unwrap();
        // The published form, around a key whose private half is at hand.
        set["keys"][0]["n"] = published(&RSA, json!({}))["n"].clone();
        draft.header = json!({"alg": "RS256", "typ": "JWT", "kid": set["keys"][0]["kid"]});
        draft.signed_by = (Algorithm::Rs256, &RSA);
        draft.claims = json!({"iss": ISSUER, "sub": "ann", "iat": NOW, "exp": NOW + 300});
        draft.claims.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let issuer = FakeIssuer::new();
        issuer.answer(KEYS, 200, set.to_string());
        let identity = identity(builder(&issuer), draft.token()).await;
        assert_eq!(identity.key.client.as_deref(), client);
        assert_eq!(identity.scopes.to_string(), "email openid");
    }
}

#[tokio::test]
async fn no_token_and_a_bad_token_are_refused_for_what_they_are() {
    let draft = Draft::good();
    let issuer = served(&draft);
    let auth = builder(&issuer).build().unwrap();
    assert_eq!(refusal(ask(&auth, String::new()).await).reason(), Reason::Missing);
    assert_eq!(refusal(ask(&auth, "rubbish".into()).await).reason(), Reason::Invalid);
    // Neither was a reason to ask the issuer anything.
    assert_eq!(issuer.asked(), 0);
    let mut draft = draft;
    draft.claims["aud"] = "https://other.example".into();
    let refusal = refusal(ask(&auth, draft.token()).await);
    assert_eq!(refusal.message(), "the token is for another audience");
    assert!(refusal.logged().contains(RESOURCE) && !refusal.logged().contains("other.example"));
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_found_when_a_token_names_it() {
    let mut draft = Draft::good();
    let issuer = served(&draft);
    let auth = builder(&issuer).build().unwrap();
    assert!(matches!(ask(&auth, draft.token()).await, Verdict::Known(..)));
    // The issuer changes its key.
    draft.keys = vec![published(&RSA, json!({"kid": "two"}))];
    draft.header = json!({"alg": "RS256", "kid": "two"});
    draft.signed_by = (Algorithm::Rs256, &RSA);
    issuer.answer(KEYS, 200, draft.document());
    advance(Duration::from_secs(30)).await;
    assert!(matches!(ask(&auth, draft.token()).await, Verdict::Known(..)));
    assert_eq!(issuer.asked(), 2);
    // One that the issuer does not have is refused, without asking again.
    draft.header["kid"] = "three".into();
    for _ in 0..100 {
        assert_eq!(refusal(ask(&auth, draft.token()).await).reason(), Reason::Invalid);
    }
    assert_eq!(issuer.asked(), 2);
    // And one that differs in its signature alone needs no other key.
    draft.header["kid"] = "two".into();
    draft.signed_by = (Algorithm::Rs256, &OTHER_RSA);
    advance(Duration::from_secs(30)).await;
    assert_eq!(refusal(ask(&auth, draft.token()).await).reason(), Reason::Invalid);
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_found_for_tokens_that_name_none() {
    let mut draft = Draft::good();
    draft.header = json!({"alg": "ES256"});
    draft.keys = vec![published(&OTHER_RSA, json!({}))];
    let issuer = served(&draft);
    let auth = builder(&issuer).build().unwrap();
    assert_eq!(refusal(ask(&auth, draft.token()).await).reason(), Reason::Invalid);
    draft.keys = vec![published(&P256, json!({}))];
    issuer.answer(KEYS, 200, draft.document());
    advance(Duration::from_secs(30)).await;
    assert!(matches!(ask(&auth, draft.token()).await, Verdict::Known(..)));
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_away_is_neither_a_pass_nor_a_refusal() {
    let draft = Draft::good();
    let issuer = FakeIssuer::new();
    issuer.down(KEYS);
    let auth = builder(&issuer).build().unwrap();
    for _ in 0..3 {
        let verdict = ask(&auth, draft.token()).await;
        let Verdict::Unavailable { retry } = verdict else { panic!("{verdict:?}") };
        assert!(retry >= Duration::from_secs(1) && retry <= Duration::from_secs(5));
    }
}

#[tokio::test]
async fn an_issuer_on_loopback_is_asked_as_it_is_configured() {
    let mut draft = Draft::good();
    let keys = draft.keys.clone();
    // One document for every path: metadata and keys.
    let peer = Peer::answering_from(|port| {
        let issuer = format!("http://localhost:{port}");
        let jwks_uri = format!("{issuer}/keys");
        let body = json!({"issuer": issuer, "jwks_uri": jwks_uri, "keys": keys}).to_string();
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    })
    .await;
    let issuer = peer.url("http", "");
    draft.claims["iss"] = issuer.clone().into();
    let identity = identity(jwt(issuer).clock(now), draft.token()).await;
    assert_eq!(&*identity.key.subject, "ann");
    let heads = peer.heads();
    assert!(heads[0].starts_with("GET /.well-known/oauth-authorization-server "), "{heads:?}");
    assert!(heads[1].starts_with("GET /keys "), "{heads:?}");
}

#[tokio::test]
async fn without_an_audience_nothing_can_be_decided() {
    let draft = Draft::good();
    let auth = builder(&served(&draft)).build().unwrap();
    let request = Request { token: draft.token(), resource: "" };
    let verdict = auth.authenticate(&Credentials::new(request)).await;
    assert!(matches!(verdict, Verdict::Failed(_)), "{verdict:?}");
}

#[derive(Deserialize)]
struct User {
    email: String,
}

#[tokio::test]
async fn the_authors_own_type_is_made_from_the_claims() {
    let mut draft = Draft::good();
    draft.claims["email"] = "ann@mcp.example".into();
    let jwt = builder(&served(&draft))
        .principal(|claims| claims.parse::<User>())
        .principal(|claims| Ok(claims.list("aud").len()));
    let identity = identity(jwt, draft.token()).await;
    assert_eq!(identity.ext.find::<User>().unwrap().email, "ann@mcp.example");
    assert_eq!(identity.ext.find::<usize>(), Some(&1));
}

#[tokio::test]
async fn the_authors_own_type_may_refuse_and_repeats_no_claim() {
    let mut draft = Draft::good();
    for email in [json!(null), json!({"secret": "s3cr3t"}), json!(5_318_008)] {
        draft.claims["email"] = email;
        let auth =
            builder(&served(&draft)).principal(|claims| claims.parse::<User>()).build().unwrap();
        let refusal = refusal(ask(&auth, draft.token()).await);
        assert!(!refusal.logged().contains("s3cr3t") && !refusal.logged().contains("5318008"));
    }
}

#[tokio::test]
async fn a_broken_clock_lets_nobody_in() {
    let draft = Draft::good();
    let auth =
        builder(&served(&draft)).clock(|| UNIX_EPOCH - Duration::from_secs(1)).build().unwrap();
    assert_eq!(refusal(ask(&auth, draft.token()).await).message(), "the token has expired");
}

#[tokio::test]
async fn debug_shows_no_token_and_no_claim() {
    let draft = Draft::good();
    let jwt = builder(&served(&draft)).principal(|claims| Ok(format!("{claims:?}")));
    let identity = identity(jwt.clone(), draft.token()).await;
    let shown =
        format!("{identity:?} {:?} {:?}", jwt.build().unwrap(), identity.ext.find::<String>());
    assert!(!shown.contains(&draft.token()), "{shown}");
    assert!(shown.contains("client_id") && !shown.contains("\"t1\""), "{shown}");
}
