//! Whether the authorization server can be reached, as far as the last questions tell.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::Trouble;
use crate::fetch::FetchErrorKind;

/// For how long nobody is asked after nobody was there.
pub(super) const REST: Duration = Duration::from_secs(1);
/// How long somebody waits for an answer while there is none for anybody. The question is asked all the
/// same, and its answer kept for when they come again.
const BRIEFLY: Duration = Duration::from_millis(250);

/// What was heard last.
#[derive(Debug, Default)]
pub(super) struct Reach(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When nobody was last there, unless somebody was since.
    absent: Option<Instant>,
    /// When the last answer came, whatever it said.
    answered: Option<Instant>,
    /// Whether a question ran out of time, and no other was answered meanwhile or since.
    silent: bool,
}

impl Reach {
    /// Hears what came of a question that was asked at `began`.
    ///
    /// Only that there was no connection, and that nobody was answered meanwhile, says that there is no
    /// answer for anybody: a token may be such that its answer is late, broken or no good, and whoever
    /// sends it must not silence the others' questions. So a question without an answer stops no other;
    /// it shortens the waiting, until the next answer.
    pub(super) fn heard<T>(&self, began: Instant, asked: &Result<T, Trouble>) {
        let mut state = self.state();
        let kind = match asked {
            Ok(_) | Err(Trouble::Unclear(_) | Trouble::NoEndpoint) => None,
            Err(Trouble::NoProof) => return,
            Err(Trouble::TooSlow) => Some(FetchErrorKind::Timeout),
            Err(Trouble::Fetch(error)) => Some(error.kind()),
        };
        match kind {
            None | Some(FetchErrorKind::TooLarge | FetchErrorKind::Broken) => {
                *state = State { answered: Some(Instant::now()), ..State::default() };
            }
            // Of several nodes one may be away.
            Some(FetchErrorKind::Connect) => {
                if state.answered.is_none_or(|answered| answered <= began) {
                    state.absent = Some(Instant::now());
                }
            }
            Some(FetchErrorKind::Timeout) => {
                state.silent |= state.answered.is_none_or(|answered| answered < began);
            }
            Some(_) => {}
        }
    }

    /// Whether nobody was there a moment ago.
    pub(super) fn rests(&self) -> bool {
        self.state().absent.is_some_and(|at| at.elapsed() < REST)
    }

    /// How long to wait for an answer, where that is less than it may take.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.state().silent.then_some(BRIEFLY)
    }

    /// A panic elsewhere leaves nothing half-written here: every change is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
