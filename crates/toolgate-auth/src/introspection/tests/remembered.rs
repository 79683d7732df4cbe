//! For how long answers count, who asks, and what becomes of the others.

use super::*;

/// An authenticator whose time can be set.
fn timed(server: &Server) -> (IntrospectionAuth, impl Fn(u64) + use<>) {
    let now = Arc::new(AtomicU64::new(NOW));
    let clock = now.clone();
    let builder = builder(server)
        .clock(move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst)));
    (builder.build().unwrap(), move |second| now.store(second, Ordering::SeqCst))
}

#[tokio::test]
async fn a_good_answer_counts_for_a_while_and_never_beyond_the_end() {
    let server = Server::saying(&good());
    let (auth, at) = timed(&server);
    for _ in 0..3 {
        known(&auth, TOKEN).await;
    }
    assert_eq!(server.asked(), 1);
    at(NOW + 59);
    known(&auth, TOKEN).await;
    assert_eq!(server.asked(), 1);
    at(NOW + 60);
    known(&auth, TOKEN).await;
    assert_eq!(server.asked(), 2);
    // A token that ends sooner than that.
    server.says(&with("exp", json!(NOW + 65)));
    known(&auth, "another").await;
    at(NOW + 64);
    known(&auth, "another").await;
    assert_eq!(server.asked(), 3);
    at(NOW + 65);
    known(&auth, "another").await;
    assert_eq!(server.asked(), 4, "within the leeway it is asked about each time");
    known(&auth, "another").await;
    assert_eq!(server.asked(), 5);
}

