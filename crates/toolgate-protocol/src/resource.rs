//! Resources: their descriptions and contents (server features, "Resources").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::{Error, Value};

use crate::{
    blob::Base64,
    icon::{Annotations, Icon},
    input::Answers,
    item_meta::ItemMeta,
    json::Json,
    object::Object,
};

/// A resource as `resources/list` describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Resource {
    /// What it is read by.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// What it is, for the model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// Its media type.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mime_type: Option<String>,
    /// For whom it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub annotations: Option<Annotations>,
    /// How large it is, in bytes before any encoding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size: Option<u64>,
    /// Its pictures.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub icons: Vec<Icon>,
    /// What extensions say of it.
    #[serde(rename = "_meta", skip_serializing_if = "ItemMeta::is_empty", default)]
    pub meta: ItemMeta,
}

impl Resource {
    /// A resource by URI and name.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            name: name.into(),
            title: None,
            description: None,
            mime_type: None,
            annotations: None,
            size: None,
            icons: Vec::new(),
            meta: ItemMeta::default(),
        }
    }
}

/// A family of resources as `resources/templates/list` describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourceTemplate {
    /// What their URIs look like (RFC 6570).
    pub uri_template: String,
    /// Its name.
    pub name: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// What they are, for the model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// The media type that all of them have.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mime_type: Option<String>,
    /// For whom they are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub annotations: Option<Annotations>,
    /// Its pictures.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub icons: Vec<Icon>,
    /// What extensions say of it.
    #[serde(rename = "_meta", skip_serializing_if = "ItemMeta::is_empty", default)]
    pub meta: ItemMeta,
}

impl ResourceTemplate {
    /// A family by template and name.
    pub fn new(uri_template: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            uri_template: uri_template.into(),
            name: name.into(),
            title: None,
            description: None,
            mime_type: None,
            annotations: None,
            icons: Vec::new(),
            meta: ItemMeta::default(),
        }
    }
}

/// What is in a resource: text, or bytes in Base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Contents {
    /// What it was read by, or a part of that.
    pub uri: String,
    /// Its media type.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mime_type: Option<String>,
    /// Text; then there is no `blob`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// Bytes; then there is no `text`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub blob: Option<Base64>,
    /// What extensions say of it.
    #[serde(rename = "_meta", skip_serializing_if = "ItemMeta::is_empty", default)]
    pub meta: ItemMeta,
}

impl Contents {
    /// Text.
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        let text = Some(text.into());
        Self { uri: uri.into(), mime_type: None, text, blob: None, meta: ItemMeta::default() }
    }

    /// Bytes.
    pub fn blob(uri: impl Into<String>, bytes: impl Into<Base64>) -> Self {
        let blob = Some(bytes.into());
        Self { uri: uri.into(), mime_type: None, text: None, blob, meta: ItemMeta::default() }
    }

    /// The same, of a media type.
    #[must_use]
    pub fn mime_type(self, mime_type: impl Into<String>) -> Self {
        Self { mime_type: Some(mime_type.into()), ..self }
    }

    /// The same, with what an extension says of it.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.meta.insert(key, value);
        self
    }
}

/// Parameters of `resources/read`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReadResource {
    /// What to read.
    pub uri: String,
    /// Answers by key, when the request is a retry.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub input_responses: BTreeMap<String, Json>,
    /// The state that the server gave with its questions. A peer's bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_state: Option<String>,
}

impl ReadResource {
    /// Reads the parameters.
    ///
    /// # Errors
    /// When a member is missing, named twice or of another type.
    pub fn read(params: &Json) -> Result<Self, Error> {
        let members = Object::parse(params.as_bytes())?;
        let uri = members.text("uri").ok_or_else(|| Error::missing_field("uri"))??;
        let Answers { input_responses, request_state } = Answers::of(&members)?;
        Ok(Self { uri: uri.into_owned(), input_responses, request_state })
    }
}

/// The members of a completed `resources/read` result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReadResourceResult {
    /// What is in it; never empty.
    pub contents: Vec<Contents>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_not_sent() {
        let text = |value: &Contents| serde_json::to_string(value).unwrap();
        assert_eq!(text(&Contents::text("a:b", "x")), r#"{"uri":"a:b","text":"x"}"#);
        assert_eq!(
            text(&Contents::blob("a:b", b"x").mime_type("image/png")),
            r#"{"uri":"a:b","mimeType":"image/png","blob":"eA=="}"#
        );
        let resource = serde_json::to_string(&Resource::new("a:b", "n")).unwrap();
        assert_eq!(resource, r#"{"uri":"a:b","name":"n"}"#);
        let template = serde_json::to_string(&ResourceTemplate::new("a:{b}", "n")).unwrap();
        assert_eq!(template, r#"{"uriTemplate":"a:{b}","name":"n"}"#);
    }
}
