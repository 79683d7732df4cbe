//! Nonces that this server gives out (RFC 9449, section 9).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use toolgate_core::Answer;

use super::*;
use crate::{dpop::Nonces, jwt::JwtAuth};

/// A server that asks for nonces, and its clock.
struct Stage {
    auth: JwtAuth,
    token: String,
    second: Arc<AtomicU64>,
}

impl Stage {
    fn start() -> Self {
        let (draft, second) = (own(), Arc::new(AtomicU64::new(NOW)));
        let clock = second.clone();
        let nonces = Nonces::random().unwrap();
        let auth = builder(&draft)
            .require_dpop()
            .dpop_nonces(nonces)
            .clock(move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst)));
        Self { auth: auth.build().unwrap(), token: draft.token(), second }
    }

    fn pass(&self, seconds: u64) {
        self.second.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn send(&self, id: &str, claims: &Value) -> Verdict {
        let (sent, proof) =
            (format!("DPoP {}", self.token), proof_with(&OTHER_RSA, id, &self.token, claims));
        ask(&self.auth, &[(A, &sent), (P, &proof)]).await
    }

    /// The nonce of a refusal that asks for one.
    async fn asked(&self, id: &str, claims: &Value) -> String {
        match self.send(id, claims).await {
            Verdict::Refused(refusal) => {
                assert_eq!(refusal.error_code(), Some("use_dpop_nonce"), "{refusal:?}");
                let schemes = self.auth.challenges(&refusal);
                assert!(matches!(&*schemes, [one] if one.scheme == "DPoP"), "{schemes:?}");
                nonce(refusal.answered()).expect("a nonce")
            }
            other => panic!("{other:?}"),
        }
    }

    /// The nonce that comes with what is let in.
    async fn passes(&self, id: &str, claims: &Value) -> Option<String> {
        match self.send(id, claims).await {
            Verdict::Known(_, answer) => nonce(&answer),
            other => panic!("{other:?}"),
        }
    }
}

fn nonce(answer: &Answer) -> Option<String> {
    match &*answer.fields {
        [] => None,
        [(name, value)] => {
            assert_eq!(name, "DPoP-Nonce");
            Some(value.clone())
        }
        several => panic!("{several:?}"),
    }
}

#[tokio::test]
async fn a_client_is_told_what_to_put_in_and_gets_the_next_in_time() {
    let stage = Stage::start();
    let first = stage.asked("1", &json!({})).await;
    let with = |nonce: &str| json!({"nonce": nonce});
    // The proof that was refused was not used.
    assert_eq!(stage.passes("1", &with(&first)).await, None);
    assert_eq!(stage.passes("2", &with(&first)).await, None);
    stage.pass(60);
    let next = stage.passes("3", &with(&first)).await.expect("the next");
    assert_ne!(next, first);
    stage.pass(119);
    assert!(stage.passes("4", &with(&first)).await.is_some(), "while it counts");
    stage.pass(1);
    assert_ne!(stage.asked("5", &with(&first)).await, first);
    assert!(stage.passes("6", &with(&next)).await.is_some(), "it was made later");
}

#[tokio::test]
async fn a_nonce_of_somebody_elses_is_none() {
    let stage = Stage::start();
    let theirs = Nonces::random().unwrap().make(now());
    for wrong in [&*theirs, "", "x"] {
        stage.asked("1", &json!({"nonce": wrong})).await;
    }
}

#[tokio::test]
async fn a_proof_counts_once_for_as_long_as_its_nonce_does() {
    let stage = Stage::start();
    let nonce = json!({"nonce": stage.asked("1", &json!({})).await});
    stage.passes("1", &nonce).await;
    for _ in 0..2 {
        match stage.send("1", &nonce).await {
            Verdict::Refused(refusal) => assert_eq!(refusal.message(), "the proof was used before"),
            other => panic!("{other:?}"),
        }
        // Longer than a proof counts without a nonce.
        stage.pass(170);
    }
}

#[tokio::test]
async fn the_nonce_tells_the_time_so_a_clients_clock_may_be_wrong() {
    let stage = Stage::start();
    let nonce = stage.asked("0", &json!({})).await;
    for (id, iat) in [("1", NOW - 86_400), ("2", NOW + 86_400)] {
        stage.passes(id, &json!({"nonce": nonce, "iat": iat})).await;
    }
    for iat in [json!(null), json!("now")] {
        match stage.send("3", &json!({"nonce": nonce, "iat": iat})).await {
            Verdict::Refused(refusal) => assert_eq!(refusal.error_code(), BAD),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn another_nonce_mends_nothing_else() {
    let stage = Stage::start();
    for wrong in [json!({"htm": "GET"}), json!({"ath": "x"}), json!({"htu": "https://x.example"})] {
        match stage.send("1", &wrong).await {
            Verdict::Refused(refusal) => {
                assert_eq!((refusal.error_code(), nonce(refusal.answered())), (BAD, None));
            }
            other => panic!("{other:?}"),
        }
    }
}
