//! Bad signed tokens, a row each.

use serde_json::json;

use super::kit::{Draft, NOW, OTHER_RSA, P256, RESOURCE, RSA, SHORT_RSA, encode, now, published};
use crate::{
    bound::{Dpop, Mtls},
    claims::Claims,
    jose::{Algorithm, KeySet, MAX_ATTEMPTS, split},
    judge::{Required, header, judge},
    rules::{Fault, Rule, Rules},
    table::{Family, Row},
};

pub(crate) const TABLE: Family<Rule, Draft> = Family {
    name: "signed token",
    rules: RULES,
    rows: ROWS,
    good: Draft::good,
    judge: |draft, off| {
        let rules = off.map_or_else(Rules::default, Rules::without);
        judged(draft, &draft.token(), rules).map(|_| ()).map_err(Fault::rule)
    },
    // A key that is left out of the set is then a key that is not known.
    shows: |rule| match rule {
        Rule::KeyUse | Rule::KeyStrength => Rule::KeyId,
        rule => rule,
    },
};

/// All rules but [`Rule::Readable`], which has no off.
const RULES: &[Rule] = &[
    Rule::Length,
    Rule::Parts,
    Rule::Encoding,
    Rule::Unique,
    Rule::Algorithm,
    Rule::EmbeddedKey,
    Rule::Critical,
    Rule::Type,
    Rule::KeyUse,
    Rule::KeyStrength,
    Rule::KeyId,
    Rule::KeyAlgorithm,
    Rule::Attempts,
    Rule::Signature,
    Rule::Issuer,
    Rule::Audience,
    Rule::Expiry,
    Rule::NotBefore,
    Rule::IssuedAt,
    Rule::Subject,
    Rule::IdToken,
    Rule::RefreshToken,
    Rule::Profile,
    Rule::Required,
    Rule::Bound,
    Rule::Unbound,
    Rule::Uncertified,
];

