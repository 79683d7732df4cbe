//! Watching for changes (server utilities, "Subscriptions").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{id::RequestId, json::Members, meta};

/// Parameters of `subscriptions/listen`, and of its acknowledgement, which says what of it is
/// honoured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Listen {
    /// What is watched.
    pub notifications: Filter,
}

impl Listen {
    /// Watches this.
    pub fn new(notifications: Filter) -> Self {
        Self { notifications }
    }
}

/// What a subscription is told of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Filter {
    /// That the list of tools changed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tools_list_changed: bool,
    /// That the list of prompts changed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub prompts_list_changed: bool,
    /// That the list of resources, or that of templates, changed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resources_list_changed: bool,
    /// That what is read by one of these URIs changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_subscriptions: Vec<String>,
}

impl Filter {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Parameters of `notifications/resources/updated`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Updated {
    /// What changed.
    pub uri: String,
}

impl Updated {
    /// What is read by this URI changed.
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into() }
    }
}

/// The member of `_meta` that says which subscription a message belongs to: the id of its request,
/// of the same JSON type.
pub fn subscription(id: &RequestId) -> Members {
    Members::of(&BTreeMap::from([(meta::SUBSCRIPTION_ID, id)])).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_watched_is_not_said() {
        let text = r#"{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a:b"]}}"#;
        let listen: Listen = serde_json::from_str(text).unwrap();
        assert!(listen.notifications.tools_list_changed && !listen.notifications.is_empty());
        assert_eq!(serde_json::to_string(&listen).unwrap(), text);
        assert!(
            serde_json::from_str::<Listen>(r#"{"notifications":{}}"#)
                .unwrap()
                .notifications
                .is_empty()
        );
        assert!(serde_json::from_str::<Listen>("{}").is_err());
    }

    #[test]
    fn a_subscription_is_called_as_its_request_was() {
        let written = |id: RequestId| subscription(&id).to_object().as_bytes().to_vec();
        assert!(written(7.into()).ends_with(b":7}"));
        assert!(written("7".into()).ends_with(b":\"7\"}"));
    }
}
