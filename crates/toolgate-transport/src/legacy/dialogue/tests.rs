//! Dialogues and their ends, with a client that is a test.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use toolgate_core::{
    BoxFuture, Card, Identity, Kind, Note, Request,
    protocol::{
        Json,
        discover::Implementation,
        envelope::{Outcome, Response},
        legacy::Revision,
        method,
    },
    transport::Trigger,
};

use super::*;

/// Answers the calls after the first as it is told.
struct Steps(Mutex<VecDeque<Step>>, AtomicUsize);

#[derive(Clone, Copy)]
enum Step {
    Asks,
    Done,
    Fails,
    Hangs,
}

impl Service for Steps {
    fn card(&self) -> Arc<Card> {
        Arc::new(Card::new(Implementation::new("steps", "1")))
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let step = self.0.lock().unwrap().pop_front().unwrap();
        Box::pin(async move {
            let params: Value = request.params.parse().unwrap();
            let who = cx.identity().map(|identity| identity.key.subject.to_string()).ok();
            match step {
                Step::Asks => Ok(Running::Done(asks())),
                Step::Done => {
                    let told = json!({ "who": who, "answers": params["inputResponses"] });
                    Reply::of(&told).map(Running::Done)
                }
                Step::Fails => Err(Error::new(7, "no")),
                Step::Hangs => pending().await,
            }
        })
    }
}

/// A reply that asks for roots, twice at once.
fn asks() -> Reply {
    let roots = json!({ "method": method::ROOTS });
    Reply::of(&json!({ "inputRequests": { "a": roots, "b": roots } }))
        .unwrap()
        .kind(Kind::InputRequired)
}

#[derive(Clone, Default)]
struct Client {
    gone: Arc<AtomicBool>,
    full: bool,
    refused: bool,
}

impl Side for Client {
    type By = &'static str;

    fn waits(&mut self) -> Result<(), Error> {
        if self.full { Err(Error::denied(Denial::Busy(RETRY))) } else { Ok(()) }
    }

    async fn goes_on(&mut self, by: &'static str) -> Result<Caller, Error> {
        if self.refused {
            return Err(Error::denied(Denial::Unauthenticated));
        }
        Ok(Identity::new(toolgate_core::Key::new("test", by)).into())
    }

    async fn lives(&self) -> bool {
        !self.gone.load(Ordering::SeqCst)
    }
}

/// A call that asked at once, from outside.
struct Stage {
    questions: OpenQuestions<u8, &'static str>,
    farewell: Farewell,
    voice: Voice,
    service: Arc<Steps>,
    stop: Trigger,
    ended: JoinHandle<Result<Reply, Failure>>,
}

const CALL: Duration = Duration::from_secs(10);

impl Stage {
    fn of(client: Client, steps: &[Step]) -> Self {
        Self::with(client, steps, OpenQuestions::new(2))
    }

    fn with(client: Client, steps: &[Step], questions: OpenQuestions<u8, &'static str>) -> Self {
        let service =
            Arc::new(Steps(Mutex::new(steps.iter().copied().collect()), AtomicUsize::new(0)));
        let (stop, stopping) = Shutdown::new();
        let farewell = Farewell::default();
        let request = Request::new(method::TOOLS_CALL, Json::object());
        let asks_it = Asks {
            frame: Frame {
                service: service.clone(),
                id: 7.into(),
                meta: RequestMeta::default(),
                life: Arc::new(crate::life::OwnLife::new(stopping.clone(), None)),
                stopping,
                answer: Duration::from_secs(100),
            },
            asking: Asking::new(Revision::LATEST, request, 1000),
            questions: questions.clone(),
            of: 1,
            side: client,
            farewell: farewell.clone(),
        };
        let (says, voice) = Voice::dialogue();
        let running = Running::Done(asks());
        let ended = tokio::spawn(converse(asks_it, running, Instant::now() + CALL, says));
        Self { questions, farewell, voice, service, stop, ended }
    }

    /// The ids of what is asked next.
    async fn asked(&mut self) -> [RequestId; 2] {
        [self.question().await, self.question().await]
    }

    async fn question(&mut self) -> RequestId {
        let Word::Question(text) = self.voice.next().await else { panic!("no question") };
        let message: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(message["method"], "roots/list");
        message["id"].as_str().unwrap().into()
    }

    fn answer(&self, id: &RequestId, by: &'static str) {
        let response = Response::new(Some(id.clone()), Outcome::Result(Json::object()));
        self.questions.bring(&1, response, by);
    }

