//! API keys: long random secrets, of which this server keeps the hashes.
//!
//! With a prefix and a user, such as `tg_nightly ann`, it makes a key and prints it, once, and an entry
//! for the file of keys. Without, it serves, and reads `TOOLGATE_API_KEYS`, a file with an array of such
//! entries, and `TOOLGATE_ADDR`.

use std::env;

use toolgate::{StartError, auth::ApiKeys, core::env::Env, prelude::*};

/// Tell who the caller is, and by which key.
#[derive(Tool)]
#[tool(read_only, scopes("who:read"))]
struct Who;

impl Run for Who {
    type Output = String;
    async fn run(self, _: &(), cx: &Context) -> Result<String> {
        let identity = cx.identity()?;
        let prefix = identity.token_id.as_deref().unwrap_or_default();
        Ok(format!("{} by {prefix}", identity.key.subject))
    }
}

/// Only the entry is kept: nothing shows the key again.
fn make(prefix: &str, user: String) -> Result<(), StartError> {
    let (secret, key) = ApiKey::generate(prefix, user)?;
    println!("key: {}\nentry: {}", secret.expose(), key.scopes(["who:read"]).to_json());
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    if let (Some(prefix), Some(user)) = (env::args().nth(1), env::args().nth(2)) {
        return Ok(make(&prefix, user)?);
    }
    let unset = || StartError::new("TOOLGATE_API_KEYS is not set");
    let keys = ApiKeys::from_env(&Env::process())?.ok_or_else(unset)?;
    // To take tokens as well: `chain`, with the keys first.
    let http = http::listen().auth(keys.build()?);
    Server::new("who", "1.0.0").tool::<Who>().serve(http).await
}
