//! What the one client is told of beside its requests: changes of lists, and of the resources that it
//! watches, as lines among the others. For as long as the conversation goes on, and its caller may.

use std::{
    future::poll_fn,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    task::{Context as Task, Poll, Waker},
    time::Duration,
};

use tokio::time::{Instant, sleep, sleep_until};
use toolgate_core::{
    BoxFuture, Caller, Context, Ending, Life, Note, Refused, Reply, Shutdown,
    legacy::{Conversation, Watch, updated},
    protocol::{Json, RequestMeta, method},
    transport::Trigger,
};

use super::super::{engine::Engine, gate, message::One};
use crate::{
    legacy::{Listen, TooMuch, room},
    life::OwnLife,
    run::Failure,
};

/// Lists are not listened to anew more often than this, and nobody is judged anew more often who
/// cannot be.
const PAUSE: Duration = Duration::from_secs(1);

/// Kinds of lists, by how a server promises to tell of them.
const LISTS: [(&str, &str); 3] = [
    ("/capabilities/tools/listChanged", method::TOOLS_CHANGED),
    ("/capabilities/prompts/listChanged", method::PROMPTS_CHANGED),
    ("/capabilities/resources/listChanged", method::RESOURCES_CHANGED),
];

/// What is listened to. One task polls it all, and tells.
#[derive(Default)]
pub(crate) struct Changes {
    state: Mutex<State>,
    /// Whoever was let in last: decisions on changes are made with what they may by then. Apart from
    /// the rest, since the service asks for it while it is polled.
    caller: Arc<Mutex<Option<Caller>>>,
    asked: AtomicI64,
}

/// Handshakes are counted by their lines, from 1 on.
#[derive(Default)]
struct State {
    /// The handshake that began the conversation.
    at: u64,
    /// Nothing is told before this one was answered.
    answered: u64,
    /// Nor before the client has said that it is ready, after this one.
    ready: u64,
    listens: Vec<Listening>,
    /// What the client was promised to be told of.
    promised: Vec<&'static str>,
    /// Where polling goes on, so that a busy one starves no other.
    turn: usize,
    waker: Option<Waker>,
    /// No more lines are taken.
    over: bool,
}

/// One thing that is listened to. When it is dropped, what the service may have left running for it
/// learns that it is over.
struct Listening {
    listen: Listen,
    since: Instant,
    _over: Over,
}

struct Over(Trigger);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.request();
    }
}

/// In whose name something is listened to, and until when.
struct Name {
    until: OwnLife,
    caller: Arc<Mutex<Option<Caller>>>,
}

impl Life for Name {
    fn ending<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Ending> {
        self.until.ending(caller)
    }

