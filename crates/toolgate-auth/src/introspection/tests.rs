//! Introspection from outside in: an authorization server that says what it is told to.

mod answers;
mod asking;
mod google;
mod remembered;
pub(crate) mod rows;
mod silence;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures::{FutureExt, future::join_all};
use http::{Request as Asked, Response};
use josekit::jws::{self, JwsVerifier};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time::advance};
use toolgate_core::{
    Authenticate, BoxFuture, Credentials, Evidence, Identity, Refusal, Verdict,
    authenticate::Reason,
};

use super::{Introspection, IntrospectionAuth, introspection};
use crate::{
    client::ClientKey,
    fetch::{Fetch, FetchError, FetchErrorKind},
    jose::Algorithm,
    jwt::tests::kit::{NOW, P256, RESOURCE},
    presets,
};

const ISSUER: &str = "https://issuer.example";
const ENDPOINT: &str = "https://issuer.example/introspect";
const TOKEN: &str = "opaque-token-1";

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

type Reply = Result<(u16, &'static str, Vec<u8>), FetchErrorKind>;

/// An authorization server that gives one answer, keeps the questions, and can be held up.
#[derive(Clone)]
struct Server {
    answer: Arc<Mutex<Reply>>,
    asked: Arc<Mutex<Vec<Asked<Bytes>>>>,
    gate: Arc<Semaphore>,
}

impl Server {
    fn saying(answer: &Value) -> Self {
        let server = Self {
            answer: Arc::new(Mutex::new(Err(FetchErrorKind::Connect))),
            asked: Arc::default(),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        };
        server.says(answer);
        server
    }

    fn says(&self, answer: &Value) {
        self.replies(Ok((200, "application/json", answer.to_string().into())));
    }

    fn replies(&self, reply: Reply) {
        *self.answer.lock().unwrap() = reply;
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn last(&self) -> Asked<Bytes> {
        self.asked.lock().unwrap().last().unwrap().clone()
    }

    fn body(&self) -> Vec<(String, String)> {
        let body = String::from_utf8(self.last().into_body().to_vec()).unwrap();
        let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap());
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

impl Fetch for Server {
    fn fetch(&self, request: Asked<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(request);
            self.gate.acquire().await.unwrap().forget();
            let reply = self.answer.lock().unwrap().clone();
            let (status, kind, body) = reply.map_err(FetchError::new)?;
            let answer = Response::builder().status(status).header("content-type", kind);
            Ok(answer.body(body.into()).unwrap())
        })
    }
}

fn good() -> Value {
    json!({
        "active": true, "scope": "a b", "client_id": "desk", "username": "ann@x", "sub": "ann",
        "token_type": "Bearer", "exp": NOW + 300, "iat": NOW - 10, "nbf": NOW - 10,
        "aud": RESOURCE, "iss": ISSUER, "jti": "t1", "roles": ["auditor"],
    })
}

fn with(claim: &str, value: Value) -> Value {
    let mut answer = good();
    answer[claim] = value;
    answer
}

fn without(claim: &str) -> Value {
    let mut answer = good();
    answer.as_object_mut().unwrap().remove(claim).unwrap();
    answer
}

fn builder(server: &Server) -> Introspection {
    introspection(ISSUER)
        .endpoint(ENDPOINT)
        .client_secret("reports", "s3cr3t")
        .fetch(server.clone())
        .clock(crate::jwt::tests::kit::now)
}

async fn ask(auth: &IntrospectionAuth, token: &str) -> Verdict {
    let request = Request { token: token.to_owned(), resource: RESOURCE };
    auth.authenticate(&Credentials::new(request)).await
}

async fn known(auth: &IntrospectionAuth, token: &str) -> Identity {
    match ask(auth, token).await {
        Verdict::Known(identity, _) => Identity::clone(&identity),
        other => panic!("{other:?}"),
    }
}

fn refusal(verdict: Verdict) -> Refusal {
    match verdict {
        Verdict::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}
