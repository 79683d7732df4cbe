//! Scopes that contain others, and roles that do: declared once, followed to the end once.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use crate::scopes::Scopes;

/// Which names contain which: whoever holds `files:write` holds `files:read` too, where that was
/// declared. Made before anybody is served; without declarations it costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Hierarchy {
    /// By name, all that comes with it.
    gives: BTreeMap<Box<str>, Scopes>,
    /// By name, all that it comes with.
    comes_with: BTreeMap<Box<str>, Scopes>,
}

impl Hierarchy {
    /// What follows from declarations: a name, and what it contains. What a contained name contains
    /// is contained too.
    ///
    /// # Errors
    /// The names that would contain themselves: two that do so are one, and that is hardly meant.
    pub fn of<'a>(
        declared: impl IntoIterator<Item = (&'a str, &'a Scopes)>,
    ) -> Result<Self, Scopes> {
        let mut direct: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, contained) in declared {
            direct.entry(name).or_default().extend(contained.iter());
        }
        let mut hierarchy = Self::default();
        let mut comes_with: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for name in direct.keys() {
            let all = reached(&direct, name);
            for contained in &all {
                comes_with.entry(contained).or_default().insert(name);
            }
            hierarchy.gives.insert((*name).into(), all.into_iter().collect());
        }
        let named = |(name, with): (&str, BTreeSet<&str>)| (name.into(), with.iter().collect());
        hierarchy.comes_with = comes_with.into_iter().map(named).collect();
        let circular = hierarchy.gives.iter().filter(|(name, all)| all.contains(name));
        let circular: Scopes = circular.map(|(name, _)| name).collect();
        if circular.is_empty() { Ok(hierarchy) } else { Err(circular) }
    }

    /// Whether nothing contains anything.
    pub fn is_empty(&self) -> bool {
        self.gives.is_empty()
    }

    /// Whether whoever holds `held` has `needed`.
    pub fn has(&self, held: &Scopes, needed: &str) -> bool {
        held.contains(needed)
            || self
                .comes_with
                .get(needed)
                .is_some_and(|with| with.iter().any(|it| held.contains(it)))
    }

    /// Whether whoever holds `held` has all of `needed`.
    pub fn has_all(&self, held: &Scopes, needed: &Scopes) -> bool {
        needed.iter().all(|needed| self.has(held, needed))
    }

    /// All that whoever holds `held` has.
    pub fn all<'a>(&self, held: &'a Scopes) -> Cow<'a, Scopes> {
        let mut given = held.iter().filter_map(|name| self.gives.get(name)).peekable();
        if given.peek().is_none() {
            return Cow::Borrowed(held);
        }
        Cow::Owned(given.fold(held.clone(), |all, given| all.union(given)))
    }

    /// The names that contain others.
    pub fn names(&self) -> Scopes {
        self.gives.keys().collect()
    }
}

/// All that `from` leads to; itself only where something leads back to it.
fn reached<'a>(direct: &BTreeMap<&str, BTreeSet<&'a str>>, from: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = vec![from];
    while let Some(name) = open.pop() {
        let next = direct.get(name).into_iter().flatten();
        open.extend(next.copied().filter(|next| reached.insert(*next)));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(declared: &[(&str, &[&str])]) -> Result<Hierarchy, Scopes> {
        let declared: Vec<(&str, Scopes)> =
            declared.iter().map(|(name, all)| (*name, all.iter().collect())).collect();
        Hierarchy::of(declared.iter().map(|(name, all)| (*name, all)))
    }

    #[test]
    fn what_is_contained_in_what_is_contained_counts() {
        let files: &[(&str, &[&str])] =
            &[("write", &["read"]), ("admin", &["write", "share"]), ("read", &["list"])];
        let files = of(files).unwrap();
        let has = |held: &str, needed: &str| files.has(&Scopes::split(held), needed);
        assert!(has("admin", "list") && has("write", "list") && has("x admin", "share"));
        assert!(!has("write", "share") && !has("list", "read") && !has("", "list"), "one way only");
        assert!(has("other", "other") && !has("other", "another"));
        assert!(files.has_all(&["admin"].into(), &["read", "share"].into()));
        assert!(!files.has_all(&["write"].into(), &["read", "share"].into()));
        let all = |held: &str| files.all(&Scopes::split(held)).to_string();
        assert_eq!(all("admin x"), "admin list read share write x");
        assert_eq!(all("list"), "list");
        assert_eq!(files.names().to_string(), "admin read write");
    }

    #[test]
    fn several_declarations_of_a_name_add_up() {
        let both = of(&[("a", &["b"]), ("a", &["c"]), ("d", &["c"])]).unwrap();
        assert_eq!(both.all(&["a"].into()).to_string(), "a b c");
        assert!(both.has(&["d"].into(), "c"));
    }

    #[test]
    fn a_circle_is_told_and_ends() {
        let circle = |declared: &[(&str, &[&str])]| of(declared).unwrap_err().to_string();
        assert_eq!(circle(&[("a", &["a"])]), "a");
        assert_eq!(circle(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("z", &["a"])]), "a b c");
    }

    #[test]
    fn without_declarations_nothing_is_copied() {
        let (none, held) = (Hierarchy::default(), Scopes::from(["a"]));
        assert!(none.is_empty() && none.has(&held, "a") && !none.has(&held, "b"));
        assert!(matches!(none.all(&held), Cow::Borrowed(_)));
        assert!(none.names().is_empty());
    }
}
