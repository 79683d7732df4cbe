//! Asking the client: its person, its model, its folders.
//!
//! A handler that asks is run again from its top once the client has answered, and then has the
//! answers. So questions come before what must not be done twice.

pub(crate) mod desk;
pub mod form;
pub(crate) mod settings;

mod digest;
mod question;
mod questions;
mod sampling;
pub(crate) mod state;
mod url;
mod used;

use std::future::{Future, ready};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toolgate_core::{
    Context,
    protocol::{roots::Root, sampling::CreateMessageResult},
};

pub use self::{
    question::{Form, Page, Question, Roots, Sample, Sheet},
    questions::{Append, Questions},
    sampling::Sampling,
};
use crate::{
    capability::{Declared, Need},
    failure::{Failure, Result},
};

/// What a handler can ask the client.
///
/// Each question has a key, which the client sees and answers under. The first time there is no
/// answer, and `?` ends the handler; the client is asked, and calls again. Then the handler runs
/// from its top, and the question has its answer. Whatever it did before asking it does again.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::Deserialize;
/// # use toolgate_core::Context;
/// use toolgate_server::{Asking, Elicited, Result, ToolError};
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Login {
///     /// As on your badge.
///     name: String,
/// }
///
/// async fn run(cx: &Context) -> Result<String> {
///     match cx.elicit::<Login>("user_name", "Who are you?").await? {
///         Elicited::Accepted(login) => Ok(format!("Hello, {}!", login.name)),
///         Elicited::Declined => Ok("Hello, whoever you are!".into()),
///         Elicited::Cancelled => Err(ToolError::shown("nobody answered")),
///     }
/// }
/// ```
///
/// A client that did not declare that it can answer gets `-32021`; `can_elicit` and its like tell
/// beforehand. An answer that is none to its question is `-32602`, naming the field.
pub trait Asking {
    /// Asks the person to fill in a form with the fields of `T`: text, numbers, yes or no, and
    /// unit enums. Not for secrets; [`form::check`] tells in a test whether a form can ask for `T`.
    ///
    /// # Errors
    /// The question, where it is open; what is wrong with its answer or its form.
    fn elicit<T: DeserializeOwned + JsonSchema + Send>(
        &self,
        key: impl Into<String>,
        message: impl Into<String>,
    ) -> impl Future<Output = Result<Elicited<T>>> + Send {
        self.ask(Form::new(key, message))
    }

    /// Asks the person to open a page. `Accepted` says that they agreed to, not that they did what
    /// is to be done there: whoever serves the page knows that, and must see to it that it is the
    /// same person.
    ///
    /// # Errors
    /// The question, where it is open; what is wrong with its answer or its URL.
    fn elicit_url(
        &self,
        key: impl Into<String>,
        message: impl Into<String>,
        url: impl Into<String>,
    ) -> impl Future<Output = Result<Elicited<()>>> + Send {
        self.ask(Page::new(key, message, url))
    }

    /// Asks the client's model. Deprecated in 2026-07-28.
    ///
    /// # Errors
    /// The question, where it is open; what is wrong with its answer.
    fn sample(
        &self,
        key: impl Into<String>,
        sampling: impl Into<Sampling>,
    ) -> impl Future<Output = Result<CreateMessageResult>> + Send {
        self.ask(Sample::new(key, sampling))
    }

    /// Asks for the folders that the client shows. Its word, which grants nothing. Deprecated in
    /// 2026-07-28.
    ///
    /// # Errors
    /// The question, where it is open; what is wrong with its answer.
    fn roots(&self, key: impl Into<String>) -> impl Future<Output = Result<Vec<Root>>> + Send {
        self.ask(Roots::new(key))
    }

    /// Asks several things at once: [`Questions`], or a tuple, `Vec` or `Option` of questions.
    ///
    /// # Errors
    /// All questions that are open; what is wrong with an answer.
    fn ask<Q: Question>(&self, question: Q) -> impl Future<Output = Result<Q::Answer>> + Send {
        ready(self.ask_blocking(question))
    }

    /// The same for a handler that blocks its thread. It does not wait: an open question ends it.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    fn ask_blocking<Q: Question>(&self, question: Q) -> Result<Q::Answer>;

    /// The same context without the answer to one question, so that it is asked again.
    #[must_use]
    fn asking_again(&self, key: &str) -> Self;

    /// Whether the client shows forms.
    fn can_elicit(&self) -> bool;
    /// Whether it opens pages.
    fn can_elicit_url(&self) -> bool;
    /// Whether it has a model.
    fn can_sample(&self) -> bool;
    /// Whether that model uses tools.
    fn can_sample_with_tools(&self) -> bool;
    /// Whether it shows folders.
    fn has_roots(&self) -> bool;
}

impl Asking for Context {
    fn ask_blocking<Q: Question>(&self, question: Q) -> Result<Q::Answer> {
        let mut sheet = Sheet::new(self.answers());
        let answer = question.put(&mut sheet)?;
        match (sheet.open(), answer) {
            (None, Some(answer)) => Ok(answer),
            (open, _) => Err(Failure::Asks(open.unwrap_or_default()).into()),
        }
    }

    fn asking_again(&self, key: &str) -> Self {
        let mut answers = self.answers().clone();
        answers.input_responses.remove(key);
        self.clone().with_answers(answers)
    }

    fn can_elicit(&self) -> bool {
        Declared::of(self.meta()).has(Need::Form)
    }

    fn can_elicit_url(&self) -> bool {
        Declared::of(self.meta()).has(Need::Url)
    }

    fn can_sample(&self) -> bool {
        Declared::of(self.meta()).has(Need::Sampling)
    }

    fn can_sample_with_tools(&self) -> bool {
        Declared::of(self.meta()).has(Need::SamplingTools)
    }

    fn has_roots(&self) -> bool {
        Declared::of(self.meta()).has(Need::Roots)
    }
}

/// What the person did with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "no other answer exists, and a `match` without a rest is what sees to all of them"
)]
pub enum Elicited<T> {
    /// They answered, or agreed to open the page.
    Accepted(T),
    /// They said no.
    Declined,
    /// They went away without saying.
    Cancelled,
}

impl<T> Elicited<T> {
    /// The answer, where there is one.
    pub fn accepted(self) -> Option<T> {
        match self {
            Self::Accepted(answer) => Some(answer),
            Self::Declined | Self::Cancelled => None,
        }
    }
}

/// How an item takes the answers to what it asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AskPolicy {
    /// Each state that a client is given counts once, and in the process that gave it.
    pub single_use: bool,
    /// Answers count that a first try brings, before anything was asked.
    pub unasked: bool,
}
