//! `completion/complete`: what the argument belongs to is found and decided, then its values.

use std::{any::Any, sync::Arc, time::Duration};

use toolgate_core::{
    Context, Error, Reply, Request, Running,
    protocol::{
        Json,
        completion::{Complete, CompleteResult, Completion, Reference},
    },
};

use super::{Source, Typed};
use crate::{
    access::Item,
    audit::Under,
    catalog::{self, Entry},
    handle::{self, Ended},
    incident::incident,
    items::Items,
};

pub(crate) async fn complete(
    items: &Items,
    under: Under<'_>,
    request: &Request,
    cx: Context,
) -> Result<Running, Error> {
    let Complete { reference, argument, context, .. } =
        request.parse().map_err(|_| Error::invalid_params("the parameters are malformed"))?;
    let typed = Typed { argument: argument.name, value: argument.value, known: context.arguments };
    let asked = match &reference {
        Reference::Prompt { name } => {
            let prompt = items.prompts.find(name).ok_or_else(unknown)?;
            admit(&**prompt, &typed, under, &cx).await?;
            let source = prompt.completions.find(&typed.argument);
            Asked::new(&**prompt, source, &prompt.state, prompt.spec.timeout)
        }
        Reference::Resource { uri } => {
            let family = items.templates.find(uri).ok_or_else(unknown)?;
            admit(&**family, &typed, under, &cx).await?;
            let source = family.completions.find(&typed.argument);
            Asked::new(&**family, source, &family.of.state, family.of.spec.timeout)
        }
        _ => return Err(unknown()),
    }?;
    let cx = cx.with_state(asked.state.clone());
    handle::start(cx, |cx| run(asked, typed, cx)).await
}

fn unknown() -> Error {
    Error::invalid_params("unknown reference")
}

/// Whoever may not use an item learns nothing of its values. Its guard sees what is known and typed.
async fn admit<E: Entry>(
    entry: &E,
    typed: &Typed,
    under: Under<'_>,
    cx: &Context,
) -> Result<(), Error> {
    let mut arguments = typed.known.clone();
    arguments.insert(typed.argument.clone(), typed.value.clone());
    let arguments = Json::of(&arguments).map_err(|_| Error::internal())?;
    catalog::admit(entry, Some(&arguments), under, cx, unknown).await
}

/// An argument of an item that the caller may use.
struct Asked {
    kind: &'static str,
    name: String,
    source: Source,
    state: Arc<dyn Any + Send + Sync>,
    timeout: Option<Duration>,
}

impl Asked {
    fn new<E: Entry>(
        entry: &E,
        source: Option<&Source>,
        state: &Arc<dyn Any + Send + Sync>,
        timeout: Option<Duration>,
    ) -> Result<Self, Error> {
        let source = source.cloned().ok_or(Error::invalid_params("unknown argument"))?;
        let name = entry.name().to_owned();
        Ok(Self { kind: E::KIND, name, source, state: state.clone(), timeout })
    }
}

async fn run(asked: Asked, typed: Typed, cx: Context) -> Result<Reply, Error> {
    let item = Item::new(asked.kind, &asked.name);
    let completion = match &asked.source {
        Source::Nothing => Completion::of([]),
        Source::Choices(choices) => Completion::of(typed.among(choices.iter())),
        Source::Author(complete) => {
            match handle::run(item, asked.timeout, cx, None, |cx| complete(typed, cx)).await? {
                Ended::Done(completion) => completion,
                Ended::Said(words) => return Err(handle::said(words)),
                // The revision has no such answer to this method.
                Ended::Asks(_) => {
                    return Err(incident(item.name, "a completer cannot ask the client"));
                }
            }
        }
    };
    let mut result = CompleteResult::default();
    result.completion = completion;
    Reply::of(&result)
}
