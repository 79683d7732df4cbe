//! The built server: one service, whatever carries its messages.

use std::sync::Arc;

use serde::Deserialize;
use toolgate_core::{
    Audit, BoxFuture, Cache, Caller, Card, Context, Error, Request, Running, Service,
    protocol::method,
};

use crate::{
    access::{self, Decision},
    ask::desk::Desk,
    audit::Under,
    catalog::{Catalog, Entry},
    completion,
    incident::incident,
    items::{Has, Items},
    layer::inner::Inners,
    listen,
    page::{Pager, Unlisted},
    prompt::get,
    resource::read,
    shelf::{Shelf, Stock},
    tool::call,
};

pub(crate) struct App {
    pub(crate) stock: Arc<Stock>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) inner: Inners,
    /// Where lists have more than one page.
    pub(crate) pager: Option<Pager>,
}

impl Service for App {
    fn card(&self) -> Arc<Card> {
        self.stock.shelf().card.clone()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        Box::pin(self.answer(request, cx))
    }

    fn refuse(&self, request: Request, cx: Context, flaw: Error) -> BoxFuture<'_, Error> {
        Box::pin(async move { self.admits(&request, &cx).await.err().unwrap_or(flaw) })
    }

    fn audit(&self) -> Option<Arc<dyn Audit>> {
        self.stock.shelf().rules.audit.clone()
    }
}

impl App {
    async fn answer(&self, request: Request, cx: Context) -> Result<Running, Error> {
        let shelf = self.stock.shelf();
        let method = self.begun(&shelf, &request, &cx)?;
        let (items, under) = (&shelf.items, shelf.under(&request));
        let Items { tools, resources, templates, prompts } = items;
        let Self { desk, inner, pager, .. } = self;
        let pager = pager.as_ref();
        match method {
            Method::Discover => Ok(shelf.discover()),
            Method::ListTools => shelf.list(tools, pager, &request, &cx).await,
            Method::ListResources => shelf.list(resources, pager, &request, &cx).await,
            Method::ListTemplates => shelf.list(templates, pager, &request, &cx).await,
            Method::ListPrompts => shelf.list(prompts, pager, &request, &cx).await,
            Method::Call => call::call(tools, desk, inner, under, &request, cx).await,
            Method::Read => read::read(items, desk, inner, under, &request, cx).await,
            Method::Get => get::get(prompts, desk, inner, under, &request, cx).await,
            Method::Complete => completion::call::complete(items, under, &request, cx).await,
            Method::Listen => listen::open(&self.stock, &shelf, &request, cx).await,
        }
    }

    /// Whether the caller may use the tool that is meant. Nothing but a tool has headers of its own.
    async fn admits(&self, request: &Request, cx: &Context) -> Result<(), Error> {
        let shelf = self.stock.shelf();
        match self.begun(&shelf, request, cx)? {
            Method::Call => {
                let under = shelf.under(request);
                call::admitted(&shelf.items.tools, under, request, cx).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    /// What is checked of every request before its item is looked for.
    fn begun(&self, shelf: &Shelf, request: &Request, cx: &Context) -> Result<Method, Error> {
        shelf.admit(request, cx)?;
        let method = self.served(shelf, &request.method).ok_or_else(Error::method_not_found)?;
        shelf.require_scopes(request, cx)?;
        Ok(method)
    }

    /// What a method means here; nothing where there is nothing of its kind.
    fn served(&self, shelf: &Shelf, method: &str) -> Option<Method> {
        let Has { tools, resources, prompts, completions } = shelf.has;
        let (served, method) = match method {
            method::DISCOVER => (true, Method::Discover),
            method::TOOLS_LIST => (tools, Method::ListTools),
            method::TOOLS_CALL => (tools, Method::Call),
            method::RESOURCES_LIST => (resources, Method::ListResources),
            method::TEMPLATES_LIST => (resources, Method::ListTemplates),
            method::RESOURCES_READ => (resources, Method::Read),
            method::PROMPTS_LIST => (prompts, Method::ListPrompts),
            method::PROMPTS_GET => (prompts, Method::Get),
            method::COMPLETE => (completions, Method::Complete),
            method::LISTEN => (self.stock.is_live(), Method::Listen),
            _ => return None,
        };
        served.then_some(method)
    }
}

impl Shelf {
    /// The second guard: a transport that forgot to authenticate gets refusals.
    pub(crate) fn admit(&self, request: &Request, cx: &Context) -> Result<(), Error> {
        match cx.caller() {
            Caller::Known(_) => Ok(()),
            _ if self.card.open => Ok(()),
            _ => Err(self.refused(request, cx, Decision::NeedIdentity)),
        }
    }

    fn require_scopes(&self, request: &Request, cx: &Context) -> Result<(), Error> {
        let Some(lacking) = self.card.lacking(cx.caller()) else { return Ok(()) };
        Err(self.refused(request, cx, Decision::NeedScopes(lacking.clone())))
    }

    fn refused(&self, request: &Request, cx: &Context, decision: Decision) -> Error {
        if let Some(told) = self.under(request).begin() {
            told.refused(cx, &decision);
        }
        access::refusal(decision, Error::internal).unwrap_or_else(Error::internal)
    }

    pub(crate) fn under(&self, request: &Request) -> Under<'_> {
        Under { rules: &self.rules, method: method::known(&request.method) }
    }

    fn discover(&self) -> Running {
        Running::Done(self.discovered.clone().introducing().cache(self.cache()))
    }

    async fn list<E: Entry>(
        &self,
        items: &Catalog<E>,
        pager: Option<&Pager>,
        request: &Request,
        cx: &Context,
    ) -> Result<Running, Error> {
        let Page { cursor } = request.parse()?;
        match items.list(pager, cursor.as_deref(), self.under(request), cx).await {
            Ok(reply) => Ok(Running::Done(reply.cache(self.cache()))),
            Err(Unlisted::Failed(error)) => Err(incident(&request.method, &error)),
            Err(Unlisted::Decided(decision)) => {
                Err(access::refusal(decision, Error::internal).unwrap_or_else(Error::internal))
            }
            Err(Unlisted::Cursor(why)) => {
                tracing::debug!(method = method::known(&request.method), why, "cursor refused");
                // One error for all reasons.
                Err(Error::invalid_params("unknown cursor"))
            }
        }
    }

    /// Shared by all callers only where all callers are served alike.
    fn cache(&self) -> Cache {
        if self.card.open && !self.card.guarded { Cache::PUBLIC } else { Cache::PRIVATE }
    }
}

/// What is served.
#[derive(Clone, Copy)]
enum Method {
    Discover,
    ListTools,
    ListResources,
    ListTemplates,
    ListPrompts,
    Call,
    Read,
    Get,
    Complete,
    Listen,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    cursor: Option<String>,
}
