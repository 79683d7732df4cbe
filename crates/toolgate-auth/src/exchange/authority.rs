//! An authorization server, one request to it, and what comes in the way.

use std::time::SystemTime;

use super::{
    answer::{self, Denied, Issued, Meaning},
    error::{ExchangeError, ExchangeErrorKind as Kind},
};
use crate::{
    client::Client,
    endpoint::{Endpoint, Unasked},
    fetch::{Fetch, FetchError, FetchErrorKind, chain},
};

/// An authorization server, and who this server is to it.
pub(super) struct Authority {
    pub(super) issuer: String,
    pub(super) endpoint: Endpoint,
    pub(super) client: Client,
}

/// Why there is no token.
#[derive(Debug)]
pub(super) enum Trouble {
    Fetch(FetchError),
    Denied(Denied),
    /// No endpoint is to be found.
    NoEndpoint,
    /// The proof of who this server is cannot be made.
    NoProof,
    /// What came is the token that was sent.
    SameToken,
    TooSlow,
    /// The same at the authorization server that a grant was for. What it has against the grant, no login at
    /// the other mends.
    Redeeming(Box<Trouble>),
}

impl Authority {
    pub(super) async fn ask(
        &self,
        fields: Vec<(&'static str, String)>,
        kind: answer::Kind,
        now: SystemTime,
        fetch: &dyn Fetch,
    ) -> Result<Issued, Trouble> {
        let Self { issuer, endpoint, client } = self;
        let answer = endpoint.post(issuer, fields, Some(client), now, fetch).await;
        let answer = answer.map_err(|unasked| match unasked {
            Unasked::Fetch(error) => Trouble::Fetch(error),
            Unasked::Nowhere => Trouble::NoEndpoint,
            Unasked::NoProof => Trouble::NoProof,
        })?;
        answer::read(&answer, kind).map_err(Trouble::Denied)
    }
}

impl Trouble {
    /// What it is to whoever asked. `worked`: whether a request for the same target did before.
    pub(super) fn error(&self, worked: bool) -> ExchangeError {
        ExchangeError::new(match self {
            Self::Redeeming(trouble) if trouble.is_of_subject() => {
                if worked {
                    Kind::Denied
                } else {
                    Kind::Misconfigured
                }
            }
            Self::Redeeming(trouble) => return trouble.error(worked),
            Self::Fetch(error) if is_ours(error.kind()) => Kind::Misconfigured,
            Self::Fetch(_) | Self::TooSlow | Self::NoEndpoint => Kind::Unavailable,
            Self::NoProof | Self::SameToken => Kind::Misconfigured,
            Self::Denied(denied) => match denied {
                Denied::Said(_, Meaning::StepUp(wanted)) => {
                    return ExchangeError::step_up(wanted.clone());
                }
                Denied::Said(_, Meaning::Subject) => Kind::Login,
                Denied::Said(_, Meaning::SubjectOrRequest) if worked => Kind::Login,
                Denied::Said(_, Meaning::Consent) => Kind::Consent,
                Denied::Said(_, Meaning::Denied) => Kind::Denied,
                Denied::Said(_, Meaning::Later) | Denied::Status(429 | 500..) => Kind::Unavailable,
                Denied::NotJson | Denied::TooLarge | Denied::NoAnswer => Kind::Unavailable,
                Denied::Said(..) | Denied::Status(_) | Denied::OtherKind => Kind::Misconfigured,
            },
        })
    }

    /// What it is, wherever it was.
    pub(super) fn cause(&self) -> &Self {
        if let Self::Redeeming(trouble) = self { trouble.cause() } else { self }
    }

    /// Whether it is said of the subject's token, or may be.
    fn is_of_subject(&self) -> bool {
        use Meaning::{StepUp, Subject, SubjectOrRequest};
        let Self::Denied(Denied::Said(_, meaning)) = self else { return false };
        matches!(meaning, Subject | SubjectOrRequest | StepUp(_))
    }

    /// Whether it may as well be the request that is wrong.
    pub(super) fn is_unclear(&self) -> bool {
        matches!(self, Self::Denied(Denied::Said(_, Meaning::SubjectOrRequest)))
    }

    /// The same for a log: nothing that was sent, and of what came a code at most.
    pub(super) fn told(&self) -> String {
        let text = match self {
            Self::Fetch(error) => return chain(error),
            Self::Redeeming(trouble) => return trouble.told(),
            Self::Denied(Denied::Said(code, _)) => return format!("it says {}", code.text()),
            Self::Denied(Denied::Status(status)) => {
                return format!("the answer has status {status}");
            }
            Self::Denied(Denied::NotJson) => "the answer is not JSON",
            Self::Denied(Denied::TooLarge) => "the answer is too large",
            Self::Denied(Denied::NoAnswer) => "the answer has no token",
            Self::Denied(Denied::OtherKind) => "the token is of another kind than was asked for",
            Self::NoEndpoint => "its metadata names no endpoint to ask",
            Self::NoProof => "no proof of who we are could be made",
            Self::SameToken => "it gave back the token that it was sent",
            Self::TooSlow => "it took too long",
        };
        text.to_owned()
    }
}

fn is_ours(kind: FetchErrorKind) -> bool {
    matches!(kind, FetchErrorKind::Settings | FetchErrorKind::NotAllowed)
}
