//! Around the work of one item, for a caller who may use it.

use std::{fmt, future::Future, sync::Arc};

use toolgate_core::{BoxFuture, Context, protocol::Json};

use super::answer::{Answer, Answers};
use crate::{
    access::Item,
    failure::{Result, ToolError},
};

/// A layer around the work of every tool, resource and prompt: a closure, or a type of your own.
///
/// Callers who may not use an item do not get here. What runs here is part of the item's work: of its
/// time, of its failures, and of what runs again when the client answers a question.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no layer around the work of items",
    note = "a closure is one as `|work: Work| async move {{ work.next().await }}`"
)]
pub trait Inner: Send + Sync + 'static {
    /// Lets an item do its work with [`Work::next`], or answers in its place.
    ///
    /// What it keeps for later has to be kept by owner: the same item may answer each caller
    /// otherwise.
    fn around(&self, work: Work) -> impl Future<Output = Result<Answer>> + Send;
}

impl<F, R> Inner for F
where
    F: Fn(Work) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Answer>> + Send,
{
    fn around(&self, work: Work) -> impl Future<Output = Result<Answer>> + Send {
        self(work)
    }
}

/// The work of one item, before it is done.
pub struct Work {
    kind: &'static str,
    name: Box<str>,
    key: Box<str>,
    given: Given,
    cx: Context,
    layers: Arc<[Layer]>,
    /// The layer that is next.
    at: usize,
    handler: BoxFuture<'static, Result<Answer>>,
}

/// What an item is to work with.
pub(crate) struct Given {
    pub(crate) arguments: Json,
    pub(crate) uri: Option<Box<str>>,
}

impl Work {
    /// Whose work it is: a `tool`, `resource`, `template` or `prompt`, by its name.
    pub fn item(&self) -> Item<'_> {
        Item::new(self.kind, &self.name).key(&self.key)
    }

    /// The arguments that were decided upon, an object: those of a tool or prompt, the variables of a
    /// template. As they were sent, not checked against any schema.
    pub fn arguments(&self) -> &Json {
        &self.given.arguments
    }

    /// The URI that is read, where it is a resource or a family of them.
    pub fn uri(&self) -> Option<&str> {
        self.given.uri.as_deref()
    }

    /// What the item runs with.
    pub fn cx(&self) -> &Context {
        &self.cx
    }

    /// Lets the item do its work.
    ///
    /// # Errors
    /// As the item fails. An error that asks the client something has to be handed on.
    pub async fn next(mut self) -> Result<Answer> {
        let layers = self.layers.clone();
        match layers.get(self.at) {
            Some(layer) => {
                self.at += 1;
                layer(self).await
            }
            None => self.handler.await,
        }
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("item", &self.item()).finish_non_exhaustive()
    }
}

/// A layer without its type.
pub(crate) type Layer = Box<dyn Fn(Work) -> BoxFuture<'static, Result<Answer>> + Send + Sync>;

pub(crate) fn erased(layer: impl Inner) -> Layer {
    let layer = Arc::new(layer);
    Box::new(move |work| {
        let layer = layer.clone();
        Box::pin(async move { layer.around(work).await })
    })
}

/// The layers around the work of a server's items; none, where nothing has to be prepared for them.
pub(crate) struct Inners(Option<Arc<[Layer]>>);

impl Inners {
    pub(crate) fn new(layers: Vec<Layer>) -> Self {
        Self((!layers.is_empty()).then(|| layers.into()))
    }

    /// What runs an item within its layers.
    pub(crate) fn around(&self, given: impl FnOnce() -> Given) -> Around {
        Around(self.0.clone().map(|layers| (layers, given())))
    }
}

/// What runs an item within its layers, where there are any.
pub(crate) struct Around(Option<(Arc<[Layer]>, Given)>);

impl Around {
    /// Runs a handler within the layers. An answer of another kind is none.
    pub(crate) fn run<T: Answers>(
        self,
        item: Item<'_>,
        cx: Context,
        handler: impl FnOnce(Context) -> BoxFuture<'static, Result<T>>,
    ) -> BoxFuture<'static, Result<T>> {
        let Some((layers, given)) = self.0 else { return handler(cx) };
        // Handlers do nothing before they are polled.
        let handler = handler(cx.clone());
        let handler = Box::pin(async { handler.await.map(T::into_answer) });
        let Item { kind, name, key } = item;
        let (name, key) = (name.into(), key.into());
        let work = Work { kind, name, key, given, cx, layers, at: 0, handler };
        Box::pin(async {
            let answer = work.next().await?;
            T::of_answer(answer)
                .ok_or_else(|| ToolError::hidden("a layer gave an answer of another kind"))
        })
    }
}
