//! Test doubles for authors of toolgate servers.
//!
//! - [`TestClient`] calls a server in memory, as whoever it is told to be.
//! - [`AuthorizationServer`] is a development authorization server: it publishes keys on loopback
//!   and signs access tokens for any subject.
//!
//! Nothing here belongs in a program that others can reach.

mod client;
mod issuer;

pub use self::{
    client::{Exchange, TestClient},
    issuer::{Algorithm, AuthorizationServer, Token, Tokens},
};
