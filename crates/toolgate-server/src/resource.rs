//! Resources: a struct of the variables of a URI, and how what is in it is read.

pub(crate) mod contents;
pub(crate) mod entry;
pub(crate) mod path;
pub(crate) mod read;
pub(crate) mod spec;

use std::future::Future;

use serde::de::DeserializeOwned;
use toolgate_core::Context;

pub use self::{
    contents::{IntoContents, Origin},
    path::{BadPath, SafePath},
    spec::ResourceSpec,
};
use crate::failure::Result;

/// What a resource is, or a family of them. Written by `#[derive(Resource)]`.
///
/// Its fields are the variables of its URI template; a URI without variables is a unit struct's.
pub trait Resource: DeserializeOwned + Send + 'static {
    /// Its description.
    fn spec() -> ResourceSpec;
}

/// How a resource is read. `S` is the server's state.
///
/// Dropping the future cancels the request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read with state `{S}`",
    label = "no `impl Read<{S}> for {Self}`",
    note = "a resource is read with the server's state: `Server::state(..)` sets it, `()` without"
)]
pub trait Read<S = ()>: Resource {
    /// What it is read as.
    type Output: IntoContents;

    /// Reads it once, by its variables.
    fn read(self, state: &S, cx: &Context) -> impl Future<Output = Result<Self::Output>> + Send;
}
