//! Keys that clients show, and what is bound to them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    Reply, body, claims,
    login::{BACK, VERIFIER, code, described},
    refused, send,
};
use crate::{Algorithm, AuthorizationServer, OAuthClient, authorization::key::Key};

/// A client's key.
struct Wallet(Key, Algorithm);

impl Wallet {
    fn new(algorithm: Algorithm) -> Self {
        Self(Key::make(algorithm).unwrap(), algorithm)
    }

    /// A proof for the token endpoint, with some of it said otherwise.
    fn proof(&self, server: &AuthorizationServer, otherwise: Value) -> String {
        let mut header = json!({"typ": "dpop+jwt", "alg": self.1.name(),
            "jwk": self.0.published().unwrap()});
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims = json!({"htm": "POST", "htu": server.token_endpoint(), "iat": now,
            "jti": crate::authorization::access::unguessable()});
        for (name, value) in otherwise.as_object().unwrap() {
            let is_header = ["typ", "alg", "jwk"].contains(&name.as_str());
            let part = if is_header { &mut header } else { &mut claims };
            part[name] = value.clone();
        }
        let part = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(message.as_bytes()).unwrap());
        format!("{message}.{signature}")
    }
}

async fn with_proofs(
    server: &AuthorizationServer,
    proofs: &[&str],
    form: &[(&str, &str)],
) -> Reply {
    let mut fields = vec![("Content-Type", "application/x-www-form-urlencoded")];
    fields.extend(proofs.iter().map(|proof| ("DPoP", *proof)));
    send(server, "POST", "/token", &fields, &body(form)).await.unwrap()
}

async fn own(server: &AuthorizationServer, proofs: &[&str]) -> Reply {
    let grant = ("grant_type", "client_credentials");
    let client = [("client_id", "nightly"), ("client_secret", "x")];
    with_proofs(server, proofs, &[grant, client[0], client[1]]).await
}

fn with_nightly() -> crate::AuthorizationServerBuilder {
    described().client(OAuthClient::confidential("nightly", "x").own_tokens())
}

#[tokio::test]
async fn a_token_is_bound_to_the_key_that_is_shown() {
    let server = with_nightly().start().await.unwrap();
    let mut seen = Vec::new();
    for algorithm in Algorithm::ALL {
        let wallet = Wallet::new(algorithm);
        let reply = own(&server, &[&wallet.proof(&server, json!({}))]).await.json();
        assert_eq!(reply["token_type"], "DPoP", "{algorithm:?} {reply}");
        let said = claims(reply["access_token"].as_str().unwrap());
        let key = said["cnf"]["jkt"].as_str().unwrap().to_owned();
        assert!(key.len() == 43 && !seen.contains(&key));
        seen.push(key);
    }
    let bare = own(&server, &[]).await.json();
    assert_eq!(bare["token_type"], "Bearer");
    assert!(claims(bare["access_token"].as_str().unwrap()).get("cnf").is_none());
}

#[tokio::test]
async fn proofs_that_are_no_good_are_refused() {
    let server = with_nightly().start().await.unwrap();
    let (wallet, other) = (Wallet::new(Algorithm::Es256), Wallet::new(Algorithm::Es256));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut private = wallet.0.published().unwrap();
    private.insert("d".to_owned(), "x".into());
    for wrong in [
        json!({"typ": "JWT"}),
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"jwk": other.0.published().unwrap()}),
        json!({"jwk": private}),
        json!({"jwk": 7}),
        json!({"htm": "GET"}),
        json!({"htu": server.issuer()}),
        json!({"iat": now - 61}),
        json!({"iat": now + 120}),
        json!({"iat": "now"}),
        json!({"jti": ""}),
        json!({"jti": "x".repeat(257)}),
        json!({"jti": 7}),
    ] {
        let proof = wallet.proof(&server, wrong.clone());
        let reply = own(&server, &[&proof]).await;
        assert_eq!(reply.json()["error"], "invalid_dpop_proof", "{wrong} {}", reply.body);
    }
    refused(&own(&server, &["rubbish"]).await, 400, "invalid_dpop_proof");
    let (one, two) = (wallet.proof(&server, json!({})), wallet.proof(&server, json!({})));
    refused(&own(&server, &[&one, &two]).await, 400, "invalid_dpop_proof");
    assert_eq!(own(&server, &[&one]).await.status, 200);
    refused(&own(&server, &[&one]).await, 400, "invalid_dpop_proof");
    // Its clock is for tokens.
    server.advance(Duration::from_secs(3600));
    assert_eq!(own(&server, &[&two]).await.status, 200);
}

