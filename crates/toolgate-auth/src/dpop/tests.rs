//! Proofs, right ones of every family and wrong ones, a row each.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    jwt::tests::kit::{
        ED448, ED25519, NOW, OTHER_RSA, P256, P384, P521, Pair, RSA, SHORT_RSA, encode, now,
        published, sign,
    },
    table::{Family, Row},
};

const TARGET: &str = "https://mcp.example/mcp";
const TOKEN: &str = "header.claims.signature";

/// A proof and what it is held against: right unless changed.
pub(crate) struct Draft {
    header: Value,
    claims: Value,
    signed_by: (Algorithm, Pair),
    method: &'static str,
    target: &'static str,
    token: &'static str,
    thumbprint: String,
    /// Where a nonce is asked for.
    nonces: Option<Nonces>,
    claims_text: Option<String>,
    mangle: fn(String) -> String,
}

impl Draft {
    fn good() -> Self {
        Self::by(Algorithm::Es256, &P256)
    }

    fn by(algorithm: Algorithm, pair: Pair) -> Self {
        let jwk = published(pair, json!({}));
        let ath = encode(ring::digest::digest(&ring::digest::SHA256, TOKEN.as_bytes()));
        Self {
            thumbprint: thumbprint::of(jwk.as_object().unwrap()).unwrap(),
            header: json!({"typ": "dpop+jwt", "alg": algorithm.name(), "jwk": jwk}),
            claims: json!({"jti": "p1", "htm": "POST", "htu": TARGET, "iat": NOW, "ath": ath}),
            signed_by: (algorithm, pair),
            method: "POST",
            target: TARGET,
            token: TOKEN,
            nonces: None,
            claims_text: None,
            mangle: |proof| proof,
        }
    }

    /// Brings another key, of RSA, to which the token is bound; signed as before.
    fn bring(&mut self, jwk: Value) {
        self.thumbprint = thumbprint::of(jwk.as_object().unwrap()).unwrap();
        self.header["jwk"] = jwk;
        self.header["alg"] = "RS256".into();
    }

    fn proof(&self) -> String {
        let claims = self.claims_text.clone().unwrap_or_else(|| self.claims.to_string());
        let message = format!("{}.{}", encode(self.header.to_string()), encode(claims));
        let signature = sign(self.signed_by.0, self.signed_by.1, &message);
        (self.mangle)(format!("{message}.{}", encode(signature)))
    }

    fn judged(&self, off: Off) -> Result<Proof, Fault> {
        let mut expected =
            Expected::new(self.method, self.target, self.token, &self.thumbprint, now());
        expected.nonces = self.nonces.as_ref();
        judge(&self.proof(), &expected, off)
    }
}

/// An odd modulus of so many bytes.
fn rsa(bytes: usize) -> Value {
    json!({"kty": "RSA", "n": encode(vec![0xff; bytes]), "e": "AQAB"})
}

pub(crate) const TABLE: Family<Broken, Draft> = Family {
    name: "proof",
    rules: RULES,
    rows: ROWS,
    good: Draft::good,
    judge: |draft, off| {
        let judged = draft.judged(off.map_or(Off::NONE, Off::only));
        judged.map(|_| ()).map_err(|Fault(broken)| broken)
    },
    shows: |rule| rule,
};

/// All that have an off. The others leave nothing to judge.
const RULES: &[Broken] = &[
    Broken::Type,
    Broken::Critical,
    Broken::Signature,
    Broken::Method,
    Broken::Target,
    Broken::Issued,
    Broken::Token,
    Broken::Thumbprint,
    Broken::Id,
    Broken::Nonce,
    Broken::Fresh,
];

