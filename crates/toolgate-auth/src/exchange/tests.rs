//! Exchanges from outside in: an authorization server that says what it is told to.

mod answers;
mod asking;
mod kept;
mod settings;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures::{FutureExt, future::join_all};
use http::{Request as Asked, Response};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time::advance};
use toolgate_core::{BoxFuture, Caller, Context, Denial, Identity, Key};

use super::{
    Exchange, ExchangeError, ExchangeErrorKind as Kind, Exchanged, Exchanger, Exchanging, Target,
    exchange,
};
use crate::{
    bearer::Token,
    fetch::{Fetch, FetchError, FetchErrorKind},
    presets,
};

const ISSUER: &str = "https://issuer.example";
const ENDPOINT: &str = "https://issuer.example/token";
const SUBJECT: &str = "the.callers.own";
const NOW: u64 = 1_800_000_000;

type Reply = Result<(u16, &'static str, Vec<u8>), FetchErrorKind>;

/// Authorization servers that answer by URL, keep the questions, and can be held up; and a clock.
#[derive(Clone)]
struct World {
    answers: Arc<Mutex<HashMap<String, Reply>>>,
    asked: Arc<Mutex<Vec<Asked<Bytes>>>>,
    gate: Arc<Semaphore>,
    clock: Arc<AtomicU64>,
}

impl World {
    fn saying(answer: &Value) -> Self {
        let world = Self {
            answers: Arc::default(),
            asked: Arc::default(),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            clock: Arc::new(AtomicU64::new(NOW)),
        };
        world.says(answer);
        world
    }

    fn says(&self, answer: &Value) -> &Self {
        self.replies(ENDPOINT, 200, answer)
    }

    fn replies(&self, uri: &str, status: u16, answer: &Value) -> &Self {
        self.put(uri, Ok((status, "application/json", answer.to_string().into())))
    }

    fn put(&self, uri: &str, reply: Reply) -> &Self {
        self.answers.lock().unwrap().insert(uri.to_owned(), reply);
        self
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn sent(&self, at: usize) -> Asked<Bytes> {
        self.asked.lock().unwrap()[at].clone()
    }

    /// The fields of a request, as they were encoded.
    fn fields(&self, at: usize) -> Vec<(String, String)> {
        let body = String::from_utf8(self.sent(at).into_body().to_vec()).unwrap();
        let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap());
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn later(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    fn clock(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let clock = self.clock.clone();
        move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst))
    }

    /// An exchange at it, and nothing of it discovered.
    fn exchange(&self) -> Exchange {
        self.at(exchange(ISSUER).endpoint(ENDPOINT))
    }

    fn at(&self, exchange: Exchange) -> Exchange {
        exchange.client_secret("portal", "s3cr3t").clock(self.clock()).fetch(self.clone())
    }

    fn exchanger(&self) -> Exchanger {
        self.exchange().build().unwrap()
    }
}

impl Fetch for World {
    fn fetch(&self, request: Asked<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        Box::pin(async move {
            let uri = request.uri().to_string();
            self.asked.lock().unwrap().push(request);
            self.gate.acquire().await.unwrap().forget();
            let reply = self.answers.lock().unwrap().get(&uri).cloned();
            let reply = reply.unwrap_or(Ok((404, "text/plain", Vec::new())));
            let (status, kind, body) = reply.map_err(FetchError::new)?;
            let answer = Response::builder().status(status).header("content-type", kind);
            Ok(answer.body(body.into()).unwrap())
        })
    }
}

/// What RFC 8693, section 2.2.1, has a server say.
fn good(token: &str) -> Value {
    json!({
        "access_token": token, "token_type": "Bearer", "expires_in": 300,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut answer = good("theirs");
    answer[member] = value;
    answer
}

fn without(member: &str) -> Value {
    let mut answer = good("theirs");
    answer.as_object_mut().unwrap().remove(member).unwrap();
    answer
}

fn reports() -> Target {
    Target::new().audience("reports")
}

fn ann() -> Identity {
    Identity::new(Key::new(ISSUER, "ann").client("desk"))
}

fn context(exchanger: &Exchanger, identity: &Identity, token: &str) -> Context {
    let token = Token::read(token).unwrap();
    let identity = Exchanger::keep(Some(exchanger), Arc::new(identity.clone()), &token);
    Context::new(Caller::Known(identity))
}

async fn ask(exchanger: &Exchanger, target: &Target) -> Result<Exchanged, ExchangeError> {
    context(exchanger, &ann(), SUBJECT).exchange(target).await
}

async fn token(exchanger: &Exchanger) -> String {
    ask(exchanger, &reports()).await.unwrap().expose().to_owned()
}

async fn kind(exchanger: &Exchanger) -> Kind {
    ask(exchanger, &reports()).await.unwrap_err().kind()
}
