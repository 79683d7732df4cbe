//! A development authorization server: grants, publishes keys, signs anything, and fails on request.

mod access;
mod algorithm;
mod authorize;
mod client;
mod described;
mod documents;
mod dpop;
mod driven;
mod endpoint;
mod fault;
mod form;
mod grant;
mod introspect;
mod jws;
mod key;
mod keys;
mod login;
mod pages;
mod person;
mod refusal;
mod register;
mod respond;
mod revoke;
mod serve;
mod settings;
mod state;
mod table;
mod target;
mod token;
mod who;

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use josekit::JoseError;
use tokio::{
    net::TcpListener,
    task::{AbortHandle, spawn_blocking},
};

pub use self::{
    algorithm::Algorithm,
    client::OAuthClient,
    fault::{Endpoint, Fault, JwksFault},
    keys::SigningKey,
    person::Person,
    settings::AuthorizationServerBuilder,
    token::{Token, Tokens},
};
use self::{fault::Outage, keys::Ring, state::State};

/// An authorization server for tests and for development, on 127.0.0.1.
///
/// People log in and consent on its pages; clients get codes with PKCE, refresh tokens that are good
/// once, tokens of their own (RFC 6749, RFC 7636), tokens in exchange for others (RFC 8693) and tokens
/// that are bound to their keys (RFC 9449); they register themselves (RFC 7591), ask what tokens say
/// (RFC 7662) and take them back (RFC 7009). It publishes metadata (RFC 8414, and in the place of OpenID
/// Connect Discovery 1.0) and keys (RFC 7517). [`builder`](Self::builder) says which clients and people
/// there are.
///
/// Any token that a test can think of comes from [`token`](Self::token), in the same process. Each of its
/// places [fails](Self::fail) when it is told to, and its clock is [set ahead](Self::advance). It runs on
/// the runtime that started it, until it is dropped; what it knows is in memory, and bounded: the oldest
/// is forgotten for the newest.
///
/// ```
/// use toolgate_testkit::AuthorizationServer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let issuer = AuthorizationServer::start().await?;
/// let token = issuer
///     .token("user-1")
///     .scopes(["files:write"])
///     .audience("http://127.0.0.1:8080/mcp")
///     .sign();
/// assert_eq!(token.split('.').count(), 3);
/// assert!(issuer.jwks_uri().starts_with(issuer.issuer()));
/// # Ok(())
/// # }
/// ```
pub struct AuthorizationServer {
    state: Arc<State>,
    task: AbortHandle,
}

impl AuthorizationServer {
    /// Starts one on a free port of 127.0.0.1, which knows no client. It can be had on no other address.
    ///
    /// # Errors
    /// When no port can be bound, or OpenSSL makes no keys.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// One with clients, resources and habits of its own.
    pub fn builder() -> AuthorizationServerBuilder {
        AuthorizationServerBuilder::default()
    }

    async fn started(told: AuthorizationServerBuilder) -> io::Result<Self> {
        let ring = spawn_blocking(Ring::new).await?.map_err(io::Error::other)?;
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, told.port));
        let listener = TcpListener::bind(at).await?;
        let issuer = format!("http://{}", listener.local_addr()?);
        let state = State::new(issuer, ring, told.settings);
        let task = tokio::spawn(serve::serve(listener, state.clone())).abort_handle();
        Ok(Self { state, task })
    }

    /// Its name: the `iss` of its tokens, `http://127.0.0.1:PORT`.
    pub fn issuer(&self) -> &str {
        self.state.issuer()
    }

    /// Where its keys are.
    pub fn jwks_uri(&self) -> String {
        Endpoint::Jwks.url(self.issuer())
    }

    /// Where grants are redeemed.
    pub fn token_endpoint(&self) -> String {
        Endpoint::Token.url(self.issuer())
    }

    /// Where it is asked what a token says.
    pub fn introspection_endpoint(&self) -> String {
        Endpoint::Introspect.url(self.issuer())
    }

    /// Begins a token for any subject.
    pub fn token(&self, subject: impl Into<String>) -> Token {
        self.tokens().token(subject)
    }

    /// What signs its tokens: to be handed on, and of use even after the server is gone.
    pub fn tokens(&self) -> Tokens {
        Tokens::new(self.state.clone())
    }

    /// Publishes a key for an algorithm besides RS256, ahead of the first token that needs it.
    ///
    /// # Panics
    /// When OpenSSL makes no key.
    pub fn publish(&self, algorithm: Algorithm) {
        sure(self.state.keys().publish(algorithm));
    }

    /// Replaces all keys by new ones under new names. The old ones are no longer published;
    /// [`SigningKey::Rotated`] still signs with them. Making an RSA key takes a moment, during which
    /// this thread is blocked.
    ///
    /// # Panics
    /// When OpenSSL makes no keys.
    pub fn rotate(&self) {
        sure(self.state.keys().rotate());
    }

    /// Sets its clock ahead, by that much more. Tokens of its endpoints end by its clock, new ones
    /// begin by it; whoever verifies them has a clock of their own.
    pub fn advance(&self, by: Duration) {
        self.state.advance(by);
    }

    /// The next token of its endpoints will have been issued that long ago, and may so have ended before
    /// anybody sees it. The one after that is as usual.
    pub fn age_next(&self, by: Duration) {
        self.state.age_next(by);
    }

    /// From now on proofs of keys need another nonce; those that have the last one are sent back for it.
    pub fn renew_nonce(&self) {
        self.state.renew_nonce();
    }

    /// From now on closes every connection without an answer, once it has read the head of the request.
    pub fn go_down(&self) {
        self.state.change(|outage| outage.down = true);
    }

    /// From now on something is wrong with the answers of one place. Others stay good.
    pub fn fail(&self, place: Endpoint, fault: Fault) {
        self.state.change(|outage| drop(outage.at.insert(place, fault)));
    }

    /// Mends one place, whatever was wrong with it.
    pub fn mend(&self, place: Endpoint) {
        self.state.change(|outage| drop(outage.at.remove(&place)));
    }

    /// From now on answers requests for keys with something that is no good. Metadata stays good.
    pub fn break_jwks(&self, fault: JwksFault) {
        self.fail(Endpoint::Jwks, fault.into());
    }

    /// Ends [`go_down`](Self::go_down) and mends every place.
    pub fn come_back(&self) {
        self.state.change(|outage| *outage = Outage::default());
    }

    /// How many requests to a place have come, answered or not. Those by which pages ask whether they
    /// may are not counted.
    pub fn requests(&self, place: Endpoint) -> usize {
        self.state.requests(place)
    }

    /// How many requests for keys have come, answered or not.
    pub fn jwks_requests(&self) -> usize {
        self.requests(Endpoint::Jwks)
    }

    /// How many requests for either metadata document have come, answered or not.
    pub fn metadata_requests(&self) -> usize {
        self.requests(Endpoint::Metadata)
    }
}

impl Drop for AuthorizationServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for AuthorizationServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationServer")
            .field("issuer", &self.issuer())
            .finish_non_exhaustive()
    }
}

/// Key making and signing fail only where OpenSSL has no memory or no randomness.
#[expect(clippy::panic, reason = "a double without keys leaves a test nothing to go on with")]
fn sure<T>(made: Result<T, JoseError>) -> T {
    match made {
        Ok(made) => made,
        Err(error) => panic!("OpenSSL made no key or no signature: {error}"),
    }
}

#[cfg(test)]
mod tests;
