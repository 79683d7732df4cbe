//! The built server: one service, whatever carries its messages.

use std::{fmt::Display, sync::Arc};

use serde::Deserialize;
use toolgate_core::{
    BoxFuture, Cache, Caller, Card, Context, Denial, Error, Request, Running, Service,
    error::incident_id, protocol::method,
};

use crate::{
    ask::desk::Desk,
    listen,
    shelf::{Shelf, Stock},
    tool::call,
};

pub(crate) struct App {
    pub(crate) stock: Arc<Stock>,
    pub(crate) desk: Arc<Desk>,
}

impl Service for App {
    fn card(&self) -> Arc<Card> {
        self.stock.shelf().card.clone()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        Box::pin(self.answer(request, cx))
    }
}

impl App {
    async fn answer(&self, request: Request, cx: Context) -> Result<Running, Error> {
        let shelf = self.stock.shelf();
        shelf.admit(&cx)?;
        match &*request.method {
            method::DISCOVER => {
                shelf.require_scopes(&cx)?;
                Ok(Running::Done(shelf.discovered.clone().cache(shelf.cache())))
            }
            method::TOOLS_LIST if shelf.has.tools => {
                shelf.require_scopes(&cx)?;
                shelf.list(&request, &cx).await
            }
            method::TOOLS_CALL if shelf.has.tools => {
                shelf.require_scopes(&cx)?;
                call::call(&shelf.tools, &self.desk, &request, cx).await
            }
            method::LISTEN if self.stock.is_live() => {
                shelf.require_scopes(&cx)?;
                listen::open(&self.stock, &shelf, &request, cx).await
            }
            _ => Err(Error::method_not_found()),
        }
    }
}

impl Shelf {
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
