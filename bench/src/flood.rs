//! A flood of wrong tokens, each sent once, from many addresses and one loud one: what it leaves behind
//! in the server's memory, and whether honest callers are served all the while.

use std::{
    io::{BufRead, BufReader},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, Response, StatusCode, header::AUTHORIZATION};
use serde_json::json;
use tokio::{
    runtime::Builder,
    sync::oneshot,
    task::{JoinSet, yield_now},
};
use toolgate::{
    auth::{Fetch, FetchError, introspection},
    core::BoxFuture,
    http::Rate,
    prelude::*,
};
use toolgate_testkit::AuthorizationServer;

use crate::{
    Result,
    client::Connection,
    exchange::{self, RESOURCE},
    issuer::Issuer,
    ours,
    streams::Server,
};

/// The hidden command.
pub(crate) const COMMAND: &str = "__flood";

/// Wrong tokens in all. What a server keeps of a tenth of them may not grow by more than a tenth with
/// the rest: what has a bound has come to it by then.
const TOKENS: usize = 120_000;
const CONNECTIONS: usize = 8;
/// One request in so many is an honest one's.
const HONEST: usize = 25;

/// Serves until its input ends. The first line of that is the issuer.
pub(crate) fn run() -> Result {
    let mut lines = BufReader::new(std::io::stdin()).lines();
    let issuer: Issuer = serde_json::from_str(&lines.next().ok_or("no issuer")??)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let outside = Outside(Bytes::from(issuer.keys));
    let signed = jwt(&*issuer.name).jwks_uri(format!("{}/keys", issuer.name));
    let signed = signed.leave_other_tokens().dpop().fetch(outside.clone()).build()?;
    let opaque = introspection(&*issuer.name).endpoint(format!("{}/introspect", issuer.name));
    // Few enough that a tenth of the flood comes to the bound.
    let opaque = opaque.client_secret("bench", "bench").leave_jwts().memory(1024);
    let opaque = opaque.fetch(outside).build()?;
    let (tell, told) = oneshot::channel();
    let http = http::bind("127.0.0.1:0")
        .auth(chain(signed).or(opaque))
        .public_url(RESOURCE)
        .trusted_proxies(["127.0.0.1"])
        .rate(Rate::per_second(1_000_000))
        .on_listen(move |at| {
            let _ = tell.send(at.addr);
        });
    runtime.spawn(ours::server().serve(http));
    println!("{}", runtime.block_on(told)?);
    let (end, ended) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = lines.next();
        drop(end);
    });
    let _ = runtime.block_on(ended);
    Ok(())
}

/// The authorization server without a network: its keys, and that no token is active.
#[derive(Clone)]
struct Outside(Bytes);

impl Fetch for Outside {
    fn fetch(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, std::result::Result<Response<Bytes>, FetchError>> {
        let answer = match *request.method() {
            Method::POST => Bytes::from_static(b"{\"active\":false}"),
            _ => self.0.clone(),
        };
        let mut answer = Response::new(answer);
        let json = hyper::header::HeaderValue::from_static("application/json");
        answer.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
        Box::pin(async { Ok(answer) })
    }
}

/// Floods a server and says what became of it.
pub(crate) fn check() -> Result {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (issuer, bound) = runtime.block_on(async {
        let server = AuthorizationServer::start().await?;
        let good = server.token("user-1").audience(RESOURCE).sign();
        let bound = server.token("user-2").audience(RESOURCE);
        let bound =
            bound.claim("cnf", json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}));
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((
            Issuer::of(&server, good).await?,
            bound.sign(),
        ))
    })?;
    let server = Server::start(COMMAND, &format!("{}\n", serde_json::to_string(&issuer)?))?;
    let flood = Arc::new(Flood { good: issuer.token, bound, next: AtomicUsize::new(0) });
    let first = runtime.block_on(flood.run(&server, TOKENS / 10))?;
    let before = server.resident()?;
    let rest = runtime.block_on(flood.run(&server, TOKENS))?;
    let after = server.resident()?;
    let (refused, held_off) = (first.refused + rest.refused, first.held_off + rest.held_off);
    println!("wrong tokens: {refused} refused with 401 and {held_off} with 429, none let in");
    println!(
        "honest callers meanwhile: {} served of {}",
        first.served + rest.served,
        TOKENS / HONEST
    );
    println!("resident after {} of them: {before} bytes; after all: {after}", TOKENS / 10);
    if refused == 0 || held_off == 0 {
        return Err("the flood was not one".into());
    }
    if after > before + before / 10 {
        return Err(format!("grown by {} bytes, more than a tenth", after - before).into());
    }
    Ok(())
}

