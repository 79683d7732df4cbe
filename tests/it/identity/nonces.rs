//! Nonces for proofs, over HTTP: asked for, given, renewed, and known to every server that has the key.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use serde_json::json;
use toolgate_auth::{dpop::Nonces, jwt};
use toolgate_testkit::AuthorizationServer;
use toolgate_transport::http::Cors;

use super::{Ask, RESOURCE, Reply, Served, bound, call, old, said, server, wallet::Wallet};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Two servers behind one balancer, with one clock.
struct Stage {
    wallet: Wallet,
    token: String,
    ann: String,
    ahead: Arc<AtomicU64>,
    servers: [Served; 2],
    _issuer: AuthorizationServer,
}

impl Stage {
    async fn start() -> Self {
        let (issuer, wallet) = (AuthorizationServer::start().await, Wallet::new().await);
        let (issuer, ahead) = (issuer.expect("an issuer"), Arc::new(AtomicU64::new(0)));
        let serve = async || {
            let clock = ahead.clone();
            let now = move || SystemTime::now() + Duration::from_secs(clock.load(Ordering::SeqCst));
            let nonces = Nonces::shared([KEY]).expect("a key");
            let auth = jwt(issuer.issuer()).require_dpop().dpop_nonces(nonces).clock(now);
            let http = bound().auth(auth.build().expect("settings that agree"));
            Served::start(server(), http.cors(Cors::origins(["https://app.example"]))).await
        };
        let servers = [serve().await, serve().await];
        let cnf = json!({"jkt": wallet.thumbprint()});
        let token = issuer.token("ann").client("desk").audience(RESOURCE).claim("cnf", cnf).sign();
        let ann = format!("{} ann desk ", issuer.issuer());
        Self { wallet, token, ann, ahead, servers, _issuer: issuer }
    }

    async fn send(&self, server: usize, ask: Ask, proof: &str) -> Reply {
        let ask = ask.with("Authorization", &format!("DPoP {}", self.token)).with("DPoP", proof);
        self.servers[server].send(&ask.with("Host", "mcp.example")).await
    }

    fn proof(&self, id: &str, nonce: &str) -> String {
        self.wallet.proof_with(id, "POST", &self.token, nonce)
    }
}

#[tokio::test]
async fn a_page_is_asked_for_a_nonce_and_called_with_it_in_both_eras() {
    let stage = Stage::start().await;
    let without = stage.wallet.proof("1", "POST", &stage.token);
    let page = |ask: Ask| ask.with("Origin", "https://app.example");
    for ask in [call(), old::post(&old::handshake(old::LATEST))] {
        let reply = stage.send(0, page(ask), &without).await;
        assert_eq!(reply.outcome(), (401, Some(-32000)), "{}", reply.text());
        let challenge = reply.field("www-authenticate").expect("a challenge");
        assert!(challenge.starts_with("DPoP "), "{challenge}");
        assert!(challenge.contains(r#"error="use_dpop_nonce""#), "{challenge}");
        assert!(reply.field("dpop-nonce").is_some());
        let exposed = reply.field("access-control-expose-headers").expect("for the page");
        for name in ["WWW-Authenticate", "DPoP-Nonce"] {
            assert!(exposed.split(", ").any(|one| one == name), "{exposed}");
        }
        // RFC 9449, section 8: not from a cache.
        assert_eq!(reply.field("cache-control"), Some("no-store"));
    }
    let nonce = stage.send(0, call(), &without).await.field("dpop-nonce").expect("one").to_owned();
    let reply = stage.send(0, call(), &stage.proof("2", &nonce)).await;
    assert_eq!(said(&reply), stage.ann);
    assert_eq!(reply.field("dpop-nonce"), None, "it is young");
    let hello = old::post(&old::handshake(old::LATEST));
    let hello = stage.send(0, hello, &stage.proof("3", &nonce)).await;
    let session = hello.field("mcp-session-id").expect("a session").to_owned();
    let ask = old::post(&super::old_call()).with("Mcp-Session-Id", &session);
    let ask = ask.with("MCP-Protocol-Version", old::LATEST);
    assert_eq!(said(&stage.send(0, ask, &stage.proof("4", &nonce)).await), stage.ann);
}

#[tokio::test]
async fn another_server_knows_it_and_the_next_comes_along_with_an_answer() {
    let stage = Stage::start().await;
    let without = stage.wallet.proof("1", "POST", &stage.token);
    let first = stage.send(0, call(), &without).await.field("dpop-nonce").expect("one").to_owned();
    assert_eq!(said(&stage.send(1, call(), &stage.proof("2", &first)).await), stage.ann);
    stage.ahead.store(61, Ordering::SeqCst);
    let reply = stage.send(1, call(), &stage.proof("3", &first)).await;
    assert_eq!(said(&reply), stage.ann);
    let next = reply.field("dpop-nonce").expect("the next").to_owned();
    stage.ahead.store(200, Ordering::SeqCst);
    let reply = stage.send(0, call(), &stage.proof("4", &first)).await;
    assert_eq!(reply.status, 401, "the first is too old");
    // The server's clock is 200 seconds ahead of the client's by now.
    assert_eq!(said(&stage.send(0, call(), &stage.proof("5", &next)).await), stage.ann);
}
