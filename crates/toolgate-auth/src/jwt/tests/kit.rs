//! Keys, tokens and an issuer for the tests. Key material is made at run time.

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response};
use josekit::{
    jwk::{
        Jwk,
        alg::{ec::EcCurve, ed::EdCurve, rsa::RsaKeyPair},
    },
    jws::{self, JwsSigner},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use toolgate_core::{BoxFuture, Credentials, Evidence};

use crate::{
    bound::{Dpop, Mtls},
    fetch::{Fetch, FetchError, FetchErrorKind},
    jose::Algorithm,
    judge::Settings,
    kept::minted,
    rules::Rules,
};

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const RESOURCE: &str = "https://mcp.example/mcp";

/// A request to [`RESOURCE`] with a bearer token.
pub(crate) fn bearing(token: impl Into<String>) -> Credentials {
    Credentials::new(Bearing(token.into()))
}

struct Bearing(String);

impl Evidence for Bearing {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        if name.eq_ignore_ascii_case("authorization") {
            each(format!("Bearer {}", self.0).as_bytes());
        }
    }
    fn resource(&self) -> &str {
        RESOURCE
    }
}
/// The tests' present, in seconds.
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

/// A private key, as a JWK without `alg` and `use`.
pub(crate) type Pair = &'static LazyLock<Jwk>;

macro_rules! pairs {
    ($($name:ident = $make:expr;)*) => {$(
        pub(crate) static $name: LazyLock<Jwk> = LazyLock::new(|| bare($make));
    )*};
}

pairs! {
    RSA = Jwk::generate_rsa_key(2048).unwrap();
    OTHER_RSA = Jwk::generate_rsa_key(2048).unwrap();
    // One bit short, in just as many bytes.
    SHORT_RSA = RsaKeyPair::generate(2047).unwrap().to_jwk_private_key();
    P256 = Jwk::generate_ec_key(EcCurve::P256).unwrap();
    P384 = Jwk::generate_ec_key(EcCurve::P384).unwrap();
    P521 = Jwk::generate_ec_key(EcCurve::P521).unwrap();
    ED25519 = Jwk::generate_ed_key(EdCurve::Ed25519).unwrap();
    ED448 = Jwk::generate_ed_key(EdCurve::Ed448).unwrap();
}

fn bare(mut jwk: Jwk) -> Jwk {
    for name in ["alg", "use", "key_ops", "kid"] {
        jwk.set_parameter(name, None).unwrap();
    }
    jwk
}

/// The public half as it is published, with `more` members.
pub(crate) fn published(pair: Pair, more: Value) -> Value {
    let mut jwk = serde_json::to_value(pair.to_public_key().unwrap().as_ref()).unwrap();
    for name in ["alg", "use", "key_ops", "kid"] {
        jwk.as_object_mut().unwrap().remove(name);
    }
    jwk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    jwk
}

pub(crate) fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// The signature of a token, or of a proof, which no log may have from now on.
pub(crate) fn sign(algorithm: Algorithm, pair: Pair, message: &str) -> Vec<u8> {
    let signer: Box<dyn JwsSigner> = match algorithm {
        Algorithm::Rs256 => Box::new(jws::RS256.signer_from_jwk(pair).unwrap()),
        Algorithm::Rs384 => Box::new(jws::RS384.signer_from_jwk(pair).unwrap()),
        Algorithm::Rs512 => Box::new(jws::RS512.signer_from_jwk(pair).unwrap()),
        Algorithm::Ps256 => Box::new(jws::PS256.signer_from_jwk(pair).unwrap()),
        Algorithm::Ps384 => Box::new(jws::PS384.signer_from_jwk(pair).unwrap()),
        Algorithm::Ps512 => Box::new(jws::PS512.signer_from_jwk(pair).unwrap()),
        Algorithm::Es256 => Box::new(jws::ES256.signer_from_jwk(pair).unwrap()),
        Algorithm::Es384 => Box::new(jws::ES384.signer_from_jwk(pair).unwrap()),
        Algorithm::Es512 => Box::new(jws::ES512.signer_from_jwk(pair).unwrap()),
        Algorithm::EdDsa | Algorithm::Ed25519 | Algorithm::Ed448 => {
            Box::new(jws::EdDSA.signer_from_jwk(pair).unwrap())
        }
    };
    let signature = signer.sign(message.as_bytes()).unwrap();
    minted(&format!("{message}.{}", encode(&signature)));
    signature
}

