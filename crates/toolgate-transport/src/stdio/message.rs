//! One message: who sends it, what the service makes of it, and the lines that go out for it.

use std::{future::Future, pin::pin, sync::Arc};

use bytes::Bytes;
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use toolgate_core::{
    Caller, Context, Error, Note, Out, Refused, Reply, Request, Running, era,
    legacy::{Era, Turn},
    protocol::{RequestId, RequestMeta},
    wire::{self, Wire},
};

use super::{
    engine::Engine,
    gate,
    intake::{Slot, era_of},
    order::{Before, Change},
};
use crate::{
    legacy::{Farewell, Voice, Word},
    run::{Failure, contain},
};

/// A request, as its line tells it.
pub(crate) struct Call {
    pub(crate) id: RequestId,
    pub(crate) request: Request,
    /// By era, or why that cannot be told.
    pub(crate) asked: Result<Asked, Error>,
    pub(crate) before: Before,
    /// Who else watches or does not watch any more, before and after it.
    pub(crate) watches: Option<(Before, Change)>,
    /// Which handshake it is, counted from 1; 0 where it is none.
    pub(crate) begins: u64,
    pub(crate) deadline: Instant,
    pub(crate) farewell: Farewell,
}

/// What a request asks, by era.
pub(crate) enum Asked {
    Modern(RequestMeta),
    /// The last is what it asks for, or why that cannot be told.
    Legacy(RequestMeta, Result<Turn, Error>),
}

impl Engine {
    /// Answers a request, unless its client does not want that any more.
    pub(crate) async fn request(self: Arc<Self>, call: Call, slot: Slot) {
        let Slot { entry, permit, change } = slot;
        // What later lines wait for is not cancelled: a handshake must not be, and the rest is done
        // at once.
        let fixed = change.is_some();
        let (farewell, begins) = (call.farewell.clone(), call.begins);
        let answered = async {
            let message = self.answer(call).await;
            drop(change);
            self.send_farewell(&farewell).await;
            Some((message?, self.out.place().await?))
        };
        let answered = tokio::select! {
            biased;
            () = entry.cancelled().requested(), if !fixed => None,
            answered = answered => answered,
        };
        // What was cancelled is dropped by now.
        self.send_farewell(&farewell).await;
        // First the id is free and then the client learns of it, or it could be quicker.
        drop((entry, permit));
        if let Some((message, place)) = answered {
            place.put(message);
            if begins > 0 {
                self.past.changes.answered(begins);
            }
        }
    }

    /// The last line for a request; none where nobody reads any more.
    async fn answer(&self, call: Call) -> Option<Bytes> {
        let Call { id, request, asked, before, watches, begins, deadline, farewell } = call;
        let caller = match self.gate.identify().await {
            Ok(caller) => caller,
            Err(refused) => return Some(wire::error(Some(&id), &gate::told(&refused))),
        };
        let one = One { id, caller, deadline, farewell: Some(farewell), begins };
        match asked {
            Ok(Asked::Modern(meta)) => self.run(one, request, meta, Wire::Modern).await,
            Ok(Asked::Legacy(own, turn)) => {
                before.done().await;
                let mut change = None;
                if let Some((before, own)) = watches {
                    before.done().await;
                    change = Some(own);
                }
                let answer = self.past_request(one, request, own, turn).await;
                drop(change);
                answer
            }
            Err(error) => Some(wire::error(Some(&one.id), &error)),
        }
    }

    /// Has the service answer, however the answer is written.
    pub(crate) async fn run(
        &self,
        one: One,
        request: Request,
        meta: RequestMeta,
        wire: Wire,
    ) -> Option<Bytes> {
        match self.reply(&one, request, meta).await {
            Ok(reply) => Some(wire.result(&one.id, &reply, &self.service.card())),
            Err(failure) => failed(&failure, &one.id, &wire),
        }
    }

