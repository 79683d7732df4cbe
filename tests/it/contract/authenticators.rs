//! The authenticators, with credentials as their issuers make them.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use toolgate_auth::{
    ApiKey, Fetch, FetchError, JwtAuth, api_keys, auth_fn, bearer, chain, introspection, issuers,
    jwt,
};
use toolgate_core::{Authenticate, BoxFuture, Credentials, Identity, Key, Refusal, Verdict};
use toolgate_testkit::{
    Algorithm, AuthorizationServer,
    contract::{self, AuthenticatorContract, Broken, RESOURCE, Sample},
};

/// Tokens of an issuer, good ones and others.
fn with_tokens<A: Authenticate>(
    issuer: &AuthorizationServer,
    contract: AuthenticatorContract<A>,
) -> AuthenticatorContract<A> {
    let token = |subject: &str| issuer.token(subject).client("phone").audience(RESOURCE);
    let key = |subject: &str| Key::new(issuer.issuer(), subject).client("phone");
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let bearer = |token: String| Sample::bearer(token);
    contract
        .known(bearer(token("ann").sign()), key("ann"))
        .known(bearer(token("bob").algorithm(Algorithm::Es256).sign()), key("bob"))
        .known(bearer(token("ann").client("desk").sign()), key("ann").client("desk"))
        .refused("expired", bearer(token("ann").issued(hour_ago).sign()))
        .refused(
            "for another server",
            bearer(token("ann").audience("https://other.example").sign()),
        )
        .refused("for nobody", bearer(issuer.token("ann").sign()))
        .refused(
            "of another issuer",
            bearer(token("ann").claim("iss", "https://other.example").sign()),
        )
        .refused("unsigned", bearer(token("ann").header("alg", "none").sign()))
        .refused("without a subject", bearer(token("ann").without("sub").sign()))
}

async fn verifier(issuer: &AuthorizationServer) -> JwtAuth {
    issuer.publish(Algorithm::Es256);
    jwt(issuer.issuer()).build().expect("settings that agree")
}

#[tokio::test]
async fn jwt_keeps_its_contract() -> Result<(), Broken> {
    let issuer = AuthorizationServer::start().await.expect("an issuer");
    let auth = verifier(&issuer).await;
    with_tokens(&issuer, contract::authenticator(auth)).check().await
}

fn api_key(name: &str) -> (String, ApiKey) {
    let (secret, key) = ApiKey::generate(name, name).expect("random numbers");
    (secret.expose().to_owned(), key)
}

#[tokio::test]
async fn api_keys_keep_their_contract() -> Result<(), Broken> {
    let ((ann, ann_key), (bob, bob_key)) = (api_key("tg_ann"), api_key("tg_bob"));
    let (revoked, _) = api_key("tg_ann");
    let key = |subject: &str| Key::new("api-keys", subject);
    contract::authenticator(api_keys([ann_key, bob_key]).build().expect("settings that agree"))
        .known(Sample::bearer(ann), key("tg_ann"))
        .known(Sample::field("x-api-key", bob), key("tg_bob"))
        .refused("revoked", Sample::bearer(revoked.clone()))
        .refused("revoked, in a field of its own", Sample::field("x-api-key", revoked))
        .check()
        .await
}

#[tokio::test]
async fn a_chain_keeps_the_contract_of_each() -> Result<(), Broken> {
    let issuer = AuthorizationServer::start().await.expect("an issuer");
    let (secret, key) = api_key("tg_carl");
    let keys = api_keys([key]).build().expect("settings that agree");
    let auth = chain(keys).or(verifier(&issuer).await);
    let contract = contract::authenticator(auth)
        .known(Sample::bearer(secret), Key::new("api-keys", "tg_carl"));
    with_tokens(&issuer, contract).check().await
}

#[tokio::test]
async fn several_issuers_keep_the_contract_of_each() -> Result<(), Broken> {
    let issuer = AuthorizationServer::start().await.expect("an issuer");
    let other = AuthorizationServer::start().await.expect("an issuer");
    issuer.publish(Algorithm::Es256);
    let auth = issuers([jwt(other.issuer()), jwt(issuer.issuer())]).expect("settings that agree");
    let token = other.token("ann").client("phone").audience(RESOURCE).sign();
    let contract = contract::authenticator(auth)
        .known(Sample::bearer(token), Key::new(other.issuer(), "ann").client("phone"));
    with_tokens(&issuer, contract).check().await
}

/// Knows a few tokens; what else it is asked about is not active.
struct Introspects;

impl Fetch for Introspects {
    fn fetch(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let active = |subject: &str, resource: &str| {
            format!(
                r#"{{"active":true,"sub":"{subject}","client_id":"phone","aud":"{resource}","exp":4102444800}}"#
            )
        };
        let said = match body.split('&').next() {
            Some("token=opaque-token-of-ann") => active("ann", RESOURCE),
            Some("token=opaque-token-of-bob") => active("bob", RESOURCE),
            Some("token=opaque-token-elsewhere") => active("ann", "https://other.example"),
            _ => r#"{"active":false}"#.to_owned(),
        };
        let answer = Response::builder().header("content-type", "application/json");
        Box::pin(async move { Ok(answer.body(said.into()).expect("an answer")) })
    }
}

#[tokio::test]
async fn introspection_keeps_its_contract() -> Result<(), Broken> {
    let auth = introspection("https://issuer.example")
        .endpoint("https://issuer.example/introspect")
        .client_secret("reports", "s3cr3t")
        .fetch(Introspects)
        .build()
        .expect("settings that agree");
    let key = |subject: &str| Key::new("https://issuer.example", subject).client("phone");
    contract::authenticator(auth)
        .known(Sample::bearer("opaque-token-of-ann"), key("ann"))
        .known(Sample::bearer("opaque-token-of-bob"), key("bob"))
        .refused("for another server", Sample::bearer("opaque-token-elsewhere"))
        .refused("revoked", Sample::bearer("opaque-token-revoked"))
        .check()
        .await
}

#[tokio::test(start_paused = true)]
async fn a_closure_can_keep_the_contract() -> Result<(), Broken> {
    let judge = |credentials: Credentials| async move {
        let subject = match bearer(&credentials)?.expose() {
            "token-of-ann" => "ann",
            "token-of-bob" => "bob",
            _ => return Err(Verdict::Refused(Refusal::invalid("unknown"))),
        };
        Ok(Identity::new(Key::new("closure", subject)))
    };
    contract::authenticator(auth_fn(judge))
        .known(Sample::bearer("token-of-ann"), Key::new("closure", "ann"))
        .known(Sample::bearer("token-of-bob"), Key::new("closure", "bob"))
        .refused("unknown", Sample::bearer("token-of-eve"))
        .check()
        .await
}
