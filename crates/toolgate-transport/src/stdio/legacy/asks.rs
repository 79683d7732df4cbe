//! Asking the client: questions are lines among the others, and so are their answers.

use bytes::Bytes;
use toolgate_core::{
    Caller, Error, Kind, Reply, Request, Running,
    legacy::{Asking, Conversation, may_ask},
    protocol::{RequestMeta, envelope::Response},
    wire::Wire,
};

use super::{
    super::{
        engine::Engine,
        gate,
        message::{One, failed},
    },
    Past,
};
use crate::{
    legacy::{Asks, Farewell, Frame, OpenQuestions, Side, Voice, converse},
    run::{Failure, contain},
};

/// The questions that are open. There is one client.
pub(super) type Open = OpenQuestions<(), ()>;

/// The client, as a call that asks has it.
struct Pipe<'a>(&'a Engine);

impl Side for Pipe<'_> {
    type By = ();

    /// It keeps its place: answers need none.
    fn waits(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Who answers is judged anew, like who asks.
    async fn goes_on(&mut self, (): ()) -> Result<Caller, Error> {
        let Engine { gate, service, .. } = self.0;
        let caller = gate.identify().await.map_err(|refused| gate::told(&refused))?;
        gate.required(&service.card(), &caller).map(|()| caller)
    }

    async fn lives(&self) -> bool {
        true
    }
}

impl Past {
    /// Takes an answer. One that nobody waits for is none.
    pub(crate) fn answered(&self, response: Response) {
        self.open.bring(&(), response, ());
    }
}

impl Engine {
    /// Answers a call of a conversation, and asks what it wants to know.
    pub(super) async fn past_call(
        &self,
        one: &One,
        request: Request,
        own: RequestMeta,
        (begun, wire): (Conversation, Wire),
    ) -> Option<Bytes> {
        let farewell = one.farewell.clone().filter(|_| self.bounds.questions > 0);
        let replied = match farewell {
            Some(farewell) if begun.can_answer() && may_ask(&request.method) => {
                self.asking(one, request, begun.asking(own), (&begun, farewell)).await
            }
            Some(_) => self.reply(one, request, begun.asking(own)).await,
            None => self.reply(one, request, begun.meta(own)).await,
        };
        match replied {
            Ok(reply) => Some(wire.result(&one.id, &reply, &self.service.card())),
            Err(failure) => failed(&failure, &one.id, &wire),
        }
    }

    async fn asking(
        &self,
        one: &One,
        request: Request,
        meta: RequestMeta,
        (begun, farewell): (&Conversation, Farewell),
    ) -> Result<Reply, Failure> {
        let asking = Asking::new(begun.revision, request.clone(), self.bounds.line);
        let cx = self.context(&one.caller, meta.clone(), one.deadline).with_id(one.id.clone());
        let running = contain(one.deadline, || self.service.call(request, cx)).await?;
        if let Running::Done(reply) = &running
            && reply.kind == Kind::Complete
        {
            return Ok(reply.clone());
        }
        let frame = Frame {
            service: self.service.clone(),
            id: one.id.clone(),
            meta,
            life: self.life.clone(),
            stopping: self.stopping.clone(),
            answer: self.bounds.answer,
        };
        let (questions, side) = (self.past.open.clone(), Pipe(self));
        let asks = Asks { frame, asking, questions, of: (), side, farewell };
        let (says, voice) = Voice::dialogue();
        self.hear(voice, converse(asks, running, one.deadline, says)).await
    }
}