    /// The reply, once all notes before it were sent.
    pub(crate) async fn reply(
        &self,
        one: &One,
        request: Request,
        meta: RequestMeta,
    ) -> Result<Reply, Failure> {
        let cx = self.context(&one.caller, meta, one.deadline).with_id(one.id.clone());
        match contain(one.deadline, || self.service.call(request, cx)).await? {
            Running::Done(reply) => Ok(reply),
            Running::Open { notes, end } => {
                let end = contain(one.deadline, move || end);
                self.hear(Voice::Notes(notes), end).await
            }
            _ => Err(Failure::Error(Error::internal())),
        }
    }

    /// Sends what is said before an end, and waits for that.
    pub(crate) async fn hear(
        &self,
        mut voice: Voice,
        end: impl Future<Output = Result<Reply, Failure>>,
    ) -> Result<Reply, Failure> {
        let mut end = pin!(end);
        // The end is looked at first, so that notes without end cannot keep it, and its deadline,
        // from being seen.
        let ended = loop {
            tokio::select! {
                biased;
                ended = &mut end => break ended,
                word = voice.next() => self.send(word).await?,
            }
        };
        while let Some(word) = voice.waiting() {
            self.send(word).await?;
        }
        ended
    }

    async fn send(&self, word: Word) -> Result<(), Failure> {
        let message = match word {
            Word::Question(message) => message,
            Word::Out(Out::Note(note)) => note.to_message(),
            Word::Out(_) => return Ok(()),
        };
        self.out.place().await.ok_or(Failure::Cancelled)?.put(message);
        Ok(())
    }

    /// Tells the client what it need not answer any more.
    async fn send_farewell(&self, farewell: &Farewell) {
        while let Some(note) = farewell.next() {
            let Some(place) = self.out.place().await else { return };
            place.put(note);
        }
    }

    pub(crate) fn context(&self, caller: &Caller, meta: RequestMeta, deadline: Instant) -> Context {
        Context::with(caller.clone(), meta, Some(self.life.clone()))
            .with_deadline(deadline.into_std())
    }

    /// Hands the service a notification. Nobody is told what becomes of it.
    pub(crate) async fn note(
        self: Arc<Self>,
        note: Note,
        permit: OwnedSemaphorePermit,
        before: Before,
        deadline: Instant,
    ) {
        let told = async {
            let caller = self.gate.identify().await.inspect_err(|refused| {
                gate::told(refused);
            })?;
            before.done().await;
            self.tell(&caller, note, deadline).await;
            Ok::<_, Refused>(())
        };
        // The refusal is in the log.
        let _ = told.await;
        drop(permit);
    }

    pub(crate) async fn tell(&self, caller: &Caller, note: Note, deadline: Instant) {
        if self.gate.required(&self.service.card(), caller).is_err() {
            return;
        }
        let meta = match era::split(&note.params) {
            Ok((_, own)) if era_of(&note.method, &own) == Era::Legacy => self.past_meta(own),
            Ok((_, own)) => {
                own.version.as_deref().is_none_or(|it| era::supported(it).is_ok()).then_some(own)
            }
            Err(_) => None,
        };
        let Some(meta) = meta else { return };
        let cx = self.context(caller, meta, deadline);
        let taken = contain(deadline, || async {
            self.service.notify(note, cx).await;
            Ok(())
        });
        // A panic is in the log, and there is nobody to be told of the rest.
        let _ = taken.await;
    }
}

/// A request whose caller is known.
pub(crate) struct One {
    pub(crate) id: RequestId,
    pub(crate) caller: Caller,
    pub(crate) deadline: Instant,
    /// What is left to be said of its questions; none where it cannot ask.
    pub(crate) farewell: Option<Farewell>,
    /// Which handshake it is, counted from 1; 0 where it is none.
    pub(crate) begins: u64,
}

/// The line that tells of a failure; none where nobody reads it.
pub(crate) fn failed(failure: &Failure, id: &RequestId, wire: &Wire) -> Option<Bytes> {
    if let Failure::Cancelled = failure {
        return None;
    }
    let told = failure.error();
    tracing::debug!(code = told.code(), reason = told.message(), "answered with an error");
    Some(wire.error(Some(id), &told))
}
