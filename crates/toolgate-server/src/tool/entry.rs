//! A registered tool: its description as it goes on the wire, and what runs it.

use std::{any::Any, future::Future, sync::Arc};

use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use toolgate_core::{
    Context, ParamHeader,
    protocol::{Json, tool},
};

use super::{
    Run, RunBlocking,
    handler::{self, Handler},
    output::Output,
    schema,
    spec::ToolSpec,
};
use crate::{access::Access, catalog::Entry, failure::Result, shared::Shared};

pub(crate) struct ToolEntry {
    pub(crate) spec: ToolSpec,
    pub(crate) headers: Vec<ParamHeader>,
    pub(crate) handler: Handler,
    /// What it shares with the others of its server.
    pub(crate) state: Arc<dyn Any + Send + Sync>,
    /// Whether its data is no object, and has to become one.
    pub(crate) wraps: bool,
    text: Json,
}

/// A tool, or what is wrong with it.
pub(crate) type Made = std::result::Result<ToolEntry, Vec<String>>;

impl ToolEntry {
    pub(crate) fn of_type<T: Run<S>, S: Send + Sync + 'static>(shared: &Shared<S>) -> Made {
        let handler = handler::of_type::<T, S>(shared.state.clone());
        Self::new::<T, T::Output>(T::spec(), handler, shared.state.clone())
    }

    pub(crate) fn of_closure<A, F, R, O, S>(spec: ToolSpec, run: F, shared: &Shared<S>) -> Made
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O>> + Send + 'static,
        O: Output,
        S: Send + Sync + 'static,
    {
        Self::new::<A, O>(spec, handler::of_closure(run), shared.state.clone())
    }

    pub(crate) fn of_blocking_type<T, S>(shared: &Shared<S>) -> Made
    where
        T: RunBlocking<S>,
        S: Send + Sync + 'static,
    {
        let handler = handler::of_blocking_type::<T, S>(shared.state.clone(), shared.room.clone());
        Self::new::<T, T::Output>(T::spec(), handler, shared.state.clone())
    }

    pub(crate) fn of_blocking_closure<A, F, O, S>(
        spec: ToolSpec,
        run: F,
        shared: &Shared<S>,
    ) -> Made
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, Context) -> Result<O> + Send + Sync + 'static,
        O: Output,
        S: Send + Sync + 'static,
    {
        let handler = handler::of_blocking_closure(run, shared.room.clone());
        Self::new::<A, O>(spec, handler, shared.state.clone())
    }

    /// A tool, or what is wrong with it.
    fn new<A: JsonSchema, O: Output>(
        spec: ToolSpec,
        handler: Handler,
        state: Arc<dyn Any + Send + Sync>,
    ) -> Made {
        let mut problems = spec.problems();
        let input = schema::input::<A>();
        let headers = schema::inspect(&input).unwrap_or_else(|problem| {
            problems.push(format!("tool `{}`: {problem}", spec.name));
            Vec::new()
        });
        let (output, wraps) = O::schema().map(schema::rooted).unzip();
        if !spec.recursive {
            let schemas = [("argument", Some(&input)), ("answer", output.as_ref())];
            let found = schemas.iter().filter_map(|(part, schema)| recursive(part, (*schema)?));
            problems.extend(found.map(|problem| format!("tool `{}`: {problem}", spec.name)));
        }
        let wraps = wraps.unwrap_or(false);
        let text = describe(&spec, &input, output.as_ref()).unwrap_or_else(|error| {
            problems.push(format!("tool `{}` cannot be described: {error}", spec.name));
            Json::object()
        });
        if problems.is_empty() {
            Ok(Self { spec, headers, handler, state, wraps, text })
        } else {
            Err(problems)
        }
    }
}

/// What is wrong with a schema that contains itself, unless it was written by hand.
fn recursive(part: &str, schema: &Schema) -> Option<String> {
    if schema::is_written(schema) {
        return None;
    }
    let found = schema::find_recursion(schema.as_value())?;
    let of = found.of.map_or_else(|| "that it is part of".to_owned(), |of| format!("`{of}`"));
    Some(format!(
        "its {part} `{}` is of the type {of}, which contains itself; not every client takes that. \
         Bound its depth, or allow it with `recursive`",
        found.field
    ))
}

fn describe(
    spec: &ToolSpec,
    input: &Schema,
    output: Option<&Schema>,
) -> std::result::Result<Json, serde_json::Error> {
    let mut described = tool::Tool::new(spec.name.clone(), Json::of(input)?);
    described.title = spec.title.clone();
    described.description = spec.description.clone();
    described.output_schema = output.map(Json::of).transpose()?;
    described.annotations = spec.annotations;
    described.icons = spec.icons.clone();
    described.meta = spec.meta.clone();
    Json::of(&described)
}

impl Entry for ToolEntry {
    const KIND: &'static str = "tool";

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
