//! What an item answered, as layers around it have it.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use toolgate_core::protocol::{
    Json, prompt::GetPromptResult, resource::Contents, tool::CallToolResult,
};

use crate::failure::Result;

/// What an item answered: as its handler did, before anything is added for the wire.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Answer {
    /// A tool. Data that is no object at its root is not wrapped yet.
    Tool(CallToolResult),
    /// A resource, or one of a family.
    Resource(Vec<Contents>),
    /// A prompt.
    Prompt(GetPromptResult),
}

impl Answer {
    /// Edits every text of it that a client is shown: in content, in data at any depth, in what is
    /// read. Not bytes, and not what says of what sort something is.
    ///
    /// # Errors
    /// When what was edited is no answer any more.
    pub fn edit_texts(&mut self, mut edit: impl FnMut(&mut String)) -> Result<()> {
        match self {
            Self::Tool(result) => {
                if let Some(data) = &mut result.structured_content {
                    let mut value: Value = data.parse()?;
                    edited(&mut value, &[], &mut edit);
                    *data = Json::of(&value)?;
                }
                result.content = known(&result.content, &mut edit)?;
            }
            Self::Resource(contents) => *contents = known(contents, &mut edit)?,
            Self::Prompt(result) => *result = known(result, &mut edit)?,
        }
        Ok(())
    }
}

/// Members of the protocol's own shapes that are no text for anybody.
const NO_TEXT: &[&str] = &["type", "role", "mimeType", "data", "blob"];

/// Edits a shape of the protocol. By its JSON, so that no member is missed that is added to it later.
fn known<T: Serialize + DeserializeOwned>(
    shape: &T,
    edit: &mut impl FnMut(&mut String),
) -> Result<T> {
    let mut value = serde_json::to_value(shape)?;
    edited(&mut value, NO_TEXT, edit);
    Ok(serde_json::from_value(value)?)
}

fn edited(value: &mut Value, except: &[&str], edit: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => edit(text),
        Value::Array(values) => values.iter_mut().for_each(|value| edited(value, except, edit)),
        Value::Object(members) => {
            let members = members.iter_mut().filter(|(name, _)| !except.contains(&name.as_str()));
            members.for_each(|(_, value)| edited(value, except, edit));
        }
        _ => {}
    }
}

/// What handlers of one kind answer with.
pub(crate) trait Answers: Send + 'static {
    fn into_answer(self) -> Answer;

    /// None where it is one of another kind.
    fn of_answer(answer: Answer) -> Option<Self>
    where
        Self: Sized;
}

macro_rules! answers {
    ($($type:ty: $kind:ident)*) => {$(
        impl Answers for $type {
            fn into_answer(self) -> Answer {
                Answer::$kind(self)
            }

            fn of_answer(answer: Answer) -> Option<Self> {
                match answer {
                    Answer::$kind(answer) => Some(answer),
                    _ => None,
                }
            }
        }
    )*};
}

answers! { CallToolResult: Tool Vec<Contents>: Resource GetPromptResult: Prompt }
