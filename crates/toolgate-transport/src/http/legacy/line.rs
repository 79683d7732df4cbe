//! The transport that streamable HTTP has replaced (2024-11-05, transports, "HTTP with SSE"): a GET
//! opens a stream and learns from its first event where to POST; everything is answered on the
//! stream, and a POST is told only that it was taken.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use http::{Method, Response, StatusCode, request::Parts};
use tokio::time::Instant;
use toolgate_core::{
    Caller, Error, Kind, Note, Reply, Request, Running, era,
    legacy::{Era, Owner, SessionId, SessionKey, Turn, introduction, read},
    protocol::{
        Incoming, Json, RequestId, RequestMeta, code, envelope,
        legacy::{INITIALIZE, Revision, handshake::Initialize},
        method,
    },
    wire::Wire,
};
use tracing::Instrument;

use super::{
    super::{
        accept::Accepts,
        answer::{self, Problem},
        body::Body,
        endpoint::Endpoint,
        evidence::Head,
        message::{Admitted, bad},
        mirror,
        read::Inbound,
        reply::{Live, Said},
        shape,
        sse::Span,
    },
    Entry, SessionAsks,
    lines::{Line, Voice},
    live::Reading,
    session::{broken, unavailable, unknown},
    talk::Talk,
};
use crate::run::{Failure, contain, until_cancelled};

/// What a line is named by in the address that its client posts to.
const ID: &str = "sessionId";

impl Endpoint {
    /// Answers a request at this transport's path.
    pub(crate) async fn past_wire(
        &self,
        head: &Head,
        caller: Caller,
        body: &mut Inbound,
        deadline: Instant,
    ) -> Result<Response<Body>, Box<Problem>> {
        match head.parts.method {
            Method::GET => {
                let _running = self.enter(head, &caller)?;
                self.open_line(head, &caller)
            }
            _ => self.post_line(head, caller, body, deadline).await,
        }
    }

    /// Opens a stream. Who is refused leaves nothing behind.
    fn open_line(&self, head: &Head, caller: &Caller) -> Result<Response<Body>, Box<Problem>> {
        self.required(head, caller)?;
        if !Accepts::read(&head.parts.headers).is_some_and(|accepts| accepts.stream) {
            let message = "the stream is text/event-stream";
            return Err(Problem::new(StatusCode::NOT_ACCEPTABLE, message));
        }
        if self.stopping.is_requested() {
            return Err(unavailable("the server stops"));
        }
        let permit = self.enter_stream(head, caller)?;
        let id = SessionId::random().map_err(|_| broken("the system has no random numbers"))?;
        let key = SessionKey::new(id, Owner::of(caller));
        let begun = self.past.lines.begin(&key, caller);
        let (line, calling) =
            begun.ok_or_else(|| self.busy(head, caller).remedy("limits: streams"))?;
        let ready = VecDeque::from([self.address(&key.id)]);
        let reading = Reading::new(Arc::new(permit), caller, ready).calling(calling);
        Ok(answer::events(Body::own(line.live.give(reading))))
    }

    /// The event that says where to post: a path, or only a query where nobody here knows what
    /// path clients reach us by. Never a URL in full, since it has to be of the origin that the
    /// client has used.
    fn address(&self, id: &SessionId) -> Bytes {
        let path = self.site.sse.as_ref().and_then(|sse| sse.reached.as_deref());
        let path = path.unwrap_or_default();
        format!("event: endpoint\ndata: {path}?{ID}={}\n\n", id.as_str()).into()
    }

