//! One request, from its head to its answer: who may ask at all, who asks, for what.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::{Response, StatusCode, request::Parts};
use tokio::time::{Instant, timeout};
use toolgate_core::{
    Answer, Authenticate, Caller, Context, Credentials, Error, Life, Note, Refused, Request,
    ResourceCard, Service, Shutdown,
    authenticate::identify,
    protocol::{Incoming, Json, RequestId, code, envelope},
    transport::Trigger,
};

use super::{
    accept::Accepts,
    admission::{Admission, Bucket, Permit},
    answer::{self, Problem},
    body::Body,
    cors::{self, Page},
    discard::Discards,
    evidence::{Head, Peer, Shared},
    failure::{Failure, contain},
    limits::Limits,
    metadata::Document,
    read::Inbound,
    reply::{self, Call},
    settings::Setup,
    shape,
    site::{self, Site},
};
use crate::life::OwnLife;

/// When to come back after one of this transport's own bounds.
const RETRY: Duration = Duration::from_secs(1);

/// Everything that answers share.
pub(crate) struct Endpoint {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) auth: Option<Arc<dyn Authenticate>>,
    pub(crate) resource_card: ResourceCard,
    pub(crate) site: Arc<Site>,
    pub(crate) limits: Limits,
    pub(crate) discards: Discards,
    pub(crate) document: Document,
    pub(crate) admission: Arc<Admission>,
    pub(crate) ready: AtomicBool,
    pub(crate) stopping: Shutdown,
    stop: Trigger,
    life: Arc<dyn Life>,
}

impl Endpoint {
    pub(crate) fn new(service: Arc<dyn Service>, setup: Setup) -> Arc<Self> {
        let Setup { site, auth, resource_card, limits, warnings: _ } = setup;
        let (stop, stopping) = Shutdown::new();
        Arc::new(Self {
            service,
            auth,
            resource_card,
            site: Arc::new(site),
            discards: Discards::new(&limits),
            document: Document::default(),
            admission: Admission::new(limits.calls_per_caller),
            ready: AtomicBool::new(true),
            life: Arc::new(OwnLife(stopping.clone())),
            stopping,
            stop,
            limits,
        })
    }

    /// From now on `/ready` says no.
    pub(crate) fn unready(&self) {
        self.ready.store(false, Ordering::Release);
    }

    /// Tells long requests and connections to end.
    pub(crate) fn stop(&self) {
        self.unready();
        self.stop.request();
    }

    /// Answers one request for the endpoint.
    pub(crate) async fn exchange(&self, head: Parts, body: Inbound) -> Response<Body> {
        let started = Instant::now();
        let judged = site::judge_size(&head, &self.limits).and_then(|()| self.site.judge(&head));
        let page = judged.as_ref().map_or(Page::Own, Page::clone);
        let mut response = match (judged, &self.site.cors) {
            (Err(problem), _) => self.turn_away(problem.nameless(), &head, body).await,
            (Ok(Page::Allowed(_)), Some(rules))
                if cors::is_preflight(&head.method, &head.headers) =>
            {
                cors::preflight(rules, &head.headers)
            }
            (Ok(_), _) => self.authenticated(head, body, started).await,
        };
        if self.site.cors.is_some() {
            cors::stamp(&mut response, &page);
        }
        response
    }

    async fn authenticated(&self, head: Parts, mut body: Inbound, at: Instant) -> Response<Body> {
        let head = Arc::new(Head::new(head, self.site.clone()));
        let (caller, answer) = match self.identify(&head).await {
            Ok(known) => known,
            Err(problem) => return self.turn_away(problem, &head.parts, body).await,
        };
        let deadline = at + self.limits.call;
        let mut response = match self.admit(&head, caller, &mut body, deadline).await {
            Ok(response) => response,
            Err(problem) => self.turn_away(problem, &head.parts, body).await,
        };
        answer::add(&mut response, &answer);
        response
    }

