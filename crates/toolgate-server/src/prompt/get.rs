//! `prompts/get`: found, decided, filled in, and its end turned into a reply.

use std::sync::Arc;

use toolgate_core::{
    Context, Error, Reply, Request, Running,
    protocol::{Json, input::Answers, prompt::GetPrompt},
};

use super::entry::PromptEntry;
use crate::{
    ask::desk::{Desk, Round},
    audit::Under,
    catalog::{self, Catalog, Entry},
    handle::{self, Ended},
    layer::inner::{Around, Given, Inners},
    text::TextValue,
};

pub(crate) async fn get(
    prompts: &Catalog<PromptEntry>,
    desk: &Arc<Desk>,
    inner: &Inners,
    under: Under<'_>,
    request: &Request,
    cx: Context,
) -> Result<Running, Error> {
    let GetPrompt { name, arguments, input_responses, request_state, .. } =
        GetPrompt::read(&request.params)
            .map_err(|_| Error::invalid_params("the parameters are malformed"))?;
    let unknown = || Error::invalid_params("unknown prompt");
    let prompt = prompts.find(&name).ok_or_else(unknown)?.clone();
    let given = Json::of(&arguments).map_err(|_| Error::internal())?;
    catalog::admit(&*prompt, Some(&given), under, &cx, unknown).await?;
    let value = |(name, text)| TextValue { name, text, separator: ',' };
    let values = arguments.into_iter().map(value).collect();
    let brought = Answers::new(input_responses, request_state);
    let cx = cx.with_state(prompt.state.clone());
    let (cx, round) = desk.resume(request, brought, prompt.spec.asking, cx)?;
    let around = inner.around(|| Given { arguments: given, uri: None });
    handle::start(cx, |cx| run(prompt, values, around, cx, round)).await
}

async fn run(
    prompt: Arc<PromptEntry>,
    values: Vec<TextValue>,
    around: Around,
    cx: Context,
    round: Round,
) -> Result<Reply, Error> {
    let item = prompt.item();
    let renderer = |cx| (prompt.renderer)(values, cx);
    let renderer = |cx| around.run(item, cx, renderer);
    match handle::run(item, prompt.spec.timeout, cx, Some(&round), renderer).await? {
        Ended::Done(mut result) => {
            if result.description.is_none() {
                result.description.clone_from(&prompt.spec.description);
            }
            Reply::of(&result)
        }
        Ended::Said(words) => Err(handle::said(words)),
        Ended::Asks(question) => Ok(question),
    }
}
