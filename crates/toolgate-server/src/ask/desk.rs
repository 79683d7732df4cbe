//! Where requests come back with answers, and leave with questions.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use toolgate_core::{
    Context, Denial, Error, Reply, Request, StartError,
    protocol::input::{Answers, InputRequired},
    reply::Kind,
};

use super::{
    AskPolicy,
    settings::Settings,
    state::{Bound, State},
    used::{Use, Used},
};
use crate::{
    capability,
    incident::incident,
    seal::{self, Sealer},
};

/// Where requests come back with answers, and leave with questions. One for each server.
pub(crate) struct Desk {
    sealer: Arc<Sealer>,
    settings: Settings,
    used: Used,
    /// What no other process has: binds what may be used but once, since only this one remembers.
    process: [u8; 16],
}

/// One try of a request, which may end in questions.
pub(crate) struct Round {
    desk: Arc<Desk>,
    request: Request,
    policy: AskPolicy,
}

impl Desk {
    /// # Errors
    /// When no question could survive the settings, or there is no randomness.
    pub(crate) fn new(sealer: Arc<Sealer>, settings: Settings) -> Result<Self, StartError> {
        settings.check()?;
        let process = seal::random().map_err(|_| StartError::new("there is no randomness"))?;
        let used = Used::at_most(settings.used);
        Ok(Self { sealer, settings, used, process })
    }

    /// Takes what a request brings, if it is a retry: the context with all answers so far, and the
    /// round that may ask for more.
    ///
    /// # Errors
    /// `-32602` when answers are no objects, or when the state was changed, has expired, was used,
    /// or belongs to somebody or something else; the peer does not learn which.
    pub(crate) fn resume(
        self: &Arc<Self>,
        request: &Request,
        brought: Answers,
        policy: AskPolicy,
        cx: Context,
    ) -> Result<(Context, Round), Error> {
        let round = Round { desk: self.clone(), request: request.clone(), policy };
        if brought.is_empty() {
            return Ok((cx, round));
        }
        let Answers { input_responses, request_state, .. } = brought;
        if input_responses.values().any(|answer| !answer.is_object()) {
            return Err(Error::invalid_params("an input response must be an object"));
        }
        let Some(text) = request_state else {
            // Nobody was asked, so most handlers are not told; they ask.
            let cx = match policy.unasked {
                true => cx.with_answers(Answers::new(input_responses, None)),
                false => cx,
            };
            return Ok((cx, round));
        };
        let state = round.open(&text, &cx)?;
        let cx = match state.reached() {
            Some(reached) => cx.with_progress(reached),
            None => cx,
        };
        Ok((cx.with_answers(state.answers(input_responses)), round))
    }

    /// Seconds since 1970.
    fn now(&self) -> u64 {
        let now: SystemTime = (self.settings.clock)();
        now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

impl Round {
    /// The reply that asks, with all that the next try needs.
    ///
    /// # Errors
    /// `-32021` when the client did not declare that it can answer; `-32602` when its answers are
    /// more than it is given to keep.
    pub(crate) fn put(&self, mut question: InputRequired, cx: &Context) -> Result<Reply, Error> {
        capability::check(&question, cx.meta())?;
        let desk = &self.desk;
        let failed = |what: &str| incident(&self.request.method, what);
        let id = seal::random()
            .map(u128::from_le_bytes)
            .map_err(|_| failed("there is no randomness"))?;
        let asked: Vec<_> = question.input_requests.keys().cloned().collect();
        let mut answers = cx.answers().input_responses.clone();
        answers.retain(|key, _| !asked.contains(key));
        let until = desk.now().saturating_add(desk.settings.within.as_secs());
        let progress = cx.reached().map(f64::to_bits);
        let state = State { id, until, asked, answers, progress };
        let text = state.seal(&desk.sealer, &self.bound(cx));
        let text = text.map_err(|_| failed("the request state cannot be sealed"))?;
        if text.len() > desk.settings.most_state {
            return Err(Error::invalid_params("the answers are too large to be kept"));
        }
        question.request_state = Some(text);
        Ok(Reply::of(&question)?.kind(Kind::InputRequired))
    }

    fn open(&self, text: &str, cx: &Context) -> Result<State, Error> {
        let (desk, now) = (&self.desk, self.desk.now());
        if text.len() > desk.settings.most_state {
            return Err(self.invalid("too large"));
        }
        let opened = State::open(text, &desk.sealer, &self.bound(cx));
        let state = opened.map_err(|why| self.invalid(why.as_str()))?;
        if state.until <= now {
            return Err(self.invalid("expired"));
        }
        match self.policy.single_use.then(|| desk.used.take(state.id, state.until, now)) {
            None | Some(Use::First) => Ok(state),
            Some(Use::Again) => Err(self.invalid("used before")),
            Some(Use::NoRoom) => {
                tracing::warn!("no room to remember more request states that may be used once");
                Err(Error::denied(Denial::Busy(Duration::from_secs(60))))
            }
        }
    }

    fn bound<'a>(&'a self, cx: &'a Context) -> Bound<'a> {
        let process = self.policy.single_use.then_some(&self.desk.process[..]);
        Bound { caller: cx.caller(), request: &self.request, process }
    }

    /// One error for all reasons; the log has the reason.
    fn invalid(&self, why: &'static str) -> Error {
        let method = toolgate_core::protocol::method::known(&self.request.method);
        tracing::debug!(method, why, "request state refused");
        Error::invalid_params("the request state is not valid")
    }
}
