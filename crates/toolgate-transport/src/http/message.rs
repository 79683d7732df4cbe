//! One message of an admitted request: in which era it is, and what the service makes of it.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Response, StatusCode};
use tokio::time::Instant;
use toolgate_core::{
    Caller, Context, Error, Note, Request, era,
    legacy::{self, Era, Turn},
    protocol::{
        Incoming, Json, RequestId, RequestMeta, code, envelope, legacy::batch::is_batch, method,
    },
    wire::Wire,
};

use super::{
    accept::Accepts,
    admission::Permit,
    answer::{self, Problem},
    body::Body,
    endpoint::Endpoint,
    evidence::Head,
    legacy::{Entry, Held},
    mirror,
    reply::{self, Call},
    shape,
    sse::Span,
};
use crate::run::{Failure, contain, never, until_cancelled};

/// A request whose head was accepted, and which counts as running.
pub(crate) struct Admitted<'a> {
    pub(crate) head: &'a Head,
    pub(crate) caller: Caller,
    pub(crate) accepts: Accepts,
    pub(crate) permit: Permit,
    pub(crate) deadline: Instant,
    /// Whether it goes on for as long as its client reads.
    pub(crate) lasts: bool,
}

/// What a request asks, by era.
enum Asked {
    Modern(RequestMeta),
    /// Whose headers are not those that the tool wants.
    Flawed(RequestMeta, Error),
    Legacy(RequestMeta, Result<Turn, Error>),
}

impl Endpoint {
    /// Answers what a body holds.
    pub(crate) async fn message(
        &self,
        one: Admitted<'_>,
        body: &Bytes,
    ) -> Result<Response<Body>, Box<Problem>> {
        if is_batch(body) {
            shape::old(&one.head.parts.headers).map_err(bad)?;
            return self.past_batch(one, body).await;
        }
        match envelope::parse(body, self.limits.json_depth) {
            Ok(Incoming::Request { id, method, params }) => {
                tracing::Span::current().record("method", method::known(&method));
                let params = params.unwrap_or_else(Json::object);
                self.request(one, id, Request::new(method, params)).await
            }
            Ok(Incoming::Notification { method, params }) => {
                tracing::Span::current().record("method", method::known(&method));
                self.notification(one, Note::new(method, params.unwrap_or_else(Json::object))).await
            }
            Ok(Incoming::Response(response)) => {
                shape::old(&one.head.parts.headers).map_err(bad)?;
                self.past_response(one, response).await
            }
            Ok(_) => {
                let message = "one request or notification is expected";
                Err(bad(Error::new(code::INVALID_REQUEST, message)))
            }
            Err(malformed) => {
                Err(bad(Error::new(malformed.code, malformed.message)).id(malformed.id))
            }
        }
    }

    async fn request(
        &self,
        one: Admitted<'_>,
        id: RequestId,
        request: Request,
    ) -> Result<Response<Body>, Box<Problem>> {
        match self.asked(&one, &request).map_err(|error| bad(error).id(id.clone()))? {
            Asked::Modern(meta) => {
                let one = match &*request.method {
                    method::LISTEN => self.lasting(one).map_err(|it| it.id(id.clone()))?,
                    _ => one,
                };
                self.run(one, id, request, meta, Wire::Modern, Held::default()).await
            }
            Asked::Flawed(meta, flaw) => self.flawed(&one, id, request, meta, flaw).await,
            Asked::Legacy(own, turn) => self.past_request(one, id, request, own, turn).await,
        }
    }

    fn asked(&self, one: &Admitted<'_>, request: &Request) -> Result<Asked, Error> {
        let headers = &one.head.parts.headers;
        let (params, meta) = era::split(&request.params)?;
        match shape::era(headers, Some(&request.method), &meta)? {
            Era::Legacy => Ok(Asked::Legacy(meta, legacy::read(&request.method, &params))),
            _ => {
                let card = self.service.card();
                shape::request(headers, &card, &request.method, &params, &meta)?;
                Ok(match mirror::arguments(headers, &card, &request.method, &params) {
                    Ok(()) => Asked::Modern(meta),
                    Err(flaw) => Asked::Flawed(meta, flaw),
                })
            }
        }
    }

    /// Has the service answer, however the answer is written.
    pub(crate) async fn run(
        &self,
        one: Admitted<'_>,
        id: RequestId,
        request: Request,
        meta: RequestMeta,
        wire: Wire,
        held: Held,
    ) -> Result<Response<Body>, Box<Problem>> {
        let Held { entry, lasting, asks } = held;
        let Admitted { caller, accepts, deadline, .. } = &one;
        let (caller, accepts, deadline) = (caller.clone(), *accepts, *deadline);
        let cx = self.context(&caller, meta, deadline).with_id(id.clone());
        let cancelled = entry.as_ref().map(|entry| entry.cancelled().clone());
        let called = contain(deadline, || self.service.call(request, cx));
        let answered = match until_cancelled(cancelled, called).await {
            Ok(running) => {
                let call = self.call(one, id.clone(), wire.clone(), entry);
                reply::answer(Call { lasting, asks, ..call }, running).await
            }
            Err(failure) => Err(failure),
        };
        answered.or_else(|failure| self.unanswered(&failure, id, &wire, accepts, &caller))
    }

