//! Authenticators for toolgate.
//!
//! - [`jwt`] verifies access tokens that are signed JWTs, with the keys that their issuer publishes.
//! - [`auth_fn`] makes an authenticator of a closure.
//! - [`bearer`] takes a bearer token from a request's credentials, for closures of that kind.
//!
//! Whatever cannot be decided is never a pass: a token that breaks a rule is refused, and keys that
//! cannot be had make the answer "ask again later" rather than "log in".

pub mod bearer;
pub mod closure;
#[cfg(feature = "jwt")]
pub mod fetch;
#[cfg(feature = "jwt")]
pub mod jwt;

#[cfg(feature = "jwt")]
pub use self::{
    fetch::{Fetch, FetchError, HttpFetch},

};
pub use self::{
    bearer::{Token, bearer},
    closure::{AuthFn, IntoVerdict, auth_fn},
};
