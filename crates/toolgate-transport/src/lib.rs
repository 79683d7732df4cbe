//! Transports for toolgate.
//!
//! A transport knows how messages travel and who may speak, and nothing of tools, guards, schemas
//! or tokens: it serves any [`Service`](toolgate_core::Service).

#[cfg(feature = "http")]
pub mod http;
pub mod memory;
#[cfg(feature = "stdio")]
pub mod stdio;

#[cfg(any(feature = "http", feature = "stdio"))]
mod agree;
mod ask;
#[cfg(any(feature = "http", feature = "stdio"))]
mod audited;
#[cfg(any(feature = "http", feature = "stdio"))]
mod calls;
#[cfg(all(test, feature = "http"))]
#[path = "../../toolgate-testkit/src/kept.rs"]
mod kept;
#[cfg(any(feature = "http", feature = "stdio"))]
mod legacy;
mod life;
mod revoking;
#[cfg(any(feature = "http", feature = "stdio"))]
mod run;
#[cfg(any(feature = "http", feature = "stdio"))]
mod signals;