#[tokio::test]
async fn proofs_have_the_servers_nonce_where_it_wants_one() {
    let server = with_nightly().dpop_nonces().start().await.unwrap();
    let wallet = Wallet::new(Algorithm::Es256);
    let without = own(&server, &[&wallet.proof(&server, json!({}))]).await;
    refused(&without, 400, "use_dpop_nonce");
    let nonce = without.field("dpop-nonce").unwrap().to_owned();
    let reply = own(&server, &[&wallet.proof(&server, json!({"nonce": nonce}))]).await;
    assert_eq!((reply.status, reply.field("dpop-nonce")), (200, Some(&*nonce)));
    server.renew_nonce();
    let late = own(&server, &[&wallet.proof(&server, json!({"nonce": nonce}))]).await;
    refused(&late, 400, "use_dpop_nonce");
    assert_ne!(late.field("dpop-nonce"), Some(&*nonce));
    // Whoever shows no key needs none.
    assert_eq!(own(&server, &[]).await.status, 200);
}

#[tokio::test]
async fn a_client_without_a_secret_refreshes_with_its_key_alone() {
    let server = described().start().await.unwrap();
    let (wallet, thief) = (Wallet::new(Algorithm::Es256), Wallet::new(Algorithm::Es256));
    let text = code(&server, &[]).await;
    let form = [("grant_type", "authorization_code"), ("client_id", "page"), ("code", &*text)];
    let form = [&form[..], &[("redirect_uri", BACK), ("code_verifier", VERIFIER)]].concat();
    let held = with_proofs(&server, &[&wallet.proof(&server, json!({}))], &form).await.json();
    assert_eq!(held["token_type"], "DPoP", "{held}");
    let refresh = held["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", "page"), ("refresh_token", refresh)];
    refused(&with_proofs(&server, &[], &form).await, 400, "invalid_grant");
    let stolen = thief.proof(&server, json!({}));
    refused(&with_proofs(&server, &[&stolen], &form).await, 400, "invalid_grant");
    let next = with_proofs(&server, &[&wallet.proof(&server, json!({}))], &form).await.json();
    let key = |held: &Value| claims(held["access_token"].as_str().unwrap())["cnf"].clone();
    assert_eq!(key(&next), key(&held));
}

#[tokio::test]
async fn a_code_can_be_for_a_key() {
    let server = described().start().await.unwrap();
    let (wallet, thief) = (Wallet::new(Algorithm::Es256), Wallet::new(Algorithm::Es256));
    let name = claims(&{
        let server = with_nightly().start().await.unwrap();
        let reply = own(&server, &[&wallet.proof(&server, json!({}))]).await.json();
        reply["access_token"].as_str().unwrap().to_owned()
    })["cnf"]["jkt"]
        .as_str()
        .unwrap()
        .to_owned();
    for (shown, good) in [(Some(&thief), false), (None, false), (Some(&wallet), true)] {
        let text = code(&server, &[("dpop_jkt", &name)]).await;
        let form = [("grant_type", "authorization_code"), ("client_id", "page"), ("code", &*text)];
        let form = [&form[..], &[("redirect_uri", BACK), ("code_verifier", VERIFIER)]].concat();
        let proof = shown.map(|wallet| wallet.proof(&server, json!({})));
        let proofs: Vec<&str> = proof.iter().map(String::as_str).collect();
        let reply = with_proofs(&server, &proofs, &form).await;
        assert_eq!(reply.status == 200, good, "{}", reply.body);
    }
}

#[tokio::test]
async fn a_client_may_have_to_show_its_key() {
    let bound = OAuthClient::confidential("bound", "x").own_tokens().dpop_bound();
    let server = described().client(bound).start().await.unwrap();
    let client = [("client_id", "bound"), ("client_secret", "x")];
    let form = [("grant_type", "client_credentials"), client[0], client[1]];
    refused(&with_proofs(&server, &[], &form).await, 400, "invalid_dpop_proof");
    let proof = Wallet::new(Algorithm::EdDsa).proof(&server, json!({}));
    assert_eq!(with_proofs(&server, &[&proof], &form).await.status, 200);
}
