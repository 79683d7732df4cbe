//! Why there is no token for another server, and what whoever asked is told of it.

use std::{error::Error as StdError, fmt, time::Duration};

use toolgate_core::{Denial, Error, Scopes};

/// Why there is no token. Clones tell the same.
///
/// A handler passes it on with `?`; what the caller gets then, [`ExchangeErrorKind`] says. Nothing that the
/// authorization server wrote is in it: that is in the log, as far as it is a code.
#[derive(Clone)]
pub struct ExchangeError {
    kind: ExchangeErrorKind,
    told: Option<Error>,
}

/// What went wrong, on whose side, and what the caller of a tool gets where it is passed on with `?`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExchangeErrorKind {
    /// The caller's: they came without a token, or with one of an authenticator that exchanges none. Words
    /// that say so.
    NoToken,
    /// The caller's: the authorization server takes their token no more. 401, so that they log in again;
    /// where the call has answered in part, an error, and the 401 at the next call.
    Login,
    /// The caller's: they have to agree at the authorization server. Words that say so.
    Consent,
    /// The caller's: a fresher or stronger login is needed. 401 (RFC 9470).
    StepUp,
    /// The caller's: they, or this server in their name, may not call the target, or not with these scopes.
    /// Words that say so.
    Denied,
    /// Nobody's: the authorization server cannot be asked now. Words that say so.
    Unavailable,
    /// Ours: the settings, the target, or what the authorization server knows of this server. An
    /// incident's id; the log has the cause.
    Misconfigured,
}

/// How a login has to be, where the authorization server said so (RFC 9470, section 3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) max_age: Option<Duration>,
    pub(super) acr: Option<String>,
}

impl ExchangeError {
    pub(super) fn new(kind: ExchangeErrorKind) -> Self {
        Self { kind, told: told(kind, Wanted::default()) }
    }

    pub(super) fn step_up(wanted: Wanted) -> Self {
        let kind = ExchangeErrorKind::StepUp;
        Self { kind, told: told(kind, wanted) }
    }

    /// What went wrong, and on whose side.
    pub fn kind(&self) -> ExchangeErrorKind {
        self.kind
    }
}

/// What the caller gets; nothing where it is for the log alone.
fn told(kind: ExchangeErrorKind, wanted: Wanted) -> Option<Error> {
    use ExchangeErrorKind as Kind;
    Some(match kind {
        Kind::NoToken => Error::shown(
            "this acts for its caller at another server, which needs a caller who is logged in with an \
             access token",
        ),
        Kind::Login => Error::denied(Denial::Unauthenticated),
        Kind::Consent => Error::shown(
            "the user has to agree, at the authorization server, that this server acts for them at \
             another",
        ),
        Kind::StepUp => Error::denied(Denial::StepUp {
            max_age: wanted.max_age,
            acr: wanted.acr,
            scopes: Scopes::none(),
        }),
        Kind::Denied => Error::shown(
            "the authorization server does not let this server act for the user there, or not with \
             the scopes that this needs",
        ),
        Kind::Unavailable => Error::shown(
            "the authorization server cannot be asked now, so this cannot act for the user; try again \
             later",
        ),
        Kind::Misconfigured => return None,
    })
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ExchangeErrorKind as Kind;
        f.write_str(match self.kind {
            Kind::NoToken => "the caller has no token to exchange",
            Kind::Login => "the caller's token is taken no more",
            Kind::Consent => "the caller has to agree to an exchange",
            Kind::StepUp => "an exchange needs a fresher or stronger login",
            Kind::Denied => "an exchange for this target is denied",
            Kind::Unavailable => "tokens cannot be exchanged now",
            Kind::Misconfigured => {
                "the exchange is not set up, here or at the authorization server"
            }
        })
    }
}

impl fmt::Debug for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExchangeError").field(&self.kind).finish()
    }
}

impl StdError for ExchangeError {
    /// What the caller gets, where it is more than an incident's id.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.told.as_ref().map(|told| told as _)
    }
}
