//! Content blocks of results and prompts.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;

use crate::{
    blob::Base64,
    icon::{Annotations, Role},
    item_meta::ItemMeta,
    json::Json,
    resource::{Contents, Resource},
};

/// One block of content (server features, "Tools", "Tool result").
///
/// ```
/// use toolgate_protocol::{Content, icon::Role, resource::Resource};
///
/// let words = Content::text("Two pictures follow.").audience([Role::User]).priority(0.9);
/// let picture = Content::image(&b"\x89PNG.."[..], "image/png");
/// let link = Content::link(Resource::new("file:///b.png", "b"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Text.
    Text(Text),
    /// An image.
    Image(Media),
    /// Sound.
    Audio(Media),
    /// A resource, without what is in it.
    ResourceLink(Resource),
    /// A resource, with what is in it.
    Resource(Embedded),
}

/// A block of text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Text {
    /// The text.
    pub text: String,
    /// For whom it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub annotations: Option<Annotations>,
    /// What extensions say of it.
    #[serde(rename = "_meta", skip_serializing_if = "ItemMeta::is_empty", default)]
    pub meta: ItemMeta,
}

/// A picture or sound.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Media {
    /// Its bytes.
    pub data: Base64,
    /// Its media type.
    pub mime_type: String,
    /// For whom it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub annotations: Option<Annotations>,
    /// What extensions say of it.
    #[serde(rename = "_meta", skip_serializing_if = "ItemMeta::is_empty", default)]
    pub meta: ItemMeta,
}

/// A resource within a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Embedded {
    /// What is in it.
    pub resource: Contents,
    /// For whom it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub annotations: Option<Annotations>,
    /// What extensions say of it.
    #[serde(rename = "_meta", skip_serializing_if = "ItemMeta::is_empty", default)]
    pub meta: ItemMeta,
}

impl Content {
    /// A block of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Text { text: text.into(), ..Text::default() })
    }

    /// An image.
    pub fn image(data: impl Into<Base64>, mime_type: impl Into<String>) -> Self {
        Self::Image(Media::new(data, mime_type))
    }

    /// Sound.
    pub fn audio(data: impl Into<Base64>, mime_type: impl Into<String>) -> Self {
        Self::Audio(Media::new(data, mime_type))
    }

    /// A resource, without what is in it.
    pub fn link(resource: Resource) -> Self {
        Self::ResourceLink(resource)
    }

    /// A resource, with what is in it.
    pub fn resource(contents: Contents) -> Self {
        Self::Resource(Embedded {
            resource: contents,
            annotations: None,
            meta: ItemMeta::default(),
        })
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(&text.text),
            _ => None,
        }
    }

    /// For whom it is.
    #[must_use]
    pub fn audience(mut self, audience: impl IntoIterator<Item = Role>) -> Self {
        self.annotations_mut().audience = audience.into_iter().collect();
        self
    }

    /// How much it matters: from 0, which may be left out, to 1, which may not.
    #[must_use]
    pub fn priority(mut self, priority: f64) -> Self {
        self.annotations_mut().priority = Some(priority);
        self
    }

    /// When it last changed, as ISO 8601 has it.
    #[must_use]
    pub fn last_modified(mut self, when: impl Into<String>) -> Self {
        self.annotations_mut().last_modified = Some(when.into());
        self
    }

    /// What an extension says of it.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        let meta = match &mut self {
            Self::Text(text) => &mut text.meta,
            Self::Image(media) | Self::Audio(media) => &mut media.meta,
            Self::ResourceLink(resource) => &mut resource.meta,
            Self::Resource(embedded) => &mut embedded.meta,
        };
        meta.insert(key, value);
        self
    }

    fn annotations_mut(&mut self) -> &mut Annotations {
        let annotations = match self {
            Self::Text(text) => &mut text.annotations,
            Self::Image(media) | Self::Audio(media) => &mut media.annotations,
            Self::ResourceLink(resource) => &mut resource.annotations,
            Self::Resource(embedded) => &mut embedded.annotations,
        };
        annotations.get_or_insert_default()
    }
}

impl Media {
    fn new(data: impl Into<Base64>, mime_type: impl Into<String>) -> Self {
        Self { data: data.into(), mime_type: mime_type.into(), ..Self::default() }
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<Contents> for Content {
    fn from(contents: Contents) -> Self {
        Self::resource(contents)
    }
}

// serde's own way to tell blocks apart copies them into a form that text kept as it is cannot be
// read from.
impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Kind {
            r#type: String,
        }
        let block = Json::deserialize(deserializer)?;
        let Kind { r#type: kind } = block.parse().map_err(D::Error::custom)?;
        let read = match kind.as_str() {
            "text" => block.parse().map(Self::Text),
            "image" => block.parse().map(Self::Image),
            "audio" => block.parse().map(Self::Audio),
            "resource_link" => block.parse().map(Self::ResourceLink),
            "resource" => block.parse().map(Self::Resource),
            _ => return Err(D::Error::custom("a block of content of an unknown type")),
        };
        read.map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_block_is_written_and_read_as_the_schema_has_it() {
        let rows = [
            (Content::text("a"), json!({ "type": "text", "text": "a" })),
            (
                Content::image(b"\x00", "image/png"),
                json!({ "type": "image", "data": "AA==", "mimeType": "image/png" }),
            ),
            (
                Content::audio(Base64::encoded("AA=="), "audio/wav"),
                json!({ "type": "audio", "data": "AA==", "mimeType": "audio/wav" }),
            ),
            (
                Content::link(Resource::new("a:b", "n")).priority(0.5),
                json!({ "type": "resource_link", "uri": "a:b", "name": "n",
                        "annotations": { "priority": 0.5 } }),
            ),
            (
                Content::resource(Contents::text("a:b", "x")).meta("e.x/k", json!({ "a": [1] })),
                json!({ "type": "resource", "resource": { "uri": "a:b", "text": "x" },
                        "_meta": { "e.x/k": { "a": [1] } } }),
            ),
            (
                Content::text("a").audience([Role::User, Role::Assistant]).last_modified("2026"),
                json!({ "type": "text", "text": "a", "annotations": {
                    "audience": ["user", "assistant"], "lastModified": "2026" } }),
            ),
        ];
        for (content, wire) in rows {
            assert_eq!(serde_json::to_value(&content).unwrap(), wire);
            assert_eq!(serde_json::from_value::<Content>(wire.clone()).unwrap(), content);
            let text = serde_json::to_string(&wire).unwrap();
            assert_eq!(serde_json::from_str::<Content>(&text).unwrap(), content);
        }
        for wire in [json!({ "type": "video" }), json!({ "text": "a" }), json!({ "type": "text" })]
        {
            assert!(serde_json::from_value::<Content>(wire.clone()).is_err(), "{wire}");
        }
    }
}
