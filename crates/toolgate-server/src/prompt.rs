//! Prompts: a struct of arguments and the messages that they are filled in to.

pub(crate) mod arguments;
pub(crate) mod entry;
pub(crate) mod get;
pub(crate) mod messages;
pub(crate) mod spec;

use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toolgate_core::Context;

pub use self::{messages::IntoMessages, spec::PromptSpec};
use crate::failure::Result;

/// What a prompt is. Written by `#[derive(Prompt)]`.
///
/// Its fields are the prompt's arguments, which arrive as text.
pub trait Prompt: DeserializeOwned + JsonSchema + Send + 'static {
    /// Its description.
    fn spec() -> PromptSpec;
}

/// How a prompt is filled in. `S` is the server's state.
///
/// Dropping the future cancels the request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be filled in with state `{S}`",
    label = "no `impl Render<{S}> for {Self}`",
    note = "a prompt uses the server's state: `Server::state(..)` sets it, `()` without"
)]
pub trait Render<S = ()>: Prompt {
    /// What it becomes.
    type Output: IntoMessages;

    /// Fills it in once.
    fn render(self, state: &S, cx: &Context) -> impl Future<Output = Result<Self::Output>> + Send;
}
