//! A guest book for pages in browsers: the page beside this file, on an origin of its own, finds out
//! where to log in, does so and calls tools, with `fetch` alone.
//!
//! Reads `TOOLGATE_ISSUER`, `TOOLGATE_PUBLIC_URL` and `TOOLGATE_ADDR`, and `PAGE_ADDR`, where the
//! page is to be had.

mod page;

use std::{env, sync::Mutex};

use tokio::net::TcpListener;
use toolgate::{StartError, auth::Jwt, core::env::Env, prelude::*, serde::Deserialize};

/// Who reads and signs.
#[derive(Deserialize)]
#[serde(crate = "toolgate::serde")]
struct Guest {
    name: String,
}

/// Tell who is logged in.
#[derive(Tool)]
#[tool(read_only, scopes("guests:read"))]
struct Who;

impl Run<Book> for Who {
    type Output = String;
    async fn run(self, _: &Book, cx: &Context) -> Result<String> {
        let Guest { name } = cx.principal()?;
        Ok(format!("You are {name}."))
    }
}

/// Sign the guest book. Shown to all, so that a page can ask for what it lacks once it is needed.
#[derive(Tool)]
#[tool(scopes("guests:sign"), listed, advertised = false)]
struct Sign {
    line: String,
}

/// What was written.
type Book = Mutex<Vec<String>>;

impl Run<Book> for Sign {
    type Output = String;
    async fn run(self, book: &Book, cx: &Context) -> Result<String> {
        let Guest { name } = cx.principal()?;
        let mut book = book.lock().map_err(|_| ToolError::shown("the book is lost"))?;
        if book.len() >= 1000 {
            return Err(ToolError::shown("the book is full"));
        }
        book.push(format!("{}, {name}", self.line));
        Ok(format!("Line {}: {}, {name}", book.len(), self.line))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let unset = || StartError::new("TOOLGATE_ISSUER is not set");
    let tokens = Jwt::from_env(&Env::process())?.ok_or_else(unset)?;
    let tokens = tokens
        .claims(|claims| claims.user::<Guest>(|guest| guest.required("name", ["name", "sub"])));

    let at = env::var("PAGE_ADDR").unwrap_or_else(|_| "127.0.0.1:8000".into());
    let listener = TcpListener::bind(at).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let http = http::listen()
        .auth(tokens.build()?)
        .cors(http::Cors::origins([&origin]))
        .on_listen(move |at| println!("page: {origin}/?server={}", at.endpoint));
    tokio::spawn(page::serve(listener));
    let server = Server::new("guests", "1.0.0").principal::<Guest>().state(Book::default());
    server.tool::<Who>().tool::<Sign>().serve(http).await?;
    Ok(())
}
