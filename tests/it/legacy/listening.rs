//! A service that listens for others, and does nothing else.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};
use toolgate_core::{
    BoxFuture, Caller, Card, Context, Denial, Error, Note, Reply, Request, Running, Scopes,
    Service,
    protocol::{discover::Implementation, method},
};
use toolgate_transport::http::{Http, Listen};

use super::bound;
use crate::support::{
    client::within,
    old::{Session, Stream},
    served::Served,
};

/// What happens.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Tools,
    Resource(&'static str),
    /// The service cannot say any more what happens to this resource.
    Lost(&'static str),
    /// Nor what happens to lists.
    ListsLost,
}

/// Watches `a:*`, and for whoever may write `secret:*`; everything else is not there.
#[derive(Clone)]
pub(super) struct Listener {
    changes: broadcast::Sender<Change>,
    listens: Arc<AtomicUsize>,
    lists: watch::Sender<Lists>,
}

/// What becomes of whoever asks for changes of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lists {
    Told,
    Unserved,
    Forbidden,
    Panics,
}

impl Listener {
    pub(super) fn new(lists: Lists) -> Self {
        let (changes, lists) = (broadcast::Sender::new(64), watch::Sender::new(lists));
        Self { changes, listens: Arc::default(), lists }
    }

    /// What becomes of them from now on.
    pub(super) fn now(&self, lists: Lists) {
        self.lists.send_replace(lists);
    }

    pub(super) fn tell(&self, change: Change) {
        let _ = self.changes.send(change);
    }

    /// How many requests listen right now.
    pub(super) fn listens(&self) -> usize {
        self.listens.load(Ordering::SeqCst)
    }

    fn listen(&self, request: &Request, cx: Context) -> Result<Running, Error> {
        let asked: Value = request.parse()?;
        let uri = asked["notifications"]["resourceSubscriptions"][0].as_str().map(str::to_owned);
        let lists = *self.lists.borrow();
        let refused = match (&uri, lists) {
            (None, Lists::Unserved) => Some(Error::method_not_found()),
            (None, Lists::Forbidden) => Some(Error::denied(Denial::Forbidden)),
            (None, Lists::Panics) => panic!("s3cr3t"),
            (Some(uri), _) if uri.starts_with("secret:") && !may_write(&cx) => {
                Some(Error::denied(Denial::Scopes(["write"].into())))
            }
            _ => None,
        };
        if let Some(refused) = refused {
            return Err(refused);
        }
        let (cx, notes) = cx.streaming();
        let counted = Counted::new(&self.listens);
        let (changes, asked) = (self.changes.subscribe(), asked["notifications"].clone());
        let end = async move {
            let _counted = counted;
            tokio::select! {
                _ = cx.ending() => {}
                () = tell(changes, uri, asked, &cx) => {}
            }
            Ok(Reply::empty())
        };
        Ok(Running::Open { notes, end: Box::pin(end) })
    }
}

/// A server of it.
pub(super) async fn served(listener: &Listener, http: Http<Listen>) -> Served {
    let service: Arc<dyn Service> = Arc::new(listener.clone());
    Served::start(service, http).await
}

/// One that is told of lists, and its server.
pub(super) async fn start() -> (Served, Listener) {
    let listener = Listener::new(Lists::Told);
    (served(&listener, bound()).await, listener)
}

/// A session's own stream.
pub(super) async fn open(session: &Session) -> Stream {
    Stream::open(session.addr, &session.get()).await
}

/// Whether so many requests come to listen.
pub(super) async fn listens(listener: &Listener, count: usize) {
    within("those who listen", async {
        while listener.listens() != count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

fn may_write(cx: &Context) -> bool {
    scopes(cx).iter().any(|scope| scope == "write")
}

fn scopes(cx: &Context) -> Scopes {
    cx.identity().map(|identity| identity.scopes.clone()).unwrap_or_default()
}

async fn tell(
    mut changes: broadcast::Receiver<Change>,
    uri: Option<String>,
    asked: Value,
    cx: &Context,
) {
    let missing =
        uri.as_deref().is_some_and(|uri| !uri.starts_with("a:") && !uri.starts_with("secret:"));
    let honoured = if missing { json!({}) } else { asked };
    let id = json!({ "io.modelcontextprotocol/subscriptionId": cx.id() });
    let said = json!({ "notifications": honoured, "_meta": id });
    let _ = cx.send(Note::of(method::ACKNOWLEDGED, &said).expect("JSON")).await;
    while let Ok(change) = changes.recv().await {
        let note = match (change, uri.as_deref()) {
            (Change::Tools, None) => Note::of(method::TOOLS_CHANGED, &json!({ "_meta": id })),
            (Change::Resource(changed), Some(uri)) if changed == uri => {
                let by = scopes(cx).iter().collect::<Vec<_>>().join(" ");
                let params = json!({ "uri": uri, "by": by, "_meta": id });
                Note::of(method::RESOURCE_UPDATED, &params)
            }
            (Change::Lost(lost), Some(uri)) if lost == uri => return,
            (Change::ListsLost, None) => return,
            _ => continue,
        };
        let _ = cx.send(note.expect("JSON")).await;
    }
}

impl Service for Listener {
    fn card(&self) -> Arc<Card> {
        let mut card = Card::new(Implementation::new("listener", "1"));
        card.open = true;
        card.into()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        Box::pin(async move {
            assert!(matches!(cx.caller(), Caller::Known(_)), "every request has its caller");
            match &*request.method {
                method::DISCOVER => {
                    let capabilities = json!({
                        "tools": { "listChanged": true },
                        "resources": { "subscribe": true, "listChanged": true },
                    });
                    let found = json!({ "supportedVersions": [], "capabilities": capabilities });
                    Reply::of(&found).map(Running::Done)
                }
                method::LISTEN => self.listen(&request, cx),
                _ => Err(Error::method_not_found()),
            }
        })
    }
}

/// Counts for as long as it is kept.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
