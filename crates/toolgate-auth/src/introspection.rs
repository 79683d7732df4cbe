//! Tokens that say nothing by themselves: their authorization server is asked (RFC 7662).
//!
//! An answer counts for a while, a good one never beyond the token's end; a question that is being
//! asked is not asked twice. What the authorization server says is held against the rules that signed
//! tokens are held against, audience and issuer among them.

mod answer;
mod builder;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, timeout};
use toolgate_core::{
    Answer, Authenticate, BoxFuture, Challenge, Credentials, Identity, Refusal, ResourceCard,
    Verdict, protocol::Json,
};

use self::answer::{Dialect, Said, Unclear};
pub use self::builder::{Introspection, IntrospectionDanger, introspection};
use crate::{
    bearer::Token,
    bound::{Bound, Good, Possession},
    claims::{Claims, Mapping},
    client::Client,
    endpoint::{Endpoint, Unasked},
    exchange::Exchanger,
    fetch::{Fetch, FetchError, FetchErrorKind, chain},
    flight::{Flights, NoFlight},
    jose::{MAX_TOKEN, has_form},
    judge::{self, NO_AUDIENCE, Settings},
    memory::{Hash, MAX_REMEMBERED, Memory, hash},
    published::metadata,
    reach::{Heard, REST, Reach},
    rules::{Fault, Rule, Rules},
};

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Asks an authorization server about each token; made by [`Introspection::build`].
///
/// | the authorization server | verdict |
/// |---|---|
/// | says `"active": true`, and the token is for this server | known |
/// | says `"active": false` | refused, invalid: 401 |
/// | says that it is for another, has ended, is bound to a key that is not proven | refused, invalid: 401 |
/// | does not let this server in | failed: 500 |
/// | does not answer, or with anything else | unavailable: 503 |
///
/// Cheap to clone; clones share what they remember.
#[derive(Clone)]
pub struct IntrospectionAuth(Arc<Shared>);

struct Shared {
    settings: Settings,
    dialect: Dialect,
    endpoint: Endpoint,
    client: Option<Client>,
    fetch: Arc<dyn Fetch>,
    timeout: Duration,
    clock: Clock,
    mapping: Mapping,
    exchanger: Option<Exchanger>,
    leave_jwts: bool,
    clients_without_subject: bool,
    possession: Possession,
    known: Memory<Good>,
    known_for: Duration,
    refused: Memory<Refusal>,
    refused_for: Duration,
    /// Tokens that were good when they were last asked about, until they end.
    proven: Memory<()>,
    /// Questions about those: made-up tokens take no room from them.
    proven_flights: Flights<Outcome>,
    flights: Flights<Outcome>,
    reach: Reach,
}

/// What came of asking, for all who waited for it.
#[derive(Clone, Debug)]
enum Outcome {
    Known(Good),
    Refused(Refusal),
    Unavailable,
    Failed(&'static str),
}

/// Why there is no answer to go by.
#[derive(Debug)]
enum Trouble {
    Fetch(FetchError),
    Unclear(Unclear),
    /// No endpoint is to be found.
    NoEndpoint,
    /// The proof of who this server is cannot be made.
    NoProof,
    TooSlow,
}

impl Authenticate for IntrospectionAuth {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            match Shared::identify(&self.0, with).await {
                Ok((identity, answer)) => Verdict::Known(identity, answer),
                Err(verdict) => verdict,
            }
        })
    }

    fn challenges(&self, why: &Refusal) -> Vec<Challenge> {
        self.0.possession.challenges(why)
    }

    fn card(&self) -> ResourceCard {
        let mut card = ResourceCard::default();
        card.authorization_servers = vec![self.0.settings.issuer.clone()];
        // A proof names the public URL.
        card.needs_resource =
            self.0.possession.looks_at_proofs() || self.0.settings.audiences.is_empty();
        card.certificates = self.0.possession.certificates();
        card.more = self.0.possession.card();
        card.principals = self.0.mapping.principals().iter().map(|one| one.of).collect();
        card
    }

    fn issuer_metadata<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, Option<Json>> {
        Box::pin(async move {
            let known = self.0.settings.issuer == issuer;
            if known { metadata(issuer, &*self.0.fetch).await } else { None }
        })
    }
}

impl Shared {
    async fn identify(
        this: &Arc<Self>,
        with: &Credentials,
    ) -> Result<(Arc<Identity>, Answer), Verdict> {
        let (token, scheme) = this.possession.sent(with)?;
        if this.leave_jwts && has_form(token.expose()) {
            return Err(Verdict::NotMine);
        }
        let good = match Self::worth(this, &token, with).await {
            Outcome::Known(good) => good,
            Outcome::Refused(refusal) => return Err(Verdict::Refused(refusal)),
            Outcome::Unavailable => return Err(Verdict::Unavailable { retry: REST }),
            Outcome::Failed(why) => return Err(Verdict::Failed(why.into())),
        };
        let Good { identity, bound } = good;
        let proven = this.possession.proven(scheme, &bound, &identity.key, &token, with);
        let answer = proven.await?;
        Ok((Exchanger::keep(this.exchanger.as_ref(), identity, &token), answer))
    }