const ROWS: &[Row<Rule, Draft>] = &[
    ("17 KiB", Rule::Length, |draft| draft.claims["pad"] = "x".repeat(13 * 1024).into()),
    ("four parts", Rule::Parts, |draft| draft.mangle = |token| token + ".e30"),
    ("padded", Rule::Encoding, |draft| draft.mangle = |token| token + "=="),
    ("stray bits", Rule::Encoding, |draft| draft.mangle = with_stray_bits),
    ("header member twice", Rule::Unique, |draft| {
        draft.header_text = Some(r#"{"alg":"none","kid":"one","alg":"ES256"}"#.into());
    }),
    ("claim twice", Rule::Unique, |draft| {
        let text = draft.claims.to_string();
        draft.claims_text = Some(text.replacen('{', r#"{"sub":"root","#, 1));
    }),
    ("not allowed", Rule::Algorithm, |draft| draft.settings.algorithms = vec![Algorithm::Rs256]),
    ("jwk", Rule::EmbeddedKey, |draft| draft.header["jwk"] = published(&P256, json!({}))),
    ("jku", Rule::EmbeddedKey, |draft| draft.header["jku"] = "https://evil.example/keys".into()),
    ("x5u", Rule::EmbeddedKey, |draft| draft.header["x5u"] = "https://evil.example/cert".into()),
    ("x5c", Rule::EmbeddedKey, |draft| draft.header["x5c"] = json!(["MIIB"])),
    ("crit", Rule::Critical, |draft| draft.header["crit"] = json!(["exp"])),
    ("empty crit", Rule::Critical, |draft| draft.header["crit"] = json!([])),
    ("another type", Rule::Type, |draft| draft.header["typ"] = "logout+jwt".into()),
    ("type of dpop", Rule::Type, |draft| draft.header["typ"] = "dpop+jwt".into()),
    ("type no text", Rule::Type, |draft| draft.header["typ"] = json!(["JWT"])),
    ("key for encryption", Rule::KeyUse, |draft| draft.keys[0]["use"] = "enc".into()),
    ("key for another operation", Rule::KeyUse, |draft| draft.keys[0]["key_ops"] = json!(["sign"])),
    ("2047 bits", Rule::KeyStrength, |draft| {
        draft.header["alg"] = "RS256".into();
        draft.signed_by = (Algorithm::Rs256, &SHORT_RSA);
        draft.keys = vec![published(&SHORT_RSA, json!({"kid": "one"}))];
    }),
    ("unknown key", Rule::KeyId, |draft| draft.header["kid"] = "two".into()),
    ("name differs in case", Rule::KeyId, |draft| draft.header["kid"] = "One".into()),
    ("key for another algorithm", Rule::KeyAlgorithm, |draft| {
        draft.header["alg"] = "PS256".into();
        draft.signed_by = (Algorithm::Ps256, &RSA);
        draft.keys = vec![published(&RSA, json!({"kid": "one", "alg": "RS256"}))];
    }),
    ("too many keys to try", Rule::Attempts, |draft| {
        draft.header = json!({"alg": "RS256"});
        draft.signed_by = (Algorithm::Rs256, &RSA);
        draft.keys = vec![published(&OTHER_RSA, json!({})); MAX_ATTEMPTS];
        draft.keys.push(published(&RSA, json!({})));
    }),
    ("changed claims", Rule::Signature, |draft| {
        draft.mangle = |token| {
            let mut parts = token.split('.').map(str::to_owned).collect::<Vec<_>>();
            let mut claims = Draft::good().claims;
            claims["sub"] = "root".into();
            parts[1] = encode(claims.to_string());
            parts.join(".")
        };
    }),
    ("no signature", Rule::Signature, |draft| {
        draft.mangle = |token| token[..=token.rfind('.').unwrap()].to_owned();
    }),
    ("another key of the name", Rule::Signature, |draft| {
        draft.header["alg"] = "RS256".into();
        draft.signed_by = (Algorithm::Rs256, &OTHER_RSA);
        draft.keys = vec![published(&RSA, json!({"kid": "one"}))];
    }),
    ("another issuer", Rule::Issuer, |draft| draft.claims["iss"] = "https://evil.example".into()),
    ("issuer and a slash", Rule::Issuer, |draft| {
        draft.claims["iss"] = "https://issuer.example/".into();
    }),
    ("no issuer", Rule::Issuer, |draft| remove(draft, "iss")),
    ("two issuers", Rule::Issuer, |draft| {
        draft.claims["iss"] = json!(["https://issuer.example"]);
    }),
    ("another audience", Rule::Audience, |draft| {
        draft.claims["aud"] = "https://other.example/mcp".into();
    }),
    ("audience of Keycloak", Rule::Audience, |draft| {
        draft.claims["aud"] = json!(["account", "desk"]);
    }),
    ("no audience", Rule::Audience, |draft| remove(draft, "aud")),
    ("empty audience", Rule::Audience, |draft| draft.claims["aud"] = "".into()),
    ("null audience", Rule::Audience, |draft| draft.claims["aud"] = json!(null)),
    ("no audiences", Rule::Audience, |draft| draft.claims["aud"] = json!([])),
    ("audiences that are no text", Rule::Audience, |draft| {
        draft.claims["aud"] = json!([RESOURCE, 1]);
    }),
    ("the resource, but another is set", Rule::Audience, |draft| {
        draft.settings.audiences = vec!["api".into()];
    }),
    ("no audience, the other claim differs", Rule::Audience, |draft| {
        draft.settings.without_audience =
            Some(("client_id".into(), vec!["phone".into(), "Desk".into()]));
        remove(draft, "aud");
    }),
    ("other audience, the other claim agrees", Rule::Audience, |draft| {
        draft.settings.without_audience =
            Some(("client_id".into(), vec!["phone".into(), "desk".into()]));
        draft.claims["aud"] = "https://other.example/mcp".into();
    }),
    ("expired", Rule::Expiry, |draft| draft.claims["exp"] = (NOW - 30).into()),
    ("no end", Rule::Expiry, |draft| remove(draft, "exp")),
    ("end as text", Rule::Expiry, |draft| draft.claims["exp"] = (NOW + 300).to_string().into()),
    ("end beyond time", Rule::Expiry, |draft| draft.claims["exp"] = 1e300.into()),
    ("end in milliseconds", Rule::Expiry, |draft| draft.claims["exp"] = (NOW * 1000).into()),
    ("not yet", Rule::NotBefore, |draft| draft.claims["nbf"] = (NOW + 31).into()),
    ("begin as text", Rule::NotBefore, |draft| draft.claims["nbf"] = "0".into()),
    ("begin before time", Rule::NotBefore, |draft| draft.claims["nbf"] = (-1).into()),
    ("issued in the future", Rule::IssuedAt, |draft| draft.claims["iat"] = (NOW + 31).into()),
    ("issued null", Rule::IssuedAt, |draft| draft.claims["iat"] = json!(null)),
    ("no subject", Rule::Subject, |draft| remove(draft, "sub")),
    ("empty subject", Rule::Subject, |draft| draft.claims["sub"] = "".into()),
    ("subject no text", Rule::Subject, |draft| draft.claims["sub"] = 7.into()),
    ("ID token of Keycloak", Rule::IdToken, |draft| draft.claims["typ"] = "ID".into()),
    ("nonce", Rule::IdToken, |draft| draft.claims["nonce"] = "n".into()),
    ("at_hash", Rule::IdToken, |draft| draft.claims["at_hash"] = "h".into()),
    ("c_hash", Rule::IdToken, |draft| draft.claims["c_hash"] = "h".into()),
    ("ID token of Cognito", Rule::IdToken, |draft| draft.claims["token_use"] = "id".into()),
    ("nonce, beside its own word that it is none", Rule::IdToken, |draft| {
        draft.claims["nonce"] = "n".into();
        draft.claims["typ"] = "Bearer".into();
    }),
    ("nonce, where a kind is asked for, and not which", Rule::IdToken, |draft| {
        draft.claims["nonce"] = "n".into();
        draft.claims["typ"] = "Bearer".into();
        require(draft, "typ", &[]);
    }),
    ("nonce, where an ID token would do as well", Rule::IdToken, |draft| {
        draft.claims["nonce"] = "n".into();
        draft.claims["typ"] = "Bearer".into();
        require(draft, "typ", &["Bearer", "ID"]);
    }),
    ("nonce, where what is asked for is no kind", Rule::IdToken, |draft| {
        draft.claims["nonce"] = "n".into();
        draft.claims["typ"] = "JWT".into();
        require(draft, "typ", &["JWT"]);
    }),
    ("nonce, where another claim is asked for", Rule::IdToken, |draft| {
        draft.claims["nonce"] = "n".into();
        draft.claims["kind"] = "Bearer".into();
        require(draft, "kind", &["Bearer"]);
    }),
    ("ID token of Keycloak, where that is asked for", Rule::IdToken, |draft| {
        draft.claims["typ"] = "ID".into();
        require(draft, "typ", &["ID"]);
    }),
    ("ID token of Cognito, where that is asked for", Rule::IdToken, |draft| {
        draft.claims["token_use"] = "id".into();
        require(draft, "token_use", &["id"]);
    }),
    ("at_hash, where the kind is asked for", Rule::IdToken, |draft| {
        draft.claims["at_hash"] = "h".into();
        draft.claims["typ"] = "Bearer".into();
        require(draft, "typ", &["Bearer"]);
    }),
    ("refresh token", Rule::RefreshToken, |draft| draft.claims["typ"] = "Refresh".into()),
    ("offline token", Rule::RefreshToken, |draft| draft.claims["typ"] = "Offline".into()),
    ("refresh token, where that is asked for", Rule::RefreshToken, |draft| {
        draft.claims["typ"] = "Refresh".into();
        require(draft, "typ", &["Refresh"]);
    }),
    ("RFC 9068, type of any JWT", Rule::Type, |draft| {
        draft.settings.rfc9068 = true;
        draft.header["typ"] = "JWT".into();
    }),
    ("RFC 9068, no type", Rule::Type, |draft| {
        draft.settings.rfc9068 = true;
        draft.header.as_object_mut().unwrap().remove("typ");
    }),
    ("RFC 9068, no client", Rule::Profile, |draft| {
        draft.settings.rfc9068 = true;
        remove(draft, "client_id");
    }),
    ("RFC 9068, no time of issue", Rule::Profile, |draft| {
        draft.settings.rfc9068 = true;
        remove(draft, "iat");
    }),
    ("RFC 9068, no id", Rule::Profile, |draft| {
        draft.settings.rfc9068 = true;
        remove(draft, "jti");
    }),
    ("required claim missing", Rule::Required, |draft| require(draft, "cid", &[])),
    ("required claim null", Rule::Required, |draft| {
        draft.claims["cid"] = json!(null);
        require(draft, "cid", &[]);
    }),
    ("required claim with another value", Rule::Required, |draft| {
        draft.claims["tid"] = "theirs".into();
        require(draft, "tid", &["ours", "Theirs"]);
    }),
    ("required claim is a list", Rule::Required, |draft| {
        draft.claims["tid"] = json!(["ours"]);
        require(draft, "tid", &["ours"]);
    }),
    ("logout token of Keycloak", Rule::Required, |draft| {
        draft.claims["typ"] = "Logout".into();
        require(draft, "typ", &["Bearer", "DPoP"]);
    }),
    ("bound to a key by DPoP", Rule::Bound, |draft| draft.claims["cnf"] = json!({"jkt": "abc"})),
    ("bound to a certificate", Rule::Bound, |draft| {
        draft.claims["cnf"] = json!({"x5t#S256": "abc"});
    }),
    ("bound to a key without a name", Rule::Bound, |draft| {
        draft.settings.dpop = Dpop::Allowed;
        draft.claims["cnf"] = json!({"jkt": ""});
    }),
    ("bound to a key and a certificate", Rule::Bound, |draft| {
        draft.settings.dpop = Dpop::Required;
        draft.claims["cnf"] = json!({"jkt": "abc", "x5t#S256": "abc"});
    }),
    ("bound to no object", Rule::Bound, |draft| {
        draft.settings.dpop = Dpop::Allowed;
        draft.claims["cnf"] = "abc".into();
    }),
    ("not bound, where all are", Rule::Unbound, |draft| draft.settings.dpop = Dpop::Required),
    ("bound to a certificate, where all are to a key", Rule::Unbound, |draft| {
        (draft.settings.dpop, draft.settings.mtls) = (Dpop::Required, Mtls::Allowed);
        draft.claims["cnf"] = json!({"x5t#S256": "abc"});
    }),
    ("not certified, where all are", Rule::Uncertified, |draft| {
        draft.settings.mtls = Mtls::Required;
    }),
    ("bound to a key, where all are to a certificate", Rule::Uncertified, |draft| {
        (draft.settings.dpop, draft.settings.mtls) = (Dpop::Allowed, Mtls::Required);
        draft.claims["cnf"] = json!({"jkt": "abc"});
    }),
    ("bound to a certificate without a name", Rule::Bound, |draft| {
        draft.settings.mtls = Mtls::Allowed;
        draft.claims["cnf"] = json!({"x5t#S256": ""});
    }),
    ("bound to a certificate by its weak name", Rule::Bound, |draft| {
        draft.settings.mtls = Mtls::Allowed;
        draft.claims["cnf"] = json!({"x5t": "abc"});
    }),
    ("bound to a certificate, and to more", Rule::Bound, |draft| {
        draft.settings.mtls = Mtls::Allowed;
        draft.claims["cnf"] = json!({"x5t#S256": "abc", "kid": "1"});
    }),
    ("bound in a way to come", Rule::Bound, |draft| draft.claims["cnf"] = json!(null)),
];

pub(super) fn require(draft: &mut Draft, claim: &str, values: &[&str]) {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    draft.settings.required.push(Required { claims: vec![claim.to_owned()], values });
}

fn remove(draft: &mut Draft, claim: &str) {
    draft.claims.as_object_mut().unwrap().remove(claim);
}

/// The same bytes for a reader that drops the last bits of an odd part.
fn with_stray_bits(token: String) -> String {
    let mut token = token.into_bytes();
    let last = token.last_mut().unwrap();
    // A signature of 64 bytes leaves four unused bits in its last character.
    assert!(matches!(last, b'A' | b'Q' | b'g' | b'w'));
    *last += 1;
    String::from_utf8(token).unwrap()
}

/// Judges a token as it travelled, with the rules given.
pub(super) fn judged(draft: &Draft, token: &str, rules: Rules) -> Result<Claims, Fault> {
    let mut settings = draft.settings.clone();
    settings.rules = rules;
    let read = header(split(token, rules)?, &settings)?;
    let keys = KeySet::read(&draft.document(), rules).unwrap();
    judge(&read, &keys, &settings, RESOURCE, now())?;
    Ok(read.claims)
}

#[test]
fn only_faults_that_newer_keys_may_mend_ask_for_them() {
    for (name, broken, change) in ROWS {
        let mut draft = Draft::good();
        change(&mut draft);
        let fault = judged(&draft, &draft.token(), Rules::default()).unwrap_err();
        let mends =
            matches!(broken, Rule::KeyId | Rule::KeyUse | Rule::KeyStrength | Rule::Attempts);
        assert_eq!(matches!(fault, Fault::Keys(_)), mends, "{name}");
    }
}
