//! One request, from its head to its answer: who may ask at all, who asks, for what.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use futures::FutureExt;
use http::{Method, Response, request::Parts};
use tokio::time::{Instant, timeout};
use toolgate_core::{
    Answer, Authenticate, Caller, Credentials, Life, Refused, ResourceCard, Service, Shutdown,
    audit::Action, authenticate::identify, transport::Trigger,
};

use super::{
    accept::Accepts,
    admission::{Admission, Bucket, Permit},
    answer::{self, Problem, RETRY},
    body::Body,
    cors::{self, Page},
    discard::Discards,
    evidence::{Head, Peer, Shared},
    legacy::{Past, mirrored::Mirrored},
    limits::Limits,
    message::Admitted,
    metadata::Document,
    rate::Buckets,
    read::Inbound,
    settings::Setup,
    shape,
    site::{self, Route, Site},
    throttle::{Failures, Source},
};
use crate::{
    audited::{Asked, Audited, Later},
    life::OwnLife,
    revoking::Revoking,
};

/// Everything that answers share.
pub(crate) struct Endpoint {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) auth: Option<Arc<dyn Authenticate>>,
    revoking: Option<Revoking>,
    failures: Failures,
    rate: Option<Buckets>,
    pub(crate) resource_card: ResourceCard,
    audited: Audited,
    pub(crate) site: Arc<Site>,
    pub(crate) limits: Limits,
    pub(crate) discards: Discards,
    pub(crate) document: Document,
    pub(crate) mirrored: Option<Arc<Mirrored>>,
    pub(crate) admission: Arc<Admission>,
    /// Streams that go on for as long as their clients read.
    pub(crate) streams: Arc<Admission>,
    pub(crate) past: Past,
    pub(crate) ready: AtomicBool,
    pub(crate) stopping: Shutdown,
    stop: Trigger,
    /// For what outlives its connection.
    pub(crate) shared: Weak<Self>,
    pub(crate) life: Arc<dyn Life>,
}

