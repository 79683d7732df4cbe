//! Turning credentials into an identity, or into a reason why not.

use std::{borrow::Cow, fmt, future::ready, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use toolgate_protocol::Json;

use crate::{
    BoxError, BoxFuture,
    credentials::Credentials,
    identity::{Caller, Identity},
    refused::Refused,
    scopes::ScopePrefix,
    typemap::PrincipalType,
};

/// Decides who asks. Runs on every request, before its body is read.
///
/// ```
/// use toolgate_core::{Authenticate, BoxFuture, Credentials, Identity, Key, Refusal, Verdict};
/// use toolgate_core::credentials::Field;
///
/// struct Door;
///
/// impl Authenticate for Door {
///     fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
///         Box::pin(async move {
///             match with.field("x-knock") {
///                 Field::One(knock) if *knock == *b"twice" => {
///                     Verdict::known(Identity::new(Key::new("door", "friend")))
///                 }
///                 Field::Absent => Verdict::Refused(Refusal::missing()),
///                 _ => Verdict::Refused(Refusal::invalid("that is not how friends knock")),
///             }
///         })
///     }
/// }
/// ```
pub trait Authenticate: Send + Sync + 'static {
    /// Judges one request's credentials.
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict>;

    /// How to ask for credentials. The transport adds what it knows: metadata, scopes, the error.
    fn challenges(&self, why: &Refusal) -> Vec<Challenge> {
        let _ = why;
        vec![Challenge::bearer()]
    }

    /// What the metadata document says of the authenticator.
    fn card(&self) -> ResourceCard {
        ResourceCard::default()
    }

    /// The metadata of an authorization server that the [`card`](Self::card) names, as that server
    /// publishes it (RFC 8414; OpenID Connect Discovery). For transports that show it to clients
    /// which look for it here. None where it cannot be had, which is all that this says unless it is
    /// written otherwise.
    fn issuer_metadata<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, Option<Json>> {
        let _ = issuer;
        Box::pin(ready(None))
    }
}

impl<A: Authenticate + ?Sized> Authenticate for Arc<A> {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        (**self).authenticate(with)
    }

    fn challenges(&self, why: &Refusal) -> Vec<Challenge> {
        (**self).challenges(why)
    }

    fn card(&self) -> ResourceCard {
        (**self).card()
    }

    fn issuer_metadata<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, Option<Json>> {
        (**self).issuer_metadata(issuer)
    }
}

/// What became of the credentials.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// Verified.
    Known(Arc<Identity>, Answer),
    /// Not of a sort that this authenticator judges; the next of a chain may. The last word of a
    /// chain counts as a refusal.
    NotMine,
    /// Missing or wrong: 401, or 400 when malformed, or 403 when made by [`Refusal::forbidden`].
    Refused(Refusal),
    /// Right, and still not let in: 403.
    Forbidden(Refusal),
    /// Cannot be decided now: 503. Never a pass, and never 401, which would start a login.
    Unavailable {
        /// When to ask again.
        retry: Duration,
    },
    /// The authenticator failed: 500. The error goes to the log.
    Failed(BoxError),
}

impl Verdict {
    /// Verified, with nothing to add to the answer.
    pub fn known(identity: Identity) -> Self {
        Self::Known(Arc::new(identity), Answer::default())
    }
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What an authenticator adds to the response, also on success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// Response fields: name and value.
    pub fields: Vec<(String, String)>,
}

impl Answer {
    /// The same, with one more field.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }
}

/// Why credentials are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    reason: Reason,
    message: Cow<'static, str>,
    detail: Option<Cow<'static, str>>,
    error: Option<&'static str>,
    genuine: bool,
    answer: Answer,
}

/// What was wrong, in the terms of RFC 6750, section 3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// No credentials were sent. A challenge then carries no error.
    Missing,
    /// Sent in a way that no reader may guess at: `invalid_request`, 400.
    Malformed,
    /// Wrong, expired or not for this server: `invalid_token`, 401.
    Invalid,
    /// Right, and still not let in: 403, since another token of the same sort would fare no better.
    Forbidden,
}

impl Refusal {
    /// No credentials were sent.
    pub fn missing() -> Self {
        Self::new(Reason::Missing, "authentication is required")
    }