    /// Takes a message.
    async fn post_line(
        &self,
        head: &Head,
        caller: Caller,
        body: &mut Inbound,
        deadline: Instant,
    ) -> Result<Response<Body>, Box<Problem>> {
        let accepts = shape::head(&head.parts, "GET, POST")?;
        self.required(head, &caller)?;
        let key = SessionKey::new(named(&head.parts)?, Owner::of(&caller));
        let line = self.past.lines.find(&key, &caller).ok_or_else(unknown)?;
        let (one, bytes) = self.taken(head, caller, accepts, body, deadline).await?;
        match envelope::parse(&bytes, self.limits.json_depth) {
            Ok(Incoming::Request { id, method, params }) => {
                tracing::Span::current().record("method", method::known(&method));
                let request = Request::new(method, params.unwrap_or_else(Json::object));
                let asked = self.line_request(one, &line, id.clone(), request).await;
                asked.map_err(|problem| problem.id(id))
            }
            Ok(Incoming::Notification { method, params }) => {
                tracing::Span::current().record("method", method::known(&method));
                let note = Note::new(method, params.unwrap_or_else(Json::object));
                let (_, own) = era::split(&note.params).map_err(bad)?;
                let own = old(head, &note.method, own)?;
                let talk = Talk::Line(line.clone(), line.record());
                self.noted(&one, &talk, note, own).await
            }
            Ok(Incoming::Response(response)) => {
                self.take_answer(one, &line.key, response);
                Ok(answer::empty(StatusCode::ACCEPTED))
            }
            Ok(_) => Err(bad(Error::new(code::INVALID_REQUEST, "one message is expected"))),
            Err(malformed) => {
                Err(bad(Error::new(malformed.code, malformed.message)).id(malformed.id))
            }
        }
    }

    async fn line_request(
        &self,
        one: Admitted<'_>,
        line: &Arc<Line>,
        id: RequestId,
        request: Request,
    ) -> Result<Response<Body>, Box<Problem>> {
        let (own, turn) = {
            let (params, own) = era::split(&request.params).map_err(bad)?;
            (old(one.head, &request.method, own)?, read(&request.method, &params))
        };
        let turn = match turn {
            Ok(Turn::Handshake(asked)) => return self.line_handshake(one, line, id, asked).await,
            Err(error) if request.method == INITIALIZE => Err(error),
            turn => {
                self.go_on(&one, line).await?;
                turn
            }
        };
        let talk = Talk::Line(line.clone(), line.record());
        let wire = self.past.wire(&talk, &request);
        let answers = |entry| Answers { voice: line.voice(), wire, entry, id: id.clone() };
        let done = match turn {
            Ok(Turn::Call) => match self.past.enter(&talk, &id) {
                Ok(entry) => {
                    let meta = self.said_of(&one, &talk, own);
                    let asks = self.asks(&one, &talk, &id, &request, &meta);
                    return self.line_call(one, (request, meta), answers(entry), asks).await;
                }
                Err(error) => Err(Failure::Error(error)),
            },
            Ok(turn) => self.change(&one, &talk, &turn).await?.map(|()| Reply::empty()),
            Err(error) => Err(Failure::Error(error)),
        };
        self.told(one, answers(None), done)
    }

    /// Begins without a handshake where there was none: a client whose stream broke opens another
    /// one, and knows already what was agreed. Whom the service refuses begins nothing.
    async fn go_on(&self, one: &Admitted<'_>, line: &Line) -> Result<(), Box<Problem>> {
        let named = mirror::version(&one.head.parts.headers).map_err(bad)?;
        if let Some(record) = line.beginning(named.and_then(Revision::parse)) {
            let (conversation, deadline) = (&record.conversation, one.deadline);
            self.watch_lists(&line.live, conversation, &one.caller, deadline).await?;
            line.go_on(record);
        }
        Ok(())
    }

    /// Begins a conversation, or begins anew. Whom the service refuses begins nothing.
    async fn line_handshake(
        &self,
        one: Admitted<'_>,
        line: &Arc<Line>,
        id: RequestId,
        asked: Initialize,
    ) -> Result<Response<Body>, Box<Problem>> {
        let talk = Talk::begun(&one.caller, asked);
        let wire = self.past.wire(&talk, &introduction());
        let done = self.introduced(&one, &talk).await;
        if let (Ok(_), Talk::Begun(record)) = (&done, talk) {
            let (conversation, deadline) = (&record.conversation, one.deadline);
            self.watch_lists(&line.live, conversation, &one.caller, deadline).await?;
            line.keep(record);
        }
        self.told(one, Answers { voice: line.voice(), wire, entry: None, id }, done)
    }

