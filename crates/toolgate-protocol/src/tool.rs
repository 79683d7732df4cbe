//! Tools: their descriptions, calls and results (server features, "Tools").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::Error;

use crate::{
    content::Content,
    icon::Icon,
    input::Answers,
    item_meta::ItemMeta,
    json::{Json, Members},
    object::Object,
};

/// A tool as `tools/list` describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tool {
    /// Unique in a server.
    pub name: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// What it does, for the model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// JSON Schema of the arguments; an object at its root.
    pub input_schema: Json,
    /// JSON Schema of `structuredContent`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_schema: Option<Json>,
    /// Hints about its behaviour.
    #[serde(skip_serializing_if = "Annotations::is_empty", default)]
    pub annotations: Annotations,
    /// Its pictures.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub icons: Vec<Icon>,
    /// What extensions say of it.
    #[serde(rename = "_meta", skip_serializing_if = "ItemMeta::is_empty", default)]
    pub meta: ItemMeta,
}

impl Tool {
    /// A tool with a name and a schema of its arguments.
    pub fn new(name: impl Into<String>, input_schema: Json) -> Self {
        Self {
            name: name.into(),
            title: None,
            description: None,
            input_schema,
            output_schema: None,
            annotations: Annotations::default(),
            icons: Vec::new(),
            meta: ItemMeta::default(),
        }
    }
}

/// Hints about a tool's behaviour. A client must not rely on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Annotations {
    /// It changes nothing. Absent means it may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only_hint: Option<bool>,
    /// What it changes may be lost. Absent means so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destructive_hint: Option<bool>,
    /// Calling it again with equal arguments changes nothing more. Absent means it may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotent_hint: Option<bool>,
    /// It deals with the outside world. Absent means so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_world_hint: Option<bool>,
}

impl Annotations {
    /// Whether no hint is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Parameters of `tools/call`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CallTool {
    /// Which tool.
    pub name: String,
    /// Its arguments; absent counts as `{}`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arguments: Option<Json>,
    /// Answers by key, when the call is a retry.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub input_responses: BTreeMap<String, Json>,
    /// The state that the server gave with its questions. A peer's bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_state: Option<String>,
}

impl CallTool {
    /// Reads the parameters of a call; arguments share the bytes of `params`.
    ///
    /// # Errors
    /// When a member is missing, named twice or of another type.
    pub fn read(params: &Json) -> Result<Self, Error> {
        let members = Object::parse(params.as_bytes())?;
        let name = members.text("name").ok_or_else(|| Error::missing_field("name"))??;
        let Answers { input_responses, request_state } = Answers::of(&members)?;
        Ok(Self {
            name: name.into_owned(),
            arguments: members.take("arguments").map(|raw| Json::within(params.bytes(), raw)),
            input_responses,
            request_state,
        })
    }
}

/// The members of a completed `tools/call` result.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CallToolResult {
    /// What the tool has to say.
    pub content: Vec<Content>,
    /// The same as data, per the tool's output schema.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub structured_content: Option<Json>,
    /// Whether the tool failed in a way that the model should see.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_error: bool,
}

impl CallToolResult {
    /// A result of content alone.
    pub fn new(content: Vec<Content>) -> Self {
        Self { content, ..Self::default() }
    }

    /// The members, written without reading `structured_content` again.
    ///
    /// # Errors
    /// When content refuses to be serialized.
    pub fn to_members(&self) -> Result<Members, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Short<'a> {
            content: &'a [Content],
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            is_error: bool,
        }
        let short = Members::of(&Short { content: &self.content, is_error: self.is_error })?;
        Ok(match &self.structured_content {
            Some(data) => short.and(&Members::value("structuredContent", data)),
            None => short,
        })
    }

    /// A failure that the model should see.
    pub fn error(message: impl Into<String>) -> Self {
        Self { content: vec![Content::text(message)], structured_content: None, is_error: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(params: &'static str) -> Result<CallTool, Error> {
        CallTool::read(&Json::from_text(params).unwrap())
    }

    #[test]
    fn a_call_is_read_without_copying_its_arguments() {
        let params =
            Json::from_text(r#"{"name":"t","arguments":{"a":1},"requestState":"s"}"#).unwrap();
        let call = CallTool::read(&params).unwrap();
        let arguments = call.arguments.unwrap();
        assert_eq!((call.name.as_str(), arguments.as_bytes()), ("t", &br#"{"a":1}"#[..]));
        assert!(params.as_bytes().as_ptr_range().contains(&arguments.as_bytes().as_ptr()));
        assert_eq!(call.request_state.as_deref(), Some("s"));
    }

    #[test]
    fn what_is_no_call_is_refused() {
        for params in [
            "{}",
            "[]",
            r#"{"name":1}"#,
            r#"{"name":"a","name":"b"}"#,
            r#"{"name":"a","inputResponses":[]}"#,
            r#"{"name":"a","requestState":1}"#,
        ] {
            assert!(read(params).is_err(), "{params}");
        }
    }
}
