//! Authenticators for toolgate.
//!
//! - `jwt` (a feature, on by default) verifies access tokens that are signed JWTs, with the keys
//!   that their issuer publishes.
//!   `issuers` verifies those of several, `presets` knows well-known providers.
//! - `api_keys` (a feature, on by default) verifies keys that an operator hands out and keeps as
//!   hashes.
//! - [`auth_fn`] makes an authenticator of a closure.
//! - [`bearer()`] takes a bearer token from a request's credentials, for closures of that kind.
//! - [`chain()`] asks several authenticators in order.
//!
//! Whatever cannot be decided is never a pass: a token that breaks a rule is refused, and keys that
//! cannot be had make the answer "ask again later" rather than "log in".

#[cfg(feature = "api-keys")]
mod api_keys;
mod bearer;
mod chain;
#[cfg(feature = "jwt")]
mod claims;
mod closure;
#[cfg(feature = "jwt")]
mod fetch;
#[cfg(feature = "jwt")]
mod jwt;
#[cfg(feature = "jwt")]
pub mod presets;

#[cfg(feature = "api-keys")]
pub use self::api_keys::{ApiKey, ApiKeyAuth, ApiKeys, ApiSecret, api_keys};
pub use self::{
    bearer::{Token, bearer},
    chain::{Chain, chain},
    closure::{AuthFn, IntoVerdict, auth_fn},
};
#[cfg(feature = "jwt")]
pub use self::{
    claims::{Claims, Fields, Mapping},
    fetch::{Fetch, FetchError, FetchErrorKind, HttpFetch, HttpFetchBuilder},
    jwt::{Algorithm, Danger, Jwt, JwtAuth, issuers, jwt},
};
