//! A conversation to be continued by the client's model.

use toolgate_core::protocol::{
    content::Content,
    icon::Role,
    sampling::{
        CreateMessage, CreateMessageResult, IncludeContext, ModelHint, ModelPreferences,
        SamplingMessage, ToolChoice, ToolMode, ToolResult,
    },
    tool::Tool,
};

/// A conversation to be continued by the client's model (client features, "Sampling"; deprecated).
///
/// ```
/// use toolgate_server::Sampling;
///
/// let question = Sampling::new(100)
///     .system("Answer in one word.")
///     .user("What is the capital of France?")
///     .hint("claude");
/// ```
#[derive(Clone, Debug)]
pub struct Sampling(CreateMessage);

impl Sampling {
    /// An empty conversation, to be continued by at most so many tokens.
    pub fn new(max_tokens: u64) -> Self {
        Self(CreateMessage::new(max_tokens))
    }

    /// What the person says.
    #[must_use]
    pub fn user(self, content: impl Into<Content>) -> Self {
        self.message(SamplingMessage::new(Role::User, content.into()))
    }

    /// What the model said.
    #[must_use]
    pub fn assistant(self, content: impl Into<Content>) -> Self {
        self.message(SamplingMessage::new(Role::Assistant, content.into()))
    }

    /// What anybody said.
    #[must_use]
    pub fn message(mut self, message: SamplingMessage) -> Self {
        self.0.messages.push(message);
        self
    }

    /// What the model asked of tools, and what came of it: all results in one message, as the
    /// conversation has to have them.
    #[must_use]
    pub fn used(self, said: &CreateMessageResult, results: Vec<ToolResult>) -> Self {
        let results =
            results.into_iter().map(toolgate_core::protocol::sampling::SamplingContent::ToolResult);
        self.message(said.to_message()).message(SamplingMessage::of(Role::User, results.collect()))
    }

    /// What the model is told beforehand.
    #[must_use]
    pub fn system(mut self, prompt: impl Into<String>) -> Self {
        self.0.system_prompt = Some(prompt.into());
        self
    }

    /// How much is left to chance.
    #[must_use]
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.0.temperature = Some(temperature);
        self
    }

    /// A text after which the model stops; added to others.
    #[must_use]
    pub fn stop(mut self, text: impl Into<String>) -> Self {
        self.0.stop_sequences.push(text.into());
        self
    }

    /// A model that would do, by its name or a part of it; added behind better ones.
    #[must_use]
    pub fn hint(mut self, model: impl Into<String>) -> Self {
        self.preferences().hints.push(ModelHint::new(model));
        self
    }

    /// How much it matters that the model is cheap, fast and clever, each from 0 to 1.
    #[must_use]
    pub fn priorities(mut self, cost: f64, speed: f64, intelligence: f64) -> Self {
        let preferences = self.preferences();
        preferences.cost_priority = Some(cost);
        preferences.speed_priority = Some(speed);
        preferences.intelligence_priority = Some(intelligence);
        self
    }

    /// A tool that the model may use; needs `sampling.tools` of the client.
    #[must_use]
    pub fn tool(mut self, tool: Tool) -> Self {
        self.0.tools.push(tool);
        self
    }

    /// Whether it may, must or must not use tools; needs `sampling.tools` of the client.
    #[must_use]
    pub fn tool_choice(mut self, mode: ToolMode) -> Self {
        self.0.tool_choice = Some(ToolChoice::new(mode));
        self
    }

    /// What else of the client's the model is told; needs `sampling.context`, unless it is nothing.
    #[must_use]
    pub fn include(mut self, context: IncludeContext) -> Self {
        self.0.include_context = Some(context);
        self
    }

    fn preferences(&mut self) -> &mut ModelPreferences {
        self.0.model_preferences.get_or_insert_default()
    }

    /// Whether the model may use a tool.
    pub(super) fn offers_tools(&self) -> bool {
        let forbidden = self.0.tool_choice.is_some_and(|choice| choice.mode == ToolMode::None);
        !self.0.tools.is_empty() && !forbidden
    }

    pub(super) fn params(&self) -> &CreateMessage {
        &self.0
    }
}

impl From<CreateMessage> for Sampling {
    fn from(params: CreateMessage) -> Self {
        Self(params)
    }
}
