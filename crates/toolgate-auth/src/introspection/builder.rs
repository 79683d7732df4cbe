//! Settings of introspection, and what contradicts itself among them.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::Uri;
use toolgate_core::{Refusal, StartError};

use super::{Clock, IntrospectionAuth, Shared, answer::Dialect};
use crate::{
    bound::{Asked, Dpop, Mtls, Possession},
    claims::{Claims, Mapping, Principal},
    client::{Client, ClientKey},
    dpop::{Nonces, ProofStore},
    endpoint::{Endpoint, Place},
    exchange::Exchange,
    fetch::{Fetch, HttpFetch, address},
    flight::Flights,
    issuer::{Said, is_local, parsed},
    judge::Settings,
    memory::Memory,
    reach::Reach,
    rules::Rules,
};

const LEEWAY: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(10);
const KNOWN_FOR: Duration = Duration::from_secs(60);
const REFUSED_FOR: Duration = Duration::from_secs(10);
/// The longest that a revoked token may go on.
const MAX_KNOWN_FOR: Duration = Duration::from_secs(60 * 60);
const MEMORY: usize = 4096;
/// Questions that may be asked at a time about tokens that were good before, and about others.
const FLIGHTS: usize = 64;
/// Good tokens whose hashes are kept until they end, so that there is room to ask about them again.
const PROVEN: usize = 16_384;

/// Opaque access tokens of `issuer`, which is asked about each (RFC 7662).
///
/// The audience is the server's resource identifier, which the transport knows from its public URL,
/// and the endpoint is found through the issuer's metadata.
///
/// ```
/// use toolgate_auth::introspection;
///
/// let auth = introspection("https://issuer.example")
///     .client_secret("reports-server", "a secret from the environment")
///     .claims(|claims| claims.clients(["portal"]))
///     .build()?;
/// # Ok::<(), toolgate_core::StartError>(())
/// ```
pub fn introspection(issuer: impl Into<String>) -> Introspection {
    Introspection {
        issuer: issuer.into(),
        endpoint: None,
        client: None,
        audiences: None,
        without_audience: None,
        leeway: LEEWAY,
        timeout: TIMEOUT,
        known_for: KNOWN_FOR,
        refused_for: REFUSED_FOR,
        memory: MEMORY,
        proofs: Asked::default(),
        leave_jwts: false,
        clients_without_subject: false,
        dialect: Dialect::Standard,
        clock: Arc::new(SystemTime::now),
        fetch: None,
        mapping: Mapping::default(),
        exchange: None,
    }
}

/// Settings of an [`IntrospectionAuth`]; begun by [`introspection()`].
#[derive(Clone)]
pub struct Introspection {
    issuer: String,
    endpoint: Option<String>,
    client: Option<Client>,
    audiences: Option<Vec<String>>,
    without_audience: Option<(String, Vec<String>)>,
    leeway: Duration,
    timeout: Duration,
    known_for: Duration,
    refused_for: Duration,
    memory: usize,
    proofs: Asked,
    leave_jwts: bool,
    clients_without_subject: bool,
    dialect: Dialect,
    clock: Clock,
    fetch: Option<Arc<dyn Fetch>>,
    mapping: Mapping,
    exchange: Option<Exchange>,
}

impl Introspection {
    /// Where to ask, when the issuer's metadata is not to be asked.
    #[must_use]
    pub fn endpoint(self, uri: impl Into<String>) -> Self {
        Self { endpoint: Some(uri.into()), ..self }
    }

    /// Proves who asks by a secret in `Authorization: Basic` (`client_secret_basic`).
    #[must_use]
    pub fn client_secret(self, client: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { client: Some(Client::with_secret(client.into(), secret.into())), ..self }
    }

    /// Proves who asks by a signature (`private_key_jwt`), made anew for each question and good for a
    /// minute, in the name of the issuer as its audience.
    #[must_use]
    pub fn private_key_jwt(self, client: impl Into<String>, key: ClientKey) -> Self {
        Self { client: Some(Client::with_key(client.into(), key)), ..self }
    }

    /// Audiences to accept in place of the server's resource identifier. One of them has to be in
    /// the answer.
    #[must_use]
    pub fn audience<S: Into<String>>(self, audiences: impl IntoIterator<Item = S>) -> Self {
        Self { audiences: Some(audiences.into_iter().map(Into::into).collect()), ..self }
    }

    /// Says which members of an answer hold the client, roles and scopes, which clients may call, and
    /// which type of yours is made of what: [`Mapping`] shows how.
    #[must_use]
    pub fn claims(self, change: impl FnOnce(Mapping) -> Mapping) -> Self {
        Self { mapping: change(self.mapping), ..self }
    }

