//! Opaque tokens: what their authorization server says of their key (RFC 9449, section 6.2).

use super::*;
use crate::{
    Introspection,
    fetch::{Fetch, FetchError},
    introspection,
};
use bytes::Bytes;
use http::{Request as Asked, Response};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use toolgate_core::BoxFuture;

const TOKEN: &str = "opaque-token-1";

/// An authorization server that says one thing of every token, and counts the questions.
#[derive(Clone)]
pub(super) struct Server(Arc<(Mutex<Value>, AtomicUsize)>);

impl Server {
    pub(super) fn saying(more: &Value) -> Self {
        let mut answer = json!({
            "active": true, "sub": "ann", "client_id": "desk", "exp": NOW + 300, "aud": RESOURCE,
            "token_type": "DPoP", "cnf": {"jkt": thumbprint(&OTHER_RSA)},
        });
        for (name, value) in more.as_object().unwrap() {
            answer[name] = value.clone();
        }
        Self(Arc::new((Mutex::new(answer), AtomicUsize::new(0))))
    }

    fn without(self, name: &str) -> Self {
        self.0.0.lock().unwrap().as_object_mut().unwrap().remove(name).unwrap();
        self
    }

    pub(super) fn asked(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }

    pub(super) fn verifier(&self) -> Introspection {
        introspection(ISSUER)
            .endpoint("https://issuer.example/introspect")
            .client_secret("reports", "s3cr3t")
            .fetch(self.clone())
            .clock(now)
    }
}

impl Fetch for Server {
    fn fetch(&self, _: Asked<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        Box::pin(async move {
            self.0.1.fetch_add(1, Ordering::SeqCst);
            let answer = self.0.0.lock().unwrap().to_string();
            let reply = Response::builder().header("content-type", "application/json");
            Ok(reply.body(answer.into()).unwrap())
        })
    }
}

fn as_bound() -> String {
    format!("DPoP {TOKEN}")
}

fn as_bearer() -> String {
    format!("Bearer {TOKEN}")
}

#[tokio::test]
async fn a_proof_is_asked_for_on_every_request_and_the_answer_is_remembered() {
    let server = Server::saying(&json!({}));
    let auth = server.verifier().dpop().build().unwrap();
    let proof = |id: &str| proof(&OTHER_RSA, id, TOKEN);
    known(&auth, &[(A, &as_bound()), (P, &proof("1"))]).await;
    known(&auth, &[(A, &as_bound()), (P, &proof("2"))]).await;
    let thiefs = super::proof(&crate::jwt::tests::kit::RSA, "3", TOKEN);
    for (fields, error, message) in [
        (&[(A, &*as_bound())][..], BAD, "a proof of the token's key is missing"),
        (&[(A, &as_bound()), (P, &proof("1"))], BAD, "the proof was used before"),
        (&[(A, &as_bound()), (P, &thiefs)], BAD, "the token is bound to another key"),
        (&[(A, &as_bearer()), (P, &proof("4"))], None, NOT_PROVEN),
        (&[(A, &as_bearer())], None, NOT_PROVEN),
    ] {
        let refusal = refused(&auth, fields).await;
        assert_eq!((refusal.message(), refusal.error_code()), (message, error));
    }
    assert_eq!(server.asked(), 1, "what a proof is worth is nothing to ask about");
}

#[tokio::test]
async fn what_an_answer_says_of_a_key_counts_whatever_it_calls_the_token() {
    let rows = [
        (Server::saying(&json!({})), Ok(())),
        (Server::saying(&json!({"token_type": "Bearer"})), Ok(())),
        (Server::saying(&json!({})).without("token_type"), Ok(())),
        (Server::saying(&json!({})).without("cnf"), Err(NOT_PROVEN)),
        (Server::saying(&json!({"cnf": {"x5t#S256": "abc"}})), Err(NOT_PROVEN)),
        (Server::saying(&json!({"cnf": null})), Err(NOT_PROVEN)),
        (
            Server::saying(&json!({"token_type": "Bearer"})).without("cnf"),
            Err("the token is not bound to a key"),
        ),
        (Server::saying(&json!({"token_type": "N_A"})), Err("the token is of another type")),
    ];
    for (at, (server, expected)) in rows.into_iter().enumerate() {
        let auth = server.verifier().dpop().build().unwrap();
        let own = proof(&OTHER_RSA, "1", TOKEN);
        let (bound, bearer) = (as_bound(), as_bearer());
        let fields = [(A, &*bound), (P, &*own)];
        match expected {
            Ok(()) => {
                known(&auth, &fields).await;
                assert_eq!(refused(&auth, &[(A, &bearer)]).await.message(), NOT_PROVEN, "{at}");
                let off = server.verifier().build().unwrap();
                assert!(matches!(ask(&off, &fields).await, Verdict::NotMine), "{at}");
                assert_eq!(refused(&off, &[(A, &bearer)]).await.message(), NOT_PROVEN, "{at}");
            }
            Err(message) => assert_eq!(refused(&auth, &fields).await.message(), message, "{at}"),
        }
    }
}

#[tokio::test]
async fn a_token_without_a_key_is_refused_where_all_have_one() {
    let server = Server::saying(&json!({"token_type": "Bearer"})).without("cnf");
    let allowed = server.verifier().dpop().build().unwrap();
    known(&allowed, &[(A, &as_bearer())]).await;
    let required = server.verifier().require_dpop().build().unwrap();
    let unbound = "the token is not bound to a key";
    assert_eq!(refused(&required, &[(A, &as_bearer())]).await.message(), unbound);
}

#[test]
fn challenges_metadata_and_settings_agree() {
    let server = Server::saying(&json!({}));
    let (off, on) = (server.verifier(), server.verifier().dpop());
    let schemes = |verifier: Introspection| {
        let challenges = verifier.build().unwrap().challenges(&Refusal::missing());
        challenges.into_iter().map(|one| one.scheme.into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(schemes(off.clone()), ["Bearer"]);
    assert_eq!(schemes(on.clone()), ["Bearer", "DPoP"]);
    assert_eq!(schemes(server.verifier().require_dpop()), ["DPoP"]);
    assert!(off.build().unwrap().card().more.is_empty());
    let card = on.audience(["api"]).build().unwrap().card();
    assert!(card.needs_resource && card.more.len() == 2);
    let google = crate::presets::google(["desk"]).dpop().build().unwrap_err().to_string();
    assert!(google.contains("tokeninfo"), "{google}");
}
