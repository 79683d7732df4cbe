//! A call that asks its client: its questions go out among its notes, and it is made again with what
//! the client answers, in the name of whoever brought that.

use std::{
    fmt,
    future::{Future, pending},
    hash::Hash,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout_at},
};
use toolgate_core::{
    Caller, Context, Denial, Error, Life, Notes, Out, Reply, Running, Service, Shutdown,
    legacy::{Asking, Question},
    protocol::{RequestId, RequestMeta, code},
};

use super::open::{Brought, OpenQuestions};
use crate::run::{Failure, contain};

/// Words that wait for a slow reader before the call does, too.
const AHEAD: usize = 16;
/// How often the transport is asked whether the client can still answer.
const CHECK: Duration = Duration::from_secs(60);
/// How long one has to wait who has too many questions open.
const RETRY: Duration = Duration::from_secs(1);

/// What a transport knows of a call that asks.
pub(crate) trait Side: Send {
    /// What comes with an answer.
    type By: Send;

    /// The call does not run from now on: it waits for its client.
    ///
    /// # Errors
    /// Where too many do.
    fn waits(&mut self) -> Result<(), Error>;

    /// There was no room to wait, or none for its questions. Nobody else hears of it.
    fn turned_away(&self) {}

    /// It runs again, with what came with the last answer. In whose name.
    fn goes_on(&mut self, by: Self::By) -> impl Future<Output = Result<Caller, Error>> + Send;

    /// Whether the client could still bring an answer.
    fn lives(&self) -> impl Future<Output = bool> + Send;
}

/// What every try of a call has alike.
pub(crate) struct Frame {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) id: RequestId,
    pub(crate) meta: RequestMeta,
    pub(crate) life: Arc<dyn Life>,
    pub(crate) stopping: Shutdown,
    /// For how long a question may be open.
    pub(crate) answer: Duration,
}

/// A call that may ask.
pub(crate) struct Asks<K, S: Side> {
    pub(crate) frame: Frame,
    pub(crate) asking: Asking,
    pub(crate) questions: OpenQuestions<K, S::By>,
    /// Who is asked.
    pub(crate) of: K,
    pub(crate) side: S,
    pub(crate) farewell: Farewell,
}

/// Runs a call to its end, whatever it asks. What it says on the way goes to the voice. Whenever this
/// is dropped, its questions are forgotten.
///
/// The time that questions are open does not count to the call's own.
pub(crate) async fn converse<K, S>(
    mut asks: Asks<K, S>,
    mut running: Running,
    mut deadline: Instant,
    says: mpsc::Sender<Word>,
) -> Result<Reply, Failure>
where
    K: Eq + Hash + Clone,
    S: Side,
{
    loop {
        let reply = run(running, deadline, &says).await?;
        let questions = asks.asking.ask(&reply).map_err(Failure::Error)?;
        if questions.is_empty() {
            return Ok(reply);
        }
        let asked = Instant::now();
        let by = asks.answers(questions, &says).await?;
        deadline += asked.elapsed();
        running = asks.again(by, deadline).await?;
    }
}

/// One try.
async fn run(
    running: Running,
    deadline: Instant,
    says: &mpsc::Sender<Word>,
) -> Result<Reply, Failure> {
    let (mut notes, end) = match running {
        Running::Done(reply) => return Ok(reply),
        Running::Open { notes, end } => (notes, end),
        _ => return Err(Failure::Error(Error::internal())),
    };
    let mut end = pin!(contain(deadline, move || end));
    // The end is looked at first, so that notes without end cannot keep it, and its deadline, from
    // being seen.
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut end => break ended,
            () = pass_on(&mut notes, says) => {}
        }
    };
    while let Some(out) = notes.waiting() {
        let _ = says.send(Word::Out(out)).await;
    }
    ended
}

/// Passes one note on. Cancel-safe: none is taken before there is room for it.
async fn pass_on(notes: &mut Notes, says: &mpsc::Sender<Word>) {
    let Ok(place) = says.reserve().await else { return pending().await };
    match notes.next().await {
        Some(out) => place.send(Word::Out(out)),
        None => pending().await,
    }
}