    /// Has the service answer, until the line has ended.
    async fn line_call(
        &self,
        one: Admitted<'_>,
        (request, meta): (Request, RequestMeta),
        answers: Answers,
        asks: Option<Box<SessionAsks>>,
    ) -> Result<Response<Body>, Box<Problem>> {
        let cx = self.context(&one.caller, meta, one.deadline).with_id(answers.id.clone());
        let cancelled = answers.entry.as_ref().map(|entry| entry.cancelled().clone());
        let called = contain(one.deadline, || self.service.call(request, cx));
        let called = tokio::select! {
            biased;
            () = answers.voice.ended() => return Err(unknown()),
            called = until_cancelled(cancelled, called) => called,
        };
        let running = match called {
            Ok(Running::Done(reply)) if asks.is_none() || reply.kind == Kind::Complete => {
                return self.told(one, answers, Ok(reply));
            }
            Ok(running) => running,
            Err(failure) => return self.told(one, answers, Err(failure)),
        };
        let Answers { voice, wire, entry, id } = answers;
        let call = self.call(one, id, wire, entry);
        let live = Live::of(call, running, asks);
        let live =
            live.ok_or_else(|| Problem::of(StatusCode::INTERNAL_SERVER_ERROR, Error::internal()))?;
        let says = async move {
            tokio::select! {
                biased;
                () = voice.ended() => {}
                () = say_all(&voice, live) => {}
            }
        };
        tokio::spawn(says.in_current_span());
        Ok(answer::empty(StatusCode::ACCEPTED))
    }

    /// Answers on the stream. A refusal is the POST's own answer instead: it can name the
    /// credentials that are wanted.
    fn told(
        &self,
        one: Admitted<'_>,
        answers: Answers,
        done: Result<Reply, Failure>,
    ) -> Result<Response<Body>, Box<Problem>> {
        let Answers { voice, wire, entry, id } = answers;
        let message = match done {
            Ok(reply) => Some(wire.result(&id, &reply, &self.service.card())),
            Err(Failure::Cancelled) => None,
            Err(failure) if failure.is_answer() => Some(wire.error(Some(&id), &failure.error())),
            Err(failure) => return Err(self.failed(&failure, &one.caller)),
        };
        let (until, permit) = (Span::Until(one.deadline).patience(), one.permit);
        let says = async move {
            if let Some(message) = message {
                voice.say(&message, until).await;
            }
            drop((entry, permit));
        };
        tokio::spawn(says.in_current_span());
        Ok(answer::empty(StatusCode::ACCEPTED))
    }
}

/// How one request is answered.
struct Answers {
    voice: Voice,
    wire: Wire,
    entry: Option<Entry>,
    id: RequestId,
}

async fn say_all(voice: &Voice, mut live: Live) {
    let span = live.call.span;
    while let Some(said) = live.next().await {
        if let Said::Message(message) | Said::Question(message) = said {
            voice.say(&message, span.patience()).await;
        }
    }
}

/// What a message says of itself, where it is of the old era.
fn old(head: &Head, method: &str, own: RequestMeta) -> Result<RequestMeta, Box<Problem>> {
    match shape::era(&head.parts.headers, Some(method), &own).map_err(bad)? {
        Era::Legacy => Ok(own),
        _ => Err(bad(Error::new(code::INVALID_REQUEST, "this revision has another endpoint"))),
    }
}

/// The line that a POST names.
fn named(head: &Parts) -> Result<SessionId, Box<Problem>> {
    let query = head.uri.query().unwrap_or_default();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut ids = pairs.filter(|(name, _)| *name == ID).map(|(_, id)| id);
    match (ids.next(), ids.next()) {
        (Some(id), None) => SessionId::parse(id).ok_or_else(unknown),
        _ => {
            let message = "one `sessionId` is needed; a GET here tells the address to post to";
            Err(Problem::new(StatusCode::BAD_REQUEST, message))
        }
    }
}
