//! What a server can do, a file for each: `cargo run --example guide -- NAME` serves one over HTTP.
//!
//! Prints the endpoint and a token of a development authorization server. The pages of `docs/guide`
//! show these files.

mod asking;
mod context;
mod live;
mod middleware;
mod prompts;
mod resources;
mod resumption;
mod roots;
mod sampling;
mod stateless;
mod subscriptions;
mod templates;

use std::{error::Error, sync::Arc};

use toolgate::{
    Service, Shutdown, StartError, Transport,
    core::IntoService,
    http::{Http, Listen},
    prelude::*,
};
use toolgate_testkit::AuthorizationServer;

/// How a file is called, what it serves, and over which HTTP.
type Chapter = (&'static str, fn() -> Result<Arc<dyn Service>, StartError>, fn() -> Http<Listen>);

const CHAPTERS: [Chapter; 12] = [
    ("resources", || resources::server().into_service(), http::listen),
    ("templates", || templates::server().into_service(), http::listen),
    ("prompts", || prompts::server().into_service(), http::listen),
    ("context", || context::server().into_service(), http::listen),
    ("asking", || asking::server().into_service(), http::listen),
    ("sampling", || sampling::server().into_service(), http::listen),
    ("roots", || roots::server().into_service(), http::listen),
    ("live", || live::server().into_service(), http::listen),
    ("subscriptions", || subscriptions::server().into_service(), http::listen),
    ("middleware", || middleware::server().into_service(), http::listen),
    ("resumption", || resumption::server().into_service(), resumption::http),
    ("stateless", || stateless::server().into_service(), stateless::http),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let named = std::env::args().nth(1).unwrap_or_default();
    let Some((_, server, http)) = CHAPTERS.iter().find(|(name, ..)| *name == named) else {
        let names = CHAPTERS.map(|(name, ..)| name).join(", ");
        return Err(format!("`{named}` is none of: {names}").into());
    };
    let issuer = AuthorizationServer::start().await?;
    let tokens = issuer.tokens();
    let http = http().auth(jwt(issuer.issuer()).build()?).on_listen(move |at| {
        let token = tokens.token("user-1").scopes(["kitchen:stock"]).audience(&*at.endpoint).sign();
        println!("endpoint: {}\ntoken: {token}", at.endpoint);
    });
    Ok(http.serve(server()?, Shutdown::never()).await?)
}
