//! Published sets in the forms that issuers give them, and keys that are left out.

use serde_json::{Value, json};

use super::kit::{ED25519, OTHER_RSA, P256, P521, RSA, published};
use crate::{
    jose::{Key, KeySet, Skip},
    rules::Rules,
};

fn read(document: &str) -> (usize, Vec<(Skip, usize)>) {
    let set = KeySet::read(document.as_bytes(), Rules::default()).unwrap();
    (set.len(), set.skipped.into_iter().collect())
}

#[test]
fn sets_are_read_in_the_forms_that_issuers_publish() {
    assert_eq!(read(include_str!("fixtures/keycloak.json")), (1, vec![(Skip::Use, 1)]));
    assert_eq!(read(include_str!("fixtures/entra.json")), (3, vec![]));
    assert_eq!(read(include_str!("fixtures/google.json")), (2, vec![]));
    assert_eq!(read(include_str!("fixtures/okta.json")), (1, vec![]));
    assert_eq!(
        read(include_str!("fixtures/mixed.json")),
        (1, vec![(Skip::Use, 1), (Skip::Algorithm, 2), (Skip::Kind, 1)])
    );
}

fn skip(jwk: Value) -> Skip {
    Key::read(&jwk, Rules::default()).unwrap_err()
}

#[test]
fn keys_are_left_out_for_a_reason() {
    assert_eq!(skip(published(&RSA, json!({"use": "enc"}))), Skip::Use);
    assert_eq!(skip(published(&RSA, json!({"use": "future"}))), Skip::Use);
    assert_eq!(skip(published(&RSA, json!({"key_ops": "verify"}))), Skip::Use);
    assert_eq!(skip(published(&RSA, json!({"alg": "RSA-OAEP"}))), Skip::Algorithm);
    assert_eq!(skip(published(&RSA, json!({"alg": "HS256"}))), Skip::Algorithm);
    assert_eq!(skip(published(&RSA, json!({"alg": "none"}))), Skip::Algorithm);
    assert_eq!(skip(json!({"kty": "AKP", "pub": "AAAA"})), Skip::Kind);
    assert_eq!(skip(json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"})), Skip::Kind);
    assert_eq!(skip(json!({"kty": "OKP", "crv": "X25519", "x": "AA"})), Skip::Kind);
    assert_eq!(skip(json!({"kty": "oct", "k": "AAAA"})), Skip::Secret);
    assert_eq!(skip(serde_json::to_value(RSA.as_ref()).unwrap()), Skip::Secret);
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        assert_eq!(skip(published(&RSA, json!({name: "AQ"}))), Skip::Secret, "{name}");
    }
    assert_eq!(skip(json!("text")), Skip::Kind);
    assert_eq!(skip(json!({})), Skip::Kind);
}

#[test]
fn material_that_is_not_what_its_type_says_is_left_out() {
    for change in [json!({"n": "AQAB"}), json!({"n": ""}), json!({"n": "_".repeat(2732)})] {
        assert_eq!(skip(published(&RSA, change.clone())), Skip::Strength, "{change}");
    }
    for change in [
        json!({"e": "AQ"}),
        json!({"e": ""}),
        json!({"e": "AAAA"}),
        json!({"e": "Ag"}),
        json!({"e": "AQABAQABAQABAQAB"}),
        json!({"n": 5}),
        json!({"n": "+/=="}),
    ] {
        assert_eq!(skip(published(&RSA, change.clone())), Skip::Malformed, "{change}");
    }
    let (x, y) =
        (published(&P256, json!({}))["x"].clone(), published(&P256, json!({}))["y"].clone());
    for change in [
        json!({"x": "AAAA"}),
        json!({"x": y, "y": x}),
        json!({"crv": "P-384"}),
        json!({"crv": null}),
    ] {
        assert_eq!(skip(published(&P256, change.clone())), Skip::Malformed, "{change}");
    }
    assert_eq!(skip(published(&ED25519, json!({"x": "AAAA"}))), Skip::Malformed);
    assert_eq!(skip(json!({"kty": "RSA"})), Skip::Malformed);
    assert_eq!(skip(json!({"kty": "EC"})), Skip::Malformed);
}

#[test]
fn a_short_half_does_not_borrow_from_the_other() {
    // Two halves of the right length together, cut in the wrong place.
    let good = published(&P521, json!({}));
    let bytes = |name: &str| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.decode(good[name].as_str().unwrap()).unwrap()
    };
    let joined = [bytes("x"), bytes("y")].concat();
    let (x, y) = joined.split_at(60);
    let cut = json!({"x": super::kit::encode(x), "y": super::kit::encode(y)});
    assert_eq!(skip(published(&P521, cut)), Skip::Malformed);
}

#[test]
fn only_so_many_keys_are_read() {
    let keys = vec![published(&OTHER_RSA, json!({})); 70];
    let (usable, skipped) = read(&json!({"keys": keys}).to_string());
    assert_eq!(usable, 64);
    assert_eq!(skipped, [(Skip::TooMany, 6)]);
}

#[test]
fn what_is_no_set_is_none() {
    for document in ["", "[]", "[[]]", "{}", r#"{"keys":{}}"#, "<html>"] {
        assert!(KeySet::read(document.as_bytes(), Rules::default()).is_none(), "{document}");
    }
}
