//! `tools/call`: found, decided, run, and its end turned into a reply.

use std::sync::Arc;

use toolgate_core::{
    Context, Error, Reply, Request, Running,
    protocol::{
        Json,
        input::Answers,
        tool::{CallTool, CallToolResult},
    },
};

use crate::{
    ask::desk::{Desk, Round},
    audit::Under,
    catalog::{self, Catalog, Entry},
    handle::{self, Ended},
    layer::inner::{Around, Given, Inners},
    tool::entry::ToolEntry,
    tool::schema,
};

pub(crate) async fn call(
    tools: &Catalog<ToolEntry>,
    desk: &Arc<Desk>,
    inner: &Inners,
    under: Under<'_>,
    request: &Request,
    cx: Context,
) -> Result<Running, Error> {
    let Admitted { tool, arguments, brought } = admitted(tools, under, request, &cx).await?;
    let cx = cx.with_state(tool.state.clone());
    let (cx, round) = desk.resume(request, brought, tool.spec.asking, cx)?;
    let around = inner.around(|| Given { arguments: arguments.clone(), uri: None });
    handle::start(cx, |cx| run(tool, arguments, around, cx, round)).await
}

/// A call that its caller may make.
pub(crate) struct Admitted {
    tool: Arc<ToolEntry>,
    arguments: Json,
    brought: Answers,
}

/// Finds the tool that is meant, and decides.
///
/// # Errors
/// The refusal; one for all tools that the caller is not to know, whether there are any or not.
pub(crate) async fn admitted(
    tools: &Catalog<ToolEntry>,
    under: Under<'_>,
    request: &Request,
    cx: &Context,
) -> Result<Admitted, Error> {
    let CallTool { name, arguments, input_responses, request_state, .. } =
        CallTool::read(&request.params)
            .map_err(|_| Error::invalid_params("the parameters are malformed"))?;
    let arguments = arguments.unwrap_or_else(Json::object);
    if !arguments.is_object() {
        return Err(Error::invalid_params("`arguments` must be an object"));
    }
    let unknown = || Error::invalid_params("unknown tool");
    let tool = tools.find(&name).ok_or_else(unknown)?.clone();
    catalog::admit(&*tool, Some(&arguments), under, cx, unknown).await?;
    let brought = Answers::new(input_responses, request_state);
    Ok(Admitted { tool, arguments, brought })
}

async fn run(
    tool: Arc<ToolEntry>,
    arguments: Json,
    around: Around,
    cx: Context,
    round: Round,
) -> Result<Reply, Error> {
    let item = tool.item();
    let handler = |cx| (tool.handler)(arguments, cx);
    let handler = |cx| around.run(item, cx, handler);
    match handle::run(item, tool.spec.timeout, cx, Some(&round), handler).await? {
        Ended::Done(mut result) => {
            if tool.wraps {
                result.structured_content = result.structured_content.as_ref().map(schema::wrap);
            }
            reply(&result)
        }
        Ended::Said(words) => reply(&CallToolResult::error(words)),
        Ended::Asks(question) => Ok(question),
    }
}

fn reply(result: &CallToolResult) -> Result<Reply, Error> {
    result.to_members().map(Reply::new).map_err(|_| Error::internal())
}
