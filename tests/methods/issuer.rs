//! What the examples of one method each have around them: an authorization server at which everybody is
//! Ann, and an API with reports. Its tokens are opaque if `--opaque` is said.
//!
//! Reads `REDIRECT`, where clients have people sent back to, and `SECRET`, of the client `portal`.
#![expect(clippy::print_stdout, reason = "whoever starts it reads there what it is called")]

use std::{env, error::Error};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::get,
};
use serde_json::json;
use tokio::net::TcpListener;
use toolgate::{
    Authenticate, Credentials, Verdict,
    auth::{JwtAuth, jwt},
};
use toolgate_testkit::{AuthorizationServer, OAuthClient, Person};

/// The API, as an audience.
const REPORTS: &str = "reports";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ann = Person::new("ann").name("Ann Archer").claim("email", "ann@example.org");
    // As Keycloak has it, and as partners do.
    let ann = ann
        .claim("typ", "Bearer")
        .claim("preferred_username", "ann")
        .claim("realm_access", json!({ "roles": ["auditor"] }))
        .claim("https://partners.example/teams", json!(["design"]));
    let back = env::var("REDIRECT")?;
    let portal = OAuthClient::confidential("portal", env::var("SECRET")?).exchanges([REPORTS]);
    let mut issuer = AuthorizationServer::builder()
        .unattended(ann)
        .client(OAuthClient::public("desk").redirect(&*back))
        .client(OAuthClient::public("partner-portal").redirect(back))
        .client(portal);
    if env::args().any(|given| given == "--opaque") {
        issuer = issuer.opaque();
    }
    let issuer = issuer.start().await?;

    let auth = jwt(issuer.issuer()).audience([REPORTS]).build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("issuer: {}\nreports: http://{}/mine", issuer.issuer(), listener.local_addr()?);
    let router = Router::new().route("/mine", get(report)).with_state(auth);
    Ok(axum::serve(listener, router).await?)
}

/// For whoever has a token for reports, theirs.
async fn report(State(auth): State<JwtAuth>, head: HeaderMap) -> (StatusCode, String) {
    let sent = head.get("authorization").and_then(|sent| sent.to_str().ok());
    let fields = [("authorization", sent.unwrap_or_default())];
    match auth.authenticate(&Credentials::from_fields(fields)).await {
        Verdict::Known(who, _) if who.scopes.contains("reports:read") => {
            (StatusCode::OK, format!("the report of {}", who.key.subject))
        }
        _ => (StatusCode::UNAUTHORIZED, String::new()),
    }
}