const ROWS: &[Row<Broken, Draft>] = &[
    ("type of any JWT", Broken::Type, |draft| draft.header["typ"] = "JWT".into()),
    ("type of an access token", Broken::Type, |draft| draft.header["typ"] = "at+jwt".into()),
    ("no type", Broken::Type, |draft| remove(&mut draft.header, "typ")),
    ("crit", Broken::Critical, |draft| draft.header["crit"] = json!(["b64"])),
    ("signed by another key", Broken::Signature, |draft| {
        *draft = Draft::by(Algorithm::Rs256, &RSA);
        draft.signed_by.1 = &OTHER_RSA;
    }),
    ("no signature", Broken::Signature, |draft| {
        draft.mangle = |proof| proof[..=proof.rfind('.').unwrap()].to_owned();
    }),
    ("changed claims", Broken::Signature, |draft| {
        draft.mangle = |proof| {
            let mut parts: Vec<_> = proof.split('.').map(str::to_owned).collect();
            let mut claims = Draft::good().claims;
            claims["jti"] = "p2".into();
            parts[1] = encode(claims.to_string());
            parts.join(".")
        };
    }),
    ("another method", Broken::Method, |draft| draft.claims["htm"] = "GET".into()),
    ("method in other letters", Broken::Method, |draft| draft.claims["htm"] = "post".into()),
    ("no method", Broken::Method, |draft| remove(&mut draft.claims, "htm")),
    ("the request is another", Broken::Method, |draft| draft.method = "DELETE"),
    ("another server", Broken::Target, |draft| {
        draft.claims["htu"] = "https://other.example/mcp".into();
    }),
    ("another path", Broken::Target, |draft| draft.claims["htu"] = "https://mcp.example/".into()),
    ("in the clear", Broken::Target, |draft| draft.claims["htu"] = "http://mcp.example/mcp".into()),
    ("a path alone", Broken::Target, |draft| draft.claims["htu"] = "/mcp".into()),
    ("no target", Broken::Target, |draft| remove(&mut draft.claims, "htu")),
    ("no public URL here", Broken::Target, |draft| draft.target = "/mcp"),
    ("too old", Broken::Issued, |draft| draft.claims["iat"] = (NOW - 121).into()),
    ("of the future", Broken::Issued, |draft| draft.claims["iat"] = (NOW + 31).into()),
    ("a minute ahead", Broken::Issued, |draft| draft.claims["iat"] = (NOW + 60).into()),
    ("no time", Broken::Issued, |draft| remove(&mut draft.claims, "iat")),
    ("time as text", Broken::Issued, |draft| draft.claims["iat"] = NOW.to_string().into()),
    ("in milliseconds", Broken::Issued, |draft| draft.claims["iat"] = (NOW * 1000).into()),
    ("for another token", Broken::Token, |draft| draft.token = "another.token.here"),
    ("for no token", Broken::Token, |draft| remove(&mut draft.claims, "ath")),
    ("hash in other letters", Broken::Token, |draft| {
        let ath = draft.claims["ath"].as_str().unwrap().to_lowercase();
        draft.claims["ath"] = ath.into();
    }),
    ("a key of the sender's own", Broken::Thumbprint, |draft| {
        let bound_to = draft.thumbprint.clone();
        *draft = Draft::by(Algorithm::Rs256, &RSA);
        draft.thumbprint = bound_to;
    }),
    ("the token is bound to nothing", Broken::Thumbprint, |draft| draft.thumbprint.clear()),
    ("no id", Broken::Id, |draft| remove(&mut draft.claims, "jti")),
    ("empty id", Broken::Id, |draft| draft.claims["jti"] = "".into()),
    ("id no text", Broken::Id, |draft| draft.claims["jti"] = 7.into()),
    ("endless id", Broken::Id, |draft| draft.claims["jti"] = "x".repeat(257).into()),
    ("nonce no text", Broken::Nonce, |draft| draft.claims["nonce"] = 7.into()),
    ("no nonce, where one is asked for", Broken::Fresh, |draft| draft.nonces = Some(nonces(ONE))),
    ("nonce of somebody else's", Broken::Fresh, |draft| {
        draft.claims["nonce"] = nonces(OTHER).make(now()).into();
        draft.nonces = Some(nonces(ONE));
    }),
    ("nonce too old", Broken::Fresh, |draft| given(draft, NOW - 180)),
    ("nonce of the future", Broken::Fresh, |draft| given(draft, NOW + 31)),
    ("nonce changed", Broken::Fresh, |draft| {
        given(draft, NOW);
        let nonce = draft.claims["nonce"].as_str().unwrap().replacen('A', "B", 1);
        draft.claims["nonce"] = nonce.into();
    }),
    ("a nonce, and no time", Broken::Issued, |draft| {
        given(draft, NOW);
        remove(&mut draft.claims, "iat");
    }),
];

const ONE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const OTHER: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

fn nonces(key: &str) -> Nonces {
    Nonces::shared([key]).unwrap()
}

