//! Sampling: asking the client's model (client features, "Sampling"; deprecated).

mod message;

use serde::{Deserialize, Serialize};

pub use self::message::{SamplingContent, SamplingMessage, ToolResult, ToolUse};
use crate::{icon::Role, json::Json, tool::Tool};

/// Parameters of `sampling/createMessage`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreateMessage {
    /// What was said so far.
    pub messages: Vec<SamplingMessage>,
    /// Which model is wanted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model_preferences: Option<ModelPreferences>,
    /// What the model is told beforehand.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub system_prompt: Option<String>,
    /// What else of the client's it is told. Deprecated but for `none`, which absent means too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub include_context: Option<IncludeContext>,
    /// How much is left to chance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub temperature: Option<f64>,
    /// The largest number of tokens.
    pub max_tokens: u64,
    /// Texts after which the model stops.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub stop_sequences: Vec<String>,
    /// For whoever runs the model; an object.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metadata: Option<Json>,
    /// Tools that the model may use; only where the client declared `sampling.tools`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tools: Vec<Tool>,
    /// How it uses them; likewise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tool_choice: Option<ToolChoice>,
}

impl CreateMessage {
    /// An empty conversation, to be continued by at most so many tokens.
    pub fn new(max_tokens: u64) -> Self {
        Self {
            messages: Vec::new(),
            model_preferences: None,
            system_prompt: None,
            include_context: None,
            temperature: None,
            max_tokens,
            stop_sequences: Vec::new(),
            metadata: None,
            tools: Vec::new(),
            tool_choice: None,
        }
    }
}

/// Which model is wanted. The client decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ModelPreferences {
    /// Names or parts of names, the best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<ModelHint>,
    /// How much it matters that it is cheap, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_priority: Option<f64>,
    /// How much it matters that it is fast, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_priority: Option<f64>,
    /// How much it matters that it is clever, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intelligence_priority: Option<f64>,
}

/// A model that would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelHint {
    /// Its name or a part of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
}

impl ModelHint {
    /// By name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()) }
    }
}

/// What else of the client's the model is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum IncludeContext {
    /// Nothing.
    None,
    /// What the client knows of this server.
    ThisServer,
    /// What it knows of all.
    AllServers,
}

/// How the model uses tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolChoice {
    /// Whether it may, must or must not.
    pub mode: ToolMode,
}

impl ToolChoice {
    /// Whether it may, must or must not.
    pub fn new(mode: ToolMode) -> Self {
        Self { mode }
    }
}

/// Whether the model uses tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ToolMode {
    /// As it likes.
    Auto,
    /// At least one.
    Required,
    /// None.
    None,
}

/// The answer to `sampling/createMessage`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreateMessageResult {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    #[serde(with = "message::one_or_many")]
    pub content: Vec<SamplingContent>,
    /// The model's name.
    pub model: String,
    /// Why it stopped: `endTurn`, `stopSequence`, `maxTokens`, `toolUse` or something else.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stop_reason: Option<String>,
}

impl CreateMessageResult {
    /// What is said in text.
    pub fn text(&self) -> String {
        self.content.iter().filter_map(SamplingContent::as_text).collect()
    }

    /// The tools that it wants used.
    pub fn tool_uses(&self) -> impl Iterator<Item = &ToolUse> {
        self.content.iter().filter_map(|content| match content {
            SamplingContent::ToolUse(tool_use) => Some(tool_use),
            _ => None,
        })
    }

    /// As a message of the conversation that goes on.
    pub fn to_message(&self) -> SamplingMessage {
        SamplingMessage::of(self.role, self.content.clone())
    }
}

#[cfg(test)]
mod tests;
