//! Signed tokens: whom a proof lets in, what is told of it, and what is asked for.

use std::time::Duration;

use toolgate_core::{Challenge, authenticate::Reason};

use super::*;
use crate::jwt::{JwtAuth, issuers, tests::kit::RSA};

#[tokio::test]
async fn a_bound_token_counts_with_a_proof_of_its_key_and_not_otherwise() {
    let draft = own();
    let token = draft.token();
    let auth = builder(&draft).dpop().build().unwrap();
    let (as_bound, as_bearer) = (format!("dpop {token}"), format!("Bearer {token}"));
    let proof = |id: &str| proof(&OTHER_RSA, id, &token);
    known(&auth, &[(A, &as_bound), (P, &proof("1"))]).await;
    // It is remembered now, and has to be proven each time all the same.
    known(&auth, &[(A, &as_bound), (P, &proof("2"))]).await;
    let thiefs = super::proof(&RSA, "3", &token);
    let elsewhere = super::proof(&OTHER_RSA, "4", "another.token.here");
    for (fields, error, message) in [
        (&[(A, &*as_bound)][..], BAD, "a proof of the token's key is missing"),
        (&[(A, &as_bound), (P, &proof("1"))], BAD, "the proof was used before"),
        (&[(A, &as_bound), (P, &proof("5")), (P, &proof("6"))], BAD, "more than one proof is sent"),
        (&[(A, &as_bound), (P, "rubbish")], BAD, "the proof is not a well-formed JWT"),
        (&[(A, &as_bound), (P, &thiefs)], BAD, "the token is bound to another key"),
        (&[(A, &as_bound), (P, &elsewhere)], BAD, "the proof is for another token"),
        (&[(A, &as_bearer), (P, &proof("7"))], None, NOT_PROVEN),
        (&[(A, &as_bearer)], None, "the token is bound to a key, and the key was not proven"),
    ] {
        let refusal = refused(&auth, fields).await;
        assert_eq!((refusal.reason(), refusal.message()), (Reason::Invalid, message));
        assert_eq!(refusal.error_code(), error, "{message}");
    }
    // What was refused used up no proof of the caller's.
    known(&auth, &[(A, &as_bound), (P, &proof("7"))]).await;
    let request = Request { method: "GET", fields: vec![(A, as_bound), (P, proof("8"))] };
    let verdict = auth.authenticate(&Credentials::new(request)).await;
    assert!(matches!(verdict, Verdict::Refused(ref it) if it.error_code() == BAD), "{verdict:?}");
}