/// Asks for a nonce, and puts in one that was made then.
fn given(draft: &mut Draft, second: u64) {
    let nonces = nonces(ONE);
    let made = UNIX_EPOCH + Duration::from_secs(second);
    draft.claims["nonce"] = nonces.make(made).into();
    draft.nonces = Some(nonces);
}

/// Rows that leave nothing to judge, with any rule left out.
const NEVER: &[Row<Broken, Draft>] = &[
    ("unsigned", Broken::Algorithm, |draft| draft.header["alg"] = "none".into()),
    ("symmetric", Broken::Algorithm, |draft| draft.header["alg"] = "HS256".into()),
    ("no algorithm", Broken::Algorithm, |draft| remove(&mut draft.header, "alg")),
    ("no key", Broken::Key, |draft| remove(&mut draft.header, "jwk")),
    ("the key's name alone", Broken::Key, |draft| draft.header["jwk"] = "one".into()),
    ("a private key", Broken::Key, |draft| {
        draft.header["jwk"] = serde_json::to_value(P256.as_ref()).unwrap();
    }),
    ("a secret", Broken::Key, |draft| draft.header["jwk"] = json!({"kty": "oct", "k": "AA"})),
    ("a weak key", Broken::Key, |draft| {
        draft.bring(published(&SHORT_RSA, json!({})));
    }),
    ("a key of 4104 bits", Broken::Key, |draft| draft.bring(rsa(513))),
    ("a key with its factors", Broken::Key, |draft| {
        draft.bring(published(&RSA, json!({"p": "AQ"})));
    }),
    ("a key with an exponent of its factors", Broken::Key, |draft| {
        draft.bring(published(&RSA, json!({"dq": "AQ"})));
    }),
    ("a key with a secret besides", Broken::Key, |draft| draft.header["jwk"]["k"] = "AA".into()),
    ("a key for another algorithm", Broken::Key, |draft| draft.header["alg"] = "ES384".into()),
    ("a key for encryption", Broken::Key, |draft| draft.header["jwk"]["use"] = "enc".into()),
    ("rubbish", Broken::Form, |draft| draft.mangle = |_| "rubbish".to_owned()),
    ("four parts", Broken::Form, |draft| draft.mangle = |proof| proof + ".e30"),
    ("padded", Broken::Form, |draft| draft.mangle = |proof| proof + "=="),
    ("17 KiB", Broken::Form, |draft| draft.claims["pad"] = "x".repeat(13 * 1024).into()),
    ("claims are a list", Broken::Form, |draft| draft.claims_text = Some("[]".into())),
    ("claim twice", Broken::Form, |draft| {
        let text = draft.claims.to_string();
        draft.claims_text = Some(text.replacen('{', r#"{"htm":"GET","#, 1));
    }),
];

fn remove(part: &mut Value, name: &str) {
    part.as_object_mut().unwrap().remove(name).unwrap();
}

#[test]
fn what_leaves_nothing_to_judge_never_passes() {
    for (name, broken, change) in NEVER {
        let mut draft = Draft::good();
        change(&mut draft);
        assert_eq!(draft.judged(Off::NONE).unwrap_err(), Fault(*broken), "{name}");
        for rule in RULES {
            assert!(draft.judged(Off::only(*rule)).is_err(), "{name}, without {rule:?}");
        }
    }
}

/// A draft with several things wrong is refused for the one that costs least to see.
#[test]
fn no_key_is_read_and_no_signature_verified_before_the_rest_is_right() {
    let refused = |change: &dyn Fn(&mut Draft)| {
        let mut draft = Draft::good();
        draft.bring(rsa(512));
        change(&mut draft);
        draft.judged(Off::NONE).unwrap_err().0
    };
    assert_eq!(refused(&|_| {}), Broken::Signature, "4096 bits are read");
    assert_eq!(refused(&|draft| draft.thumbprint = "other".into()), Broken::Thumbprint);
    assert_eq!(refused(&|draft| draft.claims["htm"] = "GET".into()), Broken::Method);
    assert_eq!(refused(&|draft| draft.claims["nonce"] = 7.into()), Broken::Nonce);
    assert_eq!(refused(&|draft| draft.bring(rsa(2048))), Broken::Key);
    let large = |draft: &mut Draft| draft.header["jwk"] = rsa(2048);
    assert_eq!(refused(&large), Broken::Thumbprint);
    let several = |draft: &mut Draft| {
        draft.thumbprint = "other".into();
        draft.claims["htm"] = "GET".into();
    };
    assert_eq!(refused(&several), Broken::Thumbprint, "before the claims");
}

#[test]
fn proofs_of_every_family_pass() {
    let families: [(Algorithm, Pair); 12] = [
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
        (Algorithm::Ed25519, &ED25519),
        (Algorithm::Ed448, &ED448),
    ];
    for (algorithm, pair) in families {
        Draft::by(algorithm, pair).judged(Off::NONE).unwrap();
    }
    let changes: &[fn(&mut Draft)] = &[
        |draft| draft.header["typ"] = "DPoP+JWT".into(),
        |draft| draft.claims["htu"] = "HTTPS://MCP.example:443/mcp".into(),
        |draft| draft.claims["htu"] = "https://mcp.example/mcp?x#y".into(),
        |draft| draft.target = "https://mcp.example/mcp?session=1",
        |draft| draft.claims["iat"] = (NOW - 120).into(),
        |draft| draft.claims["iat"] = (NOW + 30).into(),
        |draft| draft.claims["iat"] = (NOW as f64 + 0.5).into(),
        |draft| draft.claims["jti"] = "x".repeat(256).into(),
        |draft| draft.header["jwk"]["kid"] = "mine".into(),
    ];
    for (at, change) in changes.iter().enumerate() {
        let mut draft = Draft::good();
        change(&mut draft);
        assert!(draft.judged(Off::NONE).is_ok(), "change {at}");
    }
    let mut draft = Draft::good();
    draft.claims["nonce"] = "n1".into();
    assert_eq!(draft.judged(Off::NONE).unwrap().nonce.as_deref(), Some("n1"));
}

#[test]
fn a_proof_is_used_once_by_its_id_and_its_key() {
    let replays = Replays::default();
    let caller = toolgate_core::Key::new("https://issuer.example", "ann");
    let used = |draft: &Draft| {
        let proof = draft.judged(Off::NONE).unwrap();
        replays.first_use(&proof, &caller, now())
    };
    let mut draft = Draft::good();
    assert_eq!(used(&draft), Replay::New);
    // Written anew, with another signature, and still the same.
    assert_eq!(used(&draft), Replay::Used);
    draft.claims["iat"] = (NOW + 1).into();
    assert_eq!(used(&draft), Replay::Used);
    draft.claims["jti"] = "p2".into();
    assert_eq!(used(&draft), Replay::New);
    // Ids are each key's own.
    assert_eq!(used(&Draft::by(Algorithm::Rs256, &RSA)), Replay::New);
}

#[test]
fn a_proof_is_remembered_for_as_long_as_it_would_pass() {
    for issued in [NOW - 120, NOW, NOW + 30] {
        let mut draft = Draft::good();
        draft.claims["iat"] = issued.into();
        let proof = draft.judged(Off::NONE).unwrap();
        assert!(proof.until > UNIX_EPOCH + Duration::from_secs(issued + 120), "{issued}");
    }
}

#[test]
fn a_clock_before_1970_lets_no_proof_in() {
    let draft = Draft::good();
    let early = UNIX_EPOCH - Duration::from_secs(1);
    let expected = Expected::new("POST", TARGET, TOKEN, &draft.thumbprint, early);
    assert_eq!(verify(&draft.proof(), &expected).unwrap_err(), BadProof(Fault(Broken::Issued)));
}

proptest! {
    #[test]
    fn any_text_is_judged(text in "[A-Za-z0-9_.{}\"\u{e4}-]{0,80}") {
        let expected = Expected::new("POST", TARGET, TOKEN, "x", now());
        prop_assert!(verify(&text, &expected).is_err());
    }

    #[test]
    fn any_header_and_claims_are_judged(typ in ".{0,9}", jwk in ".{0,9}", iat in any::<f64>()) {
        let mut draft = Draft::good();
        draft.header["typ"] = typ.into();
        draft.header["jwk"]["x"] = jwk.into();
        draft.claims["iat"] = iat.into();
        prop_assert!(draft.judged(Off::NONE).is_err());
    }
}

#[test]
fn debug_of_what_is_expected_shows_no_token() {
    let expected = Expected::new("POST", TARGET, TOKEN, "x", now());
    let shown = format!("{expected:?}");
    assert!(shown.contains(TARGET) && !shown.contains(TOKEN), "{shown}");
}
