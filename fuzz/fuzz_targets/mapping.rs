//! Claims to a caller: roles, scopes and the client are those that are written there, and no others.
//!
//! An input is a path, a line break, and what an authorization server says of a token.
#![no_main]

use std::{
    collections::BTreeSet,
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::Runtime;
use toolgate_auth::{Fetch, FetchError, introspection};
use toolgate_core::{Authenticate, BoxFuture, Credentials, Verdict};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
});

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let Ok(path) = str::from_utf8(&data[..at]) else { return };
    let said = Bytes::copy_from_slice(data.get(at + 1..).unwrap_or_default());
    let auth = introspection("https://issuer.example")
        .endpoint("https://issuer.example/introspect")
        .client_secret("mcp", "secret")
        .audience(["https://mcp.example/mcp"])
        .claims(|claims| claims.roles([path]).clients(["portal", "desk"]))
        .clock(|| UNIX_EPOCH + Duration::from_secs(1_800_000_000))
        .memory(0)
        .fetch(Server(said.clone()))
        .build();
    // What is no path is found before anything is served.
    let Ok(auth) = auth else { return };
    let credentials = Credentials::from_fields([("authorization", "Bearer opaque")]);
    match RUNTIME.block_on(auth.authenticate(&credentials)) {
        Verdict::Known(identity, _) => {
            let said: Value = serde_json::from_slice(&said).expect("it was read");
            assert_eq!(said["active"], true);
            assert_eq!(said["sub"], *identity.key.subject);
            let client = identity.key.client.as_deref();
            assert!(matches!(client, Some("portal" | "desk")), "a client that may not call");
            for name in ["client_id", "azp"] {
                let named = said[name].as_str();
                assert!(
                    said[name].is_null()
                        || named.is_some_and(|it| ["portal", "desk"].contains(&it))
                );
            }
            let found = find(path, &said);
            let roles: BTreeSet<&str> = identity.roles.iter().collect();
            assert_eq!(roles, found, "{path}");
            let scopes = ["scope", "scp"].iter().flat_map(|name| texts(&said[*name]));
            let scopes: BTreeSet<&str> = scopes.flat_map(str::split_ascii_whitespace).collect();
            assert_eq!(identity.scopes.iter().collect::<BTreeSet<_>>(), scopes);
        }
        Verdict::Refused(_) | Verdict::Forbidden(_) | Verdict::Unavailable { .. } => {}
        verdict => panic!("neither in nor out: {verdict:?}"),
    }
});

/// What is at a path, by a reader of its own.
fn find<'a>(path: &str, said: &'a Value) -> BTreeSet<&'a str> {
    let (mut at, mut rest) = (said, path);
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('[') {
            Some(inside) => inside.split_once(']').expect("a path"),
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        (at, rest) = (&at[name], after.strip_prefix('.').unwrap_or(after));
    }
    texts(at).into_iter().collect()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        // One that is not a text makes the whole no list of texts.
        Value::Array(all) => {
            all.iter().map(Value::as_str).collect::<Option<_>>().unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Says the same of every token.
struct Server(Bytes);

impl Fetch for Server {
    fn fetch(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        let mut answer = Response::new(self.0.clone());
        let json = http::HeaderValue::from_static("application/json");
        answer.headers_mut().insert(http::header::CONTENT_TYPE, json);
        Box::pin(async move { Ok(answer) })
    }
}
