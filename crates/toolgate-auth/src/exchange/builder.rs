//! Settings of an exchange, and what contradicts itself among them.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::Uri;
use toolgate_core::StartError;

use super::{Clock, Exchanger, Shared, authority::Authority, grant::Grant};
use crate::{
    client::{Client, ClientKey},
    endpoint::{Endpoint, Place},
    fetch::{Fetch, HttpFetch, address},
    flight::Flights,
    issuer::{Said, is_local, parsed},
    memory::Memory,
    reach::Reach,
};

const TIMEOUT: Duration = Duration::from_secs(10);
const MEMORY: usize = 4096;
/// Targets that are remembered to have worked.
const TARGETS: usize = 256;
/// Questions that may be asked at a time.
const FLIGHTS: usize = 64;

/// Exchanges callers' tokens at the authorization server `issuer` for tokens that other servers take
/// (RFC 8693). Its token endpoint is found through its metadata.
///
/// It is given to the authenticator that verifies the callers' tokens, and used by a handler through
/// [`Exchanging`](super::Exchanging):
///
/// ```
/// use toolgate_auth::{exchange, jwt};
///
/// let issuer = "https://id.example/realms/main";
/// let auth = jwt(issuer)
///     .exchange(exchange(issuer).client_secret("portal", "a secret from the environment"))
///     .build()?;
/// # Ok::<(), toolgate_core::StartError>(())
/// ```
///
/// Other words than the standard's are in [`presets`](crate::presets).
pub fn exchange(issuer: impl Into<String>) -> Exchange {
    Exchange {
        at: At { issuer: issuer.into(), endpoint: None, client: None, place: Place::Token },
        words: Words::Standard,
        timeout: TIMEOUT,
        memory: MEMORY,
        clock: Arc::new(SystemTime::now),
        fetch: None,
    }
}

/// Settings of an exchange; begun by [`exchange()`].
#[derive(Clone)]
pub struct Exchange {
    at: At,
    words: Words,
    timeout: Duration,
    memory: usize,
    clock: Clock,
    fetch: Option<Arc<dyn Fetch>>,
}

/// An authorization server, as it is said.
#[derive(Clone)]
struct At {
    issuer: String,
    endpoint: Option<String>,
    client: Option<Client>,
    /// What it wants to be called by who proves who asks.
    place: Place,
}

#[derive(Clone)]
enum Words {
    Standard,
    Entra,
    /// With the authorization server that takes the grant.
    IdJag(At),
}

impl Exchange {
    /// The token endpoint, when the issuer's metadata is not to be asked.
    #[must_use]
    pub fn endpoint(mut self, uri: impl Into<String>) -> Self {
        self.at.endpoint = Some(uri.into());
        self
    }

    /// Proves who asks by a secret in `Authorization: Basic` (`client_secret_basic`).
    #[must_use]
    pub fn client_secret(mut self, client: impl Into<String>, secret: impl Into<String>) -> Self {
        self.at.client = Some(Client::with_secret(client.into(), secret.into()));
        self
    }

    /// Proves who asks by a signature (`private_key_jwt`), made anew for each question and good for a
    /// minute, in the name of the issuer as its audience; at Entra ID, of the endpoint.
    #[must_use]
    pub fn private_key_jwt(mut self, client: impl Into<String>, key: ClientKey) -> Self {
        self.at.client = Some(Client::with_key(client.into(), key));
        self
    }

    /// How long an exchange may take, discovery included: 10 seconds unless set.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How many tokens are remembered, 4096 unless set; with 0, each call of a handler is a question. A token
    /// is remembered for one caller, one token of theirs and one target, and until 30 seconds or a tenth of
    /// its life before it ends, whichever is less, or until the caller's own token ends; not when it is longer
    /// than 8 KiB or nobody says when it ends. So long may it go on after the user has taken their consent
    /// back. Refusals are remembered for 10 seconds.
    #[must_use]
    pub fn memory(self, tokens: usize) -> Self {
        Self { memory: tokens, ..self }
    }

    /// What time it is, for tests.
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// What sends requests, in place of [`HttpFetch`].
    #[must_use]
    pub fn fetch(self, fetch: impl Fetch) -> Self {
        Self { fetch: Some(Arc::new(fetch)), ..self }
    }

    /// In the words of Entra's on-behalf-of flow.
    pub(crate) fn entra(mut self) -> Self {
        self.at.place = Place::EntraToken;
        Self { words: Words::Entra, ..self }
    }

    /// By way of a grant that `next` gives a token for.
    pub(crate) fn id_jag(self, next: Self) -> Self {
        Self { words: Words::IdJag(next.at), ..self }
    }

    /// What settings without problems stand for.
    pub(crate) fn build(self) -> Result<Exchanger, StartError> {
        StartError::check(self.problems())?;
        let loopback = self.all().any(At::is_loopback);
        let fetch = match self.fetch {
            Some(fetch) => fetch,
            None => Arc::new(HttpFetch::builder().allow_loopback(loopback).build()?),
        };
        let grant = match self.words {
            Words::Standard => Grant::Exchange,
            Words::Entra => Grant::OnBehalfOf,
            Words::IdJag(next) => Grant::Assertion(Box::new(next.build()?)),
        };
        Ok(Exchanger(Arc::new(Shared {
            grant,
            at: self.at.build()?,
            fetch,
            timeout: self.timeout,
            clock: self.clock,
            known: Memory::new(self.memory),
            refused: Memory::new(self.memory),
            worked: Memory::new(TARGETS),
            flights: Flights::new(FLIGHTS),
            sent: Memory::new(MEMORY),
            reach: Reach::default(),
        })))
    }

    fn all(&self) -> impl Iterator<Item = &At> {
        let next = match &self.words {
            Words::IdJag(next) => Some(next),
            _ => None,
        };
        [Some(&self.at), next].into_iter().flatten()
    }

    /// What is wrong with the settings, a sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems: Vec<_> = self.all().flat_map(At::problems).collect();
        if self.timeout.is_zero() {
            problems.push("`timeout` of the exchange leaves no time".to_owned());
        }
        problems
    }
}

impl At {
    fn is_loopback(&self) -> bool {
        let endpoint: Option<Uri> = self.endpoint.as_deref().and_then(parsed);
        is_local(&self.issuer) || endpoint.is_some_and(|uri| address::is_loopback_http(&uri))
    }

    fn problems(&self) -> Vec<String> {
        let said = Said {
            issuer: &self.issuer,
            place: ("endpoint", self.endpoint.as_deref()),
            audiences: None,
            without_audience: None,
            everywhere: &[],
            leeway: Duration::ZERO,
        };
        let mut problems = said.problems();
        if !self.client.as_ref().is_some_and(Client::is_complete) {
            problems.push(NO_CLIENT.to_owned());
        }
        let told = |problem| format!("exchange at {}: {problem}", self.issuer);
        problems.into_iter().map(told).collect()
    }

    fn build(self) -> Result<Authority, StartError> {
        let loopback = self.is_loopback();
        let endpoint = self.endpoint.as_deref().and_then(parsed);
        Ok(Authority {
            issuer: self.issuer,
            endpoint: Endpoint::new(self.place, endpoint, loopback),
            client: self.client.ok_or_else(|| StartError::new(NO_CLIENT))?,
        })
    }
}

const NO_CLIENT: &str = "it needs `client_secret` or `private_key_jwt`, none of them empty";

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("issuer", &self.at.issuer)
            .field("endpoint", &self.at.endpoint)
            .field("client", &self.at.client)
            .finish_non_exhaustive()
    }
}
