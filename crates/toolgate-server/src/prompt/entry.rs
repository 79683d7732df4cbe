//! A registered prompt: its description as it goes on the wire, and what fills it in.

use std::{any::Any, future::Future, sync::Arc};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toolgate_core::{
    BoxFuture, Context, Error,
    protocol::{
        Json,
        prompt::{self, GetPromptResult},
    },
};

use super::{IntoMessages, Render, arguments, spec::PromptSpec};
use crate::{
    access::Access,
    catalog::Entry,
    completion::Completions,
    failure::Result as ToolResult,
    shared::Shared,
    text::{self, TextValue},
};

/// A prompt whose arguments are text.
pub(crate) type Renderer = Arc<
    dyn Fn(Vec<TextValue>, Context) -> BoxFuture<'static, ToolResult<GetPromptResult>>
        + Send
        + Sync,
>;

pub(crate) fn of_type<T: Render<S>, S: Send + Sync + 'static>(shared: &Shared<S>) -> Made {
    let state = shared.state.clone();
    let renderer: Renderer = Arc::new(move |values, cx| {
        let state = state.clone();
        Box::pin(async move {
            let prompt: T = typed(&values)?;
            prompt.render(&state, &cx).await?.into_messages()
        })
    });
    PromptEntry::new::<T>(T::spec(), renderer, shared.state.clone())
}

pub(crate) fn of_closure<A, F, R, O, S>(spec: PromptSpec, render: F, shared: &Shared<S>) -> Made
where
    A: DeserializeOwned + JsonSchema + Send + 'static,
    F: Fn(A, Context) -> R + Send + Sync + 'static,
    R: Future<Output = ToolResult<O>> + Send + 'static,
    O: IntoMessages,
    S: Send + Sync + 'static,
{
    let render = Arc::new(render);
    let renderer: Renderer = Arc::new(move |values, cx| {
        let render = render.clone();
        Box::pin(async move {
            let arguments = typed(&values)?;
            render(arguments, cx).await?.into_messages()
        })
    });
    PromptEntry::new::<A>(spec, renderer, shared.state.clone())
}

/// A prompt, or what is wrong with it.
pub(crate) type Made = Result<PromptEntry, Vec<String>>;

fn typed<A: DeserializeOwned>(values: &[TextValue]) -> Result<A, Error> {
    text::typed(values).map_err(Error::invalid_params)
}

pub(crate) struct PromptEntry {
    pub(crate) spec: PromptSpec,
    pub(crate) renderer: Renderer,
    /// What it shares with the others of its server.
    pub(crate) state: Arc<dyn Any + Send + Sync>,
    pub(crate) completions: Completions,
    text: Json,
}

impl PromptEntry {
    /// A prompt with arguments of type `A`.
    fn new<A: DeserializeOwned + JsonSchema>(
        mut spec: PromptSpec,
        renderer: Renderer,
        state: Arc<dyn Any + Send + Sync>,
    ) -> Made {
        let problems = spec.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let completers = std::mem::take(&mut spec.completers);
        let problem = |words: String| vec![format!("prompt `{}`: {words}", spec.name)];
        let arguments = arguments::of::<A>().map_err(problem)?;
        let text = describe(&spec, &arguments)
            .map_err(|error| problem(format!("it cannot be described: {error}")))?;
        let named = arguments.into_iter().map(|(argument, choices)| (argument.name, choices));
        let completions = Completions::new(named, completers).map_err(problem)?;
        Ok(Self { spec, renderer, state, completions, text })
    }
}

fn describe(
    spec: &PromptSpec,
    arguments: &[arguments::Argument],
) -> Result<Json, serde_json::Error> {
    let mut described = prompt::Prompt::new(&spec.name);
    described.title.clone_from(&spec.title);
    described.description.clone_from(&spec.description);
    described.arguments = arguments.iter().map(|(argument, _)| argument.clone()).collect();
    described.icons.clone_from(&spec.icons);
    described.meta.clone_from(&spec.meta);
    Json::of(&described)
}

impl Entry for PromptEntry {
    const KIND: &'static str = "prompt";

    fn name(&self) -> &str {
        &self.spec.name
    }

    fn access(&self) -> &Access {
        &self.spec.access
    }

    fn advertised(&self) -> bool {
        self.spec.advertised
    }

    fn text(&self) -> &Json {
        &self.text
    }
}
