//! `prompts/get`: found, decided, filled in, and its end turned into a reply.

use std::sync::Arc;

use toolgate_core::{
    Context, Error, Reply, Request, Running,
    protocol::{Json, input::Answers, prompt::GetPrompt},
};

use super::entry::PromptEntry;
use crate::{
    access::Item,
    catalog::{self, Catalog, Entry},
    handle::{self, Ended},
    text::TextValue,
};

pub(crate) async fn get(
    prompts: &Catalog<PromptEntry>,
    request: &Request,
    cx: Context,
) -> Result<Running, Error> {
    let GetPrompt { name, arguments, input_responses, request_state, .. } =
        GetPrompt::read(&request.params)
            .map_err(|_| Error::invalid_params("the parameters are malformed"))?;
    let unknown = || Error::invalid_params("unknown prompt");
    let prompt = prompts.find(&name).ok_or_else(unknown)?.clone();
    let given = Json::of(&arguments).map_err(|_| Error::internal())?;
    catalog::admit(&*prompt, Some(&given), &cx, unknown).await?;
    let value = |(name, text)| TextValue { name, text, separator: ',' };
    let values = arguments.into_iter().map(value).collect();
    let answers = Answers::new(input_responses, request_state);
    let cx = handle::prepare(cx, &prompt.state, answers);
    handle::start(cx, |cx| run(prompt, values, cx)).await
}

async fn run(
    prompt: Arc<PromptEntry>,
    values: Vec<TextValue>,
    cx: Context,
) -> Result<Reply, Error> {
    let item = Item::new(PromptEntry::KIND, prompt.name());
    let renderer = |cx| (prompt.renderer)(values, cx);
    match handle::run(item, prompt.spec.timeout, cx, renderer).await? {
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
