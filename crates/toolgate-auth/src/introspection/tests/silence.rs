//! An authorization server that takes questions and gives no answers.

use tokio::time::Instant;

use super::*;
use crate::reach::tests::OneAway;

/// How long a request for a token takes.
async fn waited(auth: &IntrospectionAuth, token: &str) -> (Verdict, Duration) {
    let begun = Instant::now();
    let verdict = ask(auth, token).await;
    (verdict, begun.elapsed())
}

fn unavailable(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Unavailable { .. })
}

#[tokio::test(start_paused = true)]
async fn once_a_question_ran_out_of_time_nobody_waits_long_and_all_are_asked_about() {
    let server = Server::saying(&good());
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let auth = builder(&server).build().unwrap();
    let (verdict, took) = waited(&auth, "first").await;
    assert!(unavailable(&verdict) && took == Duration::from_secs(10), "{took:?}");
    for number in 0..20 {
        let (verdict, took) = waited(&auth, &format!("t{number}")).await;
        assert!(unavailable(&verdict) && took <= Duration::from_millis(250), "{took:?}");
    }
    // It answers again. What was asked meanwhile is answered too, and nobody has to be asked anew.
    let asked = server.asked();
    server.gate.add_permits(1_000);
    known(&auth, "t19").await;
    known(&auth, "t18").await;
    assert_eq!((server.asked(), asked), (21, 21));
    // Whoever asks now is waited for.
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let (verdict, took) = waited(&auth, "last").await;
    assert!(unavailable(&verdict) && took == Duration::from_secs(10), "{took:?}");
}

/// Answers at once, but for one token.
struct Picky(Server);

impl Fetch for Picky {
    fn fetch(&self, request: Asked<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        Box::pin(async move {
            if request.body().windows(4).any(|part| part == b"slow") {
                std::future::pending::<()>().await;
            }
            self.0.fetch(request).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn one_token_without_an_answer_shortens_nobodys_waiting() {
    let server = Server::saying(&good());
    let auth = builder(&server).fetch(Picky(server.clone())).build().unwrap();
    let mut slow = Box::pin(ask(&auth, "slow"));
    assert!((&mut slow).now_or_never().is_none());
    tokio::task::yield_now().await;
    known(&auth, TOKEN).await;
    assert!(unavailable(&slow.await));
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let (_, took) = waited(&auth, "another").await;
    assert_eq!(took, Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_fails_stops_no_questions_while_others_are_answered() {
    let (server, away) = (Server::saying(&good()), Arc::new(Semaphore::new(0)));
    let auth = builder(&server).fetch(OneAway(server.clone(), away.clone())).build().unwrap();
    let mut lost = Box::pin(ask(&auth, "lost"));
    assert!((&mut lost).now_or_never().is_none());
    tokio::task::yield_now().await;
    advance(Duration::from_secs(1)).await;
    known(&auth, TOKEN).await;
    away.add_permits(1);
    assert!(unavailable(&lost.await));
    known(&auth, "another").await;
    // Nobody was answered since this one began.
    advance(Duration::from_secs(1)).await;
    away.add_permits(1);
    assert!(unavailable(&ask(&auth, "lost").await));
    assert!(unavailable(&ask(&auth, "third").await));
    assert_eq!(server.asked(), 2);
}
