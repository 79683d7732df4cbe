//! Tools with their types erased: arguments in, a result out.

use std::{future::Future, sync::Arc};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use tokio::{sync::Semaphore, task};
use toolgate_core::{
    BoxFuture, Context,
    protocol::{Json, tool::CallToolResult},
};

use crate::{
    failure::{Result, ToolError},
    tool::arguments::typed,
    tool::output::Output,
    tool::{Run, RunBlocking},
};

/// A tool that takes arguments as text.
pub(crate) type Handler =
    Arc<dyn Fn(Json, Context) -> BoxFuture<'static, Result<CallToolResult>> + Send + Sync>;

pub(crate) fn of_type<T: Run<S>, S: Send + Sync + 'static>(state: Arc<S>) -> Handler {
    Arc::new(move |arguments, cx| {
        let state = state.clone();
        Box::pin(async move {
            let tool: T = read(&arguments)?;
            tool.run(&state, &cx).await?.into_result()
        })
    })
}

pub(crate) fn of_closure<A, F, R, O>(run: F) -> Handler
where
    A: DeserializeOwned + JsonSchema + Send + 'static,
    F: Fn(A, Context) -> R + Send + Sync + 'static,
    R: Future<Output = Result<O>> + Send + 'static,
    O: Output,
{
    let run = Arc::new(run);
    Arc::new(move |arguments, cx| {
        let run = run.clone();
        Box::pin(async move {
            let arguments = read(&arguments)?;
            run(arguments, cx).await?.into_result()
        })
    })
}

pub(crate) fn of_blocking_type<T: RunBlocking<S>, S: Send + Sync + 'static>(
    state: Arc<S>,
    room: Arc<Semaphore>,
) -> Handler {
    of_blocking_closure(move |tool: T, cx: Context| tool.run(&state, &cx), room)
}

pub(crate) fn of_blocking_closure<A, F, O>(run: F, room: Arc<Semaphore>) -> Handler
where
    A: DeserializeOwned + Send + 'static,
    F: Fn(A, Context) -> Result<O> + Send + Sync + 'static,
    O: Output,
{
    let run = Arc::new(run);
    Arc::new(move |arguments, cx| {
        let (run, room) = (run.clone(), room.clone());
        Box::pin(async move {
            let arguments: A = read(&arguments)?;
            let permit = room.acquire_owned().await?;
            let work = move || {
                // Held by the work itself: it goes on when the caller is gone.
                let _permit = permit;
                run(arguments, cx)?.into_result()
            };
            match task::spawn_blocking(work).await {
                Ok(result) => result,
                Err(failed) => match failed.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(cancelled) => Err(ToolError::hidden(cancelled)),
                },
            }
        })
    })
}

fn read<A: DeserializeOwned>(arguments: &Json) -> Result<A> {
    typed(arguments).map_err(ToolError::shown)
}
