//! Where a request may have a key: as bearer token, or in `X-API-Key`. In one of them, once.

use toolgate_core::{Credentials, Refusal, Verdict, authenticate::Reason, credentials::Field};

use crate::bearer::{Token, bearer};

/// What was sent where keys are looked for.
pub(super) enum Sent {
    Bearer(Token),
    Field(Box<[u8]>),
}

impl Sent {
    pub(super) fn text(&self) -> &[u8] {
        match self {
            Self::Bearer(token) => token.expose().as_bytes(),
            Self::Field(value) => value.trim_ascii(),
        }
    }
}

/// What the request sends, or the verdict when that is nothing, or more than one thing. Two readers
/// of such a request might pick two callers.
pub(super) fn sent(with: &Credentials) -> Result<Sent, Verdict> {
    let value = match with.field("x-api-key") {
        Field::Absent => return bearer(with).map(Sent::Bearer),
        // Senders and proxies may join fields of one name by a comma (RFC 9110, section 5.3).
        Field::One(value) if !value.contains(&b',') => value,
        _ => return Err(twice()),
    };
    match bearer(with) {
        Err(Verdict::Refused(refusal)) => match refusal.reason() {
            Reason::Missing => Ok(Sent::Field(value)),
            Reason::Malformed => Err(Verdict::Refused(refusal)),
            _ => Err(twice()),
        },
        _ => Err(twice()),
    }
}

fn twice() -> Verdict {
    Verdict::Refused(Refusal::malformed("credentials are sent more than once"))
}
