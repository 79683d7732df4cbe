//! Proofs of a key (DPoP): none is right but one for this request, this token and this key.
//!
//! An input is a header, a line break, and claims; both are signed by the key that tokens are bound to.
#![no_main]

use std::{
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use libfuzzer_sys::fuzz_target;
use ring::{
    digest::{SHA256, digest},
    signature::{Ed25519KeyPair, KeyPair},
};
use serde_json::Value;
use toolgate_auth::dpop::{Expected, verify};

const TARGET: &str = "https://mcp.example/mcp";
const TOKEN: &str = "a.b.c";
const NOW: u64 = 1_800_000_000;
/// Numbers grow when they are written out, and a proof that is too long is refused for that.
const LONGEST: usize = 11 * 1024;

static PAIR: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed"));
static X: LazyLock<String> = LazyLock::new(|| URL_SAFE_NO_PAD.encode(PAIR.public_key()));
static THUMBPRINT: LazyLock<String> =
    LazyLock::new(|| hash(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, *X)));

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (header, claims) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    let read = |part: &[u8]| serde_json::from_slice::<Value>(part).unwrap_or_default();
    let (seen_header, seen_claims) = (read(header), read(claims));
    if is_right(header, claims) {
        assert!(allows(&seen_header, &seen_claims), "{}", data.escape_ascii());
    }
    // Without members that are there twice there is one reader's view alone, and it decides.
    if seen_header.is_object() && seen_claims.is_object() {
        let (header, claims) = (seen_header.to_string(), seen_claims.to_string());
        let (again, plain) = ((read(header.as_bytes()), read(claims.as_bytes())), TARGET);
        if again.1["htu"] == plain && header.len() + claims.len() <= LONGEST {
            let right = is_right(header.as_bytes(), claims.as_bytes());
            assert_eq!(right, allows(&again.0, &again.1), "{header} {claims}");
        }
    }
});

fn is_right(header: &[u8], claims: &[u8]) -> bool {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let message = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(PAIR.sign(message.as_bytes()));
    let now = UNIX_EPOCH + Duration::from_secs(NOW);
    let expected = Expected::new("POST", TARGET, TOKEN, &THUMBPRINT, now);
    verify(&format!("{message}.{signature}"), &expected).is_ok()
}

/// What RFC 9449, section 4.3, wants, as another reader of it has it.
fn allows(header: &Value, claims: &Value) -> bool {
    let jwk = &header["jwk"];
    let is = |value: &Value, text: &str| {
        value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(text))
    };
    let url = claims["htu"].as_str().unwrap_or_default();
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let now = Duration::from_secs(NOW).as_secs_f64();
    let id = claims["jti"].as_str().map_or(0, str::len);
    is(&header["typ"], "dpop+jwt")
        && header.get("crit").is_none()
        && ["EdDSA", "Ed25519"].iter().any(|name| header["alg"] == *name)
        && jwk["kty"] == "OKP"
        && jwk["crv"] == "Ed25519"
        && jwk["x"] == **X
        && ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().all(|name| jwk.get(name).is_none())
        && fits(jwk)
        && claims["htm"] == "POST"
        && is_target(url)
        && claims["iat"].as_f64().is_some_and(|at| (-30.0..=120.0).contains(&(now - at)))
        && claims["ath"] == hash(TOKEN)
        && (1..=256).contains(&id)
        && claims.get("nonce").is_none_or(Value::is_string)
}

/// Whether a URL is the target, however its host and its port are written.
fn is_target(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    let port = url.strip_prefix("https://mcp.example").and_then(|rest| rest.strip_suffix("/mcp"));
    port.is_some_and(|port| match port.strip_prefix(':') {
        Some(port) => port.is_empty() || port.trim_start_matches('0') == "443",
        None => port.is_empty(),
    })
}

/// Whether what else a key says of itself lets it sign a proof.
fn fits(jwk: &Value) -> bool {
    let purpose = jwk.get("use").is_none_or(|purpose| purpose == "sig");
    let names = ["EdDSA", "Ed25519", "Ed448"];
    let algorithm = jwk.get("alg").filter(|it| !it.is_null());
    let algorithm = algorithm.is_none_or(|it| names.iter().any(|name| it == *name));
    let operations = jwk
        .get("key_ops")
        .is_none_or(|all| all.as_array().is_some_and(|all| all.iter().any(|one| one == "verify")));
    // A modulus of more than 4096 bits is not looked at, whatever the key is.
    let modulus = jwk["n"].as_str().map_or(0, str::len);
    purpose && algorithm && operations && modulus <= 683
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}
