//! Roots: the folders that a client shows a server (client features, "Roots"; deprecated).

use serde::{Deserialize, Serialize};

use crate::json::Json;

/// The answer to `roots/list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ListRootsResult {
    /// All of them.
    pub roots: Vec<Root>,
}

/// A folder or file. The client's word: it grants nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Root {
    /// Where it is; begins with `file://`.
    pub uri: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// What extensions say of it, an object.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none", default)]
    pub meta: Option<Json>,
}

impl Root {
    /// A root without a name.
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), name: None, meta: None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_examples_of_the_specification_are_read_and_written() {
        for example in [
            json!({"roots": [{"uri": "file:///home/user/projects/myproject", "name": "My Project"}]}),
            json!({"roots": [
                {"uri": "file:///home/user/repos/frontend", "name": "Frontend Repository"},
                {"uri": "file:///home/user/repos/backend", "name": "Backend Repository"}]}),
            json!({"roots": [{"uri": "file:///a", "_meta": {"k": [1]}}]}),
        ] {
            let read: ListRootsResult = serde_json::from_str(&example.to_string()).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), example);
        }
        assert!(serde_json::from_value::<ListRootsResult>(Value::Null).is_err());
    }
}
