//! The forms a rule can have, and the judgement of each; no rule reads anything itself.

use super::graph::Graph;
use crate::manifest::Package;

/// A set of features to resolve a crate with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Features {
    All,
    None,
    /// These and not the default ones.
    Only(&'static str),
}

/// Dependencies that a crate must not reach.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) from: &'static str,
    pub(crate) features: Features,
    never: &'static [&'static str],
    through: Option<&'static str>,
}

impl Path {
    pub(crate) const fn never(from: &'static str, never: &'static [&'static str]) -> Self {
        Self { from, features: Features::All, never, through: None }
    }

    pub(crate) const fn with(mut self, features: Features) -> Self {
        self.features = features;
        self
    }

    /// Ways that pass through this crate are allowed.
    pub(crate) const fn unless_through(mut self, through: &'static str) -> Self {
        self.through = Some(through);
        self
    }

    /// One line for each forbidden dependency that is reached, with the way to it.
    pub(crate) fn judge(&self, graph: &Graph) -> Vec<String> {
        let ways = self.never.iter().filter_map(|to| graph.way(self.from, to, self.through));
        ways.map(|way| format!("forbidden ({:?} features): {}", self.features, way.join(" -> ")))
            .collect()
    }
}

/// What a manifest must say.
#[derive(Debug)]
pub(crate) enum Rule {
    /// Of the published crates, these alone name the dependency.
    DirectOnlyOf(&'static str, &'static [&'static str]),
    /// The crate takes the dependency without default features and with exactly these.
    DependencyFeatures(&'static str, &'static str, &'static [&'static str]),
    /// The crate's feature `default` is exactly these, sorted.
    DefaultFeatures(&'static str, &'static [&'static str]),
}

impl Rule {
    /// One line for each fault.
    pub(crate) fn judge(&self, packages: &[Package]) -> Vec<String> {
        match self {
            Self::DirectOnlyOf(dependency, allowed) => packages
                .iter()
                .filter(|package| package.is_published() && package.normal(dependency).is_some())
                .filter(|package| !allowed.contains(&package.name.as_str()))
                .map(|package| format!("{} names {dependency} itself", package.name))
                .collect(),
            Self::DependencyFeatures(name, dependency, expected) => {
                let entry = find(packages, name).and_then(|package| package.normal(dependency));
                let found = entry.map(|entry| sorted(&entry.features));
                let fits = entry.is_some_and(|entry| !entry.uses_default_features)
                    && found.as_deref() == Some(expected);
                let told =
                    format!("{name} must take {dependency} with {expected:?} alone: {entry:?}");
                if fits { Vec::new() } else { vec![told] }
            }
            Self::DefaultFeatures(name, expected) => {
                let default = find(packages, name).and_then(|it| it.features.get("default"));
                let found = default.map(|features| sorted(features));
                let told = format!("{name}: the default features must be {expected:?}: {found:?}");
                if found.as_deref() == Some(expected) { Vec::new() } else { vec![told] }
            }
        }
    }
}

fn find<'a>(packages: &'a [Package], name: &str) -> Option<&'a Package> {
    packages.iter().find(|package| package.name == name)
}

fn sorted(words: &[String]) -> Vec<&str> {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.sort_unstable();
    words
}

#[cfg(test)]
mod tests {
    use super::{Features, Path, Rule};
    use crate::layers::graph::Graph;
    use crate::manifest::parse;

    const TREE: &str = "0 facade v1\n1 auth v1\n2 client v1\n3 hyper v1\n1 server v1\n";

    #[test]
    fn a_forbidden_dependency_is_told_with_its_way() {
        let graph = Graph::parse(TREE).unwrap();
        let faults = Path::never("facade", &["hyper", "axum"]).judge(&graph);
        assert_eq!(faults, ["forbidden (All features): facade -> auth -> client -> hyper"]);
        assert!(Path::never("server", &["hyper"]).with(Features::None).judge(&graph).is_empty());
    }

    #[test]
    fn a_way_through_the_named_crate_is_allowed_and_no_other() {
        let path = Path::never("facade", &["hyper"]).unless_through("auth");
        assert!(path.judge(&Graph::parse(TREE).unwrap()).is_empty());
        let second_way = format!("{TREE}2 hyper v1\n");
        assert_eq!(path.judge(&Graph::parse(&second_way).unwrap()).len(), 1);
    }

    #[test]
    fn manifests_are_judged() {
        let metadata = r#"{"packages": [
            {"name": "auth", "publish": null, "version": "1.0.0", "features": {"default": ["b", "a"]},
             "dependencies": [
                {"name": "jose", "kind": null, "features": [], "uses_default_features": true},
                {"name": "tokio", "kind": null, "features": ["rt", "sync"], "uses_default_features": false},
                {"name": "tokio", "kind": "dev", "features": ["time"], "uses_default_features": false}]},
            {"name": "bench", "publish": [], "version": "1.0.0", "features": {}, "dependencies": [
                {"name": "jose", "kind": null, "features": [], "uses_default_features": true}]}
        ]}"#;
        let packages = parse(metadata).unwrap();
        let faults = |rule: Rule| rule.judge(&packages).len();
        assert_eq!(faults(Rule::DirectOnlyOf("jose", &["auth"])), 0);
        assert_eq!(faults(Rule::DirectOnlyOf("jose", &[])), 1);
        assert_eq!(faults(Rule::DependencyFeatures("auth", "tokio", &["rt", "sync"])), 0);
        assert_eq!(faults(Rule::DependencyFeatures("auth", "tokio", &["sync"])), 1);
        assert_eq!(faults(Rule::DependencyFeatures("auth", "jose", &[])), 1);
        assert_eq!(faults(Rule::DefaultFeatures("auth", &["a", "b"])), 0);
        assert_eq!(faults(Rule::DefaultFeatures("auth", &["a"])), 1);
        assert_eq!(faults(Rule::DefaultFeatures("gone", &["a"])), 1);
    }
}
