//! A token, and the published keys that it was signed with.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Uri, header};
use serde::{Deserialize, Serialize};
use toolgate_testkit::AuthorizationServer;

use crate::{Result, client::Connection, exchange::RESOURCE};

/// Longer than any run.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// What is left of an authorization server once its keys were asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Issuer {
    /// Its name.
    pub(crate) name: String,
    /// Its keys, as it publishes them.
    pub(crate) keys: String,
    /// A token of it for [`RESOURCE`], signed as RS256.
    pub(crate) token: String,
}

impl Issuer {
    /// One whose token is good.
    pub(crate) async fn start() -> Result<Self> {
        let server = AuthorizationServer::start().await?;
        let token = server.token("user-1").audience(RESOURCE).lifetime(LIFETIME).sign();
        Self::of(&server, token).await
    }

    /// A server's keys with a token.
    pub(crate) async fn of(server: &AuthorizationServer, token: String) -> Result<Self> {
        let uri: Uri = server.jwks_uri().parse()?;
        let authority = uri.authority().ok_or("the keys are nowhere")?.as_str();
        let request = Request::get(uri.path()).header(header::HOST, authority);
        let mut connection = Connection::open(authority).await?;
        let (_, keys) = connection.ask(request.body(Full::new(Bytes::new()))?).await?;
        let keys = String::from_utf8(keys.into())?;
        Ok(Self { name: server.issuer().to_owned(), keys, token })
    }
}
