//! Which of a request's extensions an authenticator may see.

use std::{
    any::{Any, TypeId},
    fmt,
};

use http::Extensions;

/// A type of extension that an authenticator may see.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    id: TypeId,
    find: for<'a> fn(&'a Extensions) -> Option<&'a (dyn Any + Send + Sync)>,
}

impl Shown {
    pub(crate) fn of<T: Send + Sync + 'static>() -> Self {
        Self {
            id: TypeId::of::<T>(),
            find: |all| all.get::<T>().map(|found| found as &(dyn Any + Send + Sync)),
        }
    }

    pub(crate) fn is(&self, of: TypeId) -> bool {
        self.id == of
    }

    pub(crate) fn find<'a>(&self, all: &'a Extensions) -> Option<&'a (dyn Any + Send + Sync)> {
        (self.find)(all)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}
