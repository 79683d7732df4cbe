//! The JWT authenticator from outside in: tokens, published sets, renewal, the whole.

mod auth;
#[cfg(feature = "api-keys")]
mod chained;
mod deep;
mod families;
mod issuers;
mod kinds;
pub(crate) mod kit;
mod memory;
mod renewal;
pub(crate) mod rows;
mod sets;
mod settings;
