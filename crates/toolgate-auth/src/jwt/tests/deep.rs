//! Tokens that more than one rule stops: leaving any single one out lets none of them in.

use serde_json::json;

use super::{
    kit::{Draft, ED25519, P256, P384, RSA, encode, published},
    rows::judged,
};
use crate::{
    jose::Algorithm,
    rules::{Rule, Rules},
};

const ONE_LESS: &[Rule] = &[
    Rule::Encoding,
    Rule::Unique,
    Rule::Algorithm,
    Rule::EmbeddedKey,
    Rule::Type,
    Rule::KeyUse,
    Rule::KeyId,
    Rule::KeyAlgorithm,
    Rule::Attempts,
    Rule::Audience,
    Rule::Expiry,
];

fn never(name: &str, draft: &Draft, token: &str) {
    assert!(judged(draft, token, Rules::default()).is_err(), "{name}");
    for rule in ONE_LESS {
        assert!(judged(draft, token, Rules::without(*rule)).is_err(), "{name}, without {rule:?}");
    }
}

#[test]
fn unsigned_and_symmetric_tokens_never_pass() {
    let draft = Draft::good();
    for algorithm in ["none", "None", "NONE", "HS256", "HS512", "es256", "ES256K", "RSA-OAEP", ""] {
        let header = json!({"alg": algorithm, "kid": "one"}).to_string();
        let message = format!("{}.{}", encode(header), encode(draft.claims.to_string()));
        never(algorithm, &draft, &format!("{message}."));
        never(algorithm, &draft, &format!("{message}.{}", encode([7; 32])));
    }
}

#[test]
fn a_public_key_is_no_secret() {
    // Signed with HMAC, the public key's text for a secret: the oldest confusion.
    let draft = Draft::good();
    let secret = draft.keys[0].to_string();
    let header = json!({"alg": "HS256", "kid": "one"}).to_string();
    let message = format!("{}.{}", encode(header), encode(draft.claims.to_string()));
    let signer = josekit::jws::HS256.signer_from_bytes(secret.as_bytes()).unwrap();
    let signature = josekit::jws::JwsSigner::sign(&signer, message.as_bytes()).unwrap();
    never("HS256", &draft, &format!("{message}.{}", encode(signature)));
}

#[test]
fn the_keys_type_decides_and_not_the_header() {
    for (name, says, signed_by) in [
        ("RSA key, ES256", "ES256", (Algorithm::Rs256, &RSA)),
        ("P-384 key, ES256", "ES256", (Algorithm::Es384, &P384)),
        ("P-256 key, ES384", "ES384", (Algorithm::Es256, &P256)),
        ("Ed25519 key, Ed448", "Ed448", (Algorithm::EdDsa, &ED25519)),
        ("Ed25519 key, RS256", "RS256", (Algorithm::EdDsa, &ED25519)),
    ] {
        let mut draft = Draft::good();
        draft.header["alg"] = says.into();
        draft.signed_by = signed_by;
        draft.keys = vec![published(signed_by.1, json!({"kid": "one"}))];
        never(name, &draft, &draft.token());
    }
}

#[test]
fn what_is_no_token_never_passes() {
    let draft = Draft::good();
    let good = draft.token();
    let (start, signature) = good.rsplit_once('.').unwrap();
    let claims = start.split_once('.').unwrap().1;
    for token in [
        "",
        ".",
        "..",
        "abc",
        "a.b.c",
        start,
        &format!("{}.{claims}.{signature}", encode("[]")),
        &format!("{}.{claims}.{signature}", encode("{")),
        &format!("{}.{claims}.{signature}", encode("null")),
        &format!("{}.{claims}.{signature}", encode(r#"{"alg":1}"#)),
        &format!("{}.{claims}.{signature}", encode(r#"{"kid":"one"}"#)),
        &format!("{}.{claims}.{signature}", encode(b"\xff\xfe")),
        &format!("{}.{claims}.{signature}", encode("[".repeat(9000))),
        &format!("{good}\n"),
        &format!(" {good}"),
        &good.replace('.', ".\u{e9}"),
    ] {
        never(token, &draft, token);
    }
}

#[test]
fn signed_rubbish_never_passes() {
    for claims in ["", "[]", "null", "{} {}", "{\"exp\":1e999}", "\"text\"", "{\"a\""] {
        let mut draft = Draft::good();
        draft.claims_text = Some(claims.to_owned());
        never(claims, &draft, &draft.token());
    }
}

#[test]
fn a_key_id_that_is_no_text_never_passes() {
    let mut draft = Draft::good();
    draft.header["kid"] = json!(null);
    never("null", &draft, &draft.token());
}