#[tokio::test]
async fn a_good_answer_counts_from_when_it_was_asked_for() {
    let server = Server::saying(&good());
    let (auth, at) = timed(&server);
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let mut first = Box::pin(known(&auth, TOKEN));
    assert!((&mut first).now_or_never().is_none());
    tokio::task::yield_now().await;
    // Nine seconds on the way; it may have been revoked since it was looked at.
    at(NOW + 9);
    server.gate.add_permits(2);
    first.await;
    at(NOW + 59);
    known(&auth, TOKEN).await;
    assert_eq!(server.asked(), 1);
    at(NOW + 60);
    known(&auth, TOKEN).await;
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_bad_answer_counts_for_a_shorter_while() {
    let server = Server::saying(&json!({"active": false}));
    let (auth, at) = timed(&server);
    for _ in 0..3 {
        refusal(ask(&auth, TOKEN).await);
    }
    server.says(&good());
    at(NOW + 9);
    refusal(ask(&auth, TOKEN).await);
    assert_eq!(server.asked(), 1);
    at(NOW + 10);
    known(&auth, TOKEN).await;
    // What is for another audience or client is remembered as well.
    server.says(&with("aud", json!("other")));
    for _ in 0..2 {
        refusal(ask(&auth, "another").await);
    }
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn a_long_answer_is_good_and_not_remembered() {
    let of_length = |length: usize| {
        let mut answer = with("more", json!(""));
        let rest = length - answer.to_string().len();
        answer["more"] = "x".repeat(rest).into();
        assert_eq!(answer.to_string().len(), length);
        answer
    };
    for (length, questions) in [(8 * 1024, 1), (8 * 1024 + 1, 2)] {
        let server = Server::saying(&of_length(length));
        let auth = builder(&server).build().unwrap();
        known(&auth, TOKEN).await;
        known(&auth, TOKEN).await;
        assert_eq!(server.asked(), questions, "{length}");
        // It was good once, so there is room to ask about it again.
        server.gate.forget_permits(Semaphore::MAX_PERMITS);
        let all = (0..64).map(|number| format!("t{number}")).collect::<Vec<_>>();
        let mut strangers = Box::pin(join_all(all.iter().map(|token| ask(&auth, token))));
        assert!((&mut strangers).now_or_never().is_none());
        server.gate.add_permits(65);
        known(&auth, TOKEN).await;
        strangers.await;
    }
}

#[tokio::test]
async fn a_verdict_is_of_one_token_for_one_resource() {
    let server = Server::saying(&good());
    let auth = builder(&server).build().unwrap();
    known(&auth, TOKEN).await;
    let request = Request { token: TOKEN.into(), resource: "https://mcp.example/other" };
    refusal(auth.authenticate(&Credentials::new(request)).await);
    known(&auth, "opaque-token-2").await;
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn bad_tokens_push_out_no_good_ones_and_the_bound_holds() {
    let server = Server::saying(&good());
    let auth = builder(&server).memory(2).build().unwrap();
    known(&auth, TOKEN).await;
    server.says(&json!({"active": false}));
    for number in 0..10 {
        refusal(ask(&auth, &format!("bad-{number}")).await);
    }
    known(&auth, TOKEN).await;
    assert_eq!(server.asked(), 11);
    refusal(ask(&auth, "bad-0").await);
    assert_eq!(server.asked(), 12, "it made room");
}

#[tokio::test]
async fn many_who_bring_one_token_ask_once() {
    let server = Server::saying(&good());
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let auth = builder(&server).build().unwrap();
    let mut all = Box::pin(join_all((0..20).map(|_| ask(&auth, TOKEN))));
    assert!((&mut all).now_or_never().is_none());
    server.gate.add_permits(1);
    assert!(all.await.iter().all(|verdict| matches!(verdict, Verdict::Known(..))));
    assert_eq!(server.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn questions_have_a_bound_and_an_end() {
    let server = Server::saying(&good());
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let auth = builder(&server).build().unwrap();
    let all = (0..64).map(|number| format!("t{number}")).collect::<Vec<_>>();
    let mut waiting = Box::pin(join_all(all.iter().map(|token| ask(&auth, token))));
    assert!((&mut waiting).now_or_never().is_none());
    let verdict = ask(&auth, "one-too-many").await;
    assert!(matches!(verdict, Verdict::Unavailable { .. }), "{verdict:?}");
    // They end when time is up; no time passes but what the paused clock jumps.
    let begun = tokio::time::Instant::now();
    let verdicts = waiting.await;
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Unavailable { .. })));
    assert_eq!(server.asked(), 64);
}

#[tokio::test(start_paused = true)]
async fn while_nobody_answers_what_is_remembered_counts_and_few_are_asked() {
    let server = Server::saying(&good());
    let auth = builder(&server).build().unwrap();
    known(&auth, TOKEN).await;
    server.replies(Err(FetchErrorKind::Connect));
    for number in 0..10 {
        let verdict = ask(&auth, &format!("t{number}")).await;
        assert!(matches!(verdict, Verdict::Unavailable { .. }), "{verdict:?}");
    }
    known(&auth, TOKEN).await;
    assert_eq!(server.asked(), 2);
    // It is back.
    server.says(&good());
    advance(Duration::from_secs(1)).await;
    known(&auth, "t0").await;
    // An answer that is no good is no reason to rest: a peer may be able to provoke it.
    server.replies(Ok((400, "application/json", b"{}".to_vec())));
    ask(&auth, "t1").await;
    server.says(&good());
    known(&auth, "t2").await;
}

#[tokio::test(start_paused = true)]
async fn what_comes_of_one_question_stops_no_other() {
    for kind in [FetchErrorKind::Broken, FetchErrorKind::TooLarge, FetchErrorKind::Timeout] {
        let server = Server::saying(&good());
        server.replies(Err(kind));
        let auth = builder(&server).build().unwrap();
        let verdict = ask(&auth, "a").await;
        assert!(matches!(verdict, Verdict::Unavailable { .. }), "{kind:?}: {verdict:?}");
        server.says(&good());
        known(&auth, "b").await;
    }
    // One that is asked and never answered.
    let server = Server::saying(&good());
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let auth = builder(&server).build().unwrap();
    assert!(matches!(ask(&auth, "a").await, Verdict::Unavailable { .. }));
    server.gate.add_permits(1);
    known(&auth, "b").await;
}

#[tokio::test(start_paused = true)]
async fn any_answer_says_that_somebody_is_there() {
    let server = Server::saying(&good());
    let answers: [Reply; 3] = [
        Ok((200, "application/json", br#"{"active":false}"#.to_vec())),
        Ok((500, "text/html", Vec::new())),
        Err(FetchErrorKind::Broken),
    ];
    for answer in answers {
        server.gate.forget_permits(Semaphore::MAX_PERMITS);
        let auth = builder(&server).build().unwrap();
        // Both are asked, and are answered in this order.
        let (mut first, mut second) = (Box::pin(ask(&auth, "a")), Box::pin(ask(&auth, "b")));
        for question in [&mut first, &mut second] {
            assert!(question.now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        server.replies(Err(FetchErrorKind::Connect));
        server.gate.add_permits(1);
        assert!(matches!(first.await, Verdict::Unavailable { .. }));
        assert!(matches!(ask(&auth, "c").await, Verdict::Unavailable { .. }), "it rests");
        server.replies(answer);
        server.gate.add_permits(1);
        second.await;
        server.says(&good());
        server.gate.add_permits(1);
        known(&auth, "d").await;
    }
}

#[tokio::test]
async fn made_up_tokens_take_no_room_from_one_that_was_good() {
    let server = Server::saying(&good());
    let (auth, at) = timed(&server);
    known(&auth, TOKEN).await;
    at(NOW + 60);
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let all = (0..64).map(|number| format!("t{number}")).collect::<Vec<_>>();
    let mut strangers = Box::pin(join_all(all.iter().map(|token| ask(&auth, token))));
    assert!((&mut strangers).now_or_never().is_none());
    assert!(matches!(ask(&auth, "another").await, Verdict::Unavailable { .. }), "no room");
    let mut again = Box::pin(ask(&auth, TOKEN));
    assert!((&mut again).now_or_never().is_none(), "it is asked about");
    server.gate.add_permits(65);
    assert!(matches!(again.await, Verdict::Known(..)));
    strangers.await;
    assert_eq!(server.asked(), 66);
}

#[tokio::test]
async fn a_token_that_is_good_no_more_has_no_room_of_its_own() {
    let server = Server::saying(&good());
    let (auth, at) = timed(&server);
    known(&auth, TOKEN).await;
    known(&auth, "ended").await;
    at(NOW + 60);
    server.says(&json!({"active": false}));
    refusal(ask(&auth, TOKEN).await);
    at(NOW + 299);
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let all = (0..64).map(|number| format!("t{number}")).collect::<Vec<_>>();
    let mut strangers = Box::pin(join_all(all.iter().map(|token| ask(&auth, token))));
    assert!((&mut strangers).now_or_never().is_none());
    let full = |token| {
        let verdict = ask(&auth, token).now_or_never();
        matches!(verdict, Some(Verdict::Unavailable { .. }))
    };
    assert!(full(TOKEN), "it was refused since");
    at(NOW + 300);
    assert!(full("ended"));
}
