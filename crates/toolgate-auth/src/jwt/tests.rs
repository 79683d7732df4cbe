//! The JWT authenticator from outside in: tokens, published sets, renewal, the whole.

mod auth;
mod deep;
mod families;
mod kit;
mod renewal;
mod rows;
mod sets;
mod settings;
