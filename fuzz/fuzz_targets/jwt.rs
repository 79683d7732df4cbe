//! A token as a whole: nobody is let in but with what the issuer signed, under a header that allows it.
//!
//! An input that begins with `{` is a header, which is signed with good claims, and after a line break
//! what is hung on to the token; any other is changes to a good token, three bytes each.
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
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use toolgate_auth::{Fetch, FetchError, JwtAuth, jwt};
use toolgate_core::{Authenticate, BoxFuture, Credentials, Verdict};

const HEADER: &str = r#"{"alg":"EdDSA","kid":"one"}"#;
const CLAIMS: &str = r#"{"iss":"https://issuer.example","aud":"https://mcp.example/mcp","sub":"ann","exp":1800000300}"#;
/// Numbers grow when they are written out, and a token that is too long is refused for that.
const LONGEST: usize = 11 * 1024;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
});
static PAIR: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed"));
static JWT: LazyLock<JwtAuth> = LazyLock::new(|| {
    let now = || UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let jwt = jwt("https://issuer.example").jwks_uri("https://issuer.example/keys").fetch(Keys);
    let auth = jwt.audience(["https://mcp.example/mcp"]).memory(0).clock(now).build();
    auth.expect("settings")
});
static GOOD: LazyLock<String> = LazyLock::new(|| {
    let token = signed(HEADER.as_bytes());
    assert!(lets_in(token.as_bytes()), "a good token");
    token
});

fuzz_target!(|data: &[u8]| match data.first() {
    Some(b'{') => header(data),
    _ => changed(data),
});

fn header(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (header, tail) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let good = |header: &[u8]| serde_json::from_slice(header).is_ok_and(|it| allows(&it));
    let token = [signed(header).as_bytes(), tail].concat();
    if lets_in(&token) {
        assert!(tail.trim_ascii().is_empty(), "with something hung on to it");
        assert!(good(header), "{}", header.escape_ascii());
    }
    // Without members that are there twice there is one reader's view alone, and it decides.
    if let Ok(seen @ Value::Object(_)) = serde_json::from_slice(header) {
        let header = seen.to_string();
        let lets_in = || lets_in(signed(header.as_bytes()).as_bytes());
        assert!(header.len() > LONGEST || lets_in() == good(header.as_bytes()), "{header}");
    }
}

/// What a header may say, as another reader of it has it.
fn allows(header: &Value) -> bool {
    let typ = header.get("typ").map(|typ| typ.as_str().unwrap_or("other").to_ascii_lowercase());
    ["EdDSA", "Ed25519"].iter().any(|name| header["alg"] == *name)
        && typ.is_none_or(|typ| ["jwt", "at+jwt", "application/at+jwt"].contains(&&*typ))
        && header.get("kid").is_none_or(|id| id == "one")
        && ["jwk", "jku", "x5u", "x5c", "crit"].iter().all(|name| header.get(name).is_none())
}

fn changed(data: &[u8]) {
    let mut token = GOOD.clone().into_bytes();
    for change in data.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % token.len();
        token[at] = change[2];
    }
    let same = token == GOOD.as_bytes();
    assert_eq!(lets_in(&token), same, "{}", token.escape_ascii());
}

fn lets_in(token: &[u8]) -> bool {
    let field = [b"Bearer ", token].concat();
    let credentials = Credentials::from_fields([("authorization", field)]);
    match RUNTIME.block_on(JWT.authenticate(&credentials)) {
        Verdict::Known(..) => true,
        Verdict::Refused(_) => false,
        verdict => panic!("neither in nor out: {verdict:?}"),
    }
}

fn signed(header: &[u8]) -> String {
    let [header, claims] = [header, CLAIMS.as_bytes()].map(|text| URL_SAFE_NO_PAD.encode(text));
    let message = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(PAIR.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// The issuer: publishes one key.
struct Keys;

impl Fetch for Keys {
    fn fetch(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        let x = URL_SAFE_NO_PAD.encode(PAIR.public_key());
        let keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "one", "x": x }] });
        Box::pin(async move { Ok(Response::new(Bytes::from(keys.to_string()))) })
    }
}
