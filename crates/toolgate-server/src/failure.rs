//! How a tool fails: with words for the model, or with a cause for the log.

use std::{error::Error as StdError, fmt};

use toolgate_core::{
    BoxError, Error,
    protocol::input::{InputRequest, InputRequired},
};

/// What a tool returns.
pub type Result<T, E = ToolError> = std::result::Result<T, E>;

/// Why a tool did not answer.
///
/// Any error turns into one with `?` and stays hidden: the caller gets an id, the log the cause.
/// What the model should read is said with [`ToolError::shown`].
///
/// ```
/// use toolgate_server::{Result, ToolError};
///
/// fn parse(text: &str) -> Result<u32> {
///     if text.is_empty() {
///         return Err(ToolError::shown("the text is empty"));
///     }
///     Ok(text.parse()?) // hidden
/// }
/// ```
pub struct ToolError(Box<Failure>);

pub(crate) enum Failure {
    Shown(String),
    Hidden(BoxError),
    Protocol(Error),
    Asks(InputRequired),
}

impl ToolError {
    /// An error that the model reads, as a result with `isError`.
    pub fn shown(message: impl Into<String>) -> Self {
        Failure::Shown(message.into()).into()
    }

    /// An error of which the caller learns only an id.
    pub fn hidden(error: impl Into<BoxError>) -> Self {
        Failure::Hidden(error.into()).into()
    }

    /// Asks the client for something; the answers bring the call back from its start, in
    /// [`Context::answers`](toolgate_core::Context::answers) under the same key.
    pub fn asks(key: impl Into<String>, request: InputRequest) -> Self {
        let mut question = InputRequired::default();
        question.input_requests.insert(key.into(), request);
        Failure::Asks(question).into()
    }

    pub(crate) fn into_failure(self) -> Failure {
        *self.0
    }
}

impl From<Failure> for ToolError {
    fn from(failure: Failure) -> Self {
        Self(Box::new(failure))
    }
}

// `ToolError` is no `std::error::Error` itself, or this would collide with `From<T> for T`.
impl<E: StdError + Send + Sync + 'static> From<E> for ToolError {
    fn from(error: E) -> Self {
        let error: BoxError = Box::new(error);
        match error.downcast::<Error>() {
            Ok(error) => Failure::Protocol(*error).into(),
            Err(error) => Failure::Hidden(error).into(),
        }
    }
}

impl fmt::Debug for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Failure::Shown(message) => f.debug_tuple("Shown").field(message).finish(),
            Failure::Hidden(error) => f.debug_tuple("Hidden").field(error).finish(),
            Failure::Protocol(error) => f.debug_tuple("Protocol").field(error).finish(),
            Failure::Asks(_) => f.write_str("Asks"),
        }
    }
}
