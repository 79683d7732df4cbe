//! The server that the official conformance suite is run against: everything that the suite calls by
//! name, one file for each family.
//!
//! Serves `127.0.0.1` at the port that `PORT` names, 3000 unless set, without authentication.
#![expect(clippy::print_stdout, reason = "it says where it listens on its standard output")]

mod changes;
mod content;
mod forms;
mod headers;
mod media;
mod prompts;
mod questions;
mod resources;
mod schema;
mod streams;

use std::env;

use toolgate::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let http = http::bind(format!("127.0.0.1:{port}"))
        .on_listen(|at| println!("listening on {}", at.endpoint));
    Ok(server().serve(http).await?)
}

/// The suite calls the first tool without arguments, so the plainest comes first.
fn server() -> Server {
    let families = [
        content::add,
        streams::add,
        headers::add,
        schema::add,
        changes::add,
        resources::add,
        prompts::add,
        questions::add,
    ];
    let server = Server::new("conformance", env!("CARGO_PKG_VERSION")).open();
    families.iter().fold(server, |server, add| add(server))
}
