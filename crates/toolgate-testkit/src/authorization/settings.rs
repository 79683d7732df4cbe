//! What an authorization server is told before it starts.

use std::{fmt, io, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;

use super::{AuthorizationServer, access::Form, client::OAuthClient, person::Person};

/// How long an access token lives unless it is said: as long as Keycloak's.
pub(super) const LIFETIME: Duration = Duration::from_secs(300);

/// How long a refresh token lives unless it is said.
const REFRESH_LIFETIME: Duration = Duration::from_secs(8 * 3600);

/// An [`AuthorizationServer`] that is not started yet.
///
/// ```
/// use toolgate_testkit::{AuthorizationServer, OAuthClient, Person};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let issuer = AuthorizationServer::builder()
///     .client(OAuthClient::confidential("nightly", "s3cr3t").own_tokens())
///     .person(Person::new("user-1").name("Ann"))
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
    pub(super) refresh_lifetime: Duration,
    pub(super) form: Form,
    pub(super) people: Vec<Person>,
    /// Who says yes to everything, without being asked.
    pub(super) unattended: Option<Person>,
    /// Ways to log in; the first is usual.
    pub(super) acr: Vec<String>,
    /// Whether proofs of keys have to have in them what the server says.
    pub(super) nonces: bool,
    pub(super) documents: Option<Documents>,
    /// Whether another process may say what time it is.
    pub(super) driven: bool,
}

/// Where the documents come from that describe clients.
#[derive(Clone)]
pub(super) struct Documents(Arc<Ask>);

type Ask = dyn Fn(String) -> BoxFuture<'static, Option<Value>> + Send + Sync;

impl Documents {
    pub(super) async fn at(&self, url: &str) -> Option<Value> {
        (self.0)(url.to_owned()).await
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Documents")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clients: Vec::new(),
            resources: Vec::new(),
            lifetime: LIFETIME,
            refresh_lifetime: REFRESH_LIFETIME,
            form: Form::Signed,
            people: Vec::new(),
            unattended: None,
            acr: Vec::new(),
            nonces: false,
            documents: None,
            driven: false,
        }
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

    /// Refresh tokens live that long, each of them. Eight hours, unless it is said.
    pub fn refresh_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.refresh_lifetime = lifetime;
        self
    }

    /// Somebody who can log in, besides earlier ones.
    pub fn person(mut self, person: Person) -> Self {
        self.settings.people.push(person);
        self
    }

    /// Asks nobody anything: whoever is sent here is this person, and allows all that is asked for. For
    /// clients in tests, which have nobody to press a button.
    pub fn unattended(mut self, person: Person) -> Self {
        self.settings.unattended = Some(person);
        self
    }

    /// People can log in in these ways (`acr_values` of RFC 9470), the first of which is usual. Whoever
    /// presses their button has logged in in whichever way was asked for.
    pub fn acr<S: Into<String>>(mut self, ways: impl IntoIterator<Item = S>) -> Self {
        self.settings.acr = ways.into_iter().map(Into::into).collect();
        self
    }

    /// Proofs of keys have to have a nonce of the server's (RFC 9449, section 8).
    pub fn dpop_nonces(mut self) -> Self {
        self.settings.nonces = true;
        self
    }

    /// Takes clients whose name is the `https` URL of a document that describes them (OAuth Client ID
    /// Metadata Document). Nothing is fetched: `at` answers for each URL, or with `None` where there is
    /// nothing.
    ///
    /// ```
    /// use serde_json::json;
    /// use toolgate_testkit::AuthorizationServer;
    ///
    /// let server = AuthorizationServer::builder().client_documents(|url| async move {
    ///     let known = url == "https://app.example/client.json";
    ///     known.then(|| json!({"client_id": url, "redirect_uris": ["https://app.example/back"]}))
    /// });
    /// # let _ = server;
    /// ```
    pub fn client_documents<F>(mut self, at: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<Value>> + Send + 'static,
    {
        self.settings.documents = Some(Documents(Arc::new(move |url| at(url).boxed())));
        self
    }

    /// Lets a test in another process say what time it is: `POST /test/advance?seconds=60` does what
    /// [`AuthorizationServer::advance`] does, `POST /test/age?seconds=60` what
    /// [`AuthorizationServer::age_next`] does. Any page can post, so this is for tests alone.
    pub fn driven(mut self) -> Self {
        self.settings.driven = true;
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
