//! Transports for toolgate.
//!
//! A transport knows how messages travel and who may speak, and nothing of tools, guards, schemas
//! or tokens: it serves any [`Service`](toolgate_core::Service).

#[cfg(feature = "http")]
pub mod http;
pub mod memory;

mod calls;
mod life;
