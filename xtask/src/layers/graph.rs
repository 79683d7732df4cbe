//! The dependency graph of one crate, as cargo resolves it for a set of features.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::rule::Features;
use crate::Result;
use crate::command::{cargo, output};

/// The dependencies by name. Versions are not told apart: a rule holds for all of them.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    edges: BTreeMap<String, BTreeSet<String>>,
}

/// Asks cargo, offline: normal dependencies on every platform.
pub(crate) fn resolve(package: &str, features: Features) -> Result<Graph> {
    let mut tree = cargo("tree --quiet --locked --edges normal --target all --prefix depth");
    tree.args(["--format", " {p}", "--package", package]);
    match features {
        Features::All => tree.arg("--all-features"),
        Features::None => tree.arg("--no-default-features"),
        Features::Only(set) => tree.args(["--no-default-features", "--features", set]),
    };
    Graph::parse(&output(&mut tree)?)
}

impl Graph {
    /// Reads lines of depth and name; the parent is the last line before it of one depth less.
    pub(crate) fn parse(tree: &str) -> Result<Self> {
        let (mut graph, mut above) = (Self::default(), Vec::<String>::new());
        for line in tree.lines().filter(|line| !line.trim().is_empty()) {
            let mut words = line.split_whitespace();
            let (Some(depth), Some(name)) = (words.next(), words.next()) else {
                return Err(format!("cargo tree said `{line}`").into());
            };
            let depth: usize = depth.parse()?;
            above.truncate(depth);
            if let Some(parent) = above.last() {
                graph.edges.entry(parent.clone()).or_default().insert(name.to_owned());
            }
            above.push(name.to_owned());
        }
        Ok(graph)
    }

    /// The shortest way between the two that does not pass through `avoid`.
    pub(crate) fn way(&self, from: &str, to: &str, avoid: Option<&str>) -> Option<Vec<&str>> {
        let start = self.edges.get_key_value(from)?.0.as_str();
        let mut came_from = BTreeMap::from([(start, start)]);
        let mut next = VecDeque::from([start]);
        while let Some(here) = next.pop_front() {
            for there in self.edges.get(here).into_iter().flatten() {
                if Some(there.as_str()) == avoid || came_from.contains_key(there.as_str()) {
                    continue;
                }
                came_from.insert(there, here);
                if there == to {
                    return Some(back(&came_from, there, start));
                }
                next.push_back(there);
            }
        }
        None
    }
}

/// The way that was come, from the start on.
fn back<'a>(came_from: &BTreeMap<&'a str, &'a str>, end: &'a str, start: &str) -> Vec<&'a str> {
    let mut way = vec![end];
    let mut here = end;
    while here != start {
        let Some(before) = came_from.get(here) else { break };
        here = before;
        way.push(here);
    }
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use super::Graph;

    const TREE: &str = "0 a v1\n1 b v1 (proc-macro)\n2 c v1\n1 d v2\n2 c v1 (*)\n2 e v1\n";

    #[test]
    fn depths_become_edges() {
        let graph = Graph::parse(TREE).unwrap();
        assert_eq!(graph.way("a", "e", None), Some(vec!["a", "d", "e"]));
        assert_eq!(graph.way("b", "e", None), None);
        assert_eq!(graph.way("e", "a", None), None);
    }

    #[test]
    fn a_way_can_be_barred() {
        let graph = Graph::parse(TREE).unwrap();
        assert_eq!(graph.way("a", "e", Some("d")), None);
        assert_eq!(graph.way("a", "c", Some("b")), Some(vec!["a", "d", "c"]));
    }

    #[test]
    fn an_unknown_line_is_a_fault() {
        assert!(Graph::parse("├── b v1").is_err());
    }
}
