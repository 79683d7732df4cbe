//! Test doubles for people who write toolgate servers, and for toolgate itself.
//!
//! - [`TestClient`] calls a server in memory, as somebody or as nobody.
//! - [`AuthorizationServer`] is an issuer on loopback: people log in at it, clients redeem grants, any
//!   token that a test can think of is signed, and it fails when told to.
//! - [`contract`] holds an authenticator or a transport of your own to what the seam asks of it.
//! - [`lint`] finds schemas that clients would refuse.
//! - [`probe`] takes the way of a client into a server that listens somewhere, and says where it
//!   ends.
//! - [`Logs`] keeps what a test logs, so that the test can look at it.
//!
//! For tests and for development. Whoever holds an [`AuthorizationServer`] can sign for anybody, so
//! it listens on 127.0.0.1 alone and there is no way to ask for more.

mod authorization;
mod client;
pub mod contract;
mod kept;
pub mod lint;
mod logs;
pub mod probe;

pub use self::{
    authorization::{
        Algorithm, AuthorizationServer, AuthorizationServerBuilder, Endpoint, Fault, JwksFault,
        OAuthClient, Person, SigningKey, Token, Tokens,
    },
    client::{Exchange, TestClient},
    logs::{Capture, Logs},
};