/// A token and what it is judged with: good unless changed.
pub(crate) struct Draft {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    /// In place of `header` and `claims`: texts that no map can hold.
    pub(crate) header_text: Option<String>,
    pub(crate) claims_text: Option<String>,
    pub(crate) signed_by: (Algorithm, Pair),
    pub(crate) keys: Vec<Value>,
    pub(crate) settings: Settings,
    /// What happens to the token on the way.
    pub(crate) mangle: fn(String) -> String,
}

impl Draft {
    pub(crate) fn good() -> Self {
        Self {
            header: json!({"alg": "ES256", "kid": "one", "typ": "at+jwt"}),
            claims: json!({
                "iss": ISSUER, "aud": RESOURCE, "sub": "ann", "client_id": "desk", "jti": "t1",
                "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 300, "scope": "a b",
            }),
            header_text: None,
            claims_text: None,
            signed_by: (Algorithm::Es256, &P256),
            keys: vec![published(&P256, json!({"kid": "one", "alg": "ES256", "use": "sig"}))],
            settings: settings(),
            mangle: |token| token,
        }
    }

    /// The token's text.
    pub(crate) fn token(&self) -> String {
        let header = self.header_text.clone().unwrap_or_else(|| self.header.to_string());
        let claims = self.claims_text.clone().unwrap_or_else(|| self.claims.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = sign(self.signed_by.0, self.signed_by.1, &message);
        (self.mangle)(format!("{message}.{}", encode(signature)))
    }

    /// The published set.
    pub(crate) fn document(&self) -> Vec<u8> {
        json!({"keys": self.keys}).to_string().into_bytes()
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        issuer: ISSUER.to_owned(),
        audiences: Vec::new(),
        algorithms: Algorithm::ALL.to_vec(),
        leeway: Duration::from_secs(30),
        without_audience: None,
        rfc9068: false,
        dpop: Dpop::Off,
        mtls: Mtls::Off,
        required: Vec::new(),
        rules: Rules::default(),
    }
}

/// A peer that answers from a table, counts, and can be held up.
#[derive(Clone)]
pub(crate) struct FakeIssuer(Arc<Inner>);

struct Inner {
    answers: Mutex<HashMap<String, Answer>>,
    asked: AtomicUsize,
    /// Answers that may go out.
    gate: Semaphore,
}

#[derive(Clone)]
enum Answer {
    Body(u16, Vec<u8>),
    Panic,
}

impl FakeIssuer {
    /// Answers 404 to everything.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            answers: Mutex::default(),
            asked: AtomicUsize::new(0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        }))
    }

    pub(crate) fn answer(&self, uri: &str, status: u16, body: impl Into<Vec<u8>>) -> &Self {
        self.put(uri, Answer::Body(status, body.into()))
    }

    pub(crate) fn panic(&self, uri: &str) -> &Self {
        self.put(uri, Answer::Panic)
    }

    fn put(&self, uri: &str, answer: Answer) -> &Self {
        self.0.answers.lock().unwrap().insert(uri.to_owned(), answer);
        self
    }

    /// Answers no more until told.
    pub(crate) fn hold(&self) {
        self.0.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(crate) fn release(&self) {
        self.0.gate.add_permits(1_000);
    }

    /// Nobody there: an answer of status 0 stands for no answer.
    pub(crate) fn down(&self, uri: &str) -> &Self {
        self.answer(uri, 0, "")
    }

    /// How many requests came.
    pub(crate) fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }
}

impl Fetch for FakeIssuer {
    fn fetch(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        Box::pin(async move {
            self.0.asked.fetch_add(1, Ordering::SeqCst);
            self.0.gate.acquire().await.unwrap().forget();
            let uri = request.uri().to_string();
            let answer = self.0.answers.lock().unwrap().get(&uri).cloned();
            match answer {
                Some(Answer::Panic) => panic!("a fetch that panics"),
                Some(Answer::Body(0, _)) => Err(FetchError::new(FetchErrorKind::Connect)),
                Some(Answer::Body(status, body)) => {
                    Ok(Response::builder().status(status).body(body.into()).unwrap())
                }
                None => Ok(Response::builder().status(404).body(Bytes::new()).unwrap()),
            }
        })
    }
}
