//! A registered tool: its description as it goes on the wire, and what runs it.

use std::{any::Any, sync::Arc};

use schemars::{JsonSchema, Schema};
use toolgate_core::{
    ParamHeader,
    protocol::{Json, tool},
};

use super::{handler::Handler, output::Output, schema, spec::ToolSpec};
use crate::{access::Access, catalog::Entry};

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

impl ToolEntry {
    /// A tool, or what is wrong with it.
    pub(crate) fn new<A: JsonSchema, O: Output>(
        spec: ToolSpec,
        handler: Handler,
        state: Arc<dyn Any + Send + Sync>,
    ) -> Result<Self, Vec<String>> {
        let mut problems = spec.problems();
        let input = schema::input::<A>();
        let headers = schema::inspect(&input).unwrap_or_else(|problem| {
            problems.push(format!("tool `{}`: {problem}", spec.name));
            Vec::new()
        });
        let (output, wraps) = O::schema().map(schema::rooted).unzip();
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

fn describe(
    spec: &ToolSpec,
    input: &Schema,
    output: Option<&Schema>,
) -> Result<Json, serde_json::Error> {
    let mut described = tool::Tool::new(spec.name.clone(), Json::of(input)?);
    described.title = spec.title.clone();
    described.description = spec.description.clone();
    described.output_schema = output.map(Json::of).transpose()?;
    described.annotations = spec.annotations;
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

    fn text(&self) -> &Json {
        &self.text
    }
}
