//! Good tokens: each algorithm, with a key's name and without, and the forms that claims may take.

use serde_json::json;

use super::{
    kit::{
        Draft, ED448, ED25519, NOW, OTHER_RSA, P256, P384, P521, Pair, RESOURCE, RSA, published,
    },
    rows::judged,
};
use crate::{
    bound::Dpop,
    jose::{Algorithm, MAX_ATTEMPTS},
    rules::Rules,
};

fn passes(draft: &Draft) -> bool {
    judged(draft, &draft.token(), Rules::default()).is_ok()
}

const FAMILIES: [(Algorithm, Pair); 13] = [
    (Algorithm::Rs256, &RSA),
    (Algorithm::Rs384, &RSA),
    (Algorithm::Rs512, &RSA),
    (Algorithm::Ps256, &RSA),
    (Algorithm::Ps384, &RSA),
    (Algorithm::Ps512, &RSA),
    (Algorithm::Es256, &P256),
    (Algorithm::Es384, &P384),
    (Algorithm::Es512, &P521),
    (Algorithm::EdDsa, &ED25519),
    (Algorithm::EdDsa, &ED448),
    (Algorithm::Ed25519, &ED25519),
    (Algorithm::Ed448, &ED448),
];

#[test]
fn every_algorithm_verifies_with_and_without_the_keys_name() {
    for (algorithm, pair) in FAMILIES {
        for named in [true, false] {
            let mut draft = Draft::good();
            draft.header = json!({"alg": algorithm.name()});
            draft.signed_by = (algorithm, pair);
            draft.keys = vec![
                published(&OTHER_RSA, json!({"kid": "zero"})),
                published(pair, json!({"kid": "one", "use": "sig"})),
            ];
            if named {
                draft.header["kid"] = "one".into();
            }
            assert!(passes(&draft), "{algorithm:?}, named: {named}");
            draft.keys[1]["alg"] = algorithm.name().into();
            assert!(passes(&draft), "{algorithm:?} declared, named: {named}");
            draft.keys.pop();
            assert!(!passes(&draft), "{algorithm:?} without its key");
        }
    }
}

#[test]
fn the_edwards_names_stand_for_each_other() {
    for (declared, says) in [("EdDSA", "Ed25519"), ("Ed25519", "EdDSA")] {
        let mut draft = Draft::good();
        draft.header["alg"] = says.into();
        draft.signed_by = (Algorithm::EdDsa, &ED25519);
        draft.keys = vec![published(&ED25519, json!({"kid": "one", "alg": declared}))];
        assert!(passes(&draft), "{declared} {says}");
    }
}

#[test]
fn the_last_key_that_may_be_tried_still_counts() {
    let mut draft = Draft::good();
    draft.header = json!({"alg": "RS256"});
    draft.signed_by = (Algorithm::Rs256, &RSA);
    draft.keys = vec![published(&OTHER_RSA, json!({})); MAX_ATTEMPTS - 1];
    draft.keys.push(published(&RSA, json!({})));
    assert!(passes(&draft));
}

#[test]
fn two_keys_of_one_name_are_both_tried() {
    let mut draft = Draft::good();
    draft.header["alg"] = "RS256".into();
    draft.signed_by = (Algorithm::Rs256, &RSA);
    draft.keys =
        vec![published(&OTHER_RSA, json!({"kid": "one"})), published(&RSA, json!({"kid": "one"}))];
    assert!(passes(&draft));
}

#[test]
fn the_forms_that_claims_may_take() {
    let changes: &[fn(&mut Draft)] = &[
        |draft| draft.header["typ"] = "JWT".into(),
        |draft| draft.header["typ"] = "Application/AT+jwt".into(),
        |draft| drop(draft.header.as_object_mut().unwrap().remove("typ")),
        |draft| draft.header["x5t"] = "abc".into(),
        |draft| draft.claims["aud"] = json!(["account", RESOURCE]),
        |draft| draft.claims["aud"] = "HTTPS://MCP.example/mcp/".into(),
        |draft| draft.claims["exp"] = (NOW as f64 + 0.5).into(),
        |draft| draft.claims["exp"] = (NOW - 29).into(),
        |draft| draft.claims["nbf"] = (NOW + 30).into(),
        |draft| draft.claims["iat"] = (NOW as f64 + 29.5).into(),
        |draft| drop(draft.claims.as_object_mut().unwrap().remove("nbf")),
        |draft| drop(draft.claims.as_object_mut().unwrap().remove("iat")),
        |draft| draft.claims["typ"] = "Bearer".into(),
        |draft| draft.claims["token_use"] = "access".into(),
        |draft| draft.settings.rfc9068 = true,
        |draft| draft.settings.dpop = Dpop::Allowed,
        |draft| {
            draft.settings.dpop = Dpop::Required;
            draft.claims["cnf"] = json!({"jkt": "0ZcOCORZNYy"});
        },
        |draft| {
            draft.settings.rfc9068 = true;
            draft.header["typ"] = "Application/AT+JWT".into();
        },
        |draft| {
            draft.settings.audiences = vec!["x".into(), "api".into()];
            draft.claims["aud"] = "api".into();
        },
        |draft| {
            draft.settings.without_audience = Some(("client_id".into(), vec!["desk".into()]));
            draft.claims.as_object_mut().unwrap().remove("aud");
        },
        |draft| draft.settings.without_audience = Some(("client_id".into(), vec!["phone".into()])),
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut draft = Draft::good();
        change(&mut draft);
        assert!(passes(&draft), "change {index}");
    }
}
