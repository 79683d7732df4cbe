//! Nobody is let in with what was not issued, and with claims only where each of them allows it.
//!
//! An input that begins with `{` is claims, and is signed before it is judged; one that begins with
//! `[` is a file of API keys; any other is a target and header fields, a line each.
#![no_main]

use std::{
    net::IpAddr,
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use ring::{digest, signature::Ed25519KeyPair, signature::KeyPair};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use toolgate_auth::{ApiKey, ApiKeyAuth, Fetch, FetchError, JwtAuth, api_keys, bearer, jwt};
use toolgate_core::{Authenticate, BoxFuture, Credentials, Evidence, Scopes, Verdict};

const ISSUER: &str = "https://issuer.example";
const HOST: &str = "https://mcp.example";
const RESOURCE: &str = "https://mcp.example/mcp";
const NOW: u64 = 1_800_000_000;
const LEEWAY: f64 = 30.0;
/// Numbers grow when they are written out, and a token that is too long is refused for that.
const LONGEST: usize = 11 * 1024;
/// The end of the year 9999.
const LAST: f64 = 253_402_300_799.0;

/// A key that is known, and claims that are good.
const KEY: &str = "tg_fuzz_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const CLAIMS: &str = r#"{"iss":"https://issuer.example","aud":"https://mcp.example/mcp","sub":"ann","exp":1800000300}"#;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
});
static PAIR: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed"));
/// The one token that inputs may bring themselves: the same each time, as Ed25519 has it.
static TOKEN: LazyLock<String> = LazyLock::new(|| signed(CLAIMS));
static JWT: LazyLock<JwtAuth> = LazyLock::new(|| {
    let now = || UNIX_EPOCH + Duration::from_secs(NOW);
    let jwt = jwt(ISSUER).jwks_uri("https://issuer.example/keys").fetch(Keys).clock(now);
    let auth = jwt.build().expect("settings");
    assert!(matches!(
        verdict(&auth, "/", &[("authorization", &token(&TOKEN))]),
        Verdict::Known(..)
    ));
    auth
});
static KEYS: LazyLock<ApiKeyAuth> = LazyLock::new(|| {
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest::digest(&digest::SHA256, KEY.as_bytes()).as_ref());
    let auth = api_keys([ApiKey::new("tg_fuzz", sha256, "fuzz")]).build().expect("a key");
    assert!(matches!(verdict(&auth, "/", &[("x-api-key", KEY.as_bytes())]), Verdict::Known(..)));
    auth
});

fuzz_target!(|data: &[u8]| match data.first() {
    Some(b'{') => claims(data),
    Some(b'[') => file(data),
    _ => head(data),
});

fn claims(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    judged(text);
    // Without members that are there twice there is one reader's view alone, and it decides.
    if let Ok(seen @ Value::Object(_)) = serde_json::from_str(text) {
        let text = Value::to_string(&seen);
        let seen = serde_json::from_str(&text).unwrap();
        assert!(text.len() > LONGEST || judged(&text) == allows(&seen), "{text}");
    }
}

/// Whether signed claims let somebody in; never for less than another reader of them wants.
fn judged(claims: &str) -> bool {
    let verdict = verdict(&*JWT, "/", &[("authorization", &token(&signed(claims)))]);
    let Verdict::Known(identity, _) = verdict else { return false };
    let Ok(seen) = serde_json::from_str::<Value>(claims) else {
        panic!("claims that are no JSON let somebody in")
    };
    assert!(allows(&seen), "{claims}");
    assert_eq!(seen["sub"], *identity.key.subject);
    assert_eq!(*identity.key.issuer, *ISSUER);
    let end = identity.expires.and_then(|end| end.duration_since(UNIX_EPOCH).ok());
    assert!(end.is_some_and(|end| end > Duration::from_secs(NOW)));
    // What no scope looks like is passed on as it is: it is none that anything asks for.
    assert_eq!(identity.scopes, words(&seen["scope"]).union(&words(&seen["scp"])));
    true
}

/// The words of a text, or of an array of nothing but texts.
fn words(value: &Value) -> Scopes {
    let texts: Option<Vec<&str>> = match value {
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        one => one.as_str().map(|one| vec![one]),
    };
    texts.into_iter().flatten().flat_map(str::split_ascii_whitespace).collect()
}

