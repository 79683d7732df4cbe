//! Settings of a JWT authenticator, and what contradicts itself among them.

mod from_env;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use toolgate_core::{Refusal, ScopePrefix, Scopes, StartError};

use super::{Clock, Issuer, JwtAuth, issuers::issuers, keys::Keys, source::Source};
use crate::{
    bound::{Asked, Dpop, Mtls},
    claims::{Claims, Mapping, Principal},
    dpop::{Nonces, ProofStore},
    exchange::Exchange,
    fetch::{Fetch, HttpFetch, address},
    issuer::{Said, is_local, parsed},
    jose::Algorithm,
    judge::{Required, Settings},
    rules::Rules,
};

/// Tokens that are remembered.
const MEMORY: usize = 4096;
const LEEWAY: Duration = Duration::from_secs(30);

/// Access tokens of `issuer` that are signed JWTs.
///
/// The audience is the server's resource identifier, which the transport knows from its public URL,
/// and the keys are found through the issuer's metadata.
///
/// ```
/// use toolgate_auth::jwt;
///
/// let auth = jwt("https://issuer.example").build()?;
/// # Ok::<(), toolgate_core::StartError>(())
/// ```
pub fn jwt(issuer: impl Into<String>) -> Jwt {
    Jwt {
        issuer: issuer.into(),
        audiences: None,
        jwks_uri: None,
        algorithms: Algorithm::ALL.to_vec(),
        leeway: LEEWAY,
        without_audience: None,
        rfc9068: false,
        proofs: Asked::default(),
        required: Vec::new(),
        clock: Arc::new(SystemTime::now),
        fetch: None,
        mapping: Mapping::default(),
        leave_forms: false,
        leave_issuers: false,
        memory: MEMORY,
        exchange: None,
        scope_prefix: None,
        problems: Vec::new(),
    }
}

/// Settings of a [`JwtAuth`]; begun by [`jwt`].
#[derive(Clone)]
pub struct Jwt {
    issuer: String,
    audiences: Option<Vec<String>>,
    jwks_uri: Option<String>,
    algorithms: Vec<Algorithm>,
    leeway: Duration,
    without_audience: Option<(String, Vec<String>)>,
    rfc9068: bool,
    proofs: Asked,
    required: Vec<Required>,
    clock: Clock,
    fetch: Option<Arc<dyn Fetch>>,
    mapping: Mapping,
    leave_forms: bool,
    leave_issuers: bool,
    memory: usize,
    exchange: Option<Exchange>,
    scope_prefix: Option<ScopePrefix>,
    /// What a preset found wrong.
    problems: Vec<String>,
}

impl Jwt {
    /// Audiences to accept in place of the server's resource identifier. One of them has to be in
    /// the token.
    #[must_use]
    pub fn audience<S: Into<String>>(self, audiences: impl IntoIterator<Item = S>) -> Self {
        Self { audiences: Some(audiences.into_iter().map(Into::into).collect()), ..self }
    }

    /// Where the issuer's keys are, when its metadata is not to be asked.
    #[must_use]
    pub fn jwks_uri(self, uri: impl Into<String>) -> Self {
        Self { jwks_uri: Some(uri.into()), ..self }
    }