struct Flood {
    good: String,
    /// A good one that needs a proof.
    bound: String,
    next: AtomicUsize,
}

#[derive(Clone, Copy, Default)]
struct Told {
    refused: usize,
    held_off: usize,
    served: usize,
}

impl Flood {
    /// Goes on until so many were sent in all.
    async fn run(self: &Arc<Self>, server: &Server, until: usize) -> Result<Told> {
        let mut senders = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (flood, connection) = (self.clone(), Connection::open(server.addr).await?);
            senders.spawn(async move { flood.send(connection, until).await });
        }
        let mut all = Told::default();
        while let Some(told) = senders.join_next().await {
            let told = told??;
            all.refused += told.refused;
            all.held_off += told.held_off;
            all.served += told.served;
        }
        Ok(all)
    }

    async fn send(&self, mut connection: Connection, until: usize) -> Result<Told> {
        let mut told = Told::default();
        while let Ok(number) =
            self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                (next < until).then_some(next + 1)
            })
        {
            match connection.ask(self.wrong(number)?).await?.0 {
                StatusCode::UNAUTHORIZED => told.refused += 1,
                StatusCode::TOO_MANY_REQUESTS => told.held_off += 1,
                other => return Err(format!("a wrong token was answered with {other}").into()),
            }
            if number % HONEST == 0 {
                let honest = from(exchange::request(&self.good)?, number / HONEST)?;
                let (status, body) = connection.ask(honest).await?;
                if status != StatusCode::OK {
                    let body = String::from_utf8_lossy(&body);
                    return Err(format!("an honest caller got {status}: {body}").into());
                }
                told.served += 1;
            }
            yield_now().await;
        }
        Ok(told)
    }

    /// A request with a token that nobody has sent before.
    fn wrong(&self, number: usize) -> Result<Request<Full<Bytes>>> {
        let (signed, signature) = self.good.rsplit_once('.').ok_or("no token")?;
        let (_, payload) = signed.split_once('.').ok_or("no token")?;
        let noise = URL_SAFE_NO_PAD.encode(number.to_be_bytes());
        let kept = signature.get(noise.len()..).unwrap_or_default();
        let (token, proof) = match number % 4 {
            0 => (format!("Bearer {signed}.{noise}{kept}"), None),
            1 => {
                let head = json!({"alg": "RS256", "typ": "at+jwt", "kid": noise});
                let head = URL_SAFE_NO_PAD.encode(head.to_string());
                (format!("Bearer {head}.{payload}.{signature}"), None)
            }
            2 => (format!("Bearer opaque-{noise}"), None),
            _ => (format!("DPoP {}", self.bound), Some(format!("{noise}.{noise}.{noise}"))),
        };
        let mut request = exchange::request(&self.good)?;
        request.headers_mut().insert(AUTHORIZATION, token.parse()?);
        if let Some(proof) = proof {
            request.headers_mut().insert("dpop", proof.parse()?);
        }
        from(request, number)
    }
}

/// As a proxy passes it on: a quarter comes from one address, and the rest each from their own.
fn from(mut request: Request<Full<Bytes>>, number: usize) -> Result<Request<Full<Bytes>>> {
    let address = match number / 4 % 4 {
        0 => "192.0.2.1".to_owned(),
        _ => format!("2001:db8:{:x}:{:x}::1", number >> 16, number & 0xffff),
    };
    request.headers_mut().insert("x-forwarded-for", address.parse()?);
    Ok(request)
}
