//! A development authorization server, on loopback alone.

mod keys;
mod serve;
mod token;

use std::{
    io,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{net::TcpListener, task::JoinHandle};

use self::keys::KeyRing;
pub use self::{keys::Algorithm, token::Token};

/// A development authorization server.
///
/// Binds 127.0.0.1 and nothing else, and stops when it is dropped. It publishes metadata (RFC 8414
/// and OpenID Connect Discovery) and keys; tokens are signed at the asking, without any login.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use toolgate_testkit::AuthorizationServer;
///
/// let issuer = AuthorizationServer::start().await?;
/// let tokens = issuer.tokens();
/// let token = tokens.token("user-1").scopes(["files:write"]).audience("https://mcp.example/mcp");
/// assert_eq!(token.sign().split('.').count(), 3);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct AuthorizationServer {
    state: Arc<State>,
    serving: JoinHandle<()>,
}

/// Signs tokens for an [`AuthorizationServer`]. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tokens(Arc<State>);

#[derive(Debug)]
struct State {
    issuer: String,
    ring: Mutex<KeyRing>,
    down: AtomicBool,
    garbled: AtomicBool,
    key_requests: AtomicUsize,
}

impl AuthorizationServer {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// When no port can be bound, or no key be made.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let state = Arc::new(State {
            issuer: format!("http://{}", listener.local_addr()?),
            ring: Mutex::new(KeyRing::new()?),
            down: AtomicBool::new(false),
            garbled: AtomicBool::new(false),
            key_requests: AtomicUsize::new(0),
        });
        let serving = tokio::spawn(serve::serve(listener, state.clone()));
        Ok(Self { state, serving })
    }

    /// Its identifier, as tokens and metadata have it.
    pub fn issuer(&self) -> &str {
        &self.state.issuer
    }

    /// Where its keys are.
    pub fn jwks_uri(&self) -> String {
        self.state.jwks_uri()
    }

    /// What signs its tokens.
    pub fn tokens(&self) -> Tokens {
        Tokens(self.state.clone())
    }

    /// Replaces all keys. Tokens signed before are of keys that are published no more.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn rotate(&self) -> io::Result<()> {
        self.state.ring().rotate()
    }

    /// Answers everything with 503 from now on.
    pub fn go_down(&self) {
        self.state.down.store(true, Ordering::SeqCst);
    }

    /// Answers again.
    pub fn come_back(&self) {
        self.state.down.store(false, Ordering::SeqCst);
        self.state.garbled.store(false, Ordering::SeqCst);
    }

    /// Publishes rubbish in place of keys, until it comes back.
    pub fn garble_keys(&self) {
        self.state.garbled.store(true, Ordering::SeqCst);
    }

    /// How often its keys were asked for.
    pub fn key_requests(&self) -> usize {
        self.state.key_requests.load(Ordering::SeqCst)
    }
}

impl Drop for AuthorizationServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Tokens {
    /// A token for a subject: good for five minutes, without scopes or audience until told.
    pub fn token(&self, subject: &str) -> Token {
        Token::new(self.0.clone(), subject)
    }
}

impl State {
    fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.issuer)
    }

    /// Keys are replaced one by one, so a panic elsewhere leaves a usable ring.
    fn ring(&self) -> MutexGuard<'_, KeyRing> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
