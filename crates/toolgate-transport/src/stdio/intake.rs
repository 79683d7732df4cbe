//! What a line asks for, and whether there is room for it. Nothing here waits for the service: lines
//! go on being read, so that a cancellation is seen.

use std::sync::Arc;

use bytes::Bytes;
use tokio::{
    io::AsyncRead,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{JoinError, JoinSet},
};
use toolgate_core::{
    Denial, Error, Note, Refused, Request, era,
    legacy::{self, Era, Signs, Turn, classify},
    protocol::{
        Incoming, Json, Params, RequestId, RequestMeta, code, envelope,
        legacy::{INITIALIZED, batch::is_batch},
        method,
    },
    wire,
};
use tracing::Instrument;

use super::{
    engine::{Ends, Engine},
    lines::{Line, Lines},
    message::{Asked, Call},
    order::{Change, Order},
};
use crate::{calls::Entry, legacy::Farewell, run::never};

/// How long one has to wait who asks for too much at a time.
const RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// Takes lines, and holds what runs for them.
pub(crate) struct Intake {
    engine: Arc<Engine>,
    running: JoinSet<()>,
    order: Order,
    /// The same, of what the client watches: each such request waits for the one before it, and
    /// nothing else does.
    watches: Order,
    /// Handshakes so far.
    begun: u64,
    /// An answer that needs no running. While it waits for room no further line is read.
    answer: Option<Bytes>,
}

/// Why no more lines are taken.
#[derive(Debug)]
pub(crate) enum Why {
    /// There are no more.
    End,
    /// Somebody said so.
    Told,
    /// Nobody reads answers any more.
    Gone,
    /// They cannot be read.
    Broken(std::io::Error),
}

