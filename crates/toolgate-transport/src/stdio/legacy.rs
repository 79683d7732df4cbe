//! The era before 2026-07-28 on these streams: one conversation, begun by a handshake, for every
//! line that says nothing of itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use toolgate_core::{
    Error, Note, Reply, Request, era,
    legacy::{Conversation, Lowered, Turn, introduced, introduction, read},
    protocol::{
        Incoming, Json, RequestId, RequestMeta, code, envelope,
        legacy::{
            INITIALIZE, INITIALIZED, Revision,
            batch::{self, BadBatch},
            handshake::Initialize,
        },
        method,
    },
    wire::{self, Wire},
};

use super::{
    engine::Engine,
    gate,
    intake::{cancel, enter},
    message::{One, failed},
    order::{Before, Change},
};
use crate::run::Failure;

mod asks;
mod changes;

/// What the old era keeps: of this one client, and for nobody else.
pub(crate) struct Past {
    conversation: Mutex<Option<Conversation>>,
    open: asks::Open,
    pub(crate) changes: changes::Changes,
    lowered: Arc<Lowered>,
}

impl Past {
    /// Of a client who was not asked anything yet, and may be asked so much at a time.
    pub(crate) fn new(questions: usize) -> Self {
        let (conversation, open) = (Mutex::default(), asks::Open::new(questions));
        Self { conversation, open, changes: Default::default(), lowered: Arc::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Conversation>> {
        self.conversation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The conversation, once it was begun.
    fn conversation(&self) -> Result<Conversation, Error> {
        let message = "send `initialize` first, or say in `_meta` what the request is written in";
        self.kept().clone().ok_or_else(|| Error::new(code::INVALID_REQUEST, message))
    }

    fn wire(&self, revision: Revision, request: &Request) -> Wire {
        let (method, lowered) = (request.method.clone(), self.lowered.clone());
        Wire::Legacy { revision, method, lowered }
    }
}

impl Engine {
    /// Answers a request of the old era. `turn` is what it asks, or why that cannot be told.
    pub(crate) async fn past_request(
        &self,
        one: One,
        request: Request,
        own: RequestMeta,
        turn: Result<Turn, Error>,
    ) -> Option<Bytes> {
        let turn = match turn {
            Ok(Turn::Handshake(asked)) => return self.handshake(&one, asked).await,
            turn => turn,
        };
        if let Err(told) = self.gate.required(&self.service.card(), &one.caller) {
            return Some(wire::error(Some(&one.id), &told));
        }
        self.past.changes.renew(&one.caller);
        // Before the conversation, so that none is told of what an older one asked for.
        let at = self.past.changes.at();
        let begun = self.past.conversation();
        // What needs no conversation is answered as in the newest revision.
        let revision = begun.as_ref().map_or(Revision::LATEST, |begun| begun.revision);
        let wire = self.past.wire(revision, &request);
        let failed = |failure| failed(&failure, &one.id, &wire);
        match (turn, begun) {
            (Ok(Turn::Ping), _) => {}
            // Why a handshake cannot be read is not that there was none.
            (Err(error), _) if request.method == INITIALIZE => {
                return failed(Failure::Error(error));
            }
            (_, Err(error)) | (Err(error), Ok(_)) => return failed(Failure::Error(error)),
            (Ok(Turn::SetLevel(level)), Ok(_)) => {
                if let Some(begun) = self.past.kept().as_mut() {
                    begun.log_level = level;
                }
            }
            (Ok(Turn::Subscribe(uri)), Ok(begun)) => {
                if let Err(failure) = self.watch(&one, &begun, at, &uri).await {
                    return failed(failure);
                }
            }
            (Ok(Turn::Unsubscribe(uri)), Ok(_)) => self.past.changes.remove(at, &uri),
            (Ok(_), Ok(begun)) => return self.past_call(&one, request, own, (begun, wire)).await,
        }
        Some(wire.result(&one.id, &Reply::empty(), &self.service.card()))
    }

    /// Begins a conversation, or begins anew. Whom the service refuses begins nothing.
    async fn handshake(&self, one: &One, asked: Initialize) -> Option<Bytes> {
        let begun = Conversation::new(asked);
        let revision = begun.revision;
        let wire = self.past.wire(revision, &introduction());
        let meta = begun.meta(RequestMeta::default());
        let card = self.service.card();
        let found = self.reply(one, introduction(), meta).await;
        let reply = found
            .and_then(|found| introduced(revision, &card, &found, true).map_err(Failure::Error));
        match reply {
            Ok(reply) => {
                *self.past.kept() = Some(begun.clone());
                self.begin_changes(one, &begun, &reply).await;
                Some(wire.result(&one.id, &reply, &card))
            }
            Err(failure) => failed(&failure, &one.id, &wire),
        }
    }

    /// What a message that says nothing of itself says by its conversation.
    pub(crate) fn past_meta(&self, own: RequestMeta) -> Option<RequestMeta> {
        self.past.kept().as_ref().map(|begun| begun.meta(own))
    }

    /// Answers a batch in one line, its messages one after the other: it is no way to more calls at
    /// once than a client may have.
    pub(crate) async fn batch(
        self: Arc<Self>,
        text: Bytes,
        held: (OwnedSemaphorePermit, Change),
        before: Before,
        deadline: Instant,
    ) {
        let message = self.batched(&text, before, deadline).await;
        let place = match message {
            Some(message) => self.out.place().await.map(|place| (place, message)),
            None => None,
        };
        drop(held);
        if let Some((place, message)) = place {
            place.put(message);
        }
    }

    async fn batched(&self, text: &Bytes, before: Before, deadline: Instant) -> Option<Bytes> {
        let invalid = |message| Error::new(code::INVALID_REQUEST, message);
        let caller = match self.gate.identify().await {
            Ok(caller) => caller,
            Err(refused) => return Some(wire::error(None, &gate::told(&refused))),
        };
        if let Err(told) = self.gate.required(&self.service.card(), &caller) {
            return Some(wire::error(None, &told));
        }
        before.done().await;
        let parts = match (self.past.conversation(), batch::split(text)) {
            (_, Err(BadBatch::NotJson)) => {
                Err(Error::new(code::PARSE_ERROR, "the line is not JSON"))
            }
            (Ok(begun), parts) if begun.revision.has_batches() => parts.map_err(|why| match why {
                BadBatch::Empty => invalid("the batch is empty"),
                _ => invalid("the batch has too many messages"),
            }),
            _ => Err(invalid("one JSON-RPC message is expected")),
        };
        let parts = match parts {
            Ok(parts) => parts,
            Err(error) => return Some(wire::error(None, &error)),
        };
        let mut answers = Vec::new();
        for part in &parts {
            answers.extend(self.part(part, &caller, deadline).await);
        }
        (!answers.is_empty()).then(|| batch::join(&answers))
    }

    /// The answer to one message; none where it wants none.
    async fn part(
        &self,
        part: &Bytes,
        caller: &toolgate_core::Caller,
        deadline: Instant,
    ) -> Option<Bytes> {
        match envelope::parse(part, self.bounds.json_depth) {
            Ok(Incoming::Request { id, method, params }) => {
                let request = Request::new(method, params.unwrap_or_else(Json::object));
                let one = One { id, caller: caller.clone(), deadline, farewell: None, begins: 0 };
                self.part_request(one, request).await
            }
            Ok(Incoming::Notification { method, params }) => {
                let note = Note::new(method, params.unwrap_or_else(Json::object));
                match &*note.method {
                    method::CANCELLED => cancel(self, &note),
                    // Handshakes after this line wait for it.
                    INITIALIZED => self.past.changes.ready(self.past.changes.at()),
                    _ => self.tell(caller, note, deadline).await,
                }
                None
            }
            Ok(Incoming::Response(response)) => {
                self.past.answered(response);
                None
            }
            Ok(_) => None,
            Err(bad) => Some(envelope::write_error(bad.id.as_ref(), bad.code, bad.message, None)),
        }
    }

    async fn part_request(&self, one: One, request: Request) -> Option<Bytes> {
        let error = |id: &RequestId, error| Some(wire::error(Some(id), &error));
        let (turn, own) = match era::split(&request.params) {
            Ok((params, own)) => (read(&request.method, &params), own),
            Err(bad) => return error(&one.id, bad),
        };
        if request.method == INITIALIZE {
            let told = Error::new(code::INVALID_REQUEST, "a handshake stands alone");
            return error(&one.id, told);
        }
        let entry = match enter(self, &one.id) {
            Ok(entry) => entry,
            Err(taken) => return error(&one.id, taken),
        };
        tokio::select! {
            biased;
            () = entry.cancelled().requested() => None,
            answer = self.past_request(one, request, own, turn) => answer,
        }
    }
}
