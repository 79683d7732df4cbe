//! An authenticator alone: what it takes to know a token again, and to verify one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{HeaderMap, Request, StatusCode};
use toolgate::{
    Authenticate, Credentials, Verdict,
    core::{BoxFuture, Evidence},
};

use crate::{
    Result,
    case::{Access, Case, Side, Subject},
    exchange::RESOURCE,
    issuer::Issuer,
};

/// Lets somebody in, and does nothing else.
pub(crate) struct Door(Arc<dyn Authenticate>);

impl Door {
    pub(crate) fn new(auth: Arc<dyn Authenticate>) -> Self {
        Self(auth)
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
    fn answer(&self, request: Request<Full<Bytes>>) -> BoxFuture<'_, Result<(StatusCode, Bytes)>> {
        Box::pin(async move {
            let (head, _) = request.into_parts();
            let credentials = Credentials::new(Head(head.headers));
            let status = match self.0.authenticate(&credentials).await {
                Verdict::Known(..) => StatusCode::OK,
                _ => StatusCode::UNAUTHORIZED,
            };
            Ok((status, Bytes::new()))
        })
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
    for side in [Side::Known, Side::Unknown] {
        let case = Case::new(side, Access::Token, issuer).await?;
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let mut requests = Vec::new();
            for _ in 0..TIMES {
                requests.push(case.request()?);
            }
            let started = Instant::now();
            for request in requests {
                verify(&case.subject.answer(request).await?)?;
            }
            best = best.min(started.elapsed() / TIMES);
        }
        println!("{:<10}{best:>14.2?}", side.name());
        times.push(best);
    }
    if let [known, unknown] = *times {
        println!("{:<10}{:>14.4}", "ratio", known.as_secs_f64() / unknown.as_secs_f64());
    }
    println!();
    Ok(())
}
