//! Opaque tokens, whose issuer is asked over a real connection.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use toolgate_auth::{Introspection, chain, introspection, jwt};
use toolgate_testkit::AuthorizationServer;

use super::{RESOURCE, Served, asked, bound, server};

/// `reports` and `s3cr3t`.
const BASIC: &str = "Basic cmVwb3J0czpzM2NyM3Q=";

/// An authorization server that introspects. Ends when it is dropped.
pub(super) struct Issuer {
    addr: SocketAddr,
    known: Arc<Known>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Known {
    issuer: Mutex<String>,
    asked: AtomicUsize,
    /// The key that one token is bound to.
    key: Mutex<String>,
    fails: AtomicBool,
    /// Whether questions are taken and not answered.
    held: watch::Sender<bool>,
}

impl Issuer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("its address");
        let known = Arc::new(Known::default());
        *known.issuer.lock().expect("no panic") = format!("http://{addr}");
        let router = Router::new()
            .route("/.well-known/oauth-authorization-server", get(metadata))
            .route("/introspect", post(introspect))
            .with_state(known.clone());
        let task = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Self { addr, known, task }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Binds `opaque-bound` to a key.
    pub(super) fn bind(&self, thumbprint: String) {
        *self.known.key.lock().expect("no panic") = thumbprint;
    }

    /// From now on it answers that something is wrong with it, or not any more.
    pub(super) fn fails(&self, fails: bool) {
        self.known.fails.store(fails, Ordering::SeqCst);
    }

    /// From now on it answers no question, or those that wait and all others.
    pub(super) fn holds(&self, holds: bool) {
        self.known.held.send_replace(holds);
    }

    pub(super) fn asked(&self) -> usize {
        self.known.asked.load(Ordering::SeqCst)
    }

    pub(super) fn verifier(&self) -> Introspection {
        introspection(self.url()).client_secret("reports", "s3cr3t")
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn reply(answer: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

async fn metadata(State(known): State<Arc<Known>>) -> Response {
    let issuer = known.issuer.lock().expect("no panic").clone();
    reply(&json!({"issuer": issuer, "introspection_endpoint": format!("{issuer}/introspect")}))
}

/// The token says what is said of it: `name` is active, others are not.
async fn introspect(State(known): State<Arc<Known>>, head: HeaderMap, body: String) -> Response {
    known.asked.fetch_add(1, Ordering::SeqCst);
    let _ = known.held.subscribe().wait_for(|held| !held).await;
    if known.fails.load(Ordering::SeqCst) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if head.get("authorization").is_none_or(|sent| sent != BASIC) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let token = body.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap_or_default();
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
    let answer = |aud: &str| json!({"active": true, "sub": "ann", "client_id": "desk", "aud": aud, "exp": now + 300});
    reply(&match token {
        "opaque-ann" | "opaque-bob" => answer(RESOURCE),
        "opaque-bound" => {
            let mut bound = answer(RESOURCE);
            bound["token_type"] = "DPoP".into();
            bound["cnf"] = json!({"jkt": *known.key.lock().expect("no panic")});
            bound
        }
        "opaque-elsewhere" => answer("https://other.example"),
        _ => json!({"active": false}),
    })
}

async fn served(auth: Introspection) -> Served {
    let auth = auth.build().expect("settings that agree");
    Served::start(server(), bound().auth(auth)).await
}

#[tokio::test]
async fn an_opaque_token_is_asked_about_once() {
    let issuer = Issuer::start().await;
    let served = served(issuer.verifier()).await;
    for _ in 0..3 {
        let who = asked(&served, "opaque-ann").await.unwrap();
        assert_eq!(who, format!("{} ann desk ", issuer.url()));
    }
    assert_eq!(issuer.asked(), 1);
    for (token, message) in [
        ("opaque-eve", "the token is not active"),
        ("opaque-elsewhere", "the token is for another audience"),
    ] {
        assert_eq!(asked(&served, token).await, Err((401, message.to_owned())));
    }
    assert_eq!(issuer.asked(), 3);
}

#[tokio::test]
async fn a_server_with_the_wrong_secret_lets_nobody_in() {
    let issuer = Issuer::start().await;
    let served = served(issuer.verifier().client_secret("reports", "wrong")).await;
    let failed = (500, "internal error".to_owned());
    assert_eq!(asked(&served, "opaque-ann").await, Err(failed));
}

#[tokio::test]
async fn an_issuer_that_is_gone_starts_no_login() {
    let issuer = Issuer::start().await;
    let verifier = issuer.verifier();
    drop(issuer);
    let served = served(verifier).await;
    let unavailable = (503, "authentication is unavailable".to_owned());
    assert_eq!(asked(&served, "opaque-ann").await, Err(unavailable));
}

#[tokio::test]
async fn signed_and_opaque_tokens_are_told_apart_by_form() {
    let (issuer, signer) = (Issuer::start().await, AuthorizationServer::start().await);
    let signer = signer.expect("an issuer");
    let signed = jwt(signer.issuer()).leave_other_tokens().build().expect("settings that agree");
    let opaque = issuer.verifier().leave_jwts().build().expect("settings that agree");
    let served = Served::start(server(), bound().auth(chain(signed).or(opaque))).await;
    let token = signer.token("bob").client("desk").audience(RESOURCE);
    let bob = asked(&served, &token.clone().sign()).await.unwrap();
    assert_eq!(bob, format!("{} bob desk ", signer.issuer()));
    asked(&served, "opaque-ann").await.unwrap();
    assert_eq!(issuer.asked(), 1);
    // A JWT that is wrong is never asked about: not by trial.
    let wrong = [
        token.clone().audience("https://other.example").sign(),
        token.claim("iss", issuer.url()).sign(),
        "a.b.c".to_owned(),
    ];
    for token in wrong {
        assert_eq!(asked(&served, &token).await.unwrap_err().0, 401);
    }
    assert_eq!(issuer.asked(), 1);
}