#[tokio::test]
async fn a_token_that_is_bound_to_nothing_needs_no_proof_unless_all_do() {
    let draft = Draft::good();
    let token = draft.token();
    let (as_bound, as_bearer) = (format!("DPoP {token}"), format!("Bearer {token}"));
    let own = proof(&OTHER_RSA, "1", &token);
    let allowed = builder(&draft).dpop().build().unwrap();
    known(&allowed, &[(A, &as_bearer)]).await;
    let unbound = "the token is not bound to a key";
    // The sender's own key proves nothing.
    assert_eq!(refused(&allowed, &[(A, &as_bound), (P, &own)]).await.message(), unbound);
    let required = builder(&draft).require_dpop().build().unwrap();
    for sent in [&as_bearer, &as_bound] {
        assert_eq!(refused(&required, &[(A, sent), (P, &own)]).await.message(), unbound);
    }
    let off = builder(&draft).build().unwrap();
    assert!(matches!(ask(&off, &[(A, &as_bound), (P, &own)]).await, Verdict::NotMine));
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told_before_its_proof_is_looked_at() {
    let mut draft = own();
    draft.claims["exp"] = 1.into();
    let auth = builder(&draft).dpop().build().unwrap();
    let refusal = refused(&auth, &[(A, &format!("DPoP {}", draft.token())), (P, "x")]).await;
    assert_eq!((refusal.message(), refusal.error_code()), ("the token has expired", None));
    // Malformed as with any scheme.
    let twice = refused(&auth, &[(A, "DPoP a"), (A, "DPoP a")]).await;
    assert_eq!(twice.reason(), Reason::Malformed);
    assert_eq!(refused(&auth, &[]).await.reason(), Reason::Missing);
}

#[test]
fn challenges_and_metadata_say_what_is_asked_for() {
    let draft = Draft::good();
    let schemes = |auth: &JwtAuth, why: &Refusal| {
        let challenges: Vec<Challenge> = auth.challenges(why);
        challenges.iter().map(|challenge| challenge.scheme.to_string()).collect::<Vec<_>>()
    };
    let (missing, bad) = (Refusal::missing(), Refusal::invalid("x").error("invalid_dpop_proof"));
    let off = builder(&draft).build().unwrap();
    let allowed = builder(&draft).dpop().build().unwrap();
    let required = builder(&draft).require_dpop().build().unwrap();
    let mixed = issuers([builder(&draft).require_dpop(), jwt("https://b.example")]).unwrap();
    assert_eq!(schemes(&off, &missing), ["Bearer"]);
    assert_eq!(schemes(&allowed, &missing), ["Bearer", "DPoP"]);
    assert_eq!(schemes(&allowed, &bad), ["DPoP"]);
    assert_eq!(schemes(&required, &missing), ["DPoP"]);
    assert_eq!(schemes(&mixed, &missing), ["Bearer", "DPoP"]);
    let [_, dpop] = &*allowed.challenges(&missing) else { panic!("two") };
    assert!(dpop.params.iter().any(|(name, value)| name == "algs" && value.contains("ES256")));
    let more = |auth: &JwtAuth| {
        let more = auth.card().more;
        more.into_iter()
            .map(|(name, value)| (name, value.parse::<Value>().unwrap().to_string()))
            .collect::<Vec<_>>()
    };
    assert!(more(&off).is_empty());
    let required_member = |auth: &JwtAuth| more(auth)[1].clone();
    let name = "dpop_bound_access_tokens_required".to_owned();
    assert_eq!(required_member(&allowed), (name.clone(), "false".to_owned()));
    assert_eq!(required_member(&required), (name, "true".to_owned()));
    assert!(more(&allowed)[0].1.contains("\"ES256\""));
    assert!(builder(&draft).audience(["api"]).dpop().build().unwrap().card().needs_resource);
}

#[tokio::test]
async fn an_issuer_whose_tokens_are_not_accepted_with_proof_is_not_helped_by_another() {
    let mut draft = own();
    let with = builder(&draft).dpop();
    draft.claims["iss"] = "https://b.example".into();
    let token = draft.token();
    let without = {
        let issuer = FakeIssuer::new();
        issuer.answer("https://b.example/keys", 200, draft.document());
        jwt("https://b.example").jwks_uri("https://b.example/keys").fetch(issuer).clock(now)
    };
    let auth = issuers([with, without.leeway(Duration::from_secs(30))]).unwrap();
    let fields = [(A, format!("DPoP {token}")), (P, proof(&OTHER_RSA, "1", &token))];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
    assert_eq!(refused(&auth, &fields).await.message(), NOT_PROVEN);
}

#[tokio::test]
async fn proofs_are_counted_by_caller_and_not_by_key() {
    let drafts = [&OTHER_RSA, &RSA].map(|pair| {
        let mut draft = bound(json!({"jkt": thumbprint(pair)}));
        draft.claims["client_id"] = thumbprint(pair).into();
        (draft, pair)
    });
    let auth = builder(&drafts[0].0).dpop().dpop_memory(100, 3).build().unwrap();
    let mut passed = 0;
    for (draft, pair) in &drafts {
        let token = draft.token();
        for id in ["1", "2", "3"] {
            let fields = [(A, format!("DPoP {token}")), (P, proof(pair, id, &token))];
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
            match ask(&auth, &fields).await {
                Verdict::Known(..) => passed += 1,
                verdict => assert!(matches!(verdict, Verdict::Unavailable { .. }), "{verdict:?}"),
            }
        }
    }
    assert_eq!(passed, 3);
    // Somebody else has room of his own.
    let mut other = own();
    other.claims["sub"] = "bob".into();
    let token = other.token();
    known(&auth, &[(A, &format!("DPoP {token}")), (P, &proof(&OTHER_RSA, "4", &token))]).await;
}
