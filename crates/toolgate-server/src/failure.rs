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
/// What the model should read is said with [`ToolError::shown`]. An [`Error`] says itself what the caller
/// gets; so does a library's error that has one as its [source](StdError::source).
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
            Ok(error) => Failure::told(*error).into(),
            Err(error) => match error.source().and_then(|source| source.downcast_ref::<Error>()) {
                Some(told) => Failure::told(told.clone()).into(),
                None => Failure::Hidden(error).into(),
            },
        }
    }
}

impl Failure {
    fn told(error: Error) -> Self {
        if error.is_shown() {
            Self::Shown(error.message().to_owned())
        } else {
            Self::Protocol(error)
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

#[cfg(test)]
mod tests {
    use toolgate_core::Denial;

    use super::*;

    #[derive(Debug)]
    struct Library(Option<Error>);

    impl fmt::Display for Library {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the database at 10.0.0.7")
        }
    }

    impl StdError for Library {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.0.as_ref().map(|told| told as _)
        }
    }

    fn failure(error: impl Into<ToolError>) -> Failure {
        error.into().into_failure()
    }

    #[test]
    fn an_error_of_the_core_says_what_the_caller_gets_and_others_stay_hidden() {
        let denied = || Error::denied(Denial::Unauthenticated);
        let denies = |failure| matches!(failure, Failure::Protocol(error) if error == denied());
        let says = |failure| matches!(failure, Failure::Shown(words) if words == "not now");
        assert!(denies(failure(denied())) && denies(failure(Library(Some(denied())))));
        let shown = || Error::shown("not now");
        assert!(says(failure(shown())) && says(failure(Library(Some(shown())))));
        assert!(matches!(failure(Library(None)), Failure::Hidden(_)));
    }
}
