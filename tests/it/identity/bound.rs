//! Tokens that are bound to a key, over HTTP: the proof, the challenge, what a page needs.

use serde_json::json;
use toolgate_auth::jwt;
use toolgate_testkit::AuthorizationServer;
use toolgate_transport::http::Cors;

use super::{Ask, RESOURCE, Reply, Served, bound, call, old, said, server, wallet::Wallet};

struct Stage {
    issuer: AuthorizationServer,
    wallet: Wallet,
    served: Served,
}

impl Stage {
    async fn start() -> Self {
        let issuer = AuthorizationServer::start().await.expect("an issuer");
        let auth = jwt(issuer.issuer()).dpop().build().expect("settings that agree");
        let http = bound().auth(auth).cors(Cors::origins(["https://app.example"]));
        let served = Served::start(server(), http).await;
        Self { issuer, wallet: Wallet::new().await, served }
    }

    fn token(&self) -> String {
        let cnf = json!({"jkt": self.wallet.thumbprint()});
        self.issuer.token("ann").client("desk").audience(RESOURCE).claim("cnf", cnf).sign()
    }

    async fn send(&self, ask: &Ask, token: &str, proof: &str) -> Reply {
        let authorization = format!("DPoP {token}");
        let ask = ask.clone().with("Authorization", &authorization).with("DPoP", proof);
        self.served.send(&ask.with("Host", "mcp.example")).await
    }
}

#[tokio::test]
async fn a_proof_lets_a_bound_token_in_once_and_in_both_eras() {
    let stage = Stage::start().await;
    let (token, wallet) = (stage.token(), &stage.wallet);
    let ann = format!("{} ann desk ", stage.issuer.issuer());
    let first = wallet.proof("1", "POST", &token);
    assert_eq!(said(&stage.send(&call(), &token, &first).await), ann);
    let again = stage.send(&call(), &token, &first).await;
    assert_eq!(again.status, 401);
    let challenge = again.field("www-authenticate").expect("a challenge").to_owned();
    assert!(challenge.starts_with("DPoP algs=\""), "{challenge}");
    assert!(challenge.contains(r#"error="invalid_dpop_proof""#), "{challenge}");
    // A session's requests are proven one by one, each for its method.
    let hello = old::post(&old::handshake(old::LATEST));
    let reply = stage.send(&hello, &token, &wallet.proof("2", "POST", &token)).await;
    let session = reply.field("mcp-session-id").expect("a session").to_owned();
    let stamp =
        |ask: Ask| ask.with("Mcp-Session-Id", &session).with("MCP-Protocol-Version", old::LATEST);
    let ask = stamp(old::post(&super::old_call()));
    let reply = stage.send(&ask, &token, &wallet.proof("3", "POST", &token)).await;
    assert_eq!(said(&reply), ann);
    let end = stamp(Ask::new("DELETE", "/mcp"));
    let wrong = stage.send(&end, &token, &wallet.proof("4", "POST", &token)).await;
    assert_eq!(wrong.status, 401);
    let right = stage.send(&end, &token, &wallet.proof("5", "DELETE", &token)).await;
    assert!(matches!(right.status, 200..=204), "{right:?}");
}

#[tokio::test]
async fn a_stolen_token_is_of_no_use() {
    let stage = Stage::start().await;
    let (token, thief) = (stage.token(), Wallet::new().await);
    let as_bearer = stage.served.send(&call().bearer(&token)).await;
    let own = stage.send(&call(), &token, &thief.proof("1", "POST", &token)).await;
    let replayed = stage.wallet.proof("1", "POST", "another.token.here");
    let replayed = stage.send(&call(), &token, &replayed).await;
    for reply in [&as_bearer, &own, &replayed] {
        assert_eq!(reply.outcome(), (401, Some(-32000)), "{}", reply.text());
    }
    let challenge = as_bearer.field("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Bearer ") && challenge.contains("DPoP algs="), "{challenge}");
}

#[tokio::test]
async fn pages_may_send_proofs_and_the_metadata_says_what_is_taken() {
    let stage = Stage::start().await;
    let preflight = Ask::new("OPTIONS", "/mcp")
        .with("Host", "mcp.example")
        .with("Origin", "https://app.example")
        .with("Access-Control-Request-Method", "POST")
        .with("Access-Control-Request-Headers", "authorization, dpop");
    let reply = stage.served.send(&preflight).await;
    let allowed = reply.field("access-control-allow-headers").expect("allowed").to_owned();
    assert!(allowed.split(", ").any(|name| name == "DPoP"), "{allowed}");
    let ask = Ask::get("/.well-known/oauth-protected-resource/mcp").with("Host", "mcp.example");
    let document = stage.served.send(&ask).await.json();
    assert_eq!(document["dpop_bound_access_tokens_required"], json!(false));
    let algorithms = document["dpop_signing_alg_values_supported"].as_array().expect("a list");
    assert!(algorithms.contains(&json!("ES256")) && !algorithms.contains(&json!("HS256")));
}
