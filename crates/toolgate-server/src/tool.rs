//! What an author writes: a struct of arguments and what to do with them.

pub(crate) mod arguments;
pub(crate) mod call;
pub(crate) mod entry;
pub(crate) mod handler;
pub(crate) mod output;
pub(crate) mod schema;
pub(crate) mod spec;

use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toolgate_core::Context;

pub use self::{
    output::{Json, Output},
    spec::ToolSpec,
};
use crate::failure::Result;

/// What a tool is. Written by `#[derive(Tool)]`.
///
/// The schema of the arguments is put into words that all clients take. One that is written by hand and
/// names its `$schema` is served as it stands.
pub trait Tool: DeserializeOwned + JsonSchema + Send + 'static {
    /// Its description.
    fn spec() -> ToolSpec;
}

/// What a tool does. `S` is the server's state.
///
/// Dropping the future cancels the call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run with state `{S}`",
    label = "no `impl Run<{S}> for {Self}`",
    note = "a tool runs with the server's state: `Server::state(..)` sets it, `()` without"
)]
pub trait Run<S = ()>: Tool {
    /// What it answers with.
    type Output: Output;

    /// Runs once with its arguments.
    fn run(self, state: &S, cx: &Context) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// What a tool does that blocks its thread: file systems, native libraries, long computations.
///
/// Runs on the blocking pool. A caller who goes away does not stop it, so a bounded number runs at
/// a time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run blocking with state `{S}`",
    label = "no `impl RunBlocking<{S}> for {Self}`"
)]
pub trait RunBlocking<S = ()>: Tool {
    /// What it answers with.
    type Output: Output;

    /// Runs once with its arguments.
    ///
    /// # Errors
    /// Whatever the tool says went wrong.
    fn run(self, state: &S, cx: &Context) -> Result<Self::Output>;
}
