//! Several messages in one body, for the one revision that has them.

use bytes::Bytes;
use http::Response;
use http::StatusCode;
use toolgate_core::{
    Error, Note, Reply, Request, era,
    legacy::{Turn, read},
    protocol::{
        Incoming, Json, RequestId, code, envelope,
        legacy::batch::{self, BadBatch},
    },
};

use super::{
    super::{
        answer::{self, Problem},
        body::Body,
        endpoint::Endpoint,
        message::{Admitted, bad},
        sse,
    },
    talk::Talk,
};
use crate::run::{Failure, until_cancelled};

impl Endpoint {
    /// Answers a batch, one message after the other, so that it is no way to more calls at once than
    /// a caller may have. Notes have nowhere to go.
    pub(crate) async fn past_batch(
        &self,
        one: Admitted<'_>,
        body: &Bytes,
    ) -> Result<Response<Body>, Box<Problem>> {
        let invalid = |message| bad(Error::new(code::INVALID_REQUEST, message));
        let talk = self.talk(&one).await?;
        if !talk.conversation().revision.has_batches() {
            return Err(invalid("one JSON-RPC message is expected"));
        }
        let parts = batch::split(body).map_err(|why| match why {
            BadBatch::Empty => invalid("the batch is empty"),
            BadBatch::TooLong => invalid("the batch has too many messages"),
            _ => bad(Error::new(code::PARSE_ERROR, "the body is not JSON")),
        })?;
        let mut answers = Vec::new();
        for part in &parts {
            answers.extend(self.part(&one, &talk, part).await);
        }
        Ok(match (answers.is_empty(), one.accepts.json) {
            (true, _) => answer::empty(StatusCode::ACCEPTED),
            (_, true) => answer::json(Body::from(batch::join(&answers)).holding(one.permit)),
            _ => {
                let events: Vec<u8> = answers.iter().flat_map(|it| sse::event(it)).collect();
                answer::events(Body::from(Bytes::from(events)).holding(one.permit))
            }
        })
    }

    /// The answer to one message; none where it wants none.
    async fn part(&self, one: &Admitted<'_>, talk: &Talk, part: &Bytes) -> Option<Bytes> {
        match envelope::parse(part, self.limits.json_depth) {
            Ok(Incoming::Request { id, method, params }) => {
                let request = Request::new(method, params.unwrap_or_else(Json::object));
                let wire = self.past.wire(talk, &request);
                match self.part_reply(one, talk, &id, request).await {
                    Ok(reply) => Some(wire.result(&id, &reply, &self.service.card())),
                    Err(Failure::Cancelled) => None,
                    Err(failure) => Some(wire.error(Some(&id), &failure.error())),
                }
            }
            Ok(Incoming::Notification { method, params }) => {
                let note = Note::new(method, params.unwrap_or_else(Json::object));
                if let Ok((_, own)) = era::split(&note.params) {
                    // Whatever became of it, nobody is told.
                    let _ = self.noted(one, talk, note.clone(), own).await;
                }
                None
            }
            Ok(Incoming::Response(response)) => {
                self.brought(one, talk, response);
                None
            }
            Ok(_) => None,
            Err(bad) => Some(envelope::write_error(bad.id.as_ref(), bad.code, bad.message, None)),
        }
    }

    async fn part_reply(
        &self,
        one: &Admitted<'_>,
        talk: &Talk,
        id: &RequestId,
        request: Request,
    ) -> Result<Reply, Failure> {
        let (turn, own) = {
            let (params, own) = era::split(&request.params).map_err(Failure::Error)?;
            (read(&request.method, &params).map_err(Failure::Error)?, own)
        };
        match turn {
            Turn::Call => {}
            Turn::Handshake(_) => {
                let message = "a handshake stands alone";
                return Err(Failure::Error(Error::new(code::INVALID_REQUEST, message)));
            }
            turn => {
                let done = self.change(one, talk, &turn).await;
                let done = done.map_err(|problem| Failure::Error(problem.error))?;
                return done.map(|()| Reply::empty());
            }
        }
        let entry = self.past.enter(talk, id).map_err(Failure::Error)?;
        let cancelled = entry.as_ref().map(|entry| entry.cancelled().clone());
        let reply = self.reply(one, request, talk.conversation().meta(own));
        until_cancelled(cancelled, reply).await
    }
}