    /// Refuses a call for headers that its tool wants. Whether there is such a tool, whom it is there for,
    /// and so what the caller is told, is the service's to say.
    async fn flawed(
        &self,
        one: &Admitted<'_>,
        id: RequestId,
        request: Request,
        meta: RequestMeta,
        flaw: Error,
    ) -> Result<Response<Body>, Box<Problem>> {
        let Admitted { caller, accepts, deadline, .. } = one;
        let cx = self.context(caller, meta, *deadline).with_id(id.clone());
        let refused = contain(*deadline, || async {
            Err::<Infallible, _>(self.service.refuse(request, cx, flaw).await)
        });
        let Err(failure) = refused.await;
        self.unanswered(&failure, id, &Wire::Modern, *accepts, caller)
    }

    /// Answers a request that failed before anything of its answer went out.
    pub(crate) fn unanswered(
        &self,
        failure: &Failure,
        id: RequestId,
        wire: &Wire,
        accepts: Accepts,
        caller: &Caller,
    ) -> Result<Response<Body>, Box<Problem>> {
        let ok = match wire {
            // A client that takes events alone gets its errors as events, too.
            Wire::Modern => !accepts.json && failure.status() == Some(StatusCode::OK),
            // The old era has statuses for refusals alone.
            _ => failure.is_answer(),
        };
        if ok {
            return Ok(reply::failure(wire, &id, accepts, failure));
        }
        Err(self.failed(failure, caller).id(id))
    }

    async fn notification(
        &self,
        one: Admitted<'_>,
        note: Note,
    ) -> Result<Response<Body>, Box<Problem>> {
        let headers = &one.head.parts.headers;
        let (_, meta) = era::split(&note.params).map_err(bad)?;
        if shape::era(headers, Some(&note.method), &meta).map_err(bad)? == Era::Legacy {
            return self.past_notification(one, note, meta).await;
        }
        shape::notification(headers, &note.method, &meta).map_err(bad)?;
        self.tell(&one, note, meta).await
    }

    /// Hands the service a notification.
    pub(crate) async fn tell(
        &self,
        one: &Admitted<'_>,
        note: Note,
        meta: RequestMeta,
    ) -> Result<Response<Body>, Box<Problem>> {
        let cx = self.context(&one.caller, meta, one.deadline);
        let taken = contain(one.deadline, || async {
            self.service.notify(note, cx).await;
            Ok(())
        });
        match taken.await {
            // It was accepted, however long it then took.
            Ok(()) | Err(Failure::Late) => Ok(answer::empty(StatusCode::ACCEPTED)),
            Err(failure) => Err(self.failed(&failure, &one.caller)),
        }
    }

    pub(crate) fn context(&self, caller: &Caller, meta: RequestMeta, deadline: Instant) -> Context {
        Context::with(caller.clone(), meta, Some(self.life.clone()))
            .with_deadline(deadline.into_std())
    }

    pub(crate) fn call(
        &self,
        one: Admitted<'_>,
        id: RequestId,
        wire: Wire,
        entry: Option<Entry>,
    ) -> Call {
        let Admitted { accepts, permit, deadline, lasts, .. } = one;
        let (card, keep_alive) = (self.service.card(), self.limits.keep_alive);
        let span = if lasts { Span::WhileRead(self.limits.call) } else { Span::Until(deadline) };
        let (permit, lasting, asks) = (Some(permit), None, None);
        let patience = self.limits.call;
        Call {
            id,
            card,
            accepts,
            deadline,
            span,
            patience,
            keep_alive,
            permit,
            wire,
            entry,
            lasting,
            asks,
        }
    }

    /// A request that goes on and on: it has a bound of its own, and counts as no call.
    fn lasting<'a>(&self, one: Admitted<'a>) -> Result<Admitted<'a>, Box<Problem>> {
        if !one.accepts.stream {
            let message = "changes are told as text/event-stream";
            return Err(Problem::new(StatusCode::NOT_ACCEPTABLE, message));
        }
        let permit = self.enter_stream(one.head, &one.caller)?;
        Ok(Admitted { permit, deadline: never(), lasts: true, ..one })
    }
}

pub(crate) fn bad(error: Error) -> Box<Problem> {
    Problem::of(StatusCode::BAD_REQUEST, error)
}