impl Endpoint {
    pub(crate) fn new(service: Arc<dyn Service>, setup: Setup) -> Arc<Self> {
        let Setup {
            site,
            auth,
            revoking,
            resource_card,
            limits,
            rate,
            sessions,
            events,
            mirrors,
            warnings: _,
        } = setup;
        let (stop, stopping) = Shutdown::new();
        let past = Past::new(sessions, events, &limits, &stopping, revoking.as_ref());
        let life = Arc::new(OwnLife::new(stopping.clone(), revoking.clone()));
        Arc::new_cyclic(|shared| Self {
            shared: shared.clone(),
            audited: Audited(service.audit()),
            service,
            auth,
            revoking,
            failures: Failures::new(limits.failures),
            rate: rate.map(Buckets::new),
            resource_card,
            site: Arc::new(site),
            discards: Discards::new(&limits),
            document: Document::default(),
            mirrored: mirrors.map(Mirrored::new),
            admission: Admission::new(limits.calls_per_caller, usize::MAX),
            streams: Admission::new(limits.streams_per_caller, limits.streams),
            past,
            ready: AtomicBool::new(true),
            life,
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

    /// Waits until nothing runs, within the bound of a drain.
    pub(crate) async fn idle(&self) {
        let (calls, streams) = (&self.admission, &self.streams);
        let drain = self.limits.drain;
        tokio::join!(calls.idle(drain), streams.idle(drain));
    }

    /// Answers one request for the endpoint.
    pub(crate) async fn exchange(
        &self,
        route: Route,
        head: Parts,
        body: Inbound,
    ) -> Response<Body> {
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
            (Ok(_), _) => self.authenticated(route, head, body, started).await,
        };
        if self.site.cors.is_some() {
            cors::stamp(&mut response, &page);
        }
        response
    }

    async fn authenticated(
        &self,
        route: Route,
        head: Parts,
        mut body: Inbound,
        at: Instant,
    ) -> Response<Body> {
        let url = match (route, &self.site.sse) {
            (Route::Sse, Some(sse)) => sse.url.as_deref(),
            _ => self.site.resource.as_deref(),
        };
        let head = Arc::new(Head::new(head, self.site.clone(), url));
        let known = self.identify(&head).await;
        let known = known.and_then(|it| self.in_turn(&head, &it.0).map(|()| it));
        let (caller, answer) = match known {
            Ok(known) => known,
            Err(problem) => return self.turn_away(problem, &head.parts, body).await,
        };
        let deadline = at + self.limits.call;
        let admitted = match route {
            Route::Sse => self.past_wire(&head, caller, &mut body, deadline).boxed().await,
            _ => self.admit(&head, caller, &mut body, deadline).await,
        };
        let mut response = match admitted {
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
        let asked = head.asked();
        let attempt = self.failures.attempt(self.source(head), &head.wanted);
        let may_ask = attempt.may_ask();
        let credentials = Credentials::new(Shared { head: head.clone(), may_ask });
        let judged = timeout(self.limits.authentication, identify(auth, &credentials)).await;
        let judged = judged.unwrap_or(Err(Refused::Unavailable { retry: RETRY }));
        let ((caller, answer), right) = match judged {
            Ok(known) => (known, attempt.right()),
            Err(refused) => return Err(self.unknown(attempt.refused(refused), &asked)),
        };
        if let Some(revoking) = &self.revoking {
            let stands = revoking.admit(&caller).await;
            stands.map_err(|refused| {
                // Who watches is told that it is somebody who was shut out, however often they come.
                self.audited.refused(Action::Authenticate, &asked, Some(&caller), &refused);
                let refused = right.shut_out(refused);
                self.refused(&refused, &Caller::Open).remedy("revocations")
            })?;
        }
        Ok((caller, answer))
    }

    fn unknown(&self, refused: Refused, asked: &Asked<'_>) -> Box<Problem> {
        self.audited.refused(Action::Authenticate, asked, None, &refused);
        let remedy = match &refused {
            Refused::Unavailable { .. } => "what auth depends on, such as the issuer's keys",
            Refused::Failed(_) => "auth",
            Refused::Busy { .. } => {
                "the client's credentials; limits: failures, TOOLGATE_FAILURES_PER_MINUTE; \
                 trusted_proxies, TOOLGATE_TRUSTED_PROXIES"
            }
            _ => "the client's credentials, or auth: TOOLGATE_ISSUER, TOOLGATE_AUDIENCE",
        };
        self.refused(&refused, &Caller::Open).remedy(remedy)
    }

    /// Counts what whoever asks has asked lately.
    fn in_turn(&self, head: &Head, caller: &Caller) -> Result<(), Box<Problem>> {
        let Some(rate) = &self.rate else { return Ok(()) };
        let taken = rate.take(&Bucket::of(caller, head.address));
        taken.map_err(|retry| self.unserved(head, caller, &Refused::Busy { retry }).remedy("rate"))
    }

    /// Whose failures a request's count among.
    fn source(&self, head: &Head) -> Source {
        let peer = Peer::of(&head.parts.extensions);
        let shared = |peer| self.site.proxies.is_unnamed(peer, &head.parts.headers);
        match head.address {
            Some(address) if peer.is_some_and(shared) => Source::Shared(address),
            Some(address) => Source::Own(address),
            None => Source::Unknown,
        }
    }

    /// Counts what a request holds beyond the one that it was let in for.
    pub(crate) fn charge(&self, head: &Head, caller: &Caller, more: usize) {
        if let Some(rate) = &self.rate {
            rate.charge(&Bucket::of(caller, head.address), more);
        }
    }

    async fn admit(
        &self,
        head: &Head,
        caller: Caller,
        body: &mut Inbound,
        deadline: Instant,
    ) -> Result<Response<Body>, Box<Problem>> {
        if head.parts.method == Method::DELETE && self.past.has_sessions() {
            let _running = self.enter(head, &caller)?;
            return self.end_session(head, &caller, deadline).await;
        }
        if head.parts.method == Method::GET && self.past.has_sessions() {
            let _running = self.enter(head, &caller)?;
            return self.open_stream(head, caller, deadline).await;
        }
        let accepts = shape::head(&head.parts, self.past.methods())?;
        let (one, bytes) = self.taken(head, caller, accepts, body, deadline).await?;
        self.message(one, &bytes).await
    }

    /// Counts a POST as running, and reads it. One that has a spare place holds an answer.
    pub(crate) async fn taken<'a>(
        &self,
        head: &'a Head,
        caller: Caller,
        accepts: Accepts,
        body: &mut Inbound,
        deadline: Instant,
    ) -> Result<(Admitted<'a>, Bytes), Box<Problem>> {
        let (permit, spare) = self.enter_or_answer(head, &caller)?;
        let limits = &self.limits;
        let bytes = body.read(limits.body, limits.body_timeout).await.map_err(shape::unread)?;
        if spare {
            self.only_answers(head, &caller, &bytes)?;
        }
        Ok((Admitted { head, caller, accepts, permit, deadline, lasts: false }, bytes))
    }

    /// Counts a request as running.
    pub(crate) fn enter(&self, head: &Head, caller: &Caller) -> Result<Permit, Box<Problem>> {
        self.room(head, caller).ok_or_else(|| self.full(head, caller))
    }

    pub(crate) fn room(&self, head: &Head, caller: &Caller) -> Option<Permit> {
        self.admission.enter(Bucket::of(caller, head.address))
    }

    pub(crate) fn full(&self, head: &Head, caller: &Caller) -> Box<Problem> {
        let remedy = "limits: calls_per_caller, TOOLGATE_CALLS_PER_CALLER";
        self.busy(head, caller).remedy(remedy)
    }

    /// Counts what goes on for as long as its client reads.
    pub(crate) fn enter_stream(
        &self,
        head: &Head,
        caller: &Caller,
    ) -> Result<Permit, Box<Problem>> {
        self.room_to_stream(head, caller).ok_or_else(|| self.too_many_streams(head, caller))
    }

    pub(crate) fn room_to_stream(&self, head: &Head, caller: &Caller) -> Option<Permit> {
        self.streams.enter(Bucket::of(caller, head.address))
    }

    pub(crate) fn too_many_streams(&self, head: &Head, caller: &Caller) -> Box<Problem> {
        self.busy(head, caller).remedy("limits: streams_per_caller, streams")
    }

    /// Not now, for a bound of this transport's own.
    pub(crate) fn busy(&self, head: &Head, caller: &Caller) -> Box<Problem> {
        self.unserved(head, caller, &Refused::Busy { retry: RETRY })
    }

    /// A refusal of which the service never hears, so its sink is told here.
    pub(crate) fn unserved(&self, head: &Head, caller: &Caller, refused: &Refused) -> Box<Problem> {
        self.later(head, caller).refused(refused);
        self.refused(refused, caller)
    }

    /// What tells the sink of a refusal that is answered elsewhere.
    pub(crate) fn later(&self, head: &Head, caller: &Caller) -> Later {
        let Asked { peer, since, .. } = head.asked();
        let (audited, method) = (self.audited.clone(), head.parts.method.clone());
        Later { audited, method, peer, since, who: caller.clone() }
    }
}
