//! The built server: one service, whatever carries its messages.

use std::{fmt::Display, sync::Arc};

use serde::Deserialize;
use toolgate_core::{
    BoxFuture, Cache, Caller, Card, Context, Denial, Error, Reply, Request, Running, Service,
    error::incident_id, protocol::method,
};

use crate::{
    catalog::Catalog,
    tool::{call, entry::ToolEntry},
};

pub(crate) struct App {
    pub(crate) card: Arc<Card>,
    pub(crate) tools: Catalog<ToolEntry>,
    pub(crate) discovered: Reply,
}

impl Service for App {
    fn card(&self) -> Arc<Card> {
        self.card.clone()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        Box::pin(self.answer(request, cx))
    }
}

impl App {
    async fn answer(&self, request: Request, cx: Context) -> Result<Running, Error> {
        self.admit(&cx)?;
        match &*request.method {
            method::DISCOVER => self.require_scopes(&cx).map(|()| self.discover()),
            method::TOOLS_LIST if !self.tools.is_empty() => {
                self.require_scopes(&cx)?;
                self.list(&request, &cx).await
            }
            method::TOOLS_CALL if !self.tools.is_empty() => {
                self.require_scopes(&cx)?;
                call::call(&self.tools, &request, cx).await
            }
            _ => Err(Error::method_not_found()),
        }
    }

    /// The second guard: a transport that forgot to authenticate gets refusals.
    fn admit(&self, cx: &Context) -> Result<(), Error> {
        match cx.caller() {
            Caller::Known(_) => Ok(()),
            _ if self.card.open => Ok(()),
            _ => Err(Error::denied(Denial::Unauthenticated)),
        }
    }

    fn require_scopes(&self, cx: &Context) -> Result<(), Error> {
        let lacking = self.card.lacking(cx.caller());
        lacking.map_or(Ok(()), |scopes| Err(Error::denied(Denial::Scopes(scopes.clone()))))
    }

    fn discover(&self) -> Running {
        Running::Done(self.discovered.clone().cache(self.cache()))
    }

    async fn list(&self, request: &Request, cx: &Context) -> Result<Running, Error> {
        let Page { cursor } = request.parse()?;
        if cursor.is_some() {
            // All fits one page, so no cursor was ever given out.
            return Err(Error::invalid_params("unknown cursor"));
        }
        let list = self.tools.list(cx).await;
        let reply = list.map_err(|error| incident("tools/list", &error))?;
        Ok(Running::Done(reply.cache(self.cache())))
    }

    /// Shared by all callers only where all callers are served alike.
    fn cache(&self) -> Cache {
        if self.card.open && !self.card.guarded { Cache::PUBLIC } else { Cache::PRIVATE }
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    cursor: Option<String>,
}

/// Logs a failure of ours under an id, and makes the error that tells the caller only the id.
pub(crate) fn incident(item: &str, cause: &(impl Display + ?Sized)) -> Error {
    let id = incident_id();
    tracing::error!(incident = %id, item, %cause, "internal error");
    Error::internal_with_id(&id)
}