    /// The algorithms to accept, in place of [all](Algorithm::ALL).
    #[must_use]
    pub fn algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self { algorithms: algorithms.into_iter().collect(), ..self }
    }

    /// How far clocks may be apart: 30 seconds unless set, 5 minutes at most.
    #[must_use]
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway, ..self }
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

    /// Makes a type of yours from the claims of each verified token, for tools to read as the
    /// principal. It may refuse. Called again, it adds another type.
    ///
    /// ```
    /// use toolgate_auth::jwt;
    /// use toolgate_core::Refusal;
    ///
    /// struct User { email: String }
    ///
    /// let auth = jwt("https://issuer.example").principal(|claims| {
    ///     let email = claims.text("email").ok_or_else(|| Refusal::invalid("no email"))?;
    ///     Ok(User { email: email.to_owned() })
    /// });
    /// ```
    #[must_use]
    pub fn principal<U, F>(mut self, make: F) -> Self
    where
        U: Send + Sync + 'static,
        F: Fn(&Claims) -> Result<U, Refusal> + Send + Sync + 'static,
    {
        self.mapping = self.mapping.principal(Principal::new(make));
        self
    }

    /// Says which claims hold the client, roles and scopes, which clients may call, and which type of
    /// yours is made of what: [`Mapping`] shows how.
    #[must_use]
    pub fn claims(self, change: impl FnOnce(Mapping) -> Mapping) -> Self {
        Self { mapping: change(self.mapping), ..self }
    }

    /// What the issuer knows scopes under and leaves out of tokens: challenges and the metadata document
    /// name scopes with it, since clients have to ask for them so. `None` for an issuer whose tokens have
    /// scopes as they were asked for, which is how most do; the presets for Entra ID say
    /// [`ScopePrefix::Resource`].
    ///
    /// Of several issuers, and in a [`chain`](crate::chain()), the first decides, since that is whom clients
    /// ask.
    #[must_use]
    pub fn scope_prefix(self, prefix: impl Into<Option<ScopePrefix>>) -> Self {
        Self { scope_prefix: prefix.into(), ..self }
    }

    /// Leaves a bearer token that has not the three parts of a JWT to the next of a
    /// [`chain`](crate::chain()), where others follow. Unless set, such a token is refused.
    #[must_use]
    pub fn leave_other_tokens(self) -> Self {
        Self { leave_forms: true, ..self }
    }

    /// Leaves the JWTs of other issuers to the next of a [`chain`](crate::chain()), where somebody
    /// else judges them. Unless set, such a token is refused.
    #[must_use]
    pub fn leave_other_issuers(self) -> Self {
        Self { leave_issuers: true, ..self }
    }

    /// How many good tokens are remembered, 4096 unless set; with 0, every one is verified on every
    /// request. A token is remembered by its hash until it ends or the issuer changes its keys, and not
    /// at all when it is longer than 8 KiB. Where types of yours are made, it is remembered for 60 seconds
    /// at most, and they are made anew then: what made them may refuse by now.
    #[must_use]
    pub fn memory(self, tokens: usize) -> Self {
        Self { memory: tokens, ..self }
    }

    /// Accepts only tokens that say of themselves that they are access tokens (`typ` is `at+jwt`) and
    /// have every claim that RFC 9068, section 2.2, requires. Unless set, `typ` may be `JWT` or
    /// missing, as with most issuers, and other rules tell access tokens from others.
    #[must_use]
    pub fn rfc9068(self) -> Self {
        Self { rfc9068: true, ..self }
    }

    /// Accepts tokens that are bound to a key (`cnf.jkt`), sent as `Authorization: DPoP`, with a proof
    /// of the key in the field `DPoP` (RFC 9449), beside tokens that are bound to nothing. Unless set,
    /// bound tokens are refused.
    ///
    /// A proof is for the method, the public URL, the token and a time between 2 minutes ago and half a
    /// minute ahead, and is used once; this process remembers which were. Behind a balancer, another
    /// does not, unless they share a [`dpop_store`](Self::dpop_store).
    #[must_use]
    pub fn dpop(self) -> Self {
        Self { proofs: Asked { dpop: Dpop::Allowed, ..self.proofs }, ..self }
    }

    /// The same, and tokens that are bound to nothing are refused.
    #[must_use]
    pub fn require_dpop(self) -> Self {
        Self { proofs: Asked { dpop: Dpop::Required, ..self.proofs }, ..self }
    }

    /// How many used proofs are remembered, and how many of one caller, whatever its keys and clients:
    /// 65,536 and 16,384 unless set. What there is no room to remember is answered with 503.
    ///
    /// Each request brings one, which is remembered for two minutes; with
    /// [`dpop_nonces`](Self::dpop_nonces), up to three. So this is a rate: unless set, 540 requests a second
    /// of all and 135 of one caller, with nonces 360 and 90. For more, set both to 180 times the rate. An
    /// entry takes about 230 bytes.
    #[must_use]
    pub fn dpop_memory(self, proofs: usize, per_caller: usize) -> Self {
        Self { proofs: Asked { room: Some((proofs, per_caller)), ..self.proofs }, ..self }
    }

    /// Who remembers used proofs, in place of this process alone: for servers behind a balancer.
    #[must_use]
    pub fn dpop_store(self, store: Arc<dyn ProofStore>) -> Self {
        Self { proofs: Asked { store: Some(store), ..self.proofs }, ..self }
    }

    /// Accepts only proofs with a nonce of this server's, which a client gets with its first refusal,
    /// `use_dpop_nonce`, and anew with answers (RFC 9449, section 9). Then nobody makes a proof ahead
    /// of time, and `iat` need not be about now.
    #[must_use]
    pub fn dpop_nonces(self, nonces: Nonces) -> Self {
        Self { proofs: Asked { nonces: Some(nonces), ..self.proofs }, ..self }
    }

    /// Accepts tokens that are bound to a client's certificate (`cnf.x5t#S256`: RFC 8705, section 3), sent
    /// as bearer tokens over a connection that has proven it, beside tokens that are bound to nothing.
    /// Unless set, such tokens are refused. One that is bound to a key as well has to be sent with both
    /// proofs.
    ///
    /// The transport has to ask for certificates: with its own TLS (`Tls::client_ca`), or from a proxy that
    /// is named.
    #[must_use]
    pub fn mtls(self) -> Self {
        Self { proofs: Asked { mtls: Mtls::Allowed, ..self.proofs }, ..self }
    }

    /// The same, and tokens that are bound to no certificate are refused.
    #[must_use]
    pub fn require_mtls(self) -> Self {
        Self { proofs: Asked { mtls: Mtls::Required, ..self.proofs }, ..self }
    }

    /// Lets handlers ask for tokens of other servers on behalf of this issuer's users, through
    /// [`Exchanging`](crate::Exchanging). Only then is a caller's token kept while their request runs, where
    /// nothing but the exchange finds it.
    #[must_use]
    pub fn exchange(self, exchange: Exchange) -> Self {
        Self { exchange: Some(exchange), ..self }
    }

    /// Accepts only tokens that have this claim.
    #[must_use]
    pub fn require_claim(mut self, claim: impl Into<String>) -> Self {
        self.required.push(Required { claims: vec![claim.into()], values: Vec::new() });
        self
    }

    /// Accepts only tokens in which this claim is one of these texts.
    ///
    /// Where the claim is `typ` and the texts are `Bearer` or `DPoP`, or `token_use` and `access` or
    /// `access_token`, the issuer says itself what is an access token. Only then may one have a `nonce`,
    /// which tells an ID token everywhere else.
    #[must_use]
    pub fn require_value<S: Into<String>>(
        mut self,
        claim: impl Into<String>,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        let (claim, values): (_, Vec<String>) =
            (claim.into(), values.into_iter().map(Into::into).collect());
        if values.is_empty() {
            self.problems.push(format!("`require_value` names no value of `{claim}`"));
        }
        self.required.push(Required { claims: vec![claim], values });
        self
    }

    /// Accepts only tokens that have one of these claims.
    pub(crate) fn require_one(mut self, claims: &[&str]) -> Self {
        let claims = claims.iter().map(|claim| (*claim).to_owned()).collect();
        self.required.push(Required { claims, values: Vec::new() });
        self
    }

    /// Settings that give up a check, each named for what it gives up.
    #[must_use]
    pub fn danger(self) -> Danger {
        Danger(self)
    }

    /// Checks the settings. No request is sent before the first token comes.
    ///
    /// # Errors
    /// Every setting that cannot be used or contradicts another.
    pub fn build(self) -> Result<JwtAuth, StartError> {
        issuers([self])
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn leaves_forms(&self) -> bool {
        self.leave_forms
    }

    pub(super) fn leaves_issuers(&self) -> bool {
        self.leave_issuers
    }

    /// What is asked for as proof.
    pub(super) fn proofs(&self) -> &Asked {
        &self.proofs
    }

    pub(super) fn remembers(&self) -> usize {
        self.memory
    }

    pub(super) fn now(&self) -> Clock {
        Arc::clone(&self.clock)
    }

    /// The same, with a problem that is told when it is built.
    pub(crate) fn problem(mut self, problem: impl Into<String>) -> Self {
        self.problems.push(problem.into());
        self
    }

    /// What settings without problems stand for.
    pub(super) fn ready(self) -> Result<Issuer, StartError> {
        let loopback = is_local(&self.issuer);
        if loopback {
            tracing::warn!(issuer = %self.issuer, "the issuer is on loopback: for development only");
        }
        let jwks_uri = self.jwks_uri.as_deref().and_then(parsed);
        let loopback = loopback || jwks_uri.as_ref().is_some_and(address::is_loopback_http);
        let fetch = match self.fetch {
            Some(fetch) => fetch,
            None => Arc::new(HttpFetch::builder().allow_loopback(loopback).build()?),
        };
        let rules = Rules::default();
        let source = Source { issuer: self.issuer.clone(), jwks_uri, loopback, fetch, rules };
        let settings = Settings {
            issuer: self.issuer,
            audiences: self.audiences.unwrap_or_default(),
            algorithms: self.algorithms,
            leeway: self.leeway,
            without_audience: self.without_audience,
            rfc9068: self.rfc9068,
            dpop: self.proofs.dpop,
            mtls: self.proofs.mtls,
            required: self.required,
            rules,
        };
        let keys = Keys::new(source);
        let remembers = self.memory > 0;
        let exchanger = self.exchange.map(Exchange::build).transpose()?;
        let (mapping, scope_prefix) = (self.mapping, self.scope_prefix);
        Ok(Issuer { settings, keys, mapping, remembers, exchanger, scope_prefix })
    }

    /// What is wrong with the settings, a sentence each.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        let mut unless = |fine: bool, problem: &str| {
            if !fine {
                problems.push(problem.to_owned());
            }
        };
        unless(!self.algorithms.is_empty(), "`algorithms` names no algorithm");
        let names_scopes = |prefix: &ScopePrefix| {
            prefix.at(Some("")).is_none_or(|text| Scopes::from([&*text]).are_valid())
        };
        unless(
            self.scope_prefix.as_ref().is_none_or(names_scopes),
            "`scope_prefix` has characters that no scope has (RFC 6749, section 3.3)",
        );
        let said = Said {
            issuer: &self.issuer,
            place: ("jwks_uri", self.jwks_uri.as_deref()),
            audiences: self.audiences.as_ref(),
            without_audience: self.without_audience.as_ref(),
            everywhere: &["aud", "iss", "exp", "nbf", "iat"],
            leeway: self.leeway,
        };
        problems.extend(self.proofs.problems());
        problems.extend(said.problems());
        problems.extend(self.mapping.problems());
        problems.extend(self.exchange.iter().flat_map(Exchange::problems));
        problems
    }
}

/// Settings that give up a check; from [`Jwt::danger`].
#[derive(Clone, Debug)]
pub struct Danger(Jwt);

impl Danger {
    /// Accepts a token without `aud` when `claim` is `value`, or an array with it. For issuers such
    /// as Cognito, whose access tokens name the client alone. A token that has `aud` is held
    /// against the audience all the same. Called again for the same claim, it adds a value.
    ///
    /// The danger: whoever gets a token for `value` to call another server can call this one.
    #[must_use]
    pub fn accept_without_audience(
        self,
        claim: impl Into<String>,
        value: impl Into<String>,
    ) -> Jwt {
        let (claim, value) = (claim.into(), value.into());
        let mut values = match self.0.without_audience {
            Some((before, values)) if before == claim => values,
            _ => Vec::new(),
        };
        values.push(value);
        Jwt { without_audience: Some((claim, values)), ..self.0 }
    }
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt")
            .field("issuer", &self.issuer)
            .field("audiences", &self.audiences)
            .field("jwks_uri", &self.jwks_uri)
            .field("algorithms", &self.algorithms)
            .field("leeway", &self.leeway)
            .field("without_audience", &self.without_audience)
            .finish_non_exhaustive()
    }
}
