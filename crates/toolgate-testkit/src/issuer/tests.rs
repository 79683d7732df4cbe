use josekit::{jwk::Jwk, jws, jwt};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;

async fn fetch(issuer: &AuthorizationServer, path: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(&issuer.issuer()["http://".len()..]).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

async fn published(issuer: &AuthorizationServer, token: &str) -> Option<Jwk> {
    let kid = jwt::decode_header(token).unwrap().claim("kid").unwrap().clone();
    let keys = fetch(issuer, "/jwks").await.1["keys"].clone();
    let key = keys.as_array().unwrap().iter().find(|key| key["kid"] == kid).cloned();
    key.map(|key| Jwk::from_map(key.as_object().unwrap().clone()).unwrap())
}

#[tokio::test]
async fn metadata_names_the_issuer_and_its_keys_in_both_forms() {
    let issuer = AuthorizationServer::start().await.unwrap();
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let (status, document) = fetch(&issuer, path).await;
        assert_eq!((status, &document["issuer"]), (200, &issuer.issuer().into()));
        assert_eq!(document["jwks_uri"], issuer.jwks_uri());
    }
    assert_eq!(fetch(&issuer, "/else").await.0, 404);
}

#[tokio::test]
async fn tokens_verify_with_the_published_keys_until_these_rotate() {
    let issuer = AuthorizationServer::start().await.unwrap();
    for algorithm in Algorithm::ALL {
        let token = issuer.tokens().token("ann").scopes(["a", "b"]).algorithm(algorithm).sign();
        let key = published(&issuer, &token).await.unwrap();
        let claims = match algorithm {
            Algorithm::Rs256 => {
                jwt::decode_with_verifier(&token, &jws::RS256.verifier_from_jwk(&key).unwrap())
            }
            Algorithm::Ps256 => {
                jwt::decode_with_verifier(&token, &jws::PS256.verifier_from_jwk(&key).unwrap())
            }
            Algorithm::Es256 => {
                jwt::decode_with_verifier(&token, &jws::ES256.verifier_from_jwk(&key).unwrap())
            }
            Algorithm::EdDsa => {
                jwt::decode_with_verifier(&token, &jws::EdDSA.verifier_from_jwk(&key).unwrap())
            }
        };
        let (claims, _) = claims.unwrap();
        assert_eq!((claims.subject(), claims.claim("scope")), (Some("ann"), Some(&"a b".into())));
        assert_eq!(claims.issuer(), Some(issuer.issuer()));
    }
    let old = issuer.tokens().token("ann").sign();
    issuer.rotate().unwrap();
    assert!(published(&issuer, &old).await.is_none());
}

#[tokio::test]
async fn keys_are_published_with_one_that_signs_nothing() {
    let issuer = AuthorizationServer::start().await.unwrap();
    let keys = fetch(&issuer, "/jwks").await.1["keys"].clone();
    let keys = keys.as_array().unwrap();
    assert_eq!(keys.iter().filter(|key| key["use"] == "enc").count(), 1);
    assert!(keys.iter().all(|key| key.get("d").is_none()), "public halves alone");
    assert_eq!(issuer.key_requests(), 1);
}

#[tokio::test]
async fn it_goes_down_and_comes_back_at_the_asking() {
    let issuer = AuthorizationServer::start().await.unwrap();
    issuer.go_down();
    assert_eq!(fetch(&issuer, "/jwks").await.0, 503);
    issuer.come_back();
    issuer.garble_keys();
    assert_eq!(fetch(&issuer, "/jwks").await, (200, Value::Null));
    issuer.come_back();
    assert!(fetch(&issuer, "/jwks").await.1["keys"].is_array());
}

#[tokio::test]
async fn claims_and_header_are_what_one_asks_for() {
    let issuer = AuthorizationServer::start().await.unwrap();
    let token = issuer.tokens().token("ann").without("exp").claim("x", 1).header("typ", "JWT");
    let sent = token.sign();
    let part = |at: usize| -> Value {
        let part = sent.split('.').nth(at).unwrap();
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        serde_json::from_slice(&base64::Engine::decode(&engine, part).unwrap()).unwrap()
    };
    assert_eq!(part(0)["typ"], "JWT");
    assert!(part(1).get("exp").is_none() && part(1)["x"] == 1);
}
