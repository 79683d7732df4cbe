//! What an authorization server is told before it starts.

use std::{io, time::Duration};

use super::{AuthorizationServer, access::Form, client::OAuthClient};

/// How long an access token lives unless it is said: as long as Keycloak's.
pub(super) const LIFETIME: Duration = Duration::from_secs(300);

/// An [`AuthorizationServer`] that is not started yet.
///
/// ```
/// use toolgate_testkit::{AuthorizationServer, OAuthClient};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let issuer = AuthorizationServer::builder()
///     .client(OAuthClient::confidential("nightly", "s3cr3t").own_tokens())
///     .resource("http://127.0.0.1:8080/mcp")
///     .start()
///     .await?;
/// assert!(issuer.token_endpoint().starts_with(issuer.issuer()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it is started by `start`"]
pub struct AuthorizationServerBuilder {
    pub(super) settings: Settings,
    pub(super) port: u16,
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) clients: Vec<OAuthClient>,
    /// Any, if there are none.
    pub(super) resources: Vec<String>,
    pub(super) lifetime: Duration,
    pub(super) form: Form,
}

impl Default for Settings {
    fn default() -> Self {
        Self { clients: Vec::new(), resources: Vec::new(), lifetime: LIFETIME, form: Form::Signed }
    }
}

impl AuthorizationServerBuilder {
    /// Knows this client, besides earlier ones.
    pub fn client(mut self, client: OAuthClient) -> Self {
        self.settings.clients.push(client);
        self
    }

    /// Gives out tokens for this resource, besides earlier ones, and refuses others (RFC 8707). A token
    /// that is asked for without one is for the first. Unless any is said, a token is for whatever it is
    /// asked for.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.settings.resources.push(resource.into());
        self
    }

    /// The endpoints give out tokens that say nothing: whoever gets one has to ask (RFC 7662). Those of
    /// [`AuthorizationServer::token`] are signed all the same.
    pub fn opaque(mut self) -> Self {
        self.settings.form = Form::Opaque;
        self
    }

    /// Access tokens of the endpoints live that long, in whole seconds. Five minutes, unless it is said.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.lifetime = lifetime;
        self
    }

    /// Listens on this port of 127.0.0.1. A free one, unless it is said.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// When the port cannot be bound, or OpenSSL makes no keys.
    pub async fn start(self) -> io::Result<AuthorizationServer> {
        AuthorizationServer::started(self).await
    }
}
