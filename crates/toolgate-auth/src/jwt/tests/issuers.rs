//! Several issuers on one resource: whose rules and keys a token meets, and who is asked for keys.

use serde_json::json;
use toolgate_core::{Authenticate, Identity, PrincipalType, Verdict};

use super::kit::{Draft, FakeIssuer, ISSUER, P256, Pair, RESOURCE, RSA, bearing, now, published};
use crate::{
    auth_fn, chain,
    jose::Algorithm,
    jwt::{Jwt, JwtAuth, issuers, jwt},
};

const OTHER: &str = "https://other.example";

async fn ask(auth: &impl Authenticate, token: String) -> Verdict {
    auth.authenticate(&bearing(token)).await
}

async fn known(auth: &JwtAuth, token: String) -> Identity {
    match ask(auth, token).await {
        Verdict::Known(identity, _) => Identity::clone(&identity),
        other => panic!("{other:?}"),
    }
}

async fn refused(auth: &JwtAuth, token: String) -> (String, String) {
    match ask(auth, token).await {
        Verdict::Refused(refusal) => (refusal.message().to_owned(), refusal.logged().to_owned()),
        other => panic!("{other:?}"),
    }
}

/// A token of `issuer`, and its settings; both issuers call their key `one`.
fn of(issuer: &str, algorithm: Algorithm, pair: Pair) -> (Draft, FakeIssuer, Jwt) {
    let mut draft = Draft::good();
    draft.claims["iss"] = issuer.into();
    draft.header["alg"] = algorithm.name().into();
    draft.signed_by = (algorithm, pair);
    draft.keys = vec![published(pair, json!({"kid": "one"}))];
    let keys = format!("{issuer}/keys");
    let peer = FakeIssuer::new();
    peer.answer(&keys, 200, draft.document());
    let jwt = jwt(issuer).jwks_uri(keys).fetch(peer.clone()).clock(now);
    (draft, peer, jwt)
}

fn both() -> [(Draft, FakeIssuer, Jwt); 2] {
    [of(ISSUER, Algorithm::Es256, &P256), of(OTHER, Algorithm::Rs256, &RSA)]
}

