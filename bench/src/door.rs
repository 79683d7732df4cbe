//! An authenticator alone: what it takes to know a token again, and to verify one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, Request, StatusCode,
    header::{AUTHORIZATION, HeaderValue},
};
use toolgate::{
    Authenticate, Credentials, Verdict,
    core::{BoxFuture, Evidence},
};

use crate::{
    Result,
    case::{Access, MEMORY, Subject},
    exchange::RESOURCE,
    issuer::Issuer,
    ours,
};

/// Lets somebody in, and does nothing else: not even read a request.
pub(crate) struct Door {
    auth: Arc<dyn Authenticate>,
    credentials: Credentials,
}

impl Door {
    /// One where always the same token comes.
    pub(crate) fn new(auth: Arc<dyn Authenticate>, token: &str) -> Result<Self> {
        let mut fields = HeaderMap::new();
        fields.insert(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {token}"))?);
        Ok(Self { auth, credentials: Credentials::new(Head(fields)) })
    }

    async fn enter(&self) -> StatusCode {
        match self.auth.authenticate(&self.credentials).await {
            Verdict::Known(..) => StatusCode::OK,
            _ => StatusCode::UNAUTHORIZED,
        }
    }
}

/// What a request brings.
struct Head(HeaderMap);

impl Evidence for Head {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        self.0.get_all(name).iter().for_each(|value| each(value.as_bytes()));
    }

    fn method(&self) -> &str {
        "POST"
    }

    fn target(&self) -> &str {
        RESOURCE
    }

    fn resource(&self) -> &str {
        RESOURCE
    }
}

impl Subject for Door {
    fn answer(&self, _: Request<Full<Bytes>>) -> BoxFuture<'_, Result<(StatusCode, Bytes)>> {
        Box::pin(async { Ok((self.enter().await, Bytes::new())) })
    }
}

/// Whether it let somebody in.
pub(crate) fn verify(answer: &(StatusCode, Bytes)) -> Result {
    match answer {
        (StatusCode::OK, _) => Ok(()),
        (status, _) => Err(format!("not let in: {status}").into()),
    }
}

/// Times of one round; the best of some is what the machine can do.
const TIMES: u32 = 2_000;
const ROUNDS: u32 = 10;

/// Prints how long a token takes, for a reader: what is held to a bound is counted, not timed.
pub(crate) async fn measure(issuer: &Issuer) -> Result {
    println!("the authenticator alone, best of {ROUNDS} rounds of {TIMES}");
    let mut times = Vec::new();
    for (name, memory) in [("known", MEMORY), ("unknown", 0)] {
        let auth = ours::authenticator(Access::Token, issuer, memory)?;
        let door = Door::new(auth, &issuer.token)?;
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let started = Instant::now();
            for _ in 0..TIMES {
                verify(&(door.enter().await, Bytes::new()))?;
            }
            best = best.min(started.elapsed() / TIMES);
        }
        println!("{name:<10}{best:>14.2?}");
        times.push(best);
    }
    if let [known, unknown] = *times {
        println!("{:<10}{:>14.4}", "ratio", known.as_secs_f64() / unknown.as_secs_f64());
    }
    println!();
    Ok(())
}
