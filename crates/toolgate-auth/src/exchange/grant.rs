//! In which words a token is asked for: each kind of grant as the fields of its requests.

use super::{authority::Authority, target::Target};
use crate::bearer::Token;

type Fields = Vec<(&'static str, String)>;

pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
pub(super) const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
pub(super) const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// How a token is asked for.
pub(super) enum Grant {
    /// RFC 8693.
    Exchange,
    /// Entra's variant.
    OnBehalfOf,
    /// A grant of the user's provider, and then a token of this authority's for it.
    Assertion(Box<Authority>),
}

impl Grant {
    /// Why a target cannot be asked for by this kind of grant.
    pub(super) fn unfit(&self, target: &Target) -> Option<&'static str> {
        let Target { audiences, resources, scopes } = target;
        let fields = target.fields();
        if fields.iter().any(|(_, value)| value.trim().is_empty()) {
            return Some("a target has an empty name");
        }
        match self {
            // What an authorization server makes of it might be as wide as the caller's own token.
            Self::Exchange if fields.is_empty() => Some("a target names nothing"),
            Self::OnBehalfOf if scopes.is_empty() => Some("Entra needs a target's scopes"),
            Self::OnBehalfOf if !audiences.is_empty() || !resources.is_empty() => {
                Some("Entra knows targets by their scopes alone, such as `api://reports/read`")
            }
            Self::Assertion(_) if !audiences.is_empty() => {
                Some("the audience of an ID-JAG is the authorization server that it is for")
            }
            _ => None,
        }
    }
}

/// What `subject` is exchanged for (RFC 8693, section 2.1).
pub(super) fn exchange(subject: &Token, target: &Target) -> Fields {
    let mut fields = vec![
        ("grant_type", EXCHANGE.to_owned()),
        ("subject_token", subject.expose().to_owned()),
        ("subject_token_type", ACCESS_TOKEN.to_owned()),
        ("requested_token_type", ACCESS_TOKEN.to_owned()),
    ];
    fields.extend(target.fields());
    fields
}

/// The same in Entra's words.
pub(super) fn on_behalf_of(subject: &Token, target: &Target) -> Fields {
    vec![
        ("grant_type", JWT_BEARER.to_owned()),
        ("assertion", subject.expose().to_owned()),
        ("requested_token_use", "on_behalf_of".to_owned()),
        ("scope", target.scopes.join(" ")),
    ]
}

/// A grant of the user's provider for another authorization server, `audience` (Identity Assertion JWT
/// Authorization Grant, section 4.3).
pub(super) fn assertion(subject: &Token, audience: &str, target: &Target) -> Fields {
    let mut fields = vec![
        ("grant_type", EXCHANGE.to_owned()),
        ("subject_token", subject.expose().to_owned()),
        ("subject_token_type", ACCESS_TOKEN.to_owned()),
        ("requested_token_type", ID_JAG.to_owned()),
        ("audience", audience.to_owned()),
    ];
    fields.extend(target.fields());
    fields
}

/// What that authorization server gives for it (the same, section 4.4; RFC 7523, section 2.1).
pub(super) fn redeem(assertion: &Token) -> Fields {
    vec![("grant_type", JWT_BEARER.to_owned()), ("assertion", assertion.expose().to_owned())]
}
