//! Whether the authorization server can be reached, as far as the last questions tell.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// For how long nobody is asked after nobody was there.
pub(crate) const REST: Duration = Duration::from_secs(1);
/// How long somebody waits for an answer while there is none for anybody. The question is asked all the
/// same, and its answer kept for when they come again.
const BRIEFLY: Duration = Duration::from_millis(250);

/// What came of a question, as far as it tells of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Somebody is there.
    Answer,
    /// There was no connection.
    Nobody,
    /// There was no answer in time.
    Silence,
    /// What tells nothing.
    Nothing,
}

/// What was heard last.
#[derive(Debug, Default)]
pub(crate) struct Reach(Mutex<State>);

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
    pub(crate) fn heard(&self, began: Instant, what: Heard) {
        let mut state = self.state();
        match what {
            Heard::Answer => {
                *state = State { answered: Some(Instant::now()), ..State::default() };
            }
            // Of several nodes one may be away.
            Heard::Nobody => {
                if state.answered.is_none_or(|answered| answered <= began) {
                    state.absent = Some(Instant::now());
                }
            }
            Heard::Silence => {
                state.silent |= state.answered.is_none_or(|answered| answered < began);
            }
            Heard::Nothing => {}
        }
    }

    /// Whether nobody was there a moment ago.
    pub(crate) fn rests(&self) -> bool {
        self.state().absent.is_some_and(|at| at.elapsed() < REST)
    }

    /// How long to wait for an answer, where that is less than it may take.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.state().silent.then_some(BRIEFLY)
    }

    /// A panic elsewhere leaves nothing half-written here: every change is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::{Request, Response};
    use tokio::sync::Semaphore;
    use toolgate_core::BoxFuture;

    use crate::fetch::{Fetch, FetchError, FetchErrorKind};

    /// Answers as another does, but for what has `lost` in it: whoever asks that reaches a node that is
    /// away, once it is let.
    pub(crate) struct OneAway<F>(pub(crate) F, pub(crate) Arc<Semaphore>);

    impl<F: Fetch> Fetch for OneAway<F> {
        fn fetch(
            &self,
            request: Request<Bytes>,
        ) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
            Box::pin(async move {
                if request.body().windows(4).any(|part| part == b"lost") {
                    self.1.acquire().await.unwrap().forget();
                    return Err(FetchError::new(FetchErrorKind::Connect));
                }
                self.0.fetch(request).await
            })
        }
    }
}