    /// The credentials are sent in a way that is not allowed.
    pub fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Reason::Malformed, message)
    }

    /// The credentials are wrong. The peer reads the message.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Reason::Invalid, message)
    }

    /// The credentials are right, and whoever sent them is not let in all the same. The peer reads
    /// the message. No login is asked for, since it would change nothing.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Reason::Forbidden, message)
    }

    fn new(reason: Reason, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            message: message.into(),
            detail: None,
            error: None,
            genuine: false,
            answer: Answer::default(),
        }
    }

    /// The same, with what the operator should read in the log. Never a token.
    #[must_use]
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// The same, with an error code of its own in the challenge, such as `invalid_dpop_proof` (RFC 9449,
    /// section 7.1), in place of that of its reason. Credentials that are missing have none all the
    /// same.
    #[must_use]
    pub fn error(self, code: &'static str) -> Self {
        Self { error: Some(code), ..self }
    }

    /// The same, of credentials that somebody did give out, such as a token that has expired: sending
    /// them is no attempt to find some that work, and does not count as one.
    #[must_use]
    pub fn genuine(self) -> Self {
        Self { genuine: true, ..self }
    }

    /// Whether it counts as a failed attempt of whoever sent the credentials. What was not sent does
    /// not, since that is how a login begins; nor does a proof that only lacks a nonce (RFC 9449,
    /// section 9).
    pub fn counts(&self) -> bool {
        let wrong = matches!(self.reason, Reason::Malformed | Reason::Invalid);
        wrong && !self.genuine && self.error != Some("use_dpop_nonce")
    }

    /// The error code of its own.
    pub fn error_code(&self) -> Option<&'static str> {
        self.error
    }

    /// The same, with fields for the response, such as a nonce to try again with.
    #[must_use]
    pub fn answer(self, answer: Answer) -> Self {
        Self { answer, ..self }
    }

    /// Fields for the response.
    pub fn answered(&self) -> &Answer {
        &self.answer
    }

    /// What was wrong.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// For the peer.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// For the log.
    pub fn logged(&self) -> &str {
        self.detail.as_deref().unwrap_or(&self.message)
    }
}

/// One challenge of a `WWW-Authenticate` field (RFC 9110, section 11.6.1), without the parameters
/// that the transport adds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Challenge {
    /// The scheme.
    pub scheme: Cow<'static, str>,
    /// Parameters of the scheme's own, in order.
    pub params: Vec<(Cow<'static, str>, String)>,
}

impl Challenge {
    /// A challenge of any scheme.
    pub fn new(scheme: impl Into<Cow<'static, str>>) -> Self {
        Self { scheme: scheme.into(), params: Vec::new() }
    }

    /// `Bearer` (RFC 6750).
    pub fn bearer() -> Self {
        Self::new("Bearer")
    }

    /// The same, with a parameter.
    #[must_use]
    pub fn param(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }
}

/// What an authenticator says of itself: what the metadata document (RFC 9728) needs, and what is
/// checked before serving.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceCard {
    /// Issuers that a client may get a token from. Naming one switches the metadata document on.
    pub authorization_servers: Vec<String>,
    /// Whether the audience that it accepts is [`Credentials::resource`].
    pub needs_resource: bool,
    /// Whether those whom it accepts have to show a certificate.
    pub certificates: Certificates,
    /// The author's types that it makes.
    pub principals: Vec<PrincipalType>,
    /// What its tokens leave out of scopes, and clients have to ask for.
    pub scope_prefix: Option<ScopePrefix>,
    /// Further members of the document.
    pub more: Vec<(String, Json)>,
}

/// Who has to show a certificate of a client's (RFC 8705), and is refused without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Certificates {
    /// Nobody.
    #[default]
    Nobody,
    /// Whoever has a token that is bound to one.
    Some,
    /// Everybody.
    Everybody,
}

impl Certificates {
    /// The same where two authenticators take callers, or tokens of two issuers are taken.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == other { self } else { Self::Some }
    }
}

/// Judges a request's credentials: the one way in for every transport.
///
/// A panic in the authenticator is a failure of ours, not a pass and not a refusal.
///
/// # Errors
/// Whatever is not a verified identity.
pub async fn identify(
    authenticator: &dyn Authenticate,
    with: &Credentials,
) -> Result<(Caller, Answer), Refused> {
    // Building the future runs the authenticator's code too, so that happens inside as well.
    let judged = ready(()).then(|()| authenticator.authenticate(with));
    match AssertUnwindSafe(judged).catch_unwind().await {
        Ok(Verdict::Known(identity, answer)) => Ok((Caller::Known(identity), answer)),
        Ok(Verdict::NotMine) => Err(Refused::Unauthenticated(
            Refusal::missing().detail("the credentials are of a kind that is not accepted here"),
        )),
        Ok(Verdict::Refused(refusal)) if refusal.reason() == Reason::Forbidden => {
            Err(Refused::Forbidden(refusal))
        }
        Ok(Verdict::Refused(refusal)) => Err(Refused::Unauthenticated(refusal)),
        Ok(Verdict::Forbidden(refusal)) => Err(Refused::Forbidden(refusal)),
        Ok(Verdict::Unavailable { retry }) => Err(Refused::Unavailable { retry }),
        Ok(Verdict::Failed(error)) => Err(Refused::Failed(error)),
        Err(_) => Err(Refused::Failed(Box::new(Panicked))),
    }
}

#[derive(Debug)]
struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the authenticator panicked")
    }
}

impl std::error::Error for Panicked {}
