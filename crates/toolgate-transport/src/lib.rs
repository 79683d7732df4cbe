//! Transports for toolgate.
//!
//! A transport knows how messages travel and who may speak, and nothing of tools, guards, schemas
//! or tokens: it serves any [`Service`](toolgate_core::Service).

#[cfg(feature = "http")]
pub mod http;
pub mod memory;
#[cfg(feature = "stdio")]
pub mod stdio;

#[cfg(feature = "stdio")]
mod agree;
#[cfg(any(feature = "http", feature = "stdio"))]
mod calls;
mod life;
#[cfg(feature = "stdio")]
mod run;
#[cfg(feature = "stdio")]
mod signals;
