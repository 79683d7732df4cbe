//! `tools/call`: found, decided, run, and its end turned into a reply.

use std::{
    future::{Future, poll_fn},
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Instant,
};

use futures::FutureExt;
use tokio::time::timeout;
use toolgate_core::{
    BoxFuture, Context, Error, Notes, Reply, Request, Running,
    protocol::{
        Json,
        input::Answers,
        tool::{CallTool, CallToolResult},
    },
};

use crate::{
    access,
    app::incident,
    ask::desk::{Desk, Round},
    catalog::Catalog,
    failure::{Failure, Result as ToolResult},
    tool::entry::ToolEntry,
    tool::schema,
};

pub(crate) async fn call(
    tools: &Catalog<ToolEntry>,
    desk: &Arc<Desk>,
    request: &Request,
    cx: Context,
) -> Result<Running, Error> {
    let CallTool { name, arguments, input_responses, request_state, .. } =
        CallTool::read(&request.params)
            .map_err(|_| Error::invalid_params("the parameters are malformed"))?;
    let arguments = arguments.unwrap_or_else(Json::object);
    if !arguments.is_object() {
        return Err(Error::invalid_params("`arguments` must be an object"));
    }
    let unknown = || Error::invalid_params("unknown tool");
    let tool = tools.find(&name).ok_or_else(unknown)?;
    let decision = tools.decide(tool, Some(&arguments), &cx).await;
    if let Some(refusal) = access::refusal(decision, unknown) {
        return Err(refusal);
    }
    let brought = Answers::new(input_responses, request_state);
    let cx = cx.with_state(tool.state.clone());
    let (cx, round) = desk.resume(request, brought, tool.spec.asking, cx)?;
    start(tool.clone(), arguments, cx, round).await
}

/// Runs until the tool waits for the first time. One that does not answers without a channel.
async fn start(
    tool: Arc<ToolEntry>,
    arguments: Json,
    cx: Context,
    round: Round,
) -> Result<Running, Error> {
    let (cx, notes) = if cx.meta().wants_notes() { cx.streaming() } else { (cx, Notes::none()) };
    let mut end: BoxFuture<'static, _> = Box::pin(run(tool, arguments, cx, round));
    match poll_fn(|task| Poll::Ready(Pin::new(&mut end).poll(task))).await {
        Poll::Ready(reply) if notes.is_empty() => reply.map(Running::Done),
        Poll::Ready(reply) => Ok(Running::Open { notes, end: Box::pin(std::future::ready(reply)) }),
        Poll::Pending => Ok(Running::Open { notes, end }),
    }
}

async fn run(
    tool: Arc<ToolEntry>,
    arguments: Json,
    cx: Context,
    round: Round,
) -> Result<Reply, Error> {
    let limit = tool.spec.timeout;
    let cx = match limit.and_then(|limit| Instant::now().checked_add(limit)) {
        Some(deadline) => cx.with_deadline(deadline),
        None => cx,
    };
    // A panic is a failure of this call alone. What the tool shares, it shares behind its own locks.
    let call = AssertUnwindSafe(guarded(&tool, arguments, cx.clone())).catch_unwind();
    let ended = match limit {
        None => call.await,
        Some(limit) => match timeout(limit, call).await {
            Ok(ended) => ended,
            Err(_) => {
                let words = format!("the tool did not finish within {} s", limit.as_secs_f64());
                return reply(&CallToolResult::error(words));
            }
        },
    };
    match ended {
        Ok(result) => answer(&tool, result, &cx, &round),
        Err(_) => Err(incident(&tool.spec.name, "the tool panicked")),
    }
}

/// Calling the handler runs the author's code too, so that happens inside the future.
async fn guarded(tool: &ToolEntry, arguments: Json, cx: Context) -> ToolResult<CallToolResult> {
    (tool.handler)(arguments, cx).await
}

fn answer(
    tool: &ToolEntry,
    result: ToolResult<CallToolResult>,
    cx: &Context,
    round: &Round,
) -> Result<Reply, Error> {
    let failure = match result {
        Ok(mut result) => {
            if tool.wraps {
                result.structured_content = result.structured_content.as_ref().map(schema::wrap);
            }
            return reply(&result);
        }
        Err(error) => error.into_failure(),
    };
    match failure {
        Failure::Shown(message) => reply(&CallToolResult::error(message)),
        Failure::Hidden(error) => Err(incident(&tool.spec.name, &error)),
        Failure::Protocol(error) => Err(error),
        Failure::Asks(question) => round.put(question, cx),
    }
}

fn reply(result: &CallToolResult) -> Result<Reply, Error> {
    result.to_members().map(Reply::new).map_err(|_| Error::internal())
}
