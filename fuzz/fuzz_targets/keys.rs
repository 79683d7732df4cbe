//! What an issuer publishes: whatever its documents say, they let in nobody whose key is not there.
//!
//! An input is a set of keys, or a metadata document, an empty line, and a set of keys.
#![no_main]

use std::{
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::Value;
use tokio::runtime::Runtime;
use toolgate_auth::{Fetch, FetchError, jwt};
use toolgate_core::{Authenticate, BoxFuture, Credentials, Verdict};

const ISSUER: &str = "https://issuer.example";
const RESOURCE: &str = "https://mcp.example/mcp";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
});
static PAIR: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed"));
/// A good token that names no key.
static CREDENTIALS: LazyLock<Credentials> = LazyLock::new(|| {
    let header = r#"{"alg":"EdDSA"}"#;
    let claims = format!(r#"{{"iss":"{ISSUER}","aud":"{RESOURCE}","sub":"ann","exp":1800000300}}"#);
    let [header, claims] = [header, &claims].map(|text| URL_SAFE_NO_PAD.encode(text));
    let message = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(PAIR.sign(message.as_bytes()));
    Credentials::from_fields([("authorization", format!("Bearer {message}.{signature}"))])
});

fuzz_target!(|data: &[u8]| {
    let at = data.windows(2).position(|two| two == b"\n\n");
    let (metadata, keys) = at.map_or((None, data), |at| (Some(&data[..at]), &data[at + 2..]));
    let jwt =
        jwt(ISSUER).audience([RESOURCE]).clock(|| UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let jwt = if metadata.is_some() { jwt } else { jwt.jwks_uri("https://issuer.example/keys") };
    let [metadata, keys] = [metadata.unwrap_or_default(), keys].map(Bytes::copy_from_slice);
    let issuer = Issuer { metadata: metadata.clone(), keys: keys.clone() };
    let auth = jwt.fetch(issuer).build().expect("settings");
    match RUNTIME.block_on(auth.authenticate(&CREDENTIALS)) {
        Verdict::Known(..) => {
            assert!(publishes(&keys), "by a key that is not published");
            assert!(metadata.is_empty() || names_the_issuer(&metadata));
        }
        Verdict::Refused(_) | Verdict::Unavailable { .. } => {}
        verdict => panic!("neither in nor out: {verdict:?}"),
    }
});

/// Whether the key is there, for verifying, and without its private half.
fn publishes(document: &[u8]) -> bool {
    let document: Value = serde_json::from_slice(document).expect("it was read");
    let keys = document["keys"].as_array().expect("it was read");
    let ours = |key: &Value| {
        let x = key["x"].as_str().and_then(|x| URL_SAFE_NO_PAD.decode(x).ok());
        x.as_deref() == Some(PAIR.public_key().as_ref())
            && key["kty"] == "OKP"
            && key["crv"] == "Ed25519"
            && key.get("d").is_none()
            && key.get("use").is_none_or(|purpose| purpose == "sig")
    };
    keys.iter().any(ours)
}

fn names_the_issuer(document: &[u8]) -> bool {
    let document: Value = serde_json::from_slice(document).expect("it was read");
    document["issuer"] == ISSUER
        && document["jwks_uri"].as_str().is_some_and(|uri| {
            uri.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
        })
}

struct Issuer {
    metadata: Bytes,
    keys: Bytes,
}

impl Fetch for Issuer {
    fn fetch(&self, asked: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        let known = asked.uri().path().starts_with("/.well-known/");
        let document = if known { &self.metadata } else { &self.keys };
        let document = document.clone();
        Box::pin(async move { Ok(Response::new(document)) })
    }
}