    async fn identify(&self, head: &Arc<Head>) -> Result<(Caller, Answer), Box<Problem>> {
        let Some(auth) = self.auth.as_deref() else {
            return Ok((Caller::Open, Answer::default()));
        };
        let credentials = Credentials::new(Shared(head.clone()));
        let judged = timeout(self.limits.authentication, identify(auth, &credentials)).await;
        let judged = judged.unwrap_or(Err(Refused::Unavailable { retry: RETRY }));
        judged.map_err(|refused| {
            let remedy = match &refused {
                Refused::Unavailable { .. } => "what auth depends on, such as the issuer's keys",
                Refused::Failed(_) => "auth",
                _ => "the client's credentials, or auth: TOOLGATE_ISSUER, TOOLGATE_AUDIENCE",
            };
            self.refused(&refused, &Caller::Open).remedy(remedy)
        })
    }

    async fn admit(
        &self,
        head: &Head,
        caller: Caller,
        body: &mut Inbound,
        deadline: Instant,
    ) -> Result<Response<Body>, Box<Problem>> {
        let accepts = shape::head(&head.parts)?;
        let bucket = Bucket::of(&caller, Peer::of(&head.parts.extensions));
        let permit = self.admission.enter(bucket).ok_or_else(|| {
            self.refused(&Refused::Busy { retry: RETRY }, &caller)
                .remedy("limits: calls_per_caller, TOOLGATE_CALLS_PER_CALLER")
        })?;
        let limits = &self.limits;
        let bytes = body.read(limits.body, limits.body_timeout).await.map_err(shape::unread)?;
        let one = Admitted { head, caller, accepts, permit, deadline };
        match envelope::parse(&bytes, limits.json_depth) {
            Ok(Incoming::Request { id, method, params }) => {
                record(&method);
                self.request(one, id, Request::new(method, params.unwrap_or_else(Json::object)))
                    .await
            }
            Ok(Incoming::Notification { method, params }) => {
                record(&method);
                self.notification(one, Note::new(method, params.unwrap_or_else(Json::object))).await
            }
            Ok(_) => {
                let message = "the server asks nothing, so nothing can be answered";
                let error = Error::new(code::INVALID_REQUEST, message);
                Err(Problem::of(StatusCode::BAD_REQUEST, error))
            }
            Err(bad) => {
                let error = Error::new(bad.code, bad.message);
                Err(Problem::of(StatusCode::BAD_REQUEST, error).id(bad.id))
            }
        }
    }

    async fn request(
        &self,
        one: Admitted<'_>,
        id: RequestId,
        request: Request,
    ) -> Result<Response<Body>, Box<Problem>> {
        let Admitted { head, caller, accepts, permit, deadline } = one;
        let card = self.service.card();
        let headers = &head.parts.headers;
        let meta = shape::request(headers, &card, &request.method, &request.params)
            .map_err(|error| Problem::of(StatusCode::BAD_REQUEST, error).id(id.clone()))?;
        let cx = Context::with(caller.clone(), meta, Some(self.life.clone()))
            .with_deadline(deadline.into_std());
        let keep_alive = self.limits.keep_alive;
        let call = Call { id: id.clone(), card, accepts, deadline, keep_alive, permit };
        let answered = match contain(deadline, || self.service.call(request, cx)).await {
            Ok(running) => reply::answer(call, running).await,
            Err(failure) => Err(failure),
        };
        match answered {
            // A client that takes events alone gets its errors as events, too.
            Err(failure) if failure.status() == Some(StatusCode::OK) && !accepts.json => {
                Ok(reply::error_event(&id, &failure))
            }
            answered => answered.map_err(|failure| self.failed(&failure, &caller).id(id)),
        }
    }

    async fn notification(
        &self,
        one: Admitted<'_>,
        note: Note,
    ) -> Result<Response<Body>, Box<Problem>> {
        let headers = &one.head.parts.headers;
        let meta = shape::notification(headers, &note.method, &note.params)
            .map_err(|error| Problem::of(StatusCode::BAD_REQUEST, error))?;
        let cx = Context::with(one.caller.clone(), meta, Some(self.life.clone()))
            .with_deadline(one.deadline.into_std());
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
}

/// A request whose head was accepted, and which counts as running.
struct Admitted<'a> {
    head: &'a Head,
    caller: Caller,
    accepts: Accepts,
    permit: Permit,
    deadline: Instant,
}

/// Names the span of a request by its method, where the specification has it: the rest is the
/// peer's text.
#[expect(clippy::ptr_arg, reason = "only known methods are borrowed")]
fn record(method: &Cow<'static, str>) {
    let known = match method {
        Cow::Borrowed(known) => known,
        Cow::Owned(_) => "other",
    };
    tracing::Span::current().record("method", known);
}