fn allows(claims: &Value) -> bool {
    let is = |name: &str, one: &str| {
        claims[name].as_str().is_some_and(|it| it.eq_ignore_ascii_case(one))
    };
    let absent = |name: &str| claims.get(name).is_none();
    let date = |name: &str| claims[name].as_f64().filter(|it| (0.0..=LAST).contains(it));
    let now = Duration::from_secs(NOW).as_secs_f64();
    let begun = |name: &str| absent(name) || date(name).is_some_and(|it| it <= now + LEEWAY);
    let ours = |audience: &str| {
        let (host, path) = audience.split_at_checked(HOST.len()).unwrap_or_default();
        host.eq_ignore_ascii_case(HOST) && ["/mcp", "/mcp/"].contains(&path)
    };
    let texts: Option<Vec<&str>> = match &claims["aud"] {
        Value::String(one) => Some(vec![one]),
        Value::Array(several) => several.iter().map(Value::as_str).collect(),
        _ => None,
    };
    claims["iss"] == ISSUER
        && texts.is_some_and(|all| all.into_iter().any(ours))
        && date("exp").is_some_and(|exp| now < exp + LEEWAY)
        && begun("nbf")
        && begun("iat")
        && claims["sub"].as_str().is_some_and(|subject| !subject.is_empty())
        && !["ID", "Refresh", "Offline"].into_iter().any(|kind| is("typ", kind))
        // What binds a token to a key wants a proof, and none is taken here.
        && ["nonce", "at_hash", "c_hash", "cnf"].into_iter().all(absent)
        && (absent("token_use") || ["access", "access_token"].iter().any(|it| claims["token_use"] == *it))
}

fn file(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let keys = match ApiKey::read(text) {
        Ok(keys) => keys,
        // A key may stand there by mistake, and is not repeated.
        Err(error) => return assert!(!error.to_string().contains(KEY)),
    };
    let texts: Vec<String> = keys.iter().map(ApiKey::to_json).collect();
    let again = ApiKey::read(&format!("[{}]", texts.join(","))).expect("what was written");
    let shown = |keys: &[ApiKey]| keys.iter().map(shown).collect::<Vec<_>>();
    assert_eq!(shown(&again), shown(&keys));
    let _ = api_keys(keys).build();
}

fn shown(key: &ApiKey) -> (String, String, [u8; 32], Option<SystemTime>) {
    let names = format!("{} {} {:?}", key.prefix, key.subject, key.client);
    (names, format!("{:?} {:?}", key.scopes, key.roles), key.sha256(), key.expires)
}

fn head(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let target = lines.next().and_then(|line| str::from_utf8(line).ok()).unwrap_or_default();
    let fields: Vec<(&str, &[u8])> = lines
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((str::from_utf8(&line[..colon]).ok()?, line[colon + 1..].trim_ascii()))
        })
        .collect();
    let named = |name: &str| {
        let all = fields.iter().filter(move |(it, _)| it.eq_ignore_ascii_case(name));
        all.map(|(_, value)| *value).collect::<Vec<_>>()
    };
    let sent = named("authorization");
    let taken = bearer(&credentials(target, &fields)).ok();
    if let Some(token) = &taken {
        let [value] = sent[..] else { panic!("a token of several") };
        let (scheme, rest) = value.split_at(6);
        assert!(scheme.eq_ignore_ascii_case(b"bearer") && rest.starts_with(b" "));
        assert_eq!(rest.trim_ascii(), token.expose().as_bytes());
        assert!(token.expose().bytes().all(|byte| byte.is_ascii_graphic() && byte != b','));
        let query = target.split_once('?').map_or("", |(_, query)| query);
        assert!(query.split('&').all(|pair| !pair.starts_with("access_token=")));
    }
    let taken = taken.as_ref().map(|token| token.expose());
    if let Verdict::Known(..) = verdict(&*JWT, target, &fields) {
        assert_eq!(taken, Some(&**TOKEN), "a token that nobody issued");
    }
    if let Verdict::Known(..) = verdict(&*KEYS, target, &fields) {
        let key = named("x-api-key");
        assert_eq!(key.len() + sent.len(), 1, "two credentials, and one was taken");
        assert!(taken == Some(KEY) || key == [KEY.as_bytes()], "a key that nobody issued");
    }
}

fn verdict(auth: &impl Authenticate, target: &str, fields: &[(&str, &[u8])]) -> Verdict {
    let verdict = RUNTIME.block_on(auth.authenticate(&credentials(target, fields)));
    assert!(
        matches!(verdict, Verdict::Known(..) | Verdict::NotMine | Verdict::Refused(_)),
        "there was all that it takes to decide: {verdict:?}"
    );
    verdict
}

fn credentials(target: &str, fields: &[(&str, &[u8])]) -> Credentials {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec()));
    Credentials::new(Head { target: target.to_owned(), fields: fields.collect() })
}

struct Head {
    target: String,
    fields: Vec<(String, Vec<u8>)>,
}

impl Evidence for Head {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        let named = self.fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.for_each(|(_, value)| each(value));
    }
    fn target(&self) -> &str {
        &self.target
    }
    fn resource(&self) -> &str {
        RESOURCE
    }
    fn peer(&self) -> Option<IpAddr> {
        None
    }
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

fn signed(claims: &str) -> String {
    let header = r#"{"alg":"EdDSA","kid":"one"}"#;
    let [header, claims] = [header, claims].map(|text| URL_SAFE_NO_PAD.encode(text));
    let message = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(PAIR.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn token(token: &str) -> Vec<u8> {
    format!("Bearer {token}").into_bytes()
}