    /// Makes a type of yours from each answer, as [`Jwt::principal`](crate::Jwt::principal) does.
    #[must_use]
    pub fn principal<U, F>(mut self, make: F) -> Self
    where
        U: Send + Sync + 'static,
        F: Fn(&Claims) -> Result<U, Refusal> + Send + Sync + 'static,
    {
        self.mapping = self.mapping.principal(Principal::new(make));
        self
    }

    /// Lets handlers ask for tokens of other servers on behalf of callers, as
    /// [`Jwt::exchange`](crate::Jwt::exchange) does.
    #[must_use]
    pub fn exchange(self, exchange: Exchange) -> Self {
        Self { exchange: Some(exchange), ..self }
    }

    /// For how long answers count: a good one 60 seconds unless set, from when it was asked for, an hour
    /// at most and never beyond the token's end, a bad one 10 seconds. So long may a token go on that was
    /// revoked.
    #[must_use]
    pub fn remember(self, known: Duration, refused: Duration) -> Self {
        Self { known_for: known, refused_for: refused, ..self }
    }

    /// How many answers are remembered of each kind, 4096 unless set; with 0 every request is a
    /// question. A good answer that is longer than 8 KiB is not remembered.
    #[must_use]
    pub fn memory(self, answers: usize) -> Self {
        Self { memory: answers, ..self }
    }

