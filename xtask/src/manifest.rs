//! The workspace's own manifests, as cargo reads them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Result;
use crate::command::{cargo, output};

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The registries it may go to: any if absent, none if empty.
    publish: Option<Vec<String>>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    name: String,
    /// Absent for a normal one, else `dev` or `build`.
    kind: Option<String>,
    pub(crate) features: Vec<String>,
    pub(crate) uses_default_features: bool,
}

impl Package {
    pub(crate) fn is_published(&self) -> bool {
        self.publish.as_ref().is_none_or(|registries| !registries.is_empty())
    }

    /// The normal dependency of this name.
    pub(crate) fn normal(&self, name: &str) -> Option<&Dependency> {
        self.dependencies.iter().find(|it| it.name == name && it.kind.is_none())
    }
}

pub(crate) fn read() -> Result<Vec<Package>> {
    parse(&output(&mut cargo("metadata --format-version 1 --no-deps"))?)
}

pub(crate) fn parse(metadata: &str) -> Result<Vec<Package>> {
    let metadata: Metadata = serde_json::from_str(metadata)?;
    Ok(metadata.packages)
}
