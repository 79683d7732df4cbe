//! An authorization server for development: two people log in by pressing a button, and clients
//! register themselves. On this machine alone, and forgotten when it ends.
//!
//! Reads `PORT` (a free one, if there is none), `RESOURCE`, the endpoint that tokens are for (any), and
//! `REDIRECT`, where the client `desk` has people sent back to. With `--unattended` it asks nobody and
//! everybody is Ann; with `--driven` a test may set its clock.

use std::{env, error::Error};

use toolgate_testkit::{AuthorizationServer, OAuthClient, Person};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ann = Person::new("ann").name("Ann Archer").claim("email", "ann@example.org");
    let bob = Person::new("bob").name("Bob Baker").claim("email", "bob@example.org");
    let asked = |option: &str| env::args().any(|given| given == option);

    let mut server = AuthorizationServer::builder().person(ann.clone()).person(bob);
    if let Ok(port) = env::var("PORT") {
        server = server.port(port.parse()?);
    }
    if let Ok(resource) = env::var("RESOURCE") {
        server = server.resource(resource);
    }
    if let Ok(redirect) = env::var("REDIRECT") {
        server = server.client(OAuthClient::public("desk").redirect(redirect));
    }
    if asked("--unattended") {
        server = server.unattended(ann);
    }
    if asked("--driven") {
        server = server.driven();
    }
    // Asks about tokens.
    let reports = OAuthClient::confidential("reports", "s3cr3t").own_tokens();
    let server = server.client(reports).start().await?;

    println!("issuer: {}", server.issuer());
    println!("people: ann (Ann Archer), bob (Bob Baker)");
    println!("client: reports, with the secret s3cr3t");
    tokio::signal::ctrl_c().await?;
    Ok(())
}