    /// How long a question may take, discovery included: 10 seconds unless set.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How far clocks may be apart: 30 seconds unless set, 5 minutes at most.
    #[must_use]
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway, ..self }
    }

    /// Leaves a bearer token that has the three parts of a JWT to the next of a
    /// [`chain`](crate::chain()). Unless set, the issuer is asked about those too.
    #[must_use]
    pub fn leave_jwts(self) -> Self {
        Self { leave_jwts: true, ..self }
    }

    /// Takes the client for the subject where an answer has `client_id`, and neither `sub` nor a
    /// member that names a user (`username`, `user_name`, `user_id`, `uid`): a client that calls on its
    /// own behalf (RFC 9068, section 2.2). Unless set, an answer without `sub` is refused.
    ///
    /// Only for an issuer that leaves `sub` out of the answers about its clients' own tokens, and of no
    /// others: whoever it leaves out is that client.
    #[must_use]
    pub fn clients_without_subject(self) -> Self {
        Self { clients_without_subject: true, ..self }
    }

    /// Accepts tokens that are bound to a key (`cnf.jkt` in the answer: RFC 9449, section 6.2), with a
    /// proof of it, beside tokens that are bound to nothing, as [`Jwt::dpop`](crate::Jwt::dpop) does.
    /// The proof is looked at on every request, also while an answer is remembered.
    #[must_use]
    pub fn dpop(self) -> Self {
        Self { proofs: Asked { dpop: Dpop::Allowed, ..self.proofs }, ..self }
    }

    /// The same, and tokens that are bound to nothing are refused.
    #[must_use]
    pub fn require_dpop(self) -> Self {
        Self { proofs: Asked { dpop: Dpop::Required, ..self.proofs }, ..self }
    }

    /// Accepts tokens that are bound to a client's certificate (`cnf.x5t#S256` in the answer: RFC 8705,
    /// section 3.2), as [`Jwt::mtls`](crate::Jwt::mtls) does. The certificate is looked at on every
    /// request, also while an answer is remembered.
    #[must_use]
    pub fn mtls(self) -> Self {
        Self { proofs: Asked { mtls: Mtls::Allowed, ..self.proofs }, ..self }
    }

    /// The same, and tokens that are bound to no certificate are refused.
    #[must_use]
    pub fn require_mtls(self) -> Self {
        Self { proofs: Asked { mtls: Mtls::Required, ..self.proofs }, ..self }
    }

    /// How many used proofs are remembered, as with [`Jwt::dpop_memory`](crate::Jwt::dpop_memory).
    #[must_use]
    pub fn dpop_memory(self, proofs: usize, per_caller: usize) -> Self {
        Self { proofs: Asked { room: Some((proofs, per_caller)), ..self.proofs }, ..self }
    }

    /// Who remembers used proofs, in place of this process alone: for servers behind a balancer.
    #[must_use]
    pub fn dpop_store(self, store: Arc<dyn ProofStore>) -> Self {
        Self { proofs: Asked { store: Some(store), ..self.proofs }, ..self }
    }

    /// Accepts only proofs with a nonce of this server's, as
    /// [`Jwt::dpop_nonces`](crate::Jwt::dpop_nonces) does.
    #[must_use]
    pub fn dpop_nonces(self, nonces: Nonces) -> Self {
        Self { proofs: Asked { nonces: Some(nonces), ..self.proofs }, ..self }
    }

    /// What time it is, for tests.
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// What sends requests to the issuer, in place of [`HttpFetch`].
    #[must_use]
    pub fn fetch(self, fetch: impl Fetch) -> Self {
        Self { fetch: Some(Arc::new(fetch)), ..self }
    }

    /// Settings that give up a check, each named for what it gives up.
    #[must_use]
    pub fn danger(self) -> IntrospectionDanger {
        IntrospectionDanger(self)
    }

    /// In the words of Google's `tokeninfo`, which asks for no proof of who asks.
    pub(crate) fn google(self) -> Self {
        Self { dialect: Dialect::Google, ..self }
    }

    /// Checks the settings. No request is sent before the first token comes.
    ///
    /// # Errors
    /// Every setting that cannot be used or contradicts another.
    pub fn build(self) -> Result<IntrospectionAuth, StartError> {
        StartError::check(self.problems())?;
        let endpoint: Option<Uri> = self.endpoint.as_deref().and_then(parsed);
        let loopback =
            is_local(&self.issuer) || endpoint.as_ref().is_some_and(address::is_loopback_http);
        if loopback {
            tracing::warn!(issuer = %self.issuer, "the issuer is on loopback: for development only");
        }
        let fetch = match self.fetch {
            Some(fetch) => fetch,
            None => Arc::new(HttpFetch::builder().allow_loopback(loopback).build()?),
        };
        let settings = Settings {
            issuer: self.issuer,
            audiences: self.audiences.unwrap_or_default(),
            algorithms: Vec::new(),
            leeway: self.leeway,
            without_audience: self.without_audience,
            rfc9068: false,
            dpop: self.proofs.dpop,
            mtls: self.proofs.mtls,
            required: Vec::new(),
            rules: Rules::default(),
        };
        Ok(IntrospectionAuth(Arc::new(Shared {
            settings,
            dialect: self.dialect,
            endpoint: Endpoint::new(Place::Introspection, endpoint, loopback),
            client: self.client,
            possession: Possession::of(&[&self.proofs], Arc::clone(&self.clock)),
            fetch,
            timeout: self.timeout,
            clock: self.clock,
            mapping: self.mapping,
            exchanger: self.exchange.map(Exchange::build).transpose()?,
            leave_jwts: self.leave_jwts,
            clients_without_subject: self.clients_without_subject,
            known: Memory::new(self.memory),
            known_for: self.known_for,
            refused: Memory::new(self.memory),
            refused_for: self.refused_for,
            proven: Memory::new(PROVEN),
            proven_flights: Flights::new(FLIGHTS),
            flights: Flights::new(FLIGHTS),
            reach: Reach::default(),
        })))
    }

    /// What is wrong with the settings, a sentence each.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut unless = |fine: bool, problem: &str| {
            if !fine {
                problems.push(problem.to_owned());
            }
        };
        let proven = match &self.client {
            Some(client) => client.is_complete(),
            None => self.dialect == Dialect::Google,
        };
        // RFC 7662, section 2.1: an endpoint that answers anybody tells who guesses tokens.
        unless(
            proven,
            "introspection needs `client_secret` or `private_key_jwt`, none of them empty",
        );
        unless(!self.timeout.is_zero(), "`timeout` leaves no time");
        unless(
            self.known_for.max(self.refused_for) <= MAX_KNOWN_FOR,
            "`remember` is longer than an hour: so long might a revoked token go on",
        );
        let said = Said {
            issuer: &self.issuer,
            place: ("endpoint", self.endpoint.as_deref()),
            audiences: self.audiences.as_ref(),
            without_audience: self.without_audience.as_ref(),
            everywhere: &["aud", "iss", "exp", "nbf", "iat", "active", "token_type", "scope"],
            leeway: self.leeway,
        };
        unless(
            self.dialect != Dialect::Google
                || self.proofs.dpop == Dpop::Off && self.proofs.mtls == Mtls::Off,
            "Google's `tokeninfo` does not say what a token is bound to: without `dpop` and `mtls`",
        );
        problems.extend(self.proofs.problems());
        problems.extend(said.problems());
        problems.extend(self.mapping.problems());
        problems.extend(self.exchange.iter().flat_map(Exchange::problems));
        problems
    }
}

/// Settings that give up a check; from [`Introspection::danger`].
#[derive(Clone, Debug)]
pub struct IntrospectionDanger(Introspection);

impl IntrospectionDanger {
    /// Accepts an answer without `aud` when `claim` is `value`, or an array with it. An answer that has
    /// `aud` is held against the audience all the same.
    ///
    /// The danger: whoever gets a token for `value` to call another server can call this one.
    #[must_use]
    pub fn accept_without_audience(
        self,
        claim: impl Into<String>,
        value: impl Into<String>,
    ) -> Introspection {
        Introspection { without_audience: Some((claim.into(), vec![value.into()])), ..self.0 }
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection")
            .field("issuer", &self.issuer)
            .field("endpoint", &self.endpoint)
            .field("client", &self.client)
            .field("audiences", &self.audiences)
            .finish_non_exhaustive()
    }
}
