//! The wire shapes of the Model Context Protocol, revision 2026-07-28, and in [`legacy`] of those
//! before it.
//!
//! This crate knows JSON and nothing else: no transport, no authentication, no policy. A message is
//! split by [`envelope::parse`] into id, method and raw `params`; only whoever uses the parameters
//! types them. [`json::Json`] and [`json::Members`] are JSON kept as text, so that what is only
//! passed on is never parsed a second time.

pub mod blob;
pub mod code;
pub mod completion;
pub mod content;
pub mod discover;
pub mod elicitation;
pub mod envelope;
pub mod icon;
pub mod id;
pub mod input;
pub mod item_meta;
pub mod json;
pub mod legacy;
pub mod level;
pub mod listen;
pub mod meta;
pub mod method;
pub mod note;
pub mod params;
pub mod prompt;
pub mod resource;
pub mod roots;
pub mod sampling;
pub mod template;
pub mod tool;
pub mod uri;
pub mod version;

mod object;

pub use self::{
    blob::Base64,
    content::Content,
    envelope::Incoming,
    id::{ProgressToken, RequestId},
    item_meta::ItemMeta,
    json::{Json, Members},
    level::LogLevel,
    meta::RequestMeta,
    params::Params,
    template::Template,
};
