//! How much the client may have of anything.

use std::time::Duration;

use toolgate_core::{
    StartError,
    env::{self, Env},
};

/// Bounds on what a client may use.
///
/// ```
/// use std::time::Duration;
/// use toolgate_transport::stdio::Limits;
///
/// let limits = Limits::default().calls(8).drain(Duration::from_secs(1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Limits {
    line: Option<usize>,
    json_depth: Option<usize>,
    calls: Option<usize>,
    subscriptions: Option<usize>,
    questions: Option<usize>,
    answer: Option<Duration>,
    call: Option<Duration>,
    authentication: Option<Duration>,
    recheck: Option<Duration>,
    drain: Option<Duration>,
}

impl Limits {
    /// The longest line, in bytes. 4 MiB; an error beyond. `TOOLGATE_MAX_BODY`.
    #[must_use]
    pub fn line(self, bytes: usize) -> Self {
        Self { line: Some(bytes), ..self }
    }

    /// How deep JSON may nest. 64.
    #[must_use]
    pub fn json_depth(self, levels: usize) -> Self {
        Self { json_depth: Some(levels), ..self }
    }

    /// Requests and notifications that may be running. 64; beyond, requests are refused and
    /// notifications dropped. `TOOLGATE_CALLS_PER_CALLER`.
    #[must_use]
    pub fn calls(self, at_a_time: usize) -> Self {
        Self { calls: Some(at_a_time), ..self }
    }

    /// Resources that the client may watch, in revisions before 2026-07-28. 64; more are refused.
    #[must_use]
    pub fn subscriptions(self, at_a_time: usize) -> Self {
        Self { subscriptions: Some(at_a_time), ..self }
    }

    /// Questions that the client may have open, in revisions before 2026-07-28. 32; more are refused.
    /// With 0 nothing is asked.
    #[must_use]
    pub fn questions(self, at_a_time: usize) -> Self {
        Self { questions: Some(at_a_time), ..self }
    }

    /// The longest that such a question may be open, which the request's own time does not count.
    /// 540 s: a minute less than a server takes answers, unless it was told otherwise.
    #[must_use]
    pub fn answer(self, time: Duration) -> Self {
        Self { answer: Some(time), ..self }
    }

    /// The longest that a request may take. 300 s. `TOOLGATE_CALL_TIMEOUT`.
    #[must_use]
    pub fn call(self, time: Duration) -> Self {
        Self { call: Some(time), ..self }
    }

    /// The longest that an authenticator may take. 30 s; a refusal beyond.
    #[must_use]
    pub fn authentication(self, time: Duration) -> Self {
        Self { authentication: Some(time), ..self }
    }

    /// How often it is asked while something is listened to whether its caller was shut out, where
    /// nothing tells that sooner. 30 s.
    #[must_use]
    pub fn recheck(self, time: Duration) -> Self {
        Self { recheck: Some(time), ..self }
    }

    /// How long running calls have to finish once the input has ended, or the server is told to
    /// stop. 5 s: clients wait for about two before they end the process.
    #[must_use]
    pub fn drain(self, time: Duration) -> Self {
        Self { drain: Some(time), ..self }
    }

    /// Every bound: from code, else from the environment, else its default.
    pub(crate) fn settle(&self, env: Option<&Env>) -> Result<Bounds, StartError> {
        let (mut line, mut calls, mut call) = (self.line, self.calls, self.call);
        if let Some(env) = env {
            line = line.or(env.parsed(env::MAX_BODY)?);
            calls = calls.or(env.parsed(env::CALLS_PER_CALLER)?);
            call = call.or(env.parsed(env::CALL_TIMEOUT)?.map(Duration::from_secs));
        }
        let bounds = Bounds {
            line: line.unwrap_or(4 << 20),
            json_depth: self.json_depth.unwrap_or(64),
            calls: calls.unwrap_or(64),
            subscriptions: self.subscriptions.unwrap_or(64),
            questions: self.questions.unwrap_or(32),
            answer: self.answer.unwrap_or(Duration::from_secs(540)),
            call: call.unwrap_or(Duration::from_secs(300)),
            authentication: self.authentication.unwrap_or(Duration::from_secs(30)),
            recheck: self.recheck.unwrap_or(Duration::from_secs(30)),
            drain: self.drain.unwrap_or(Duration::from_secs(5)),
        };
        let zero = |name| format!("limits: {name} is 0, so nothing could be served; raise it");
        StartError::check(bounds.impossible().map(zero).collect()).map(|()| bounds)
    }
}

/// Limits that hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) line: usize,
    pub(crate) json_depth: usize,
    pub(crate) calls: usize,
    pub(crate) subscriptions: usize,
    pub(crate) questions: usize,
    pub(crate) answer: Duration,
    pub(crate) call: Duration,
    pub(crate) authentication: Duration,
    pub(crate) recheck: Duration,
    pub(crate) drain: Duration,
}

impl Bounds {
    /// Those under which nothing could be served, by name.
    fn impossible(&self) -> impl Iterator<Item = &'static str> {
        let rows = [
            ("line", self.line == 0),
            ("json_depth", self.json_depth == 0),
            ("calls", self.calls == 0),
            ("answer", self.answer.is_zero()),
            ("call", self.call.is_zero()),
            ("authentication", self.authentication.is_zero()),
            ("recheck", self.recheck.is_zero()),
        ];
        rows.into_iter().filter_map(|(name, bad)| bad.then_some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_table() {
        let bounds = Limits::default().settle(None).unwrap();
        assert_eq!(bounds.line.to_string(), env::MAX_BODY.default);
        assert_eq!(bounds.calls.to_string(), env::CALLS_PER_CALLER.default);
        assert_eq!(bounds.call.as_secs().to_string(), env::CALL_TIMEOUT.default);
    }

    #[test]
    fn code_wins_over_the_environment_and_nothing_may_be_zero() {
        let env = Env::of([("TOOLGATE_MAX_BODY", "7"), ("TOOLGATE_CALL_TIMEOUT", "8")]);
        let bounds = Limits::default().call(Duration::from_secs(9)).settle(Some(&env)).unwrap();
        assert_eq!((bounds.line, bounds.call.as_secs()), (7, 9));
        let env = Env::of([("TOOLGATE_CALLS_PER_CALLER", "0")]);
        let error = Limits::default().line(0).settle(Some(&env)).unwrap_err();
        assert_eq!(error.problems().len(), 2);
    }
}
