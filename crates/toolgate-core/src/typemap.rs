//! Values by type: what an authenticator knows of a caller, in the author's own types.

use std::{
    any::{Any, TypeId, type_name},
    fmt,
    sync::Arc,
};

/// At most one value of each type. Holds few, so a look-up is a short scan.
#[derive(Clone, Default)]
pub struct TypeMap(Vec<(TypeId, Arc<dyn Any + Send + Sync>)>);

impl TypeMap {
    /// Puts a value in, in place of an earlier one of its type.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.0.retain(|(id, _)| *id != TypeId::of::<T>());
        self.0.push((TypeId::of::<T>(), Arc::new(value)));
    }

    /// The value of type `T`.
    pub fn find<T: Send + Sync + 'static>(&self) -> Option<&T> {
        let (_, value) = self.0.iter().find(|(id, _)| *id == TypeId::of::<T>())?;
        value.downcast_ref()
    }
}

impl fmt::Debug for TypeMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypeMap({} values)", self.0.len())
    }
}

/// The type of a principal: one that an authenticator makes, or that a tool needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PrincipalType {
    id: TypeId,
    name: &'static str,
}

impl PrincipalType {
    /// The type `T`.
    pub fn of<T: Send + Sync + 'static>() -> Self {
        Self { id: TypeId::of::<T>(), name: type_name::<T>() }
    }

    /// Its name, for people.
    pub fn name(&self) -> &'static str {
        self.name
    }
}
