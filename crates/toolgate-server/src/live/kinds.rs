//! Changing resources and prompts while they are served.

use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toolgate_core::{Context, StartError, bus::Change};

use super::Live;
use crate::{
    failure::Result,
    prompt::{IntoMessages, PromptSpec, Render, entry as prompt},
    resource::{IntoContents, Read, ResourceSpec, entry as resource},
};

impl<S: Send + Sync + 'static> Live<S> {
    /// Adds a resource, or a family of them, that is a type.
    ///
    /// # Errors
    /// What is wrong with it, or that its URI is taken; then nothing has changed.
    pub fn add_resource<T: Read<S>>(&self) -> Result<(), StartError> {
        self.put_resource(resource::of_type::<T, S>(&self.shared))
    }

    /// Adds a resource, or a family of them, that is a closure.
    ///
    /// # Errors
    /// As for [`add_resource`](Self::add_resource).
    pub fn add_resource_fn<A, F, R, O>(&self, spec: ResourceSpec, read: F) -> Result<(), StartError>
    where
        A: DeserializeOwned + Send + 'static,
        F: Fn(A, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O>> + Send + 'static,
        O: IntoContents,
    {
        self.put_resource(resource::of_closure(spec, read, &self.shared))
    }

    /// Takes a resource away, or a family, by its URI or template. Whether there was one.
    pub fn remove_resource(&self, uri: &str) -> bool {
        self.edit(Change::Resources, |shelf| {
            shelf.items.resources.remove(uri) || shelf.items.templates.remove(uri)
        })
    }

    /// Hides a resource, or a family, from everybody, or shows it again. Whether that changed
    /// anything.
    pub fn enable_resource(&self, uri: &str, enabled: bool) -> bool {
        self.edit(Change::Resources, |shelf| {
            shelf.items.resources.switch(uri, enabled) || shelf.items.templates.switch(uri, enabled)
        })
    }

    /// Tells those who watch a URI that what is read by it has changed.
    pub fn resource_updated(&self, uri: impl Into<String>) {
        self.stock.teller.tell(Change::Resource { uri: uri.into() });
    }

    /// Adds a prompt that is a type.
    ///
    /// # Errors
    /// What is wrong with it, or that its name is taken; then nothing has changed.
    pub fn add_prompt<T: Render<S>>(&self) -> Result<(), StartError> {
        self.put_prompt(prompt::of_type::<T, S>(&self.shared))
    }

    /// Adds a prompt that is a closure.
    ///
    /// # Errors
    /// As for [`add_prompt`](Self::add_prompt).
    pub fn add_prompt_fn<A, F, R, O>(&self, spec: PromptSpec, render: F) -> Result<(), StartError>
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O>> + Send + 'static,
        O: IntoMessages,
    {
        self.put_prompt(prompt::of_closure(spec, render, &self.shared))
    }

    /// Takes a prompt away. Whether there was one of that name.
    pub fn remove_prompt(&self, name: &str) -> bool {
        self.edit(Change::Prompts, |shelf| shelf.items.prompts.remove(name))
    }

    /// Hides a prompt from everybody, or shows it again. Whether that changed anything.
    pub fn enable_prompt(&self, name: &str, enabled: bool) -> bool {
        self.edit(Change::Prompts, |shelf| shelf.items.prompts.switch(name, enabled))
    }

    fn put_resource(&self, made: resource::Made) -> Result<(), StartError> {
        let added = self.stock.change(Change::Resources, |shelf| shelf.items.add_resource(made));
        added.or_else(StartError::check)
    }

    fn put_prompt(&self, made: prompt::Made) -> Result<(), StartError> {
        let added = self.stock.change(Change::Prompts, |shelf| shelf.items.add_prompt(made));
        added.or_else(StartError::check)
    }
}
