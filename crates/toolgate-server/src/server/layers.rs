//! Putting layers around what a server does.

use super::Server;
use crate::layer::{Inner, Outer, inner, outer};

impl<S> Server<S> {
    /// A layer around every request, within those that were added before.
    #[must_use]
    pub fn outer(mut self, layer: impl Outer) -> Self {
        self.layers.outer.push(outer::erased(layer));
        self
    }

    /// A layer around the work of every tool, resource and prompt, within those that were added
    /// before.
    #[must_use]
    pub fn inner(mut self, layer: impl Inner) -> Self {
        self.layers.inner.push(inner::erased(layer));
        self
    }
}
