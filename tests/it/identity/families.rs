//! Everything that lets anybody in, once in each era.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use toolgate_auth::{ApiKey, api_keys, gateway, jwt};
use toolgate_core::Authenticate;
use toolgate_testkit::{Algorithm, AuthorizationServer};

use super::{RESOURCE, Served, bound, opaque::Issuer, server, wallet::Wallet, who};

async fn served(auth: impl Authenticate) -> Served {
    Served::start(server(), bound().auth(auth)).await
}

#[tokio::test]
async fn tokens_signed_with_every_kind_of_key() {
    let issuer = AuthorizationServer::start().await.expect("an issuer");
    Algorithm::ALL.iter().for_each(|algorithm| issuer.publish(*algorithm));
    let served = served(jwt(issuer.issuer()).build().expect("settings that agree")).await;
    for algorithm in Algorithm::ALL {
        let token = issuer.token("ann").client("desk").audience(RESOURCE).algorithm(algorithm);
        let token = token.sign();
        let ann = who(&served, |ask| ask.bearer(&token)).await;
        assert_eq!(ann, format!("{} ann desk ", issuer.issuer()), "{algorithm:?}");
    }
}

#[tokio::test]
async fn an_opaque_token() {
    let issuer = Issuer::start().await;
    let served = served(issuer.verifier().build().expect("settings that agree")).await;
    let ann = who(&served, |ask| ask.bearer("opaque-ann")).await;
    assert_eq!(ann, format!("{} ann desk ", issuer.url()));
}

#[tokio::test]
async fn a_signed_token_that_is_bound_to_a_key() {
    let (issuer, wallet) = (AuthorizationServer::start().await, Wallet::new().await);
    let issuer = issuer.expect("an issuer");
    let auth = jwt(issuer.issuer()).require_dpop().build().expect("settings that agree");
    let cnf = json!({"jkt": wallet.thumbprint()});
    let token = issuer.token("ann").client("desk").audience(RESOURCE).claim("cnf", cnf).sign();
    let ann = proven(&served(auth).await, &wallet, &token).await;
    assert_eq!(ann, format!("{} ann desk ", issuer.issuer()));
}

#[tokio::test]
async fn an_opaque_token_that_is_bound_to_a_key() {
    let (issuer, wallet) = (Issuer::start().await, Wallet::new().await);
    issuer.bind(wallet.thumbprint());
    let auth = issuer.verifier().require_dpop().build().expect("settings that agree");
    let served = served(auth).await;
    let ann = proven(&served, &wallet, "opaque-bound").await;
    assert_eq!(ann, format!("{} ann desk ", issuer.url()));
    // And of no use to a thief, whatever the issuer says of it.
    for ask in [
        super::call().bearer("opaque-bound"),
        super::call().with("Authorization", "DPoP opaque-bound"),
        super::call()
            .with("Authorization", "DPoP opaque-bound")
            .with("DPoP", &Wallet::new().await.proof("1", "POST", "opaque-bound")),
    ] {
        assert_eq!(served.send(&ask).await.status, 401);
    }
}

/// Who a token is of, with a proof for each request.
async fn proven(served: &Served, wallet: &Wallet, token: &str) -> String {
    let count = AtomicUsize::new(0);
    let add = |ask: super::Ask| {
        let id = count.fetch_add(1, Ordering::SeqCst).to_string();
        let proof = wallet.proof(&id, &ask.method, token);
        ask.with("Authorization", &format!("DPoP {token}")).with("DPoP", &proof)
    };
    who(served, add).await
}

#[tokio::test]
async fn an_api_key() {
    let (secret, key) = ApiKey::generate("tg_nightly", "reports").expect("random numbers");
    let served = served(api_keys([key]).build().expect("settings that agree")).await;
    let reports = who(&served, |ask| ask.with("X-API-Key", secret.expose())).await;
    assert_eq!(reports, "api-keys reports - ");
}

#[tokio::test]
async fn a_name_from_a_gateway() {
    let named = gateway("https://gateway.internal")
        .danger()
        .trust_secret("x-proof", "a-secret-of-the-gateway");
    let served = served(named.build().expect("settings that agree")).await;
    let add = |ask: super::Ask| {
        ask.with("X-Forwarded-User", "carl").with("X-Proof", "a-secret-of-the-gateway")
    };
    assert_eq!(who(&served, add).await, "https://gateway.internal carl - ");
}
