//! Completion of arguments while somebody types them (server utilities, "Completion").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The most values of one answer (server utilities, "Completion", "Completion results").
pub const MAX_VALUES: usize = 100;

/// Parameters of `completion/complete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Complete {
    /// What the argument belongs to.
    #[serde(rename = "ref")]
    pub reference: Reference,
    /// What is typed.
    pub argument: Typed,
    /// What is known besides.
    #[serde(default)]
    pub context: Known,
}

/// What an argument belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum Reference {
    /// A prompt.
    #[serde(rename = "ref/prompt")]
    Prompt {
        /// Its name.
        name: String,
    },
    /// A family of resources.
    #[serde(rename = "ref/resource")]
    Resource {
        /// Its template, or a URI.
        uri: String,
    },
}

/// An argument as far as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Typed {
    /// Its name.
    pub name: String,
    /// What was typed.
    pub value: String,
}

/// Arguments that were given before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Known {
    /// By name.
    pub arguments: BTreeMap<String, String>,
}

/// The members of a `completion/complete` result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompleteResult {
    /// What may have been meant.
    pub completion: Completion,
}

/// What may have been meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Completion {
    /// The likeliest first; at most [`MAX_VALUES`].
    pub values: Vec<String>,
    /// How many there are in all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total: Option<u64>,
    /// Whether there are more than these.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub has_more: Option<bool>,
}

impl Completion {
    /// Of all that may have been meant as many as an answer may have, and how many there were.
    pub fn of(values: impl IntoIterator<Item = String>) -> Self {
        let mut all = values.into_iter();
        let values: Vec<String> = all.by_ref().take(MAX_VALUES).collect();
        // The rest is counted and not kept.
        let more = all.count();
        let total = u64::try_from(values.len() + more).ok();
        Self { values, total, has_more: Some(more > 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_by_what_they_refer_to() {
        let complete: Complete = serde_json::from_value(serde_json::json!({
            "ref": { "type": "ref/prompt", "name": "p" },
            "argument": { "name": "a", "value": "x" },
            "context": { "arguments": { "b": "y" } },
        }))
        .unwrap();
        assert_eq!(complete.reference, Reference::Prompt { name: "p".into() });
        assert_eq!(complete.context.arguments["b"], "y");
        let unknown = serde_json::json!({ "type": "ref/other", "uri": "x" });
        assert!(serde_json::from_value::<Reference>(unknown).is_err());
    }

    #[test]
    fn an_answer_has_no_more_than_it_may() {
        let completion = Completion::of((0..150).map(|n| n.to_string()));
        assert_eq!((completion.values.len(), completion.total), (MAX_VALUES, Some(150)));
        assert_eq!(completion.has_more, Some(true));
        assert_eq!(Completion::of(["a".to_owned()]).has_more, Some(false));
    }
}
