//! What can be asked: forms, pages, models, roots, and several of them at once.

use std::{collections::BTreeSet, marker::PhantomData};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use toolgate_core::{
    Error,
    protocol::{
        Json,
        elicitation::{Action, Elicit, ElicitResult},
        input::{Answers, InputRequest, InputRequired},
        method,
        roots::{ListRootsResult, Root},
        sampling::CreateMessageResult,
    },
};

use super::{Elicited, form, sampling::Sampling, url};
use crate::{
    failure::{Failure, Result, ToolError},
    tool::arguments,
};

/// What the client can be asked.
///
/// Tuples of questions are one: all that is open in them goes out at once. `None` asks nothing.
pub trait Question: Send {
    /// What its answer is read as.
    type Answer: Send;

    /// The answer, or what has to be asked for it, left on the sheet.
    ///
    /// # Errors
    /// When the answer is not one to this question, or the question cannot be asked.
    fn put(self, sheet: &mut Sheet<'_>) -> Result<Option<Self::Answer>>;
}

/// What was answered, and what has still to be asked.
#[derive(Debug)]
pub struct Sheet<'a> {
    answers: &'a Answers,
    keys: BTreeSet<String>,
    open: InputRequired,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(answers: &'a Answers) -> Self {
        Self { answers, keys: BTreeSet::new(), open: InputRequired::default() }
    }

    /// The answer to a question, which is asked where there is none.
    fn answer<P: Serialize>(
        &mut self,
        key: String,
        method: &str,
        params: impl FnOnce() -> Result<P>,
    ) -> Result<Option<Answer<'a>>> {
        if !self.keys.insert(key.clone()) {
            return Err(ToolError::hidden(format!("two questions have the key `{key}`")));
        }
        if let Some(json) = self.answers.input_responses.get(&key) {
            return Ok(Some(Answer { key, json }));
        }
        let request = InputRequest::new(method, Json::of(&params()?)?);
        self.open.input_requests.insert(key, request);
        Ok(None)
    }

    /// What has to be asked, where anything has.
    pub(super) fn open(self) -> Option<InputRequired> {
        Some(self.open).filter(|open| !open.input_requests.is_empty())
    }
}

struct Answer<'a> {
    key: String,
    json: &'a Json,
}

impl Answer<'_> {
    fn read<T: DeserializeOwned>(&self, part: &Json) -> Result<T> {
        arguments::read(part).map_err(|problem| self.wrong(&problem))
    }

    fn elicited(&self) -> Result<ElicitResult> {
        self.read(self.json)
    }

    fn wrong(&self, problem: &str) -> ToolError {
        let words = format!("the answer to `{}` is not valid: {problem}", self.key);
        Failure::Protocol(Error::invalid_params(words)).into()
    }
}

/// A form whose fields are those of `T`.
#[derive(Debug)]
pub struct Form<T> {
    key: String,
    message: String,
    schema: Option<String>,
    fields: PhantomData<fn() -> T>,
}

impl<T> Form<T> {
    /// Asks under a key, and says why.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into(), schema: None, fields: PhantomData }
    }

    /// The same, with a form that is written here, as JSON, in place of the one that `T` makes. The
    /// answer keeps to it, and is read as a `T`.
    ///
    /// What is no form is a failure of the handler, which the log tells of;
    /// [`form::check_text`](crate::form::check_text) tells in a test.
    ///
    /// ```
    /// # use schemars::JsonSchema;
    /// # use serde::Deserialize;
    /// # use toolgate_core::Context;
    /// use toolgate_server::{Asking, Elicited, Form, Result};
    ///
    /// #[derive(Deserialize, JsonSchema)]
    /// struct Shirt {
    ///     size: String,
    /// }
    ///
    /// const SHIRT: &str = r#"{
    ///     "type": "object",
    ///     "properties": {
    ///         "size": {"type": "string", "enum": ["s", "l"], "enumNames": ["Small", "Large"]}
    ///     },
    ///     "required": ["size"]
    /// }"#;
    ///
    /// async fn run(cx: &Context) -> Result<Elicited<Shirt>> {
    ///     cx.ask(Form::new("shirt", "Which size?").schema(SHIRT)).await
    /// }
    /// ```
    #[must_use]
    pub fn schema(self, schema: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), ..self }
    }
}

impl<T: DeserializeOwned + JsonSchema + Send> Question for Form<T> {
    type Answer = Elicited<T>;

    fn put(self, sheet: &mut Sheet<'_>) -> Result<Option<Elicited<T>>> {
        let Self { key, message, schema, .. } = self;
        let form = || match &schema {
            Some(text) => form::written(text),
            None => form::form::<T>(),
        };
        let params = || Ok(Elicit::Form { message, requested_schema: form()? });
        let Some(answer) = sheet.answer(key, method::ELICIT, params)? else { return Ok(None) };
        let ElicitResult { action, content, .. } = answer.elicited()?;
        Ok(Some(match action {
            Action::Accept => {
                let content = content.unwrap_or_else(Json::object);
                let form = form()?;
                let kept = match &schema {
                    Some(_) => form::fits(&form, &content),
                    None => Ok(()),
                };
                kept.map_err(|problem| answer.wrong(&problem))?;
                let accepted = answer.read(&content)?;
                form::within(&form, &content).map_err(|problem| answer.wrong(&problem))?;
                Elicited::Accepted(accepted)
            }
            Action::Decline => Elicited::Declined,
            _ => Elicited::Cancelled,
        }))
    }
}

