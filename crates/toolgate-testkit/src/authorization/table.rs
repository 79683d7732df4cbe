//! What a server remembers: so much, and then the oldest goes.

use std::collections::{HashMap, VecDeque};

/// Values by name. Never more than its bound.
#[derive(Debug)]
pub(super) struct Table<V> {
    bound: usize,
    values: HashMap<String, V>,
    /// Names in the order in which they came. Those that were taken out are here a little longer.
    order: VecDeque<String>,
}

impl<V> Table<V> {
    pub(super) fn new(bound: usize) -> Self {
        Self { bound, values: HashMap::new(), order: VecDeque::new() }
    }

    /// Puts it there in place of what was under that name. Names are random, so one that was taken
    /// out does not come back.
    pub(super) fn put(&mut self, name: String, value: V) {
        if self.values.insert(name.clone(), value).is_none() {
            self.order.push_back(name);
        }
        while self.order.len() > self.bound {
            if let Some(oldest) = self.order.pop_front() {
                self.values.remove(&oldest);
            }
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&V> {
        self.values.get(name)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        self.values.get_mut(name)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<V> {
        self.values.remove(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes() {
        let mut table = Table::new(2);
        for name in ["a", "b", "b", "c"] {
            table.put(name.to_owned(), name);
        }
        assert!(!table.has("a") && table.has("b") && table.has("c"));
        assert_eq!(table.take("b"), Some("b"));
        for at in 0..100 {
            table.put(at.to_string(), "x");
            table.take(&at.to_string());
        }
        assert!(table.order.len() <= 2 && table.values.is_empty());
    }
}
