//! From claims to an identity.

use std::{sync::Arc, time::Duration};

use toolgate_core::{Identity, Key, PrincipalType, Refusal, Scopes};

use super::{claims::Claims, judge};
use crate::bearer::Token;

/// The token that an identity was made of, for exchanging it. Private to this crate, so that no
/// tool can pass a caller's token on by accident.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "its reader is token exchange; what that needs is kept from here")
)]
pub(crate) struct RawToken(pub(crate) Token);

/// Puts one of the author's own types into an identity.
#[derive(Clone)]
pub(super) struct Principal {
    pub(super) of: PrincipalType,
    make: Make,
}

type Make = Arc<dyn Fn(&Claims, &mut Identity) -> Result<(), Refusal> + Send + Sync>;

impl Principal {
    pub(super) fn new<U, F>(make: F) -> Self
    where
        U: Send + Sync + 'static,
        F: Fn(&Claims) -> Result<U, Refusal> + Send + Sync + 'static,
    {
        let put = move |claims: &Claims, identity: &mut Identity| {
            identity.ext.insert(make(claims)?);
            Ok(())
        };
        Self { of: PrincipalType::of::<U>(), make: Arc::new(put) }
    }
}

/// The identity that verified claims stand for.
///
/// # Errors
/// When one of `principals` refuses.
pub(super) fn identity(
    issuer: &str,
    leeway: Duration,
    claims: &Claims,
    token: Token,
    principals: &[Principal],
) -> Result<Identity, Refusal> {
    let key = Key::new(issuer, claims.text("sub").unwrap_or_default());
    let client = claims.text("client_id").or_else(|| claims.text("azp"));
    let key = match client {
        Some(client) => key.client(client),
        None => key,
    };
    let mut identity = Identity::new(key).scopes(scopes(claims)).roles(roles(claims));
    identity.expires = judge::end(claims, leeway);
    identity.token_id = claims.text("jti").map(Into::into);
    identity.ext.insert(RawToken(token));
    for principal in principals {
        (principal.make)(claims, &mut identity)?;
    }
    Ok(identity)
}

/// `scope` (RFC 8693, section 4.2) and `scp` (Entra's text, Okta's array), as text or as array.
fn scopes(claims: &Claims) -> Scopes {
    let texts = ["scope", "scp"].into_iter().flat_map(|name| claims.list(name));
    texts.flat_map(str::split_ascii_whitespace).collect()
}

/// `roles` (RFC 9068, section 2.2.3.1), an array at the top. A role may have spaces.
fn roles(claims: &Claims) -> Scopes {
    claims.list("roles").into_iter().collect()
}