impl<K: Eq + Hash + Clone, S: Side> Asks<K, S> {
    /// Asks, and waits for all answers. What came with the last of them.
    async fn answers(
        &mut self,
        questions: Vec<Question>,
        says: &mpsc::Sender<Word>,
    ) -> Result<S::By, Failure> {
        if let Err(error) = self.side.waits() {
            self.side.turned_away();
            return Err(Failure::Error(error));
        }
        let ids: Vec<_> = questions.iter().map(|question| question.id.clone()).collect();
        let mut wait = self.questions.enter(self.of.clone(), &ids).ok_or_else(|| {
            tracing::info!(remedy = "limits: questions", "too many questions are open");
            self.side.turned_away();
            Failure::Error(Error::denied(Denial::Busy(RETRY)))
        })?;
        self.farewell.asking(true);
        let until = Instant::now() + self.frame.answer;
        for question in questions {
            says.send(Word::Question(question.message)).await.map_err(|_| Failure::Cancelled)?;
        }
        let stopping = self.frame.stopping.clone();
        loop {
            let brought = tokio::select! {
                biased;
                () = stopping.requested() => return Err(ended("the server stops")),
                brought = wait.next() => brought,
                () = sleep_until(until) => return Err(ended("nobody answered in time")),
                () = sleep(CHECK) => match self.side.lives().await {
                    true => continue,
                    false => None,
                },
            };
            let Some(Brought { id, outcome, by }) = brought else {
                return Err(ended("the session has ended"));
            };
            if self.asking.answered(&id, outcome).map_err(Failure::Error)? {
                self.farewell.asking(false);
                return Ok(by);
            }
        }
    }

    async fn again(&mut self, by: S::By, deadline: Instant) -> Result<Running, Failure> {
        let goes_on = timeout_at(deadline, self.side.goes_on(by));
        let caller = goes_on.await.map_err(|_| Failure::Late)?.map_err(Failure::Error)?;
        let request = self.asking.again().map_err(Failure::Error)?;
        let Frame { service, id, meta, life, .. } = &self.frame;
        let cx = Context::with(caller, meta.clone(), Some(life.clone()))
            .with_deadline(deadline.into_std())
            .with_id(id.clone());
        contain(deadline, || service.call(request, cx)).await
    }
}

fn ended(why: &'static str) -> Failure {
    Failure::Error(Error::new(code::REFUSED, why))
}

impl<K, S: Side> Drop for Asks<K, S> {
    fn drop(&mut self) {
        if self.farewell.is_asking() {
            self.farewell.add(self.asking.withdrawn());
        }
    }
}

/// What a client is told after a call of the questions that it need not answer any more, and whether
/// there are such. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Farewell(Arc<Mutex<Left>>);

#[derive(Default)]
struct Left {
    asking: bool,
    notes: Vec<Bytes>,
}

impl Farewell {
    /// Whether the call waits for answers now.
    pub(crate) fn is_asking(&self) -> bool {
        self.left().asking
    }

    fn asking(&self, asking: bool) {
        self.left().asking = asking;
    }

    fn add(&self, notes: Vec<Bytes>) {
        self.left().notes.extend(notes);
    }

    /// One note of it. All of them are there once the call was dropped.
    pub(crate) fn next(&self) -> Option<Bytes> {
        self.left().notes.pop()
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a call says before its reply.
pub(crate) enum Word {
    Out(Out),
    Question(Bytes),
}

/// Where that is heard.
pub(crate) enum Voice {
    /// Of a call that asks nothing.
    Notes(Notes),
    Dialogue(mpsc::Receiver<Word>),
}

impl Voice {
    /// That of a dialogue, and what it speaks with.
    pub(crate) fn dialogue() -> (mpsc::Sender<Word>, Self) {
        let (says, heard) = mpsc::channel(AHEAD);
        (says, Self::Dialogue(heard))
    }

    /// The next word, never none: a call without words still has an end to wait for. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Word {
        let word = match self {
            Self::Notes(notes) => notes.next().await.map(Word::Out),
            Self::Dialogue(words) => words.recv().await,
        };
        match word {
            Some(word) => word,
            None => pending().await,
        }
    }

    /// A word that waits already.
    pub(crate) fn waiting(&mut self) -> Option<Word> {
        match self {
            Self::Notes(notes) => notes.waiting().map(Word::Out),
            Self::Dialogue(words) => words.try_recv().ok(),
        }
    }

    /// Whether none waits now.
    #[cfg(feature = "http")]
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Notes(notes) => notes.is_empty(),
            Self::Dialogue(words) => words.is_empty(),
        }
    }
}

impl fmt::Debug for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Farewell")
    }
}

#[cfg(test)]
mod tests;
