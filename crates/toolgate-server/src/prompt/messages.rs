//! What a prompt can become.

use toolgate_core::protocol::{
    Content,
    prompt::{GetPromptResult, PromptMessage},
};

use crate::failure::Result;

/// What a prompt can become: one thing that the user says, or a conversation.
#[diagnostic::on_unimplemented(
    message = "a prompt cannot become `{Self}`",
    note = "text, `Content`, `PromptMessage`, `Vec<PromptMessage>` and `GetPromptResult` will do"
)]
pub trait IntoMessages: Send + Sized + 'static {
    /// The messages. Where no description comes along, the prompt's own is sent.
    ///
    /// # Errors
    /// When the value refuses to be serialized.
    fn into_messages(self) -> Result<GetPromptResult>;
}

impl IntoMessages for String {
    fn into_messages(self) -> Result<GetPromptResult> {
        PromptMessage::user(self).into_messages()
    }
}

impl IntoMessages for &'static str {
    fn into_messages(self) -> Result<GetPromptResult> {
        PromptMessage::user(self).into_messages()
    }
}

impl IntoMessages for Content {
    fn into_messages(self) -> Result<GetPromptResult> {
        PromptMessage::user(self).into_messages()
    }
}

impl IntoMessages for PromptMessage {
    fn into_messages(self) -> Result<GetPromptResult> {
        vec![self].into_messages()
    }
}

impl IntoMessages for Vec<PromptMessage> {
    fn into_messages(self) -> Result<GetPromptResult> {
        Ok(GetPromptResult::new(self))
    }
}

impl IntoMessages for GetPromptResult {
    fn into_messages(self) -> Result<GetPromptResult> {
        Ok(self)
    }
}
