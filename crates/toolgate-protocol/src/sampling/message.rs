//! What is said between a model and those who talk to it.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

use crate::{content::Content, icon::Role, json::Json};

/// One message of a conversation with a model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SamplingMessage {
    /// Who says it.
    pub role: Role,
    /// What is said. One block is written without brackets.
    #[serde(with = "one_or_many")]
    pub content: Vec<SamplingContent>,
    /// What extensions say of it, an object.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none", default)]
    pub meta: Option<Json>,
}

impl SamplingMessage {
    /// Something that somebody says.
    pub fn new(role: Role, content: impl Into<SamplingContent>) -> Self {
        Self::of(role, vec![content.into()])
    }

    /// Several things that somebody says at once.
    pub fn of(role: Role, content: Vec<SamplingContent>) -> Self {
        Self { role, content, meta: None }
    }
}

/// One block of a message.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SamplingContent {
    /// Text, an image or sound; no other block may stand in a message.
    Block(Content),
    /// The model wants a tool used.
    ToolUse(ToolUse),
    /// What came of that.
    ToolResult(ToolResult),
}

impl SamplingContent {
    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Block(Content::Text(text)) => Some(&text.text),
            _ => None,
        }
    }
}

impl<C: Into<Content>> From<C> for SamplingContent {
    fn from(content: C) -> Self {
        Self::Block(content.into())
    }
}

/// The model wants a tool used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "tool_use")]
#[non_exhaustive]
pub struct ToolUse {
    /// What the result is told by.
    pub id: String,
    /// Which tool.
    pub name: String,
    /// With what.
    pub input: Map<String, Value>,
    /// What extensions say of it; kept, so that the client may cache.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none", default)]
    pub meta: Option<Map<String, Value>>,
}

/// What came of a tool's use.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename = "tool_result", rename_all = "camelCase")]
#[non_exhaustive]
pub struct ToolResult {
    /// The id of the use.
    pub tool_use_id: String,
    /// What the tool had to say.
    pub content: Vec<Content>,
    /// The same as data.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub structured_content: Option<Value>,
    /// Whether it failed.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_error: bool,
    /// What extensions say of it.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none", default)]
    pub meta: Option<Map<String, Value>>,
}

impl ToolResult {
    /// What the use of this id came to.
    pub fn new(tool_use_id: impl Into<String>, content: Vec<Content>) -> Self {
        Self {
            tool_use_id: tool_use_id.into(),
            content,
            structured_content: None,
            is_error: false,
            meta: None,
        }
    }
}

impl Serialize for SamplingContent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Block(content) => content.serialize(serializer),
            Self::ToolUse(tool_use) => tool_use.serialize(serializer),
            Self::ToolResult(result) => result.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SamplingContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let block = Map::deserialize(deserializer)?;
        let kind = block.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let block = Value::Object(block);
        let read = match kind.as_str() {
            "tool_use" => serde_json::from_value(block).map(Self::ToolUse),
            "tool_result" => serde_json::from_value(block).map(Self::ToolResult),
            "text" | "image" | "audio" => serde_json::from_value(block).map(Self::Block),
            _ => return Err(D::Error::custom("a message has no block of this type")),
        };
        read.map_err(D::Error::custom)
    }
}

/// One block, or a list of them.
pub(super) mod one_or_many {
    use super::{Deserializer, OneOrMany, SamplingContent, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        content: &[SamplingContent],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match content {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<SamplingContent>, D::Error> {
        deserializer.deserialize_any(OneOrMany)
    }
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Vec<SamplingContent>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a block of content or a list of them")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        SamplingContent::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut blocks = Vec::new();
        while let Some(block) = list.next_element()? {
            blocks.push(block);
        }
        Ok(blocks)
    }
}
