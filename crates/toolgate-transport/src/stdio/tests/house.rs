//! A service whose items change, and which tells those who listen.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    task::yield_now,
};
use toolgate_core::{
    BoxFuture, Card, Context, Denial, Error, Note, Reply, Request, Running, Service,
    protocol::{discover::Implementation, method},
};

/// What happens.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Tools,
    Resource(&'static str),
    /// The service cannot say any more what happens to it; to lists, where none is named.
    Lost(Option<&'static str>),
}

/// Watches `a:*`, for some `secret:*`; everything else is not there.
pub(super) struct House {
    changes: broadcast::Sender<Change>,
    pub(super) listens: Arc<AtomicUsize>,
    /// Those whose time the service was told is over.
    pub(super) told_to_end: Arc<AtomicUsize>,
    promises: bool,
}

pub(super) fn house() -> Arc<House> {
    make(true)
}

pub(super) fn make(promises: bool) -> Arc<House> {
    let (listens, told_to_end) = Default::default();
    Arc::new(House { changes: broadcast::Sender::new(64), listens, told_to_end, promises })
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl House {
    pub(super) fn tell(&self, change: Change) {
        let _ = self.changes.send(change);
    }

    /// Waits until so many listen.
    pub(super) async fn listened(&self, count: usize) {
        for _ in 0..1000 {
            if self.listens.load(Ordering::SeqCst) == count {
                return;
            }
            yield_now().await;
        }
        panic!("{} listen and not {count}", self.listens.load(Ordering::SeqCst));
    }

    fn listen(&self, request: &Request, cx: Context) -> Result<Running, Error> {
        let asked: Value = request.parse()?;
        let asked = asked["notifications"].clone();
        let uri = asked["resourceSubscriptions"][0].as_str().map(str::to_owned);
        if uri.as_deref().is_some_and(|uri| uri.starts_with("secret:")) {
            return Err(Error::denied(Denial::Scopes(["write"].into())));
        }
        self.listens.fetch_add(1, Ordering::SeqCst);
        let (counted, changes) = (Counted(self.listens.clone()), self.changes.subscribe());
        // What goes on by itself learns of the end too.
        let (own, ended) = (cx.clone(), self.told_to_end.clone());
        tokio::spawn(async move {
            own.ending().await;
            ended.fetch_add(1, Ordering::SeqCst);
        });
        let (cx, notes) = cx.streaming();
        let end = async move {
            let _counted = counted;
            tell(changes, uri, asked, &cx).await;
            Ok(Reply::empty())
        };
        Ok(Running::Open { notes, end: Box::pin(end) })
    }
}

async fn tell(
    mut changes: broadcast::Receiver<Change>,
    uri: Option<String>,
    asked: Value,
    cx: &Context,
) {
    let missing = uri.as_deref().is_some_and(|uri| !uri.starts_with("a:"));
    let honoured = if missing { json!({}) } else { asked };
    let id = json!({ "io.modelcontextprotocol/subscriptionId": cx.id() });
    let said = json!({ "notifications": honoured, "_meta": id });
    let _ = cx.send(Note::of(method::ACKNOWLEDGED, &said).unwrap()).await;
    loop {
        let change = match changes.recv().await {
            Ok(change) => change,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let note = match (change, uri.as_deref()) {
            (Change::Tools, None) => Note::of(method::TOOLS_CHANGED, &json!({ "_meta": id })),
            (Change::Resource(changed), Some(uri)) if changed == uri => {
                let who = cx.identity().map(|who| who.key.subject.to_string()).ok();
                let told = json!({ "uri": uri, "who": who, "_meta": id });
                Note::of(method::RESOURCE_UPDATED, &told)
            }
            (Change::Lost(lost), uri) if lost == uri => return,
            _ => continue,
        };
        let _ = cx.send(note.unwrap()).await;
    }
}

impl Service for House {
    fn card(&self) -> Arc<Card> {
        let mut card = Card::new(Implementation::new("house", "1"));
        card.open = true;
        card.into()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        Box::pin(async move {
            match &*request.method {
                method::DISCOVER => {
                    let lists = json!({ "listChanged": true });
                    let resources = json!({ "listChanged": true, "subscribe": true });
                    let all = json!({ "tools": lists, "resources": resources });
                    let said = if self.promises { all } else { json!({ "tools": {} }) };
                    Reply::of(&json!({ "supportedVersions": [], "capabilities": said }))
                        .map(Running::Done)
                }
                method::LISTEN => self.listen(&request, cx),
                _ => Ok(Running::Done(Reply::empty())),
            }
        })
    }
}
