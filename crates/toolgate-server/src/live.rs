//! Changing what is served while it is served.

mod kinds;

use std::{fmt, future::Future, sync::Arc};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toolgate_core::{Context, StartError, bus::Change};

use crate::{
    failure::Result,
    shared::Shared,
    shelf::{Shelf, Stock},
    tool::{
        Run, RunBlocking, ToolSpec,
        entry::{Made, ToolEntry},
        output::Output,
    },
};

/// Changes what a server serves while it serves it; made by [`Server::live`](crate::Server::live).
///
/// Every change takes hold with the next request, and whoever watches is told of it. A request that
/// runs goes on with what there was. Clones change the same server.
///
/// ```
/// use toolgate_server::{Server, ToolSpec};
///
/// # #[derive(serde::Deserialize, schemars::JsonSchema)] struct Nothing {}
/// let server = Server::new("calendar", "1.0.0");
/// let live = server.live();
/// // Later, perhaps when a plug-in was loaded:
/// live.add_tool_fn(ToolSpec::new("today"), |_: Nothing, _cx| async { Ok("a Friday") }).unwrap();
/// assert!(live.enable_tool("today", false));
/// assert!(live.remove_tool("today"));
/// ```
pub struct Live<S = ()> {
    pub(crate) stock: Arc<Stock>,
    pub(crate) shared: Shared<S>,
}

impl<S: Send + Sync + 'static> Live<S> {
    /// Adds a tool that is a type, at the end of the list.
    ///
    /// # Errors
    /// What is wrong with the tool, or that its name is taken; then nothing has changed.
    pub fn add_tool<T: Run<S>>(&self) -> Result<(), StartError> {
        self.add(ToolEntry::of_type::<T, S>(&self.shared))
    }

    /// Adds a tool that is a closure.
    ///
    /// # Errors
    /// As for [`add_tool`](Self::add_tool).
    pub fn add_tool_fn<A, F, R, O>(&self, spec: ToolSpec, run: F) -> Result<(), StartError>
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O>> + Send + 'static,
        O: Output,
    {
        self.add(ToolEntry::of_closure(spec, run, &self.shared))
    }

    /// Adds a tool that is a type and blocks its thread.
    ///
    /// # Errors
    /// As for [`add_tool`](Self::add_tool).
    pub fn add_blocking_tool<T: RunBlocking<S>>(&self) -> Result<(), StartError> {
        self.add(ToolEntry::of_blocking_type::<T, S>(&self.shared))
    }

    /// Adds a tool that is a closure and blocks its thread.
    ///
    /// # Errors
    /// As for [`add_tool`](Self::add_tool).
    pub fn add_blocking_tool_fn<A, F, O>(&self, spec: ToolSpec, run: F) -> Result<(), StartError>
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, Context) -> Result<O> + Send + Sync + 'static,
        O: Output,
    {
        self.add(ToolEntry::of_blocking_closure(spec, run, &self.shared))
    }

    fn add(&self, made: Made) -> Result<(), StartError> {
        let added = made.and_then(|tool| {
            self.stock.change(Change::Tools, |shelf| {
                shelf.items.tools.add(tool).map_err(|taken| vec![taken])
            })
        });
        added.or_else(StartError::check)
    }

    /// Takes a tool away. Whether there was one of that name.
    pub fn remove_tool(&self, name: &str) -> bool {
        self.edit(Change::Tools, |shelf| shelf.items.tools.remove(name))
    }

    /// Hides a tool from everybody, or shows it again in its old place. Whether that changed
    /// anything.
    pub fn enable_tool(&self, name: &str, enabled: bool) -> bool {
        self.edit(Change::Tools, |shelf| shelf.items.tools.switch(name, enabled))
    }

    /// A change that may turn out to be none, of which nobody is told.
    fn edit(&self, what: Change, edit: impl FnOnce(&mut Shelf) -> bool) -> bool {
        let changed =
            self.stock.change(what, |shelf| if edit(shelf) { Ok(()) } else { Err(Vec::new()) });
        changed.is_ok()
    }
}

impl<S> Clone for Live<S> {
    fn clone(&self) -> Self {
        Self { stock: self.stock.clone(), shared: self.shared.clone() }
    }
}

impl<S> fmt::Debug for Live<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}