/// A page for the client to open.
#[derive(Debug)]
pub struct Page {
    key: String,
    message: String,
    url: String,
}

impl Page {
    /// Asks under a key, and says why and where.
    pub fn new(key: impl Into<String>, message: impl Into<String>, url: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into(), url: url.into() }
    }
}

impl Question for Page {
    type Answer = Elicited<()>;

    fn put(self, sheet: &mut Sheet<'_>) -> Result<Option<Elicited<()>>> {
        let Self { key, message, url } = self;
        let params = || match url::problem(&url) {
            None => Ok(Elicit::Url { message, url }),
            Some(problem) => Err(ToolError::hidden(format!("a page to open {problem}"))),
        };
        let Some(answer) = sheet.answer(key, method::ELICIT, params)? else { return Ok(None) };
        Ok(Some(match answer.elicited()?.action {
            Action::Accept => Elicited::Accepted(()),
            Action::Decline => Elicited::Declined,
            _ => Elicited::Cancelled,
        }))
    }
}

/// A conversation for the client's model to continue.
#[derive(Debug)]
pub struct Sample {
    key: String,
    sampling: Sampling,
}

impl Sample {
    /// Asks under a key.
    pub fn new(key: impl Into<String>, sampling: impl Into<Sampling>) -> Self {
        Self { key: key.into(), sampling: sampling.into() }
    }
}

impl Question for Sample {
    type Answer = CreateMessageResult;

    fn put(self, sheet: &mut Sheet<'_>) -> Result<Option<CreateMessageResult>> {
        let Self { key, sampling } = self;
        let Some(answer) = sheet.answer(key, method::SAMPLE, || Ok(sampling.params()))? else {
            return Ok(None);
        };
        let said: CreateMessageResult = answer.read(answer.json)?;
        // A handler that offered no tool has none to use.
        if said.tool_uses().next().is_some() && !sampling.offers_tools() {
            return Err(answer.wrong("no tool was offered, and it uses one"));
        }
        Ok(Some(said))
    }
}

/// The folders that the client shows.
#[derive(Debug)]
pub struct Roots {
    key: String,
}

impl Roots {
    /// Asks under a key.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into() }
    }
}

impl Question for Roots {
    type Answer = Vec<Root>;

    fn put(self, sheet: &mut Sheet<'_>) -> Result<Option<Vec<Root>>> {
        let answer = sheet.answer(self.key, method::ROOTS, || Ok(Json::object()))?;
        let read = |answer: Answer<'_>| answer.read(answer.json);
        Ok(answer.map(read).transpose()?.map(|ListRootsResult { roots, .. }| roots))
    }
}

/// Nothing is asked where there is no question, and the answer is none.
impl<Q: Question> Question for Option<Q> {
    type Answer = Option<Q::Answer>;

    fn put(self, sheet: &mut Sheet<'_>) -> Result<Option<Self::Answer>> {
        match self {
            Some(question) => Ok(question.put(sheet)?.map(Some)),
            None => Ok(Some(None)),
        }
    }
}

impl<Q: Question> Question for Vec<Q> {
    type Answer = Vec<Q::Answer>;

    fn put(self, sheet: &mut Sheet<'_>) -> Result<Option<Self::Answer>> {
        // All are put, also behind one that is open.
        let answers: Result<Vec<_>> =
            self.into_iter().map(|question| question.put(sheet)).collect();
        Ok(answers?.into_iter().collect())
    }
}

impl Question for () {
    type Answer = ();

    fn put(self, _: &mut Sheet<'_>) -> Result<Option<()>> {
        Ok(Some(()))
    }
}

macro_rules! tuples {
    ($($($kind:ident $name:ident),+;)*) => {$(
        impl<$($kind: Question),+> Question for ($($kind,)+) {
            type Answer = ($($kind::Answer,)+);

            fn put(self, sheet: &mut Sheet<'_>) -> Result<Option<Self::Answer>> {
                let ($($name,)+) = self;
                // All are put before one that is open ends it.
                let ($($name,)+) = ($($name.put(sheet)?,)+);
                Ok((|| Some(($($name?,)+)))())
            }
        }
    )*};
}

tuples! {
    A a;
    A a, B b;
    A a, B b, C c;
    A a, B b, C c, D d;
    A a, B b, C c, D d, E e;
    A a, B b, C c, D d, E e, F f;
    A a, B b, C c, D d, E e, F f, G g;
    A a, B b, C c, D d, E e, F f, G g, H h;
}
