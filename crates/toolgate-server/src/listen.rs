//! `subscriptions/listen`: told of changes for as long as the caller stays and may.

pub(crate) mod hub;
mod pending;
pub(crate) mod teller;

use std::{pin::pin, sync::Arc};

use futures::future::{Either, select};
use toolgate_core::{
    BoxFuture, Context, Error, Note, Reply, Request, Running,
    bus::Change,
    context::Gone,
    protocol::{
        Json, Members, RequestId,
        listen::{Filter, Listen, Updated, subscription},
        method,
    },
};

use self::hub::Watch;
use crate::{
    audit::Under,
    resource::read,
    shelf::{Shelf, Stock},
};

/// How many resources one subscription watches.
const MAX_URIS: usize = 256;

/// Answers a request to be told of changes.
///
/// # Errors
/// `-32602` when the request is malformed; a refusal where the caller lacks what reading a resource
/// needs.
pub(crate) async fn open(
    stock: &Arc<Stock>,
    shelf: &Shelf,
    request: &Request,
    cx: Context,
) -> Result<Running, Error> {
    let Listen { notifications: asked, .. } = request.parse()?;
    if asked.resource_subscriptions.len() > MAX_URIS {
        return Err(Error::invalid_params("too many resources at a time"));
    }
    let Some(id) = cx.id().cloned() else {
        return Err(Error::invalid_params("without an id nothing can be told"));
    };
    let honoured = honoured(shelf, asked, &cx).await?;
    stock.teller.start();
    // Before the acknowledgement: what changes from here on is told.
    let watch = stock.teller.hub.watch(&honoured);
    let may_read = may_read(stock.clone());
    Ok(Subscription { watch, honoured, id, may_read }.start(cx))
}

/// What of a request is served: of kinds that there are, and of resources that the caller may read.
/// One that is not there for this caller is left out, as an unknown one is.
async fn honoured(shelf: &Shelf, asked: Filter, cx: &Context) -> Result<Filter, Error> {
    let mut honoured = Filter::default();
    honoured.tools_list_changed = asked.tools_list_changed && shelf.has.tools;
    honoured.prompts_list_changed = asked.prompts_list_changed && shelf.has.prompts;
    honoured.resources_list_changed = asked.resources_list_changed && shelf.has.resources;
    for uri in asked.resource_subscriptions {
        match read::may_read(&shelf.items, &uri, under(shelf), cx).await {
            Ok(()) => honoured.resource_subscriptions.push(uri),
            Err(refusal) if refusal.denial().is_some() => return Err(refusal),
            Err(_unknown) => {}
        }
    }
    Ok(honoured)
}

fn under(shelf: &Shelf) -> Under<'_> {
    Under { rules: &shelf.rules, method: method::LISTEN }
}

fn may_read(stock: Arc<Stock>) -> MayRead {
    Box::new(move |uri, cx| {
        // As the items are now: one that is gone is read by nobody.
        let shelf = stock.shelf();
        Box::pin(async move { read::may_read(&shelf.items, uri, under(&shelf), cx).await.is_ok() })
    })
}

/// Whether a caller may still read what a URI names. Asked anew for every event.
pub(crate) type MayRead =
    Box<dyn for<'a> Fn(&'a str, &'a Context) -> BoxFuture<'a, bool> + Send + Sync>;

/// A subscription: what of the request is honoured, and what the request is called.
pub(crate) struct Subscription {
    pub(crate) watch: Watch,
    pub(crate) honoured: Filter,
    pub(crate) id: RequestId,
    pub(crate) may_read: MayRead,
}

impl Subscription {
    /// Begins to tell. The acknowledgement comes first, whatever has happened since.
    pub(crate) fn start(self, cx: Context) -> Running {
        let (cx, notes) = cx.streaming();
        Running::Open { notes, end: Box::pin(self.run(cx)) }
    }

    async fn run(self, cx: Context) -> Result<Reply, Error> {
        let told = pin!(self.tell(&cx));
        // A reader who is slow keeps nobody from seeing that it is over.
        match select(pin!(cx.ending()), told).await {
            Either::Left(_) | Either::Right((Ok(()), _)) => {}
            Either::Right((Err(Gone { .. }), _)) => tracing::debug!("the watcher is gone"),
        }
        Ok(Reply::empty().meta(subscription(&self.id)))
    }

    /// Tells of changes until some may have been missed.
    async fn tell(&self, cx: &Context) -> Result<(), Gone> {
        let honoured = Members::of(&Listen::new(self.honoured.clone())).unwrap_or_default();
        cx.send(self.note(method::ACKNOWLEDGED, &honoured)).await?;
        while let Some(change) = self.watch.next().await {
            if let Some(note) = self.about(&change, cx).await {
                cx.send(note).await?;
            }
        }
        tracing::info!("a watcher was too slow, or the bus lost the thread; it has to look again");
        Ok(())
    }

    async fn about(&self, change: &Change, cx: &Context) -> Option<Note> {
        let none = Members::none();
        Some(match change {
            Change::Tools => self.note(method::TOOLS_CHANGED, &none),
            Change::Prompts => self.note(method::PROMPTS_CHANGED, &none),
            Change::Resources => self.note(method::RESOURCES_CHANGED, &none),
            Change::Resource { uri } if (self.may_read)(uri, &cx.renewed()).await => {
                let updated = Members::of(&Updated::new(uri.clone())).unwrap_or_default();
                self.note(method::RESOURCE_UPDATED, &updated)
            }
            _ => return None,
        })
    }

    fn note(&self, method: &'static str, params: &Members) -> Note {
        let meta = Members::object("_meta", &subscription(&self.id));
        let params: Json = params.and(&meta).to_object();
        Note::new(method, params)
    }
}

#[cfg(test)]
mod tests;
