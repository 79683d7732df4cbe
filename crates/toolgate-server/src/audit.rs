//! Tells a sink of what was decided about items.

use std::{borrow::Cow, time::Instant};

use toolgate_core::{
    Caller, Context,
    audit::{Action, Arguments, Audit, Decision as Decided, Event},
};

use crate::{
    access::{Ask, Decision},
    rules::Rules,
};

/// A sink that logs each decision, with `tracing`: level INFO, target `toolgate::audit`, the fields
/// named as those of an [`Event`].
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Traced;

impl Traced {
    /// The sink.
    pub fn new() -> Self {
        Self
    }
}

impl Audit for Traced {
    fn record(&self, event: &Event<'_>) {
        let (kind, item) = event.item.unzip();
        let bytes = match event.arguments {
            Arguments::Redacted(bytes) => u64::try_from(bytes).ok(),
            _ => None,
        };
        tracing::info!(
            target: "toolgate::audit",
            action = event.action.name(),
            method = event.method,
            kind,
            item,
            decision = event.decision.name(),
            reason = &*event.reason,
            issuer = event.who.map(|who| &*who.issuer),
            subject = event.who.map(|who| &*who.subject),
            client = event.who.and_then(|who| who.client.as_deref()),
            peer = event.peer.map(tracing::field::display),
            request_id = event.request.map(tracing::field::debug),
            traceparent = event.traceparent,
            latency_us = u64::try_from(event.latency.as_micros()).ok(),
            arguments_bytes = bytes,
            "decided"
        );
    }
}

/// The rules that a request is decided under, and which method it is.
#[derive(Clone, Copy)]
pub(crate) struct Under<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) method: &'static str,
}

/// A decision that somebody wants to be told of, from its beginning.
pub(crate) struct Pending<'a> {
    sink: &'a dyn Audit,
    method: &'static str,
    since: Instant,
}

impl<'a> Under<'a> {
    /// Begins a decision; none where nobody wants to be told.
    pub(crate) fn begin(self) -> Option<Pending<'a>> {
        let sink = self.rules.audit.as_deref()?;
        Some(Pending { sink, method: self.method, since: Instant::now() })
    }
}

impl Pending<'_> {
    /// Tells of the use of an item.
    pub(crate) fn used(self, ask: &Ask<'_>, decision: &Decision) {
        let mut event = self.event(Action::Use, ask.cx, decided(decision));
        event.item = Some((ask.item.kind, ask.item.key));
        event.reason = reason(decision);
        event.arguments = Arguments::of(ask.arguments, self.sink);
        self.sink.record(&event);
    }

    /// Tells of a list: how many of how many were shown, or why nothing was.
    pub(crate) fn listed(self, cx: &Context, shown: Result<(usize, usize), &Decision>) {
        let decision = shown.map_or_else(decided, |_| Decided::Allowed);
        let mut event = self.event(Action::List, cx, decision);
        event.reason = match shown {
            Ok((shown, of)) => format!("{shown} of {of}").into(),
            Err(decision) => reason(decision),
        };
        self.sink.record(&event);
    }

    /// Tells of a request that was refused whatever it is about.
    pub(crate) fn refused(self, cx: &Context, decision: &Decision) {
        let mut event = self.event(Action::Request, cx, decided(decision));
        event.reason = reason(decision);
        self.sink.record(&event);
    }

    fn event<'e>(&'e self, action: Action, cx: &'e Context, decision: Decided) -> Event<'e> {
        let mut event = Event::new(action, self.method, decision);
        event.who = match cx.caller() {
            Caller::Known(identity) => Some(&identity.key),
            _ => None,
        };
        event.request = cx.id();
        event.traceparent = cx.meta().trace.as_ref().map(|trace| &*trace.parent);
        event.latency = self.since.elapsed();
        event
    }
}

fn decided(decision: &Decision) -> Decided {
    match decision {
        Decision::Allow => Decided::Allowed,
        Decision::Hide => Decided::Hidden,
        Decision::Forbid | Decision::NeedIdentity => Decided::Refused,
        Decision::NeedScopes(_) => Decided::Scopes,
        Decision::NeedFresh { .. } => Decided::StepUp,
        Decision::Undecided { .. } => Decided::Unavailable,
    }
}

fn reason(decision: &Decision) -> Cow<'static, str> {
    match decision {
        Decision::Allow => "".into(),
        Decision::Hide => "not for this caller".into(),
        Decision::Forbid => "forbidden".into(),
        Decision::NeedIdentity => "nobody was authenticated".into(),
        Decision::NeedScopes(scopes) => format!("needs {scopes}").into(),
        Decision::NeedFresh { max_age, acr, scopes } => {
            let age = max_age.map(|age| format!(" within {} s", age.as_secs()));
            let acr = acr.as_ref().map(|acr| format!(" by {acr}"));
            let scopes = (!scopes.is_empty()).then(|| format!(" with {scopes}"));
            let parts = [age, acr, scopes].into_iter().flatten();
            format!("needs a login{}", parts.collect::<String>()).into()
        }
        Decision::Undecided { .. } => "it could not be decided".into(),
    }
}
