//! Settings, and where a caller's token is kept: nowhere, unless something exchanges it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use toolgate_core::{Authenticate, Verdict};

use super::*;
use crate::{
    client::ClientKey,
    introspection::introspection,
    jose::Algorithm,
    jwt::{
        jwt,
        tests::kit::{self, Draft, FakeIssuer, P256, RESOURCE, bearing},
    },
};

#[test]
fn settings_that_cannot_be_used_are_told() {
    let world = World::saying(&good("theirs"));
    let other = || exchange("https://chat.example").client_secret("a", "b");
    for (exchange, expected) in [
        (exchange("issuer.example").client_secret("a", "b"), "the issuer"),
        (exchange(ISSUER), "client_secret"),
        (exchange(ISSUER).client_secret("a", ""), "client_secret"),
        (exchange(ISSUER).client_secret("", "b"), "client_secret"),
        (world.exchange().endpoint("http://issuer.example/x"), "`endpoint`"),
        (world.exchange().timeout(Duration::ZERO), "`timeout`"),
        (presets::id_jag(world.exchange(), exchange("https://chat.example")), "chat.example"),
        (presets::id_jag(exchange(ISSUER), other()), "issuer.example"),
    ] {
        for error in [
            exchange.clone().build().unwrap_err(),
            jwt(kit::ISSUER).exchange(exchange.clone()).build().unwrap_err(),
            introspection(ISSUER).client_secret("a", "b").exchange(exchange).build().unwrap_err(),
        ] {
            let [problem] = error.problems() else { panic!("{error}") };
            assert!(problem.contains(expected), "{expected}: {problem}");
        }
    }
}

/// A self-signed certificate, of which only the digest counts here.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

#[tokio::test]
async fn a_key_proves_who_asks_and_entra_finds_it_by_its_certificate() {
    let world = World::saying(&good("theirs"));
    let jwk = serde_json::to_vec(P256.as_ref()).unwrap();
    let key = ClientKey::from_jwk(Algorithm::Es256, jwk).unwrap();
    let plain = world.exchange().private_key_jwt("portal", key.clone());
    assert!(key.clone().certificate("s3cr3t").is_err());
    let key = key.certificate(CERTIFICATE).unwrap();
    let entra = || world.at(presets::entra_obo("t1"));
    let before = entra().private_key_jwt("portal", key.clone()).endpoint(ENDPOINT);
    let after = entra().endpoint(ENDPOINT).private_key_jwt("portal", key);
    let of_entra = || Target::new().scopes(["api://reports/.default"]);
    let target = [reports(), of_entra(), of_entra(), of_entra()];
    // The first of two that a grant goes by is Entra all the same.
    let first = presets::id_jag(before.clone(), world.exchange());
    for (at, exchange) in [plain, before, after, first].into_iter().enumerate() {
        let asked = ask(&exchange.build().unwrap(), &target[at]).await;
        assert!(asked.is_ok() || at == 3, "{asked:?}");
        assert!(world.sent(at).headers().get("authorization").is_none());
        let fields = world.fields(at);
        let named = |(name, _): &&(String, String)| name == "client_assertion";
        let (_, assertion) = fields.iter().find(named).unwrap();
        let part = |at| {
            let part: &str = assertion.split('.').nth(at).unwrap();
            let text = URL_SAFE_NO_PAD.decode(part).unwrap();
            serde_json::from_slice::<Value>(&text).unwrap()
        };
        let digest = ring::digest::digest(&ring::digest::SHA256, &[0x30, 0]);
        let digest = json!(URL_SAFE_NO_PAD.encode(digest));
        let at_entra = (ENDPOINT, Some(&digest));
        let expected = [(ISSUER, None), at_entra, at_entra, at_entra][at];
        assert_eq!((part(1)["aud"].as_str().unwrap(), part(0).get("x5t#S256")), expected);
    }
}

async fn identity(auth: &impl Authenticate, token: &str) -> Arc<Identity> {
    match auth.authenticate(&bearing(token.to_owned())).await {
        Verdict::Known(identity, _) => identity,
        other => panic!("{other:?}"),
    }
}

/// Of both kinds of authenticators, without an exchange and with one: the first asks, the second
/// remembers.
#[tokio::test]
async fn a_callers_token_is_kept_where_something_exchanges_it_and_nowhere_else() {
    let world = World::saying(&good("theirs"));
    let draft = Draft::good();
    let keys = FakeIssuer::new();
    keys.answer("https://issuer.example/keys", 200, draft.document());
    let tokens =
        jwt(kit::ISSUER).jwks_uri("https://issuer.example/keys").clock(kit::now).fetch(keys);
    let says = json!({
        "active": true, "sub": "ann", "client_id": "desk", "aud": RESOURCE, "exp": NOW + 300,
    });
    let asks = "https://issuer.example/introspect";
    world.replies(asks, 200, &says);
    let opaque = introspection(ISSUER)
        .endpoint(asks)
        .client_secret("portal", "s3cr3t")
        .clock(kit::now)
        .fetch(world.clone());
    let signed = draft.token();
    let plain = (tokens.clone().build().unwrap(), opaque.clone().build().unwrap());
    for _ in 0..2 {
        for identity in [identity(&plain.0, &signed).await, identity(&plain.1, SUBJECT).await] {
            assert_eq!(format!("{:?}", identity.ext), "TypeMap(0 values)");
            let error = Context::new(Caller::Known(identity)).exchange(&reports()).await;
            assert_eq!(error.unwrap_err().kind(), Kind::NoToken);
        }
    }
    let tokens = tokens.exchange(world.exchange().memory(0)).build().unwrap();
    let opaque = opaque.exchange(world.exchange().memory(0)).build().unwrap();
    for _ in 0..2 {
        let (signed_in, opaque_in) =
            (identity(&tokens, &signed).await, identity(&opaque, SUBJECT).await);
        for (identity, sent) in [(signed_in, &*signed), (opaque_in, SUBJECT)] {
            assert_eq!(format!("{:?}", identity.ext), "TypeMap(1 values)");
            let shown = format!("{identity:?} {tokens:?} {opaque:?}");
            assert!(!shown.contains(sent) && !shown.contains("s3cr3t"), "{shown}");
            let cx = Context::new(Caller::Known(identity));
            assert_eq!(cx.exchange(&reports()).await.unwrap().expose(), "theirs");
            let fields = world.fields(world.asked() - 1);
            assert!(fields.contains(&("subject_token".to_owned(), sent.to_owned())));
        }
    }
}

#[tokio::test]
async fn debug_shows_no_token_and_no_secret() {
    let world = World::saying(&good("theirs-and-secret"));
    let (settings, exchanger) = (world.exchange(), world.exchanger());
    let exchanged = ask(&exchanger, &reports()).await.unwrap();
    world.replies(ENDPOINT, 400, &json!({"error": "invalid_client", "error_description": SUBJECT}));
    let error = ask(&exchanger, &Target::new().audience("mail")).await.unwrap_err();
    let cx = context(&exchanger, &ann(), SUBJECT);
    let shown = format!(
        "{settings:?} {exchanger:?} {exchanged:?} {:?} {error:?} {error} {cx:?}",
        exchanged.bearer()
    );
    for secret in ["s3cr3t", SUBJECT, "theirs-and-secret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
