//! The rules of a transport, in the order in which they are checked.

mod callers;
mod ending;
mod faults;
mod flow;

use std::{sync::Arc, time::Duration};

use toolgate_core::{Authenticate, Transport};

use super::{
    super::{Breach, Findings},
    Dial,
    door::{FORBIDDEN, NOT_MINE, UNDECIDED, UNKNOWN},
    probe::Inside,
    stage::Stage,
};

pub(in crate::contract::transport) const CALLER: &str = "the service sees who the credentials name";
pub(in crate::contract::transport) const REFUSED: &str = "a refused request reaches nobody";
pub(in crate::contract::transport) const UNSURE: &str =
    "an authenticator that cannot decide lets nobody in";
pub(in crate::contract::transport) const AGAIN: &str = "every request is judged by itself";
pub(in crate::contract::transport) const SLOW: &str =
    "an authenticator that takes its time holds up nobody else";
pub(in crate::contract::transport) const NOTES: &str =
    "notes come before the reply, in order, and none is lost";
pub(in crate::contract::transport) const AHEAD: &str =
    "a slow reader slows its own call, and nobody else's";
pub(in crate::contract::transport) const APART: &str = "calls at the same time do not mix";
pub(in crate::contract::transport) const ERRORS: &str = "errors arrive as they are";
pub(in crate::contract::transport) const DENIED: &str = "a refusal by the service arrives as one";
pub(in crate::contract::transport) const PANIC: &str = "a panic is an error of its own call alone";
pub(in crate::contract::transport) const DROPPED: &str =
    "a call that nobody waits for is dropped, and no other";
pub(in crate::contract::transport) const TOLD: &str = "long calls are told of a shutdown";
pub(in crate::contract::transport) const DRAINED: &str =
    "running calls finish, and then serving ends";
pub(in crate::contract::transport) const OVER: &str = "after the end nobody is served";
pub(in crate::contract::transport) const GARBAGE: &str = "bytes that are no message harm nobody";

/// What did not happen for so long will not. Where it was only slow, a check sees less, and nothing
/// wrongly.
const QUIET: Duration = Duration::from_millis(200);

type Found<T = ()> = Result<T, Breach>;

/// Says which rule it is that a step breaks.
trait Of<T> {
    fn of(self, rule: &'static str) -> Found<T>;
}

impl<T> Of<T> for Result<T, String> {
    fn of(self, rule: &'static str) -> Found<T> {
        self.map_err(|found| Breach { rule, found })
    }
}

/// Runs them all, each with a server of its own.
pub(super) async fn check<F, T, D>(make: &F, notes: bool, findings: &mut Findings)
where
    F: Fn(Arc<dyn Authenticate>) -> (T, D),
    T: Transport + 'static,
    D: Dial,
{
    let mut run = Run { make, findings };
    run.rule(async |stage| callers::named(stage).await).await;
    for token in [None, Some(UNKNOWN), Some(NOT_MINE)] {
        run.rule(async |stage| callers::refused(stage, token).await).await;
    }
    for token in UNDECIDED.iter().chain([&FORBIDDEN]) {
        run.rule(async |stage| callers::undecided(stage, token).await).await;
    }
    run.rule(async |stage| callers::again(stage).await).await;
    run.rule(async |stage| callers::slow(stage).await).await;

    run.rule(async |stage| flow::stream(stage, notes).await).await;
    run.rule(async |stage| flow::apart(stage).await).await;

    run.rule(async |stage| faults::errors(stage).await).await;
    run.rule(async |stage| faults::denied(stage).await).await;
    for inside in [Inside::Once, Inside::Call, Inside::End, Inside::Noted] {
        run.rule(async |stage| faults::panics(stage, inside).await).await;
    }
    run.rule(async |stage| faults::garbage_harms_nobody(stage).await).await;

    for inside in [Inside::Call, Inside::End, Inside::Noted] {
        run.rule(async |stage| ending::dropped(stage, inside, notes).await).await;
    }
    run.rule(async |stage| ending::told(stage).await).await;
    run.rule(async |stage| ending::drained(stage).await).await;
}

struct Run<'a, F> {
    make: &'a F,
    findings: &'a mut Findings,
}

impl<F> Run<'_, F> {
    async fn rule<T, D>(&mut self, rule: impl AsyncFnOnce(&Stage<D>) -> Found)
    where
        F: Fn(Arc<dyn Authenticate>) -> (T, D),
        T: Transport + 'static,
        D: Dial,
    {
        let stage = Stage::set(self.make);
        let found = rule(&stage).await;
        if stage.seen.nameless() > 0 {
            self.findings.add(CALLER, "a request came from nobody");
        }
        let end = stage.strike().await;
        if let Err(Breach { rule, found }) = found {
            self.findings.add(rule, format!("{found}{end}"));
        }
    }
}
