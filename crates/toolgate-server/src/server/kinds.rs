//! Adding resources and prompts to a server.

use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toolgate_core::{Context, bus::Change};

use super::Server;
use crate::{
    failure::Result,
    prompt::{IntoMessages, PromptSpec, Render, entry as prompt},
    resource::{IntoContents, Read, ResourceSpec, entry as resource},
    shelf::Shelf,
};

impl<S: Send + Sync + 'static> Server<S> {
    /// Adds a resource, or a family of them, that is a type.
    #[must_use]
    pub fn resource<T: Read<S>>(self) -> Self {
        let made = resource::of_type::<T, S>(&self.shared);
        self.add_resource(made)
    }

    /// Adds a resource that is a closure: of `()` where its URI has no variables, of their struct
    /// where it has.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use toolgate_server::{ResourceSpec, SafePath, Server};
    ///
    /// #[derive(Deserialize)]
    /// struct Note { path: SafePath }
    ///
    /// let server = Server::new("notes", "1.0.0")
    ///     .resource_fn(ResourceSpec::new("notes://about"), |(), _cx| async { Ok("My notes.") })
    ///     .resource_fn(ResourceSpec::new("notes://all/{+path}"), |note: Note, _cx| async move {
    ///         Ok(format!("What stands in {}.", note.path))
    ///     });
    /// ```
    #[must_use]
    pub fn resource_fn<A, F, R, O>(self, spec: ResourceSpec, read: F) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        F: Fn(A, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O>> + Send + 'static,
        O: IntoContents,
    {
        let made = resource::of_closure(spec, read, &self.shared);
        self.add_resource(made)
    }

    /// Adds a prompt that is a type.
    #[must_use]
    pub fn prompt<T: Render<S>>(self) -> Self {
        let made = prompt::of_type::<T, S>(&self.shared);
        self.add_prompt(made)
    }

    /// Adds a prompt that is a closure: of `()` where it has no arguments, of their struct where it
    /// has.
    #[must_use]
    pub fn prompt_fn<A, F, R, O>(self, spec: PromptSpec, render: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O>> + Send + 'static,
        O: IntoMessages,
    {
        let made = prompt::of_closure(spec, render, &self.shared);
        self.add_prompt(made)
    }

    fn add_resource(mut self, made: resource::Made) -> Self {
        let add = |shelf: &mut Shelf| shelf.items.add_resource(made);
        let added = self.stock.change(Change::Resources, add);
        self.problems.extend(added.err().into_iter().flatten());
        self
    }

    fn add_prompt(mut self, made: prompt::Made) -> Self {
        let add = |shelf: &mut Shelf| shelf.items.add_prompt(made);
        let added = self.stock.change(Change::Prompts, add);
        self.problems.extend(added.err().into_iter().flatten());
        self
    }
}
