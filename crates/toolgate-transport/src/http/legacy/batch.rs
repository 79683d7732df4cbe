//! Several messages in one body, for the one revision that has them.

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use toolgate_core::{
    Error, Note, Reply, Request, era,
    legacy::{Turn, read},
    protocol::{
        Incoming, Json, RequestId, code, envelope,
        legacy::batch::{self, BadBatch},
    },
};
use tracing::Instrument;

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
    /// a caller may have. Notes have nowhere to go, and nor has an answer whose client went away:
    /// no stream was begun that it could come back to.
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
        self.charge(one.head, &one.caller, parts.len().saturating_sub(1));
        let (answers, one) = self.answers(one, talk, parts).await?;
        let refused = first_of_all(&answers);
        let told: Vec<Bytes> = answers.iter().map(|answer| answer.text.clone()).collect();
        let mut response = match (told.is_empty(), one.accepts.json) {
            (true, _) => answer::empty(StatusCode::ACCEPTED),
            (_, true) => answer::json(Body::from(batch::join(&told)).holding(one.permit)),
            _ => {
                let events: Vec<u8> = told.iter().flat_map(|it| sse::event(it)).collect();
                answer::events(Body::from(Bytes::from(events)).holding(one.permit))
            }
        };
        if let Some(refused) = refused {
            *response.status_mut() = refused.status;
            response.headers_mut().extend(refused.fields.iter().cloned());
        }
        Ok(response)
    }

    /// All answers, whatever becomes of the connection where single calls outlive theirs.
    async fn answers<'a>(
        &self,
        one: Admitted<'a>,
        talk: Talk,
        parts: Vec<Bytes>,
    ) -> Result<(Vec<Answer>, Admitted<'a>), Box<Problem>> {
        let shared = self.shared.upgrade().filter(|_| self.past.lasting(&talk).is_some());
        let Some(shared) = shared else {
            let answers = self.each(&one, &talk, &parts).await;
            return Ok((answers, one));
        };
        let Admitted { head, caller, accepts, permit, deadline, lasts } = one;
        let (own, answered) = (head.clone(), caller.clone());
        let running = async move {
            let head = &own;
            let one = Admitted { head, caller: answered, accepts, permit, deadline, lasts };
            (shared.each(&one, &talk, &parts).await, one.permit)
        };
        let done = tokio::spawn(running.in_current_span()).await;
        let (answers, permit) =
            done.map_err(|_| Problem::of(StatusCode::INTERNAL_SERVER_ERROR, Error::internal()))?;
        Ok((answers, Admitted { head, caller, accepts, permit, deadline, lasts }))
    }

    async fn each(&self, one: &Admitted<'_>, talk: &Talk, parts: &[Bytes]) -> Vec<Answer> {
        let mut answers = Vec::new();
        for part in parts {
            answers.extend(self.part(one, talk, part).await);
        }
        answers
    }

    /// The answer to one message; none where it wants none.
    async fn part(&self, one: &Admitted<'_>, talk: &Talk, part: &Bytes) -> Option<Answer> {
        match envelope::parse(part, self.limits.json_depth) {
            Ok(Incoming::Request { id, method, params }) => {
                let request = Request::new(method, params.unwrap_or_else(Json::object));
                let wire = self.past.wire(talk, &request);
                match self.part_reply(one, talk, &id, request).await {
                    Ok(reply) => Some(wire.result(&id, &reply, &self.service.card()).into()),
                    Err(Failure::Cancelled) => None,
                    Err(failure) if failure.is_answer() => {
                        Some(wire.error(Some(&id), &failure.error()).into())
                    }
                    Err(failure) => {
                        let refused = self.failed(&failure, &one.caller);
                        refused.log(&Method::POST);
                        let text = wire.error(Some(&id), &refused.error);
                        Some(Answer { text, refused: Some(refused) })
                    }
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
            Err(bad) => {
                Some(envelope::write_error(bad.id.as_ref(), bad.code, bad.message, None).into())
            }
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

/// The answer to a part.
struct Answer {
    text: Bytes,
    /// Why it was turned away, where it was.
    refused: Option<Box<Problem>>,
}

impl From<Bytes> for Answer {
    fn from(text: Bytes) -> Self {
        Self { text, refused: None }
    }
}

/// Why nothing of a batch was let in, where nothing was: then it is refused as one request would be,
/// and its client learns which credentials are wanted. A server's own fault in a part is none of
/// that.
fn first_of_all(answers: &[Answer]) -> Option<&Problem> {
    let refused = answers.iter().map(|answer| answer.refused.as_deref());
    let all: Option<Vec<_>> =
        refused.map(|it| it.filter(|it| it.status.is_client_error())).collect();
    all?.first().copied()
}
