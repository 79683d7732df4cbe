//! The wire before 2026-07-28: its revisions, the methods that went with it, and its handshake.

pub mod batch;
pub mod handshake;

mod capabilities;
mod down;
mod revision;

pub use self::{
    capabilities::capabilities,
    down::{Unasked, down, lowers, question},
    revision::Revision,
};

/// Opens a conversation.
pub const INITIALIZE: &str = "initialize";
/// The client's word that it has read the answer to [`INITIALIZE`].
pub const INITIALIZED: &str = "notifications/initialized";
/// Asks for an empty answer.
pub const PING: &str = "ping";
/// Says from which level on log messages are wanted.
pub const SET_LEVEL: &str = "logging/setLevel";
/// Asks to be told of changes of a resource.
pub const SUBSCRIBE: &str = "resources/subscribe";
/// Takes that back.
pub const UNSUBSCRIBE: &str = "resources/unsubscribe";

/// The error code of a session that is unknown, in the range that JSON-RPC leaves to servers.
pub const SESSION_NOT_FOUND: i32 = -32001;

/// The error code of a resource that does not exist.
pub const RESOURCE_NOT_FOUND: i32 = -32002;