    /// What a token is worth, whoever sent it. One that is new here is asked about only where that may
    /// be.
    async fn worth(this: &Arc<Self>, token: &Token, with: &Credentials) -> Outcome {
        let resource = with.resource();
        if token.expose().len() > MAX_TOKEN {
            return Outcome::Refused(this.settings.refusal(Rule::Length, resource));
        }
        if this.settings.audiences.is_empty() && resource.is_empty() {
            return Outcome::Failed(NO_AUDIENCE);
        }
        let (hash, now) = (hash(&[resource.as_bytes(), token.expose().as_bytes()]), (this.clock)());
        if let Some(good) = this.known.find(&hash, now) {
            return Outcome::Known(good);
        }
        if let Some(refusal) = this.refused.find(&hash, now) {
            return Outcome::Refused(refusal);
        }
        if this.reach.rests() {
            return Outcome::Unavailable;
        }
        let (shared, token, resource) = (Arc::clone(this), token.clone(), resource.to_owned());
        let proven = this.proven.find(&hash, now).is_some();
        if !proven && !with.may_ask() {
            return Outcome::Unavailable;
        }
        let flights = if proven { &this.proven_flights } else { &this.flights };
        let asked = flights.join(hash, None, || {
            Box::pin(async move { shared.decide(token, &resource, hash).await })
        });
        let asked = match this.reach.patience() {
            // Whoever gives up waiting takes nothing from the question.
            Some(briefly) => timeout(briefly, asked).await.unwrap_or(Ok(Outcome::Unavailable)),
            None => asked.await,
        };
        match asked {
            Ok(outcome) => outcome,
            Err(NoFlight::Full) => Outcome::Unavailable,
            Err(NoFlight::Lost) => Outcome::Failed("asking about a token was given up"),
        }
    }

    /// Asks, judges the answer, and keeps the verdict for as long as it may be kept.
    async fn decide(&self, token: Token, resource: &str, hash: Hash) -> Outcome {
        // The token may be revoked as soon as the authorization server has looked.
        let (began, asked_at) = ((self.clock)(), Instant::now());
        let asked = timeout(self.timeout, self.ask(&token)).await.unwrap_or(Err(Trouble::TooSlow));
        self.reach.heard(asked_at, heard(&asked));
        let now = (self.clock)();
        let (said, size) = match asked {
            Ok(answered) => answered,
            Err(trouble) => return self.troubled(&trouble),
        };
        let judged = match said {
            Said::Active(claims) => self.judge(claims, resource, now),
            Said::Inactive => Err(Refusal::invalid("the token is not active")),
        };
        match judged {
            Ok((good, end)) => {
                let until = began.checked_add(self.known_for).map_or(now, |at| at.min(end));
                if size <= MAX_REMEMBERED {
                    self.known.keep(hash, good.clone(), now, until);
                }
                self.proven.keep(hash, (), now, end);
                Outcome::Known(good)
            }
            Err(refusal) => {
                let until = now.checked_add(self.refused_for).unwrap_or(now);
                self.proven.forget(&hash);
                self.refused.keep(hash, refusal.clone(), now, until);
                Outcome::Refused(refusal)
            }
        }
    }

    /// What is said of a token, and in how many bytes.
    async fn ask(&self, token: &Token) -> Result<(Said, usize), Trouble> {
        let name = if self.dialect == Dialect::Google { "access_token" } else { "token" };
        let mut fields = vec![(name, token.expose().to_owned())];
        if self.dialect == Dialect::Standard {
            fields.push(("token_type_hint", "access_token".to_owned()));
        }
        let (issuer, client) = (&self.settings.issuer, self.client.as_ref());
        let answer = self.endpoint.post(issuer, fields, client, (self.clock)(), &*self.fetch).await;
        let answer = answer.map_err(|unasked| match unasked {
            Unasked::Fetch(error) => Trouble::Fetch(error),
            Unasked::Nowhere => Trouble::NoEndpoint,
            Unasked::NoProof => Trouble::NoProof,
        })?;
        let said = answer::read(&answer, self.dialect).map_err(Trouble::Unclear)?;
        Ok((said, answer.body().len()))
    }

    /// What an active token is worth here, and its end.
    fn judge(
        &self,
        mut claims: Claims,
        resource: &str,
        now: SystemTime,
    ) -> Result<(Good, SystemTime), Refusal> {
        let settings = &self.settings;
        complete(&mut claims, &settings.issuer, self.clients_without_subject);
        let refused = |rule: Rule| settings.refusal(rule, resource);
        let judged = judge_answer(&claims, settings, resource, now);
        judged.map_err(|fault| refused(fault.rule()))?;
        let bound = Bound::judged(&claims, settings.rules);
        let bound = bound.map_err(|fault| refused(fault.rule()))?;
        let expires = judge::end(&claims, settings.leeway);
        let identity = self.mapping.identity(&settings.issuer, &claims, expires)?;
        let good = Good { identity: Arc::new(identity), bound };
        Ok((good, judge::end(&claims, Duration::ZERO).unwrap_or(now)))
    }

