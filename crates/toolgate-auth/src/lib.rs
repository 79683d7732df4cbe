//! Authenticators for toolgate.
//!
//! - `jwt` (a feature, on by default) verifies access tokens that are signed JWTs, with the keys
//!   that their issuer publishes.
//!   `issuers` verifies those of several, `presets` knows well-known providers.
//! - `introspection`, of the same feature, asks an authorization server about tokens that are opaque.
//! - `exchange`, of the same feature, gets tokens for other servers on behalf of callers.
//! - `dpop`, of the same feature, tells whether a proof of a key is right.
//! - `api_keys` (a feature, on by default) verifies keys that an operator hands out and keeps as
//!   hashes.
//! - `gateway`, of the same feature, believes a gateway in front that proves itself.
//! - [`auth_fn`] makes an authenticator of a closure.
//! - [`bearer()`] takes a bearer token from a request's credentials, for closures of that kind.
//! - [`chain()`] asks several authenticators in order.
//!
//! Whatever cannot be decided is never a pass: a token that breaks a rule is refused, and keys that
//! cannot be had make the answer "ask again later" rather than "log in".

#[cfg(feature = "api-keys")]
mod api_keys;
mod bearer;
#[cfg(feature = "jwt")]
mod bound;
mod chain;
#[cfg(feature = "jwt")]
mod claims;
#[cfg(feature = "jwt")]
mod client;
mod closure;
#[cfg(feature = "jwt")]
pub mod dpop;
#[cfg(feature = "jwt")]
mod endpoint;
#[cfg(feature = "jwt")]
mod exchange;
#[cfg(feature = "jwt")]
mod fetch;
#[cfg(feature = "jwt")]
mod flight;
#[cfg(feature = "jwt")]
mod form;
#[cfg(feature = "api-keys")]
mod gateway;
#[cfg(feature = "jwt")]
mod introspection;
#[cfg(feature = "jwt")]
mod issuer;
#[cfg(feature = "jwt")]
mod jose;
#[cfg(feature = "jwt")]
mod judge;
#[cfg(feature = "jwt")]
mod jwt;
#[cfg(all(test, any(feature = "api-keys", feature = "jwt")))]
#[path = "../../toolgate-testkit/src/kept.rs"]
mod kept;
#[cfg(feature = "jwt")]
mod memory;
#[cfg(feature = "jwt")]
pub mod presets;
#[cfg(feature = "jwt")]
mod published;
#[cfg(feature = "jwt")]
mod reach;
#[cfg(feature = "jwt")]
mod rules;
#[cfg(all(test, feature = "jwt"))]
mod table;

#[cfg(feature = "api-keys")]
pub use self::api_keys::{ApiKey, ApiKeyAuth, ApiKeys, ApiSecret, api_keys};
#[cfg(feature = "api-keys")]
pub use self::gateway::{Gateway, GatewayAuth, GatewayDanger, gateway};
pub use self::{
    bearer::{Token, bearer},
    chain::{Chain, chain},
    closure::{AuthFn, IntoVerdict, auth_fn},
};
#[cfg(feature = "jwt")]
pub use self::{
    claims::{Claims, Fields, Mapping},
    client::ClientKey,
    exchange::{
        Exchange, ExchangeError, ExchangeErrorKind, Exchanged, Exchanging, Target, exchange,
    },
    fetch::{Fetch, FetchError, FetchErrorKind, HttpFetch, HttpFetchBuilder},
    introspection::{Introspection, IntrospectionAuth, IntrospectionDanger, introspection},
    jose::Algorithm,
    jwt::{Danger, Jwt, JwtAuth, issuers, jwt},
};