impl Intake {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        let (order, watches) = (Order::default(), Order::default());
        Self { engine, running: JoinSet::new(), order, watches, begun: 0, answer: None }
    }

    /// Takes lines until there is a reason to take no more.
    pub(crate) async fn read<R>(&mut self, lines: &mut Lines<R>, ends: &mut Ends) -> Why
    where
        R: AsyncRead + Unpin,
    {
        let out = self.engine.out.clone();
        loop {
            tokio::select! {
                line = lines.next(), if self.answer.is_none() => match line {
                    Ok(Some(line)) => self.answer = self.take(line),
                    Ok(None) => return Why::End,
                    Err(error) => return Why::Broken(error),
                },
                Some(place) = out.place(), if self.answer.is_some() => {
                    if let Some(answer) = self.answer.take() {
                        place.put(answer);
                    }
                }
                Some(ended) = self.running.join_next() => reap(ended),
                () = ends.told() => return Why::Told,
                () = out.closed() => return Why::Gone,
            }
        }
    }

    /// Waits until nothing runs any more.
    pub(crate) async fn idle(&mut self) {
        if let (Some(answer), Some(place)) = (self.answer.take(), self.engine.out.place().await) {
            place.put(answer);
        }
        while let Some(ended) = self.running.join_next().await {
            reap(ended);
        }
    }

    /// Has a line's work begin; what is answered at once comes back.
    fn take(&mut self, line: Line) -> Option<Bytes> {
        let Line::Text(text) = line else {
            let told = Error::new(code::REFUSED, "the message is too long");
            tracing::info!(reason = told.message(), remedy = "limits: line", "refused");
            return Some(wire::error(None, &told));
        };
        if is_batch(&text) {
            return self.batch(text).err().map(|told| wire::error(None, &told));
        }
        match envelope::parse(&text, self.engine.bounds.json_depth) {
            Ok(Incoming::Request { id, method, params }) => {
                let request = Request::new(method, params.unwrap_or_else(Json::object));
                let refused = self.request(id.clone(), request).err();
                refused.map(|told| wire::error(Some(&id), &told))
            }
            Ok(Incoming::Notification { method, params }) => {
                self.note(Note::new(method, params.unwrap_or_else(Json::object)));
                None
            }
            Ok(Incoming::Response(response)) => {
                self.engine.past.answered(response);
                None
            }
            Ok(_) => None,
            Err(bad) => Some(envelope::write_error(bad.id.as_ref(), bad.code, bad.message, None)),
        }
    }

    fn permit(&self, room: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Error> {
        room.clone().try_acquire_owned().map_err(|_| {
            self.engine.gate.unserved(None, &Refused::Busy { retry: RETRY });
            let told = Error::denied(Denial::Busy(RETRY));
            let remedy = "limits: calls, TOOLGATE_CALLS_PER_CALLER";
            tracing::info!(reason = told.message(), remedy, "refused");
            told
        })
    }

    fn request(&mut self, id: RequestId, request: Request) -> Result<(), Error> {
        let entry = enter(&self.engine, &id)?;
        let lasts = request.method == method::LISTEN;
        let room = if lasts { &self.engine.streams } else { &self.engine.room };
        let permit = self.permit(room)?;
        let asked = asked(&request);
        let turn = match &asked {
            Ok(Asked::Legacy(_, Ok(turn))) => Some(turn),
            _ => None,
        };
        let (before, change) = match turn {
            Some(Turn::Handshake(_) | Turn::SetLevel(_)) => {
                let (before, change) = self.order.change();
                (before, Some(change))
            }
            _ => (self.order.follow(), None),
        };
        let begins = matches!(turn, Some(Turn::Handshake(_)));
        self.begun += u64::from(begins);
        let begins = if begins { self.begun } else { 0 };
        let watches = matches!(turn, Some(Turn::Subscribe(_) | Turn::Unsubscribe(_)));
        let watches = watches.then(|| self.watches.change());
        let span = tracing::info_span!("request", method = method::known(&request.method));
        let slot = Slot { entry, permit, change };
        let deadline = if lasts { never() } else { self.engine.deadline() };
        let farewell = Farewell::default();
        let call = Call { id, request, asked, before, watches, begins, deadline, farewell };
        self.running.spawn(self.engine.clone().request(call, slot).instrument(span));
        Ok(())
    }

    /// A batch may change what holds for the lines after it, so they wait for it.
    fn batch(&mut self, text: Bytes) -> Result<(), Error> {
        let permit = self.permit(&self.engine.room)?;
        let (before, change) = self.order.change();
        let engine = self.engine.clone();
        let deadline = engine.deadline();
        self.running.spawn(engine.batch(text, (permit, change), before, deadline));
        Ok(())
    }

    fn note(&mut self, note: Note) {
        match &*note.method {
            // Neither needs a caller: the one ends what the same client began, the other says that
            // it hears.
            method::CANCELLED => cancel(&self.engine, &note),
            INITIALIZED => self.engine.past.changes.ready(self.begun),
            _ => match self.permit(&self.engine.room) {
                Ok(permit) => {
                    let (engine, before) = (self.engine.clone(), self.order.follow());
                    let (span, deadline) = (
                        tracing::info_span!("request", method = method::known(&note.method)),
                        engine.deadline(),
                    );
                    let told = engine.note(note, permit, before, deadline);
                    self.running.spawn(told.instrument(span));
                }
                Err(_) => tracing::warn!("a notification was dropped; limits: calls"),
            },
        }
    }
}

/// What a running request holds: its id, its share of what may run, and the turn of those after it.
pub(crate) struct Slot {
    pub(crate) entry: Entry<RequestId>,
    pub(crate) permit: OwnedSemaphorePermit,
    pub(crate) change: Option<Change>,
}

/// Enters a request where its client can cancel it.
pub(crate) fn enter(engine: &Engine, id: &RequestId) -> Result<Entry<RequestId>, Error> {
    let entry = engine.calls.enter(id.clone());
    entry.ok_or_else(|| Error::new(code::INVALID_REQUEST, "the id is in use"))
}

/// Cancels what a notification names.
pub(crate) fn cancel(engine: &Engine, note: &Note) {
    let named = Params::split(&note.params).ok().and_then(|params| params.value("requestId"));
    if let Some(id) = named.and_then(|id| id.parse().ok()) {
        engine.calls.cancel(&id);
    }
}

/// The era of a message. There is no header to tell it by.
pub(crate) fn era_of(method: &str, meta: &RequestMeta) -> Era {
    let named = meta.version.is_some() || meta.client_capabilities.is_some();
    classify(Signs { method: Some(method), named, header: None })
}

fn asked(request: &Request) -> Result<Asked, Error> {
    let (params, meta) = era::split(&request.params)?;
    if era_of(&request.method, &meta) == Era::Legacy {
        return Ok(Asked::Legacy(meta, legacy::read(&request.method, &params)));
    }
    let version = era::required(&request.method, &params, &meta)?;
    era::supported(version)?;
    Ok(Asked::Modern(meta))
}

fn reap(ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("answering a request panicked");
    }
}
