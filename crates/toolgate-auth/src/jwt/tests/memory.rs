//! Tokens that were verified before: when that counts, and when it does not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use serde_json::json;
use tokio::time::advance;
use toolgate_core::{Authenticate, Credentials, Evidence, Identity, Verdict};

use super::kit::{Draft, FakeIssuer, ISSUER, NOW, P256, RESOURCE, RSA, published};
use crate::jwt::{Jwt, JwtAuth, issuers, jwt};

const KEYS: &str = "https://issuer.example/keys";

struct Request {
    token: String,
    resource: &'static str,
}

impl Evidence for Request {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        if name.eq_ignore_ascii_case("authorization") {
            each(format!("Bearer {}", self.token).as_bytes());
        }
    }
    fn resource(&self) -> &str {
        self.resource
    }
}

/// An authenticator whose time can be set, and which counts how often a token is judged in full: the
/// author's type is made then.
struct Stage {
    auth: JwtAuth,
    issuer: FakeIssuer,
    now: Arc<AtomicU64>,
    judged: Arc<AtomicUsize>,
}

impl Stage {
    fn new(draft: &Draft, change: impl FnOnce(Jwt) -> Jwt) -> Self {
        let issuer = FakeIssuer::new();
        issuer.answer(KEYS, 200, draft.document());
        let (now, judged) = (Arc::new(AtomicU64::new(NOW)), Arc::new(AtomicUsize::new(0)));
        let (clock, count) = (now.clone(), judged.clone());
        let jwt = jwt(ISSUER)
            .jwks_uri(KEYS)
            .fetch(issuer.clone())
            .clock(move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst)))
            .principal(move |_| Ok(count.fetch_add(1, Ordering::SeqCst)));
        Self { auth: change(jwt).build().unwrap(), issuer, now, judged }
    }

    /// The verdict, and how often a token was judged in full so far.
    async fn ask(&self, token: &str) -> (Verdict, usize) {
        self.ask_for(token, RESOURCE).await
    }

    async fn ask_for(&self, token: &str, resource: &'static str) -> (Verdict, usize) {
        let request = Request { token: token.to_owned(), resource };
        let verdict = self.auth.authenticate(&Credentials::new(request)).await;
        (verdict, self.judged.load(Ordering::SeqCst))
    }

    async fn known(&self, token: &str) -> usize {
        let (verdict, judged) = self.ask(token).await;
        assert!(matches!(verdict, Verdict::Known(..)), "{verdict:?}");
        judged
    }

    async fn refused(&self, token: &str) -> String {
        match self.ask(token).await.0 {
            Verdict::Refused(refusal) => refusal.message().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    fn at(&self, second: u64) {
        self.now.store(second, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_token_is_judged_once_and_another_anew() {
    let mut draft = Draft::good();
    let stage = Stage::new(&draft, |jwt| jwt);
    let token = draft.token();
    assert_eq!((stage.known(&token).await, stage.known(&token).await), (1, 1));
    draft.claims["jti"] = "t2".into();
    assert_eq!(stage.known(&draft.token()).await, 2);
    assert_eq!(stage.known(&token).await, 2);
    // The same claims under another signature are another token.
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let forged = format!(
        "{signed}.{}{}",
        if signature.starts_with('A') { 'B' } else { 'A' },
        &signature[1..]
    );
    assert_eq!(stage.refused(&forged).await, "the token's signature is wrong");
    assert_eq!(stage.issuer.asked(), 1);
}

#[tokio::test]
async fn nothing_is_remembered_beyond_the_end_of_a_token() {
    let mut draft = Draft::good();
    draft.claims["exp"] = (NOW + 50).into();
    let (stage, token) = (Stage::new(&draft, |jwt| jwt), draft.token());
    stage.known(&token).await;
    stage.at(NOW + 49);
    assert_eq!(stage.known(&token).await, 1);
    // Within the leeway it is good, and judged anew each time.
    stage.at(NOW + 50);
    assert_eq!((stage.known(&token).await, stage.known(&token).await), (2, 3));
    stage.at(NOW + 80);
    assert_eq!(stage.refused(&token).await, "the token has expired");
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_nothing_last() {
    let draft = Draft::good();
    let (stage, token) = (Stage::new(&draft, |jwt| jwt), draft.token());
    stage.known(&token).await;
    stage.at(NOW - 60);
    assert_eq!(stage.refused(&token).await, "the token is not valid yet");
}

#[tokio::test(start_paused = true)]
async fn other_keys_end_what_was_remembered_and_the_same_do_not() {
    let mut draft = Draft::good();
    let (stage, token) = (Stage::new(&draft, |jwt| jwt), draft.token());
    stage.known(&token).await;
    // The keys are renewed, and are the same.
    advance(Duration::from_secs(601)).await;
    stage.known(&token).await;
    while stage.issuer.asked() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.known(&token).await, 1);
    // They are others, and the token's is no longer among them.
    draft.keys = vec![published(&RSA, json!({"kid": "two"}))];
    stage.issuer.answer(KEYS, 200, draft.document());
    advance(Duration::from_secs(601)).await;
    stage.ask(&token).await;
    while stage.issuer.asked() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.refused(&token).await, "the token's key is not known");
    // Back again: it is judged, not remembered.
    draft.keys = vec![published(&P256, json!({"kid": "one"}))];
    stage.issuer.answer(KEYS, 200, draft.document());
    advance(Duration::from_secs(601)).await;
    stage.ask(&token).await;
    while stage.issuer.asked() < 4 {
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.known(&token).await, 2);
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_too_old_end_it_too() {
    let draft = Draft::good();
    let (stage, token) = (Stage::new(&draft, |jwt| jwt), draft.token());
    stage.known(&token).await;
    stage.issuer.down(KEYS);
    advance(Duration::from_secs(6 * 60 * 60 + 1)).await;
    assert!(matches!(stage.ask(&token).await.0, Verdict::Unavailable { .. }));
}

#[tokio::test]
async fn what_is_good_for_one_resource_is_not_for_another() {
    let draft = Draft::good();
    let (stage, token) = (Stage::new(&draft, |jwt| jwt), draft.token());
    stage.known(&token).await;
    let (verdict, _) = stage.ask_for(&token, "https://mcp.example/other").await;
    assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    assert_eq!(stage.known(&token).await, 1);
}

#[tokio::test]
async fn bad_and_large_tokens_are_not_remembered_and_the_bound_holds() {
    let mut draft = Draft::good();
    let stage = Stage::new(&draft, |jwt| jwt.memory(2));
    let first = draft.token();
    stage.known(&first).await;
    for number in 0..2 {
        draft.claims["jti"] = format!("n{number}").into();
        stage.known(&draft.token()).await;
    }
    assert_eq!(stage.known(&first).await, 4, "it made room");
    draft.claims["pad"] = "x".repeat(7 * 1024).into();
    let large = draft.token();
    assert_eq!((stage.known(&large).await, stage.known(&large).await), (5, 6));
    let off = Stage::new(&draft, |jwt| jwt.memory(0));
    assert_eq!((off.known(&first).await, off.known(&first).await), (1, 2));
}

#[tokio::test]
async fn one_memory_for_all_issuers_keeps_them_apart() {
    let (mut draft, issuer) = (Draft::good(), FakeIssuer::new());
    issuer.answer(KEYS, 200, draft.document()).answer(
        "https://b.example/keys",
        200,
        draft.document(),
    );
    let of = |name: &str, keys: &str| {
        jwt(name).jwks_uri(keys).fetch(issuer.clone()).clock(super::kit::now)
    };
    let auth = issuers([of(ISSUER, KEYS), of("https://b.example", "https://b.example/keys")]);
    let auth = auth.unwrap();
    let one = draft.token();
    draft.claims["iss"] = "https://b.example".into();
    let two = draft.token();
    for _ in 0..2 {
        for (token, issuer) in [(&one, ISSUER), (&two, "https://b.example")] {
            let request = Request { token: token.clone(), resource: RESOURCE };
            let verdict = auth.authenticate(&Credentials::new(request)).await;
            let Verdict::Known(identity, _) = verdict else { panic!("{verdict:?}") };
            assert_eq!(&*identity.key.issuer, issuer);
        }
    }
}

#[tokio::test]
async fn a_type_of_the_authors_own_is_made_anew_after_a_minute() {
    let draft = Draft::good();
    let (stage, token) = (Stage::new(&draft, |jwt| jwt), draft.token());
    stage.known(&token).await;
    stage.at(NOW + 59);
    assert_eq!(stage.known(&token).await, 1);
    stage.at(NOW + 60);
    assert_eq!(stage.known(&token).await, 2);
}

#[tokio::test]
async fn where_nothing_may_refuse_a_token_is_remembered_until_it_ends() {
    let (draft, issuer, now) = (Draft::good(), FakeIssuer::new(), Arc::new(AtomicU64::new(NOW)));
    issuer.answer(KEYS, 200, draft.document());
    let clock = now.clone();
    let jwt = jwt(ISSUER).jwks_uri(KEYS).fetch(issuer);
    let auth = jwt
        .clock(move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst)))
        .build()
        .unwrap();
    let token = draft.token();
    let first = identity(&auth, &token).await;
    now.store(NOW + 299, Ordering::SeqCst);
    assert!(Arc::ptr_eq(&first, &identity(&auth, &token).await));
    now.store(NOW + 300, Ordering::SeqCst);
    assert!(!Arc::ptr_eq(&first, &identity(&auth, &token).await));
}

async fn identity(auth: &JwtAuth, token: &str) -> Arc<Identity> {
    let request = Request { token: token.to_owned(), resource: RESOURCE };
    match auth.authenticate(&Credentials::new(request)).await {
        Verdict::Known(identity, _) => identity,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_issuer_without_memory_gets_none_of_another() {
    let (mut draft, issuer) = (Draft::good(), FakeIssuer::new());
    let other = "https://b.example";
    let other_keys = "https://b.example/keys";
    issuer.answer(KEYS, 200, draft.document()).answer(other_keys, 200, draft.document());
    let of = |name: &str, keys: &str| {
        jwt(name).jwks_uri(keys).fetch(issuer.clone()).clock(super::kit::now)
    };
    let auth = issuers([of(ISSUER, KEYS).memory(0), of(other, other_keys).memory(9)]).unwrap();
    let one = draft.token();
    draft.claims["iss"] = other.into();
    let two = draft.token();
    for (token, remembered) in [(one, false), (two, true)] {
        let first = identity(&auth, &token).await;
        let second = identity(&auth, &token).await;
        assert_eq!(Arc::ptr_eq(&first, &second), remembered);
    }
}