#[tokio::test]
async fn the_same_subject_of_two_issuers_is_two_callers() {
    let [(one, one_peer, one_jwt), (two, two_peer, two_jwt)] = both();
    let auth = issuers([one_jwt, two_jwt]).unwrap();
    let first = known(&auth, one.token()).await.key;
    assert_eq!((one_peer.asked(), two_peer.asked()), (1, 0), "nobody else was asked");
    let second = known(&auth, two.token()).await.key;
    assert_eq!((one_peer.asked(), two_peer.asked()), (1, 1));
    assert_eq!((&first.subject, &first.client), (&second.subject, &second.client));
    assert_eq!((&*first.issuer, &*second.issuer), (ISSUER, OTHER));
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_token_meets_the_keys_and_the_rules_of_the_issuer_it_names_alone() {
    let [(mut one, _, one_jwt), (mut two, _, two_jwt)] = both();
    let auth = issuers([
        one_jwt.algorithms([Algorithm::Es256]).audience(["api"]),
        two_jwt.algorithms([Algorithm::Rs256]).claims(|claims| claims.clients(["desk"])),
    ])
    .unwrap();
    one.claims["aud"] = "api".into();
    known(&auth, one.token()).await;
    known(&auth, two.token()).await;
    // The audience of one is none of the other's.
    two.claims["aud"] = "api".into();
    assert_eq!(refused(&auth, two.token()).await.0, "the token is for another audience");
    two.claims["aud"] = RESOURCE.into();
    // Signed by the one, in the name of the other.
    one.claims["iss"] = OTHER.into();
    assert_eq!(refused(&auth, one.token()).await.0, "the token's algorithm is not accepted");
    one.header["alg"] = "RS256".into();
    assert_eq!(refused(&auth, one.token()).await.0, "the token's signature is wrong");
    two.claims["iss"] = ISSUER.into();
    two.header["alg"] = "ES256".into();
    two.claims["aud"] = "api".into();
    assert_eq!(refused(&auth, two.token()).await.0, "the token's signature is wrong");
}

#[tokio::test]
async fn an_unknown_issuer_is_refused_and_nobody_is_asked() {
    let [(mut draft, one, one_jwt), (_, two, two_jwt)] = both();
    let alone = one_jwt.clone().build().unwrap();
    let auth = issuers([one_jwt, two_jwt]).unwrap();
    for iss in [
        json!("https://evil.example"),
        json!("https://issuer.example/"),
        json!("https://ISSUER.example"),
        json!("https://issuer.example.evil.example"),
        json!(""),
        json!(null),
        json!([ISSUER]),
        json!({"iss": ISSUER}),
    ] {
        draft.claims["iss"] = iss.clone();
        for auth in [&auth, &alone] {
            let (message, logged) = refused(auth, draft.token()).await;
            assert_eq!(message, "the token is from another issuer", "{iss}");
            assert!(logged.contains(ISSUER) && !logged.contains("evil"), "{logged}");
        }
    }
    draft.claims.as_object_mut().unwrap().remove("iss");
    assert_eq!(refused(&auth, draft.token()).await.0, "the token is from another issuer");
    // Twice, so that two readers may see two.
    let text = Draft::good().claims.to_string();
    draft.claims_text = Some(text.replacen('{', &format!(r#"{{"iss":"{OTHER}","#), 1));
    assert_eq!(refused(&auth, draft.token()).await.0, "the token is not a well-formed JWT");
    assert_eq!((one.asked(), two.asked()), (0, 0));
}

#[tokio::test]
async fn one_issuer_that_is_away_takes_nothing_from_the_other() {
    let [(one, _, one_jwt), (two, peer, two_jwt)] = both();
    peer.down("https://other.example/keys");
    let auth = issuers([one_jwt, two_jwt]).unwrap();
    assert!(matches!(ask(&auth, two.token()).await, Verdict::Unavailable { .. }));
    known(&auth, one.token()).await;
}

#[tokio::test]
async fn the_tokens_of_other_issuers_can_be_left_to_others() {
    let [(one, _, one_jwt), (mut two, _, _)] = both();
    let alone = one_jwt.leave_other_issuers().build().unwrap();
    assert!(matches!(ask(&alone, two.token()).await, Verdict::NotMine));
    let last = || auth_fn(|_| async { Identity::new(toolgate_core::Key::new("last", "it")) });
    let chain = chain(alone).or(last());
    let Verdict::Known(identity, _) = ask(&chain, two.token()).await else { panic!("nobody") };
    assert_eq!(&*identity.key.issuer, "last");
    // One of its own that is wrong is not, nor is what has no issuer that can be read.
    let mut forged = one;
    forged.claims["exp"] = 1.into();
    for token in [forged.token(), "a.b.c".to_owned(), "opaque".to_owned()] {
        assert!(matches!(ask(&chain, token.clone()).await, Verdict::Refused(_)), "{token}");
    }
    two.claims_text = Some("[]".into());
    assert!(matches!(ask(&chain, two.token()).await, Verdict::Refused(_)));
}

#[test]
fn the_card_names_all_and_promises_what_all_make() {
    let [(_, _, one), (_, _, two)] = both();
    let one = one.principal(|_| Ok(1_u8)).principal(|_| Ok("text"));
    let two = two.audience(["api"]).principal(|_| Ok(2_u8));
    let card = issuers([one, two.clone()]).unwrap().card();
    assert_eq!(card.authorization_servers, [ISSUER, OTHER]);
    assert_eq!(card.principals, [PrincipalType::of::<u8>()]);
    assert!(card.needs_resource);
    assert!(!two.build().unwrap().card().needs_resource);
}

#[test]
fn problems_name_the_issuer_that_they_are_of() {
    let problems = |all: Vec<Jwt>| issuers(all).unwrap_err().problems().to_vec();
    assert_eq!(problems(vec![]).len(), 1);
    let twice = problems(vec![jwt(ISSUER), jwt(OTHER), jwt(ISSUER)]);
    assert!(matches!(&*twice, [one] if one.contains(ISSUER) && one.contains("twice")), "{twice:?}");
    let found = problems(vec![jwt(ISSUER).algorithms([]), jwt("other.example")]);
    assert!(found[0].starts_with(&format!("issuer 1, {ISSUER}: `algorithms`")), "{found:?}");
    assert!(found[1].starts_with("issuer 2, other.example: the issuer"), "{found:?}");
}
