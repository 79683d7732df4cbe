//! Tokens of the development authorization server's own endpoints: what it gives out, we let in.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use toolgate_auth::{introspection, jwt};
use toolgate_testkit::{AuthorizationServer, AuthorizationServerBuilder, OAuthClient, Person};

use super::{Ask, RESOURCE, Served, asked, bound, server};

/// From RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BACK: &str = "http://127.0.0.1:8976/callback";

fn described() -> AuthorizationServerBuilder {
    AuthorizationServer::builder()
        .resource(RESOURCE)
        .client(OAuthClient::public("desk").redirect(BACK))
        .client(OAuthClient::confidential("reports", "s3cr3t").exchanges([RESOURCE]))
        .unattended(Person::new("ann").claim("realm_access", json!({"roles": ["editor"]})))
}

fn addr(issuer: &AuthorizationServer) -> SocketAddr {
    issuer.issuer().strip_prefix("http://").expect("loopback").parse().expect("an address")
}

async fn redeem(issuer: &AuthorizationServer, form: &str) -> Value {
    let ask = Ask::new("POST", "/token").body(form);
    let ask = ask.with("Content-Type", "application/x-www-form-urlencoded");
    ask.send(addr(issuer)).await.json()
}

/// What the client `desk` has once Ann has logged in.
async fn logged_in(issuer: &AuthorizationServer) -> Value {
    let query = format!(
        "response_type=code&client_id=desk&code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let reply = Ask::get(&format!("/authorize?{query}")).send(addr(issuer)).await;
    let back = reply.field("location").expect("the way back");
    let code = back.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
    let code = code.expect("a code");
    let grant = "grant_type=authorization_code&client_id=desk";
    redeem(issuer, &format!("{grant}&code={code}&code_verifier={VERIFIER}")).await
}

fn token(held: &Value) -> String {
    held["access_token"].as_str().unwrap_or_else(|| panic!("no token: {held}")).to_owned()
}

async fn refreshed(issuer: &AuthorizationServer, held: &Value) -> Value {
    let refresh = held["refresh_token"].as_str().expect("a refresh token");
    let grant = "grant_type=refresh_token&client_id=desk";
    redeem(issuer, &format!("{grant}&refresh_token={refresh}")).await
}

#[tokio::test]
async fn whoever_logs_in_is_let_in_and_so_is_who_refreshes() {
    let issuer = described().start().await.expect("an issuer");
    let auth = jwt(issuer.issuer()).claims(|claims| claims.roles(["realm_access.roles"]));
    let auth = auth.build().expect("settings that agree");
    let served = Served::start(server(), bound().auth(auth)).await;
    let ann = Ok(format!("{} ann desk editor", issuer.issuer()));
    issuer.age_next(Duration::from_secs(7200));
    let old = logged_in(&issuer).await;
    let refused = asked(&served, &token(&old)).await;
    assert_eq!(refused, Err((401, "the token has expired".to_owned())));
    let new = refreshed(&issuer, &old).await;
    assert_eq!(asked(&served, &token(&new)).await, ann);
}

#[tokio::test]
async fn an_exchanged_token_is_of_the_same_person() {
    let issuer = described().start().await.expect("an issuer");
    let auth = jwt(issuer.issuer()).build().expect("settings that agree");
    let served = Served::start(server(), bound().auth(auth)).await;
    let before = issuer.token("bob").client("desk").audience("https://other.example").sign();
    let form = format!(
        "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id=reports\
         &client_secret=s3cr3t&subject_token={before}\
         &subject_token_type=urn:ietf:params:oauth:token-type:access_token&resource={RESOURCE}"
    );
    let after = token(&redeem(&issuer, &form).await);
    assert_eq!(asked(&served, &before).await.unwrap_err().0, 401);
    assert_eq!(asked(&served, &after).await, Ok(format!("{} bob reports ", issuer.issuer())));
}

#[tokio::test]
async fn opaque_tokens_are_asked_about_and_end_with_their_family() {
    let issuer = described().opaque().start().await.expect("an issuer");
    let auth = introspection(issuer.issuer()).client_secret("reports", "s3cr3t");
    let served = Served::start(server(), bound().auth(auth.build().expect("settings"))).await;
    let first = logged_in(&issuer).await;
    let ann = Ok(format!("{} ann desk ", issuer.issuer()));
    assert_eq!(asked(&served, &token(&first)).await, ann);
    // Not asked about before, so no answer is remembered.
    let second = refreshed(&issuer, &first).await;
    assert!(refreshed(&issuer, &first).await["error"] == "invalid_grant", "it comes twice");
    let gone = Err((401, "the token is not active".to_owned()));
    assert_eq!(asked(&served, &token(&second)).await, gone);
    let third = logged_in(&issuer).await;
    issuer.advance(Duration::from_secs(300));
    assert_eq!(asked(&served, &token(&third)).await, gone);
}
