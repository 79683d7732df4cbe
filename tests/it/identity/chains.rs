//! All that can be in one chain: who decides, and what never goes on.

use toolgate_auth::{ApiKey, api_keys, chain, gateway, jwt};
use toolgate_testkit::AuthorizationServer;

use super::{RESOURCE, Served, bound, call, said, server};

const PROOF: &str = "a-secret-of-the-gateway";

#[tokio::test]
async fn each_credential_finds_its_authenticator() {
    let issuer = AuthorizationServer::start().await.expect("an issuer");
    let (secret, key) = ApiKey::generate("tg_nightly", "reports").expect("random numbers");
    let named = gateway("https://gateway.internal").roles_header("x-groups").danger();
    let named = named.trust_secret("x-proof", PROOF).build().expect("settings that agree");
    let keys = api_keys([key]).build().expect("settings that agree");
    let tokens = jwt(issuer.issuer()).build().expect("settings that agree");
    let http = bound().auth(chain(named).or(keys).or(tokens));
    let served = Served::start(server(), http).await;
    let token = issuer.token("ann").client("desk").audience(RESOURCE).sign();

    let user = ("X-Forwarded-User", "carl");
    let proof = ("X-Proof", PROOF);
    let bearer = ("Authorization", &*format!("Bearer {token}"));
    let api_key = ("X-API-Key", secret.expose());
    let ann = format!("{} ann desk ", issuer.issuer());
    for (fields, expected) in [
        (&[user, proof, ("X-Groups", "a, b")][..], Ok("https://gateway.internal carl - a+b")),
        (&[bearer], Ok(&*ann)),
        (&[api_key], Ok("api-keys reports - ")),
        (&[], Err(401)),
        (&[proof], Err(401)),
        // Somebody else than the gateway: whatever else is sent.
        (&[user], Err(401)),
        (&[user, bearer], Err(401)),
        (&[user, api_key], Err(401)),
        (&[user, ("X-Proof", "a-secret-of-the-Gateway")], Err(401)),
        // Two callers in one request.
        (&[user, proof, bearer], Err(400)),
        (&[user, proof, ("X-Forwarded-User", "root")], Err(400)),
        (&[bearer, api_key], Err(400)),
    ] {
        let ask = fields.iter().fold(call(), |ask, (name, value)| ask.adding(name, value));
        let reply = served.send(&ask).await;
        match expected {
            Ok(who) => assert_eq!(said(&reply), who, "{fields:?}"),
            Err(status) => assert_eq!(reply.status, status, "{fields:?}: {}", reply.text()),
        }
    }
}
