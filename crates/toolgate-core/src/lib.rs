//! The seam of toolgate: what transports, tool frameworks and authenticators share.
//!
//! - A [`Service`] admits a [`Request`] and then answers it.
//! - A [`Transport`] carries messages, and may not call a service without a [`Context`], which does
//!   not exist without a [`Caller`].
//! - An [`Authenticate`] turns [`Credentials`] into a [`Verdict`].
//!
//! Nothing here performs IO, needs a runtime or knows HTTP. Code that only implements one of these
//! traits should depend on this crate rather than on `toolgate`.

pub mod audit;
pub mod authenticate;
pub mod bus;
pub mod card;
pub mod context;
pub mod credentials;
pub mod env;
pub mod era;
pub mod error;
pub mod hierarchy;
pub mod identity;
pub mod legacy;
pub mod networks;
pub mod notes;
pub mod refused;
pub mod reply;
pub mod request;
pub mod revocation;
pub mod scopes;
pub mod service;
pub mod transport;
pub mod typemap;
pub mod wire;

pub use futures::future::BoxFuture;
pub use toolgate_protocol as protocol;

pub use self::{
    audit::Audit,
    authenticate::{Answer, Authenticate, Certificates, Challenge, Refusal, ResourceCard, Verdict},
    card::{Card, ParamHeader},
    context::{Context, Ending, Life},
    credentials::{Credentials, Evidence},
    error::{Denial, Error},
    hierarchy::Hierarchy,
    identity::{Caller, Identity, Key},
    networks::Networks,
    notes::{Notes, Out},
    refused::Refused,
    reply::{Cache, CacheScope, Kind, Reply},
    request::{Note, Request},
    revocation::{DenyList, Revocations, Standing, Whom},
    scopes::{ScopePrefix, Scopes},
    service::{IntoService, Running, Service, StartError},
    transport::{Shutdown, Transport},
    typemap::{PrincipalType, TypeMap},
};

/// An error of a kind that only its own crate knows. Goes to the log, never to a peer.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