    /// How it ended: a code, or nothing; and how many questions the client was told to forget.
    async fn end(self) -> (Result<Value, i32>, usize) {
        let ended = self.ended.await.unwrap();
        assert!(self.questions.is_empty(), "questions are left");
        let ended = ended.map(|reply| reply.fields.to_object().parse().unwrap());
        let told = std::iter::from_fn(|| self.farewell.next()).count();
        (ended.map_err(|failure| failure.error().code()), told)
    }
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_in_the_name_of_who_brings_the_last_answer() {
    let mut stage = Stage::of(Client::default(), &[Step::Asks, Step::Done]);
    let [a, b] = stage.asked().await;
    stage.answer(&a, "ann");
    stage.answer(&b, "bob");
    let [a, b] = stage.asked().await;
    stage.answer(&b, "bob");
    stage.answer(&a, "ann");
    let (ended, told) = stage.end().await;
    assert_eq!(ended, Ok(json!({ "who": "ann", "answers": { "a": {}, "b": {} } })));
    assert_eq!(told, 0);
}

#[tokio::test(start_paused = true)]
async fn however_it_ends_no_question_is_left() {
    // Nobody answers; the client is told of both.
    let mut stage = Stage::of(Client::default(), &[]);
    stage.asked().await;
    assert_eq!(stage.end().await, (Err(-32000), 2));
    // The server stops.
    let mut stage = Stage::of(Client::default(), &[]);
    let [a, _] = stage.asked().await;
    stage.answer(&a, "ann");
    sleep(Duration::from_secs(1)).await;
    stage.stop.request();
    let stopped = Instant::now();
    assert_eq!(stage.end().await, (Err(-32000), 1), "one was answered");
    assert!(stopped.elapsed() < Duration::from_secs(1), "and not when the question's time is over");
    // An answer that ends it.
    let mut stage = Stage::of(Client::default(), &[]);
    let [a, _] = stage.asked().await;
    stage.questions.bring(&1, Response::new(Some(a), Outcome::Error(Some(-1))), "ann");
    assert_eq!(stage.end().await, (Err(-32000), 1));
    // Who answers is not let in, or what they bring is refused.
    for (refused, steps, code) in [(true, &[][..], -32000), (false, &[Step::Fails], 7)] {
        let mut stage = Stage::of(Client { refused, ..Client::default() }, steps);
        for id in stage.asked().await {
            stage.answer(&id, "ann");
        }
        assert_eq!(stage.end().await, (Err(code), 0));
    }
    // It is dropped, as what is cancelled is.
    let mut stage = Stage::of(Client::default(), &[]);
    stage.asked().await;
    stage.ended.abort();
    while !stage.ended.is_finished() {
        tokio::task::yield_now().await;
    }
    assert!(stage.questions.is_empty() && stage.farewell.next().is_some());
}

#[cfg(feature = "http")]
#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_is_not_waited_for() {
    let mut stage = Stage::of(Client::default(), &[]);
    stage.asked().await;
    stage.questions.end(&1);
    assert_eq!(stage.end().await, (Err(-32000), 2));
    // One of which nobody says so is looked for now and then.
    let client = Client::default();
    let mut stage = Stage::of(client.clone(), &[]);
    let begun = Instant::now();
    stage.asked().await;
    client.gone.store(true, Ordering::SeqCst);
    assert_eq!(stage.end().await, (Err(-32000), 2));
    assert!(begun.elapsed() < Duration::from_secs(61), "sooner than the question's own time");
}

#[tokio::test(start_paused = true)]
async fn what_there_is_no_room_for_is_not_asked() {
    let mut stage = Stage::of(Client { full: true, ..Client::default() }, &[]);
    assert!(matches!((&mut stage.ended).await.unwrap(), Err(Failure::Error(_))));
    assert!(stage.voice.waiting().is_none() && stage.farewell.next().is_none());
    let questions = OpenQuestions::new(3);
    let mut one = Stage::with(Client::default(), &[], questions.clone());
    one.asked().await;
    let mut two = Stage::with(Client::default(), &[], questions);
    assert!(matches!((&mut two.ended).await.unwrap(), Err(Failure::Error(_))));
    assert!(two.voice.waiting().is_none() && two.farewell.next().is_none());
}

/// Ten seconds are the call's; what the client takes is not counted, and what it runs is.
#[tokio::test(start_paused = true)]
async fn only_the_time_that_it_runs_counts() {
    let begun = Instant::now();
    let mut stage = Stage::of(Client::default(), &[Step::Hangs]);
    let [a, b] = stage.asked().await;
    sleep(Duration::from_secs(50)).await;
    stage.answer(&a, "ann");
    stage.answer(&b, "ann");
    let service = stage.service.clone();
    assert_eq!(stage.end().await, (Err(-32603), 0));
    assert_eq!(service.1.load(Ordering::SeqCst), 1);
    let took = begun.elapsed().as_secs();
    assert!((59..=61).contains(&took), "{took}");
}

/// Notes come before the question that they were sent before, and before the reply.
#[tokio::test(start_paused = true)]
async fn what_is_said_keeps_its_order() {
    let (sender, notes) = Notes::channel(4);
    for step in 0..4 {
        let note = Note::of(method::PROGRESS, &json!({ "progress": step })).unwrap();
        sender.send(Out::Note(note)).await.unwrap();
    }
    let end = Box::pin(async { Ok(asks()) });
    let (says, mut voice) = Voice::dialogue();
    let run = run(Running::Open { notes, end }, Instant::now() + CALL, &says).await;
    assert_eq!(run.unwrap().kind, Kind::InputRequired);
    for _ in 0..4 {
        assert!(matches!(voice.waiting(), Some(Word::Out(Out::Note(_)))));
    }
    assert!(voice.waiting().is_none());
}