    fn renewed(&self) -> Option<Caller> {
        self.caller.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What was heard.
enum Heard {
    /// Of that resource; of lists where none is named.
    Note(Option<Box<str>>, Note),
    Ended(Listening),
}

impl Changes {
    /// Takes who asks by now.
    pub(super) fn renew(&self, caller: &Caller) {
        *self.caller.lock().unwrap_or_else(PoisonError::into_inner) = Some(caller.clone());
    }

    /// Which conversation this is.
    pub(super) fn at(&self) -> u64 {
        self.state().at
    }

    /// A handshake begins anew: nothing is left of what was listened to before.
    fn begin(&self, at: u64, promised: Vec<&'static str>) {
        let mut state = self.state();
        (state.at, state.promised) = (at, promised);
        let old = mem::take(&mut state.listens);
        drop(state);
        drop(old);
    }

    /// The answer to a handshake is on its way.
    pub(crate) fn answered(&self, handshake: u64) {
        let mut state = self.state();
        state.answered = state.answered.max(handshake);
        state.wake();
    }

    /// The client has said that it is ready, after so many handshakes.
    pub(crate) fn ready(&self, handshakes: u64) {
        let mut state = self.state();
        state.ready = state.ready.max(handshakes);
        state.wake();
    }

    /// Nobody is told any more.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.over = true;
        let old = mem::take(&mut state.listens);
        drop(state);
        drop(old);
    }

    /// Lets go of all that a conversation listens to.
    fn let_go(&self, at: u64) {
        let mut state = self.state();
        let old = if state.at == at { mem::take(&mut state.listens) } else { Vec::new() };
        drop(state);
        drop(old);
    }

    /// Listens to one thing more. A conversation that is over by now listens to nothing.
    fn add(&self, at: u64, listening: Listening, most: usize) -> Result<(), TooMuch> {
        let mut state = self.state();
        if state.over || state.at != at {
            return Ok(());
        }
        let listens = state.listens.iter().map(|it| &it.listen);
        room(listens, listening.listen.uri.as_deref(), most)?;
        state.listens.push(listening);
        state.wake();
        Ok(())
    }

    fn room(&self, uri: &str, most: usize) -> Result<(), TooMuch> {
        room(self.state().listens.iter().map(|it| &it.listen), Some(uri), most)
    }

    /// Does not listen to a resource any more.
    pub(super) fn remove(&self, at: u64, uri: &str) {
        let mut state = self.state();
        let named = |it: &Listening| it.listen.uri.as_deref() == Some(uri);
        let found = state.listens.iter().position(named).filter(|_| state.at == at);
        let removed = found.map(|found| state.listens.swap_remove(found));
        drop(state);
        // Outside of the lock: it runs the service's code.
        drop(removed);
    }

    /// Does something unless the client need not be told of this resource, or of lists, any more.
    fn still(&self, at: u64, uri: Option<&str>, tell: impl FnOnce()) {
        let state = self.state();
        let listens = |uri| state.listens.iter().any(|it| it.listen.uri.as_deref() == Some(uri));
        if !state.over && state.at == at && uri.is_none_or(listens) {
            tell();
        }
    }

    /// What is to be told next, and in which conversation.
    fn poll(&self, task: &mut Task<'_>) -> Poll<(u64, Heard)> {
        let mut state = self.state();
        if state.is_telling()
            && let Some(heard) = state.poll_heard(task)
        {
            return Poll::Ready((state.at, heard));
        }
        state.waker = Some(task.waker().clone());
        Poll::Pending
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn is_telling(&self) -> bool {
        self.at > 0 && self.answered >= self.at && self.ready >= self.at
    }

    fn poll_heard(&mut self, task: &mut Task<'_>) -> Option<Heard> {
        let count = self.listens.len();
        for step in 0..count {
            let at = (self.turn + step) % count;
            let Some(Listening { listen, .. }) = self.listens.get_mut(at) else { break };
            match listen.poll(task) {
                Poll::Ready(Some(note)) => {
                    self.turn = (at + 1) % count;
                    return Some(Heard::Note(listen.uri.clone(), note));
                }
                Poll::Ready(None) => return Some(Heard::Ended(self.listens.swap_remove(at))),
                Poll::Pending => {}
            }
        }
        None
    }
}

impl Engine {
    /// Tells of changes, for as long as anybody reads.
    pub(crate) async fn tell_changes(self: Arc<Self>) {
        loop {
            let (at, heard) = poll_fn(|task| self.past.changes.poll(task)).await;
            let Some(caller) = self.may_hear().await else {
                self.past.changes.let_go(at);
                continue;
            };
            self.past.changes.renew(&caller);
            match heard {
                Heard::Note(uri, note) => self.tell_change(at, uri.as_deref(), &note).await,
                Heard::Ended(ended) => self.heard_end(at, ended, &caller).await,
            }
        }
    }

    /// Who is told. As for a request: who is not let in any more is told nothing.
    async fn may_hear(&self) -> Option<Caller> {
        loop {
            match self.gate.identify().await {
                Ok(caller) => {
                    let may = self.gate.required(&self.service.card(), &caller);
                    return may.is_ok().then_some(caller);
                }
                Err(Refused::Unavailable { retry }) => sleep(retry.max(PAUSE)).await,
                Err(refused) => {
                    gate::told(&refused);
                    return None;
                }
            }
        }
    }

    async fn tell_change(&self, at: u64, uri: Option<&str>, note: &Note) {
        let Some(place) = self.out.place().await else { return };
        self.past.changes.still(at, uri, || place.put(note.to_message()));
    }

    /// From here on changes would be missed, so the client is told to look.
    async fn heard_end(&self, at: u64, ended: Listening, caller: &Caller) {
        let Listening { listen, since, .. } = ended;
        if let Some(uri) = &listen.uri {
            if let Ok(note) = updated(uri) {
                self.tell_change(at, None, &note).await;
            }
            return;
        }
        // Over HTTP the client would open its stream again, and so listen to lists anew.
        sleep_until(since + PAUSE).await;
        let promised = self.past.changes.state().promised.clone();
        if let Ok(begun) = self.past.conversation() {
            self.listen_to_lists(at, caller, &begun, self.deadline()).await;
        }
        for method in promised {
            self.tell_change(at, None, &Note::new(method, Json::object())).await;
        }
    }

    /// Begins what a handshake promises.
    pub(super) async fn begin_changes(&self, one: &One, begun: &Conversation, reply: &Reply) {
        let promised = promised(reply);
        let listens = !promised.is_empty();
        self.past.changes.renew(&one.caller);
        self.past.changes.begin(one.begins, promised);
        if listens {
            self.listen_to_lists(one.begins, &one.caller, begun, one.deadline).await;
        }
    }

    async fn listen_to_lists(
        &self,
        at: u64,
        caller: &Caller,
        begun: &Conversation,
        deadline: Instant,
    ) {
        let (cx, over) = self.listening(caller, begun);
        match Listen::begin(&self.service, Watch::Lists, cx, deadline).await {
            Ok(listen) => {
                let listening = Listening { listen, since: Instant::now(), _over: over };
                let _ = self.past.changes.add(at, listening, 0);
            }
            // The conversation goes on all the same.
            Err(failure) => {
                let told = failure.error();
                tracing::info!(
                    code = told.code(),
                    reason = told.message(),
                    "lists are not told of"
                );
            }
        }
    }

    /// Has the client told when a resource changes.
    pub(super) async fn watch(
        &self,
        one: &One,
        begun: &Conversation,
        at: u64,
        uri: &str,
    ) -> Result<(), Failure> {
        let most = self.bounds.subscriptions;
        if let Err(why) = self.past.changes.room(uri, most) {
            return why.told();
        }
        let (cx, over) = self.listening(&one.caller, begun);
        let listen = Listen::to(&self.service, uri, cx, one.deadline).await?;
        let listening = Listening { listen, since: Instant::now(), _over: over };
        self.past.changes.add(at, listening, most).or_else(TooMuch::told)
    }

    /// What the service is asked to listen with: no deadline, and an end.
    fn listening(&self, caller: &Caller, begun: &Conversation) -> (Context, Over) {
        let (over, until) = Shutdown::new();
        let (changes, revoking) = (&self.past.changes, self.gate.revoking.clone());
        let name = Name { until: OwnLife::new(until, revoking), caller: changes.caller.clone() };
        let meta = begun.meta(RequestMeta::default());
        let id = changes.asked.fetch_add(1, Ordering::Relaxed);
        let cx = Context::with(caller.clone(), meta, Some(Arc::new(name))).with_id(id.into());
        (cx, Over(over))
    }
}

/// The notes of lists that an answer to a handshake promises.
fn promised(reply: &Reply) -> Vec<&'static str> {
    let said: serde_json::Value = reply.fields.to_object().parse().unwrap_or_default();
    let told = |at: &str| said.pointer(at).and_then(serde_json::Value::as_bool) == Some(true);
    LISTS.into_iter().filter_map(|(at, method)| told(at).then_some(method)).collect()
}