    fn troubled(&self, trouble: &Trouble) -> Outcome {
        let (issuer, why) = (&*self.settings.issuer, trouble.told());
        tracing::warn!(issuer, why, "the authorization server did not say what a token is worth");
        match trouble {
            Trouble::Unclear(Unclear::Unwelcome) => {
                Outcome::Failed("the authorization server does not let this server in")
            }
            Trouble::NoProof => Outcome::Failed("this server cannot prove who it is"),
            Trouble::Fetch(error) if is_ours(error.kind()) => {
                Outcome::Failed("the authorization server may not be reached by these settings")
            }
            Trouble::Fetch(_) | Trouble::TooSlow | Trouble::Unclear(_) | Trouble::NoEndpoint => {
                Outcome::Unavailable
            }
        }
    }
}

/// Judges what an answer says: its own members first, then those that signed tokens have too.
fn judge_answer(
    claims: &Claims,
    settings: &Settings,
    resource: &str,
    now: SystemTime,
) -> Result<(), Fault> {
    judge_type(claims, settings.rules)?;
    judge::judge_claims(claims, settings, resource, now)
}

/// Whether an answer is of a token that can be sent here. One that says that it is bound to a key also
/// says to which (RFC 9449, section 6.2).
fn judge_type(claims: &Claims, rules: Rules) -> Result<(), Fault> {
    let Some(kind) = claims.0.get("token_type") else { return Ok(()) };
    let kind = kind.as_str().unwrap_or_default();
    if kind.eq_ignore_ascii_case("DPoP") {
        let to_key = Bound::of(claims).is_some_and(|bound| bound.key.is_some());
        return rules.require(Rule::Bound, to_key);
    }
    let bearer = ["Bearer", "access_token"].iter().any(|it| kind.eq_ignore_ascii_case(it));
    rules.require(Rule::Type, bearer)
}

/// Members by which authorization servers name a user besides `sub` (RFC 7662, section 2.2, and what
/// WSO2, UAA and others add).
const USERS: [&str; 4] = ["username", "user_name", "user_id", "uid"];

/// Members that are optional in an answer, and that the rules ask for. The issuer is whom we asked.
///
/// Where there is no resource owner, the client is the subject (RFC 9068, section 2.2). An answer
/// without `sub` says so only where the author knows it: many leave `sub` out for users too, and all
/// users of a client would be one caller. One that names a user never says so.
fn complete(claims: &mut Claims, issuer: &str, clients_without_subject: bool) {
    let claims = &mut claims.0;
    if !claims.contains_key("iss") {
        claims.insert("iss".to_owned(), issuer.into());
    }
    let alone = clients_without_subject && USERS.iter().all(|name| !claims.contains_key(*name));
    if alone
        && !claims.contains_key("sub")
        && let Some(client) = claims.get("client_id").cloned()
    {
        claims.insert("sub".to_owned(), client);
    }
}

/// Any answer says that somebody is there, be it no good.
fn heard<S>(asked: &Result<S, Trouble>) -> Heard {
    match asked {
        Ok(_) | Err(Trouble::Unclear(_) | Trouble::NoEndpoint) => Heard::Answer,
        Err(Trouble::TooSlow) => Heard::Silence,
        Err(Trouble::NoProof) => Heard::Nothing,
        Err(Trouble::Fetch(error)) => match error.kind() {
            FetchErrorKind::TooLarge | FetchErrorKind::Broken => Heard::Answer,
            FetchErrorKind::Connect => Heard::Nobody,
            FetchErrorKind::Timeout => Heard::Silence,
            _ => Heard::Nothing,
        },
    }
}

fn is_ours(kind: FetchErrorKind) -> bool {
    matches!(kind, FetchErrorKind::Settings | FetchErrorKind::NotAllowed)
}

impl Trouble {
    fn told(&self) -> String {
        match self {
            Self::Fetch(error) => chain(error),
            Self::Unclear(Unclear::Unwelcome) => {
                "it does not accept this server's credentials".to_owned()
            }
            Self::Unclear(Unclear::Status(status)) => format!("the answer has status {status}"),
            Self::Unclear(Unclear::NotJson) => "the answer is not JSON".to_owned(),
            Self::Unclear(Unclear::TooLarge) => "the answer is too large".to_owned(),
            Self::Unclear(Unclear::NoAnswer) => "the answer does not say it".to_owned(),
            Self::NoEndpoint => "its metadata names no endpoint to ask".to_owned(),
            Self::NoProof => "no proof of who we are could be made".to_owned(),
            Self::TooSlow => "it took too long".to_owned(),
        }
    }
}

impl fmt::Debug for IntrospectionAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionAuth")
            .field("settings", &self.0.settings)
            .field("client", &self.0.client)
            .finish_non_exhaustive()
    }
}
