//! The server over its socket, and its tokens against the keys that it serves.

mod clients;
mod grants;
mod login;
mod outage;
mod proofs;
mod refresh;
mod tokens;

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::{
    jwk::Jwk,
    jws::{self, JwsVerifier},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::yield_now,
    time::timeout,
};

use super::{
    Algorithm, AuthorizationServer, Token, Tokens,
    form::{Fields, encoded},
};

struct Reply {
    status: u16,
    /// In lower case.
    head: String,
    /// As it came.
    written: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn field(&self, name: &str) -> Option<&str> {
        let fields = self.written.lines().filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The parameters that somebody is sent back with, and where to.
    #[track_caller]
    fn back(&self) -> (&str, Fields) {
        assert!([302, 303].contains(&self.status), "{} {}", self.status, self.body);
        let (to, query) = self.field("location").unwrap().split_once('?').unwrap();
        (to, Fields::read(query))
    }
}

async fn start() -> AuthorizationServer {
    AuthorizationServer::start().await.unwrap()
}

fn addr(server: &AuthorizationServer) -> SocketAddr {
    server.issuer().strip_prefix("http://").unwrap().parse().unwrap()
}

/// The answer; none where the connection is closed without one.
async fn ask(server: &AuthorizationServer, method: &str, path: &str) -> Option<Reply> {
    send(server, method, path, &[], "").await
}

/// The same with fields of a head, and a body.
async fn send(
    server: &AuthorizationServer,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
    body: &str,
) -> Option<Reply> {
    let mut stream = TcpStream::connect(addr(server)).await.unwrap();
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", addr(server));
    for (name, value) in fields {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    read(stream).await
}

async fn read(mut stream: TcpStream) -> Option<Reply> {
    let mut text = String::new();
    let read = timeout(Duration::from_secs(30), stream.read_to_string(&mut text));
    read.await.expect("an end").unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let (written, body) = (head.to_owned(), body.to_owned());
    Some(Reply { status, head: head.to_ascii_lowercase(), written, body })
}

/// The same under a name that is not the server's.
async fn with_host(server: &AuthorizationServer, host: &str, path: &str) -> Reply {
    let mut stream = TcpStream::connect(addr(server)).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    read(stream).await.expect("an answer")
}

/// Sends a form.
async fn post(server: &AuthorizationServer, path: &str, form: &[(&str, &str)]) -> Reply {
    let fields = [("Content-Type", "application/x-www-form-urlencoded")];
    send(server, "POST", path, &fields, &body(form)).await.expect("an answer")
}

fn body(form: &[(&str, &str)]) -> String {
    let pairs = form.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

async fn fetch(server: &AuthorizationServer, path: &str) -> Reply {
    ask(server, "GET", path).await.expect("an answer")
}

/// The published keys.
async fn published(server: &AuthorizationServer) -> Vec<Value> {
    let reply = fetch(server, "/jwks").await;
    assert_eq!(reply.status, 200);
    reply.json()["keys"].as_array().unwrap().clone()
}

/// A part of a token, decoded.
fn part(token: &str, at: usize) -> Value {
    let text = token.split('.').nth(at).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn header(token: &str) -> Value {
    part(token, 0)
}

fn claims(token: &str) -> Value {
    part(token, 1)
}

/// Whether a key has signed a token, as the token's own header says.
fn verifies(key: &Value, token: &str) -> bool {
    let mut key = key.as_object().unwrap().clone();
    // josekit compares these with what it is asked to do; here only the material counts.
    key.retain(|name, _| ["kty", "n", "e", "crv", "x", "y"].contains(&&**name));
    let key = Jwk::from_map(key).unwrap();
    let verifier: Box<dyn JwsVerifier> = match header(token)["alg"].as_str().unwrap() {
        "RS256" => Box::new(jws::RS256.verifier_from_jwk(&key).unwrap()),
        "PS256" => Box::new(jws::PS256.verifier_from_jwk(&key).unwrap()),
        "ES256" => Box::new(jws::ES256.verifier_from_jwk(&key).unwrap()),
        "EdDSA" => Box::new(jws::EdDSA.verifier_from_jwk(&key).unwrap()),
        other => panic!("{other}"),
    };
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    verifier.verify(message.as_bytes(), &signature).is_ok()
}

/// The key among these that a token names.
fn named<'a>(keys: &'a [Value], token: &str) -> Option<&'a Value> {
    keys.iter().find(|key| key["kid"] == header(token)["kid"])
}

#[tokio::test]
async fn metadata_is_at_both_places_and_says_who_and_where() {
    let server = start().await;
    assert!(addr(&server).ip() == Ipv4Addr::LOCALHOST && addr(&server).port() != 0);
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let reply = fetch(&server, path).await;
        assert_eq!(reply.status, 200);
        assert!(reply.head.contains("content-type: application/json"), "{}", reply.head);
        assert!(reply.head.contains("access-control-allow-origin: *"), "{}", reply.head);
        assert_eq!(reply.json()["issuer"], server.issuer());
        assert_eq!(reply.json()["jwks_uri"], server.jwks_uri());
    }
    assert_eq!(server.jwks_uri(), format!("{}/jwks", server.issuer()));
    assert_eq!((server.metadata_requests(), server.jwks_requests()), (2, 0));
}

/// Asserts what an endpoint says when it refuses.
#[track_caller]
fn refused(reply: &Reply, status: u16, error: &str) {
    assert_eq!((reply.status, &reply.json()["error"]), (status, &json!(error)), "{}", reply.body);
}

#[tokio::test]
async fn keys_are_published_as_keycloak_does_and_not_their_private_halves() {
    let server = start().await;
    let reply = fetch(&server, "/jwks").await;
    assert!(reply.head.contains("access-control-allow-origin: *"), "{}", reply.head);
    let keys = published(&server).await;
    let told: Vec<_> = keys.iter().map(|key| json!([key["kty"], key["use"], key["alg"]])).collect();
    assert_eq!(told, [json!(["RSA", "enc", "RSA-OAEP"]), json!(["RSA", "sig", "RS256"])]);
    for key in &keys {
        let mut names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!(key["kid"].as_str().unwrap().len(), 43);
    }
    assert!(keys[0]["kid"] != keys[1]["kid"] && keys[0]["n"] != keys[1]["n"]);
    assert_eq!(server.jwks_requests(), 2);
}

#[tokio::test]
async fn other_paths_and_methods_are_told_apart() {
    let server = start().await;
    assert_eq!(fetch(&server, "/").await.status, 404);
    let post = ask(&server, "POST", "/jwks").await.unwrap();
    assert!(post.status == 405 && post.head.contains("allow: get, head"), "{}", post.head);
    let preflight = ask(&server, "OPTIONS", "/jwks").await.unwrap();
    assert_eq!(preflight.status, 204);
    for field in ["origin: *", "methods: get, head", "headers: *"] {
        let field = format!("access-control-allow-{field}");
        assert!(preflight.head.contains(&field), "{}", preflight.head);
    }
}

#[tokio::test]
async fn two_servers_share_no_key() {
    let (one, two) = (start().await, start().await);
    for server in [&one, &two] {
        server.publish(Algorithm::Ps256);
    }
    let (one, two) = (published(&one).await, published(&two).await);
    assert_eq!((one.len(), two.len()), (3, 3));
    let material: BTreeSet<_> =
        one.iter().chain(&two).map(|key| key["n"].as_str().unwrap()).collect();
    assert_eq!(material.len(), 6);
}

#[tokio::test]
async fn a_dropped_server_is_gone_and_its_tokens_can_still_be_made() {
    let server = start().await;
    let (addr, tokens) = (addr(&server), server.tokens());
    drop(server);
    // The task ends when the runtime next comes by.
    let gone = async {
        while TcpStream::connect(addr).await.is_ok() {
            yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), gone).await.expect("it stops");
    assert_eq!(claims(&tokens.token("ann").sign())["iss"], format!("http://{addr}"));
}

#[tokio::test]
async fn debug_shows_no_key() {
    let server = start().await;
    let token = server.token("ann").algorithm(Algorithm::Es256);
    let shown = format!("{server:?}{:?}{token:?}", server.tokens());
    assert!(shown.contains(server.issuer()));
    for part in ["Key {", "Jwk", "private", "signer"] {
        assert!(!shown.contains(part), "{shown}");
    }
}

#[test]
fn servers_and_tokens_go_to_other_threads() {
    fn goes<T: Send + Sync + 'static>() {}
    goes::<AuthorizationServer>();
    goes::<Tokens>();
    goes::<Token>();
}
