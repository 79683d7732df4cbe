//! What an identity holds besides what it says: the author's own types.

use std::{fmt, sync::Arc};

use toolgate_core::{Identity, PrincipalType, Refusal};

use super::Claims;

/// Puts one of the author's own types into an identity.
#[derive(Clone)]
pub(crate) struct Principal {
    pub(crate) of: PrincipalType,
    make: Make,
}

type Make = Arc<dyn Fn(&Claims, &mut Identity) -> Result<(), Refusal> + Send + Sync>;

impl Principal {
    pub(crate) fn new<U, F>(make: F) -> Self
    where
        U: Send + Sync + 'static,
        F: Fn(&Claims) -> Result<U, Refusal> + Send + Sync + 'static,
    {
        let put = move |claims: &Claims, identity: &mut Identity| {
            identity.ext.insert(make(claims)?);
            Ok(())
        };
        Self { of: PrincipalType::of::<U>(), make: Arc::new(put) }
    }

    /// # Errors
    /// When the author's code refuses.
    pub(crate) fn put(&self, claims: &Claims, identity: &mut Identity) -> Result<(), Refusal> {
        (self.make)(claims, identity)
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.of.name())
    }
}
