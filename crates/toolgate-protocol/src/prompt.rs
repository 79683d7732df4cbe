//! Prompts: their descriptions and messages (server features, "Prompts").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::Error;

use crate::{
    content::Content,
    icon::{Icon, Role},
    input::Answers,
    item_meta::ItemMeta,
    json::Json,
    object::{Object, Texts},
};

/// A prompt as `prompts/list` describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Prompt {
    /// Unique in a server.
    pub name: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// What it can be filled in with.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub arguments: Vec<PromptArgument>,
    /// Its pictures.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub icons: Vec<Icon>,
    /// What extensions say of it.
    #[serde(rename = "_meta", skip_serializing_if = "ItemMeta::is_empty", default)]
    pub meta: ItemMeta,
}

impl Prompt {
    /// A prompt by name, without arguments.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            title: None,
            description: None,
            arguments: Vec::new(),
            icons: Vec::new(),
            meta: ItemMeta::default(),
        }
    }
}

/// An argument of a prompt. All are text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// Whether the prompt cannot do without.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub required: bool,
}

impl PromptArgument {
    /// An argument that may be left out.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), title: None, description: None, required: false }
    }
}

/// One message of a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PromptMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: Content,
}

impl PromptMessage {
    /// Something that somebody says.
    pub fn new(role: Role, content: impl Into<Content>) -> Self {
        Self { role, content: content.into() }
    }

    /// Something that the person says.
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new(Role::User, content)
    }

    /// Something that the model says.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new(Role::Assistant, content)
    }
}

/// Parameters of `prompts/get`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GetPrompt {
    /// Which prompt.
    pub name: String,
    /// What to fill it in with.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub arguments: BTreeMap<String, String>,
    /// Answers by key, when the request is a retry.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub input_responses: BTreeMap<String, Json>,
    /// The state that the server gave with its questions. A peer's bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_state: Option<String>,
}

impl GetPrompt {
    /// Reads the parameters.
    ///
    /// # Errors
    /// When a member is missing, named twice or of another type.
    pub fn read(params: &Json) -> Result<Self, Error> {
        let members = Object::parse(params.as_bytes())?;
        let name = members.text("name").ok_or_else(|| Error::missing_field("name"))??;
        let arguments = members.take("arguments");
        let arguments = arguments.map(|raw| serde_json::from_str::<Texts>(raw.get()));
        let Answers { input_responses, request_state } = Answers::of(&members)?;
        Ok(Self {
            name: name.into_owned(),
            arguments: arguments.transpose()?.unwrap_or_default().0,
            input_responses,
            request_state,
        })
    }
}

/// The members of a completed `prompts/get` result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GetPromptResult {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// What is said, in order.
    pub messages: Vec<PromptMessage>,
}

impl GetPromptResult {
    /// What is said, in order.
    pub fn new(messages: Vec<PromptMessage>) -> Self {
        Self { description: None, messages }
    }

    /// The same, with what it is for.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_who_and_what() {
        let message = PromptMessage::new(Role::User, "hello");
        assert_eq!(
            serde_json::to_string(&message).unwrap(),
            r#"{"role":"user","content":{"type":"text","text":"hello"}}"#
        );
        let argument = serde_json::to_string(&PromptArgument::new("a")).unwrap();
        assert_eq!(argument, r#"{"name":"a"}"#);
    }

    #[test]
    fn arguments_are_text_and_named_once() {
        let read = |params: &'static str| GetPrompt::read(&Json::from_text(params).unwrap());
        let prompt = read(r#"{"name":"p","arguments":{"a":"x"},"requestState":"s"}"#).unwrap();
        assert_eq!((prompt.name.as_str(), prompt.arguments["a"].as_str()), ("p", "x"));
        assert_eq!(prompt.request_state.as_deref(), Some("s"));
        for params in [
            "{}",
            r#"{"name":"p","arguments":{"a":1}}"#,
            r#"{"name":"p","arguments":{"a":"x","a":"y"}}"#,
            r#"{"name":"p","arguments":[]}"#,
            r#"{"name":"p","inputResponses":null}"#,
        ] {
            assert!(read(params).is_err(), "{params}");
        }
    }
}
