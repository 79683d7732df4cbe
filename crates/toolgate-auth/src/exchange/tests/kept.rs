//! What is remembered, of whom, for how long; and one question for all who ask it.

use tokio::time::Instant;

use super::*;
use crate::reach::tests::OneAway;

#[tokio::test]
async fn a_token_counts_for_one_caller_one_token_of_theirs_and_one_target() {
    let world = World::saying(&good("theirs"));
    let exchanger = world.exchanger();
    let key = |issuer: &str, subject: &str| Identity::new(Key::new(issuer, subject).client("desk"));
    let mut questions = 0;
    for (identity, token, target) in [
        (ann(), SUBJECT, reports()),
        (key(ISSUER, "bob"), SUBJECT, reports()),
        (key("https://other.example", "ann"), SUBJECT, reports()),
        (Identity::new(Key::new(ISSUER, "ann").client("phone")), SUBJECT, reports()),
        (Identity::new(Key::new(ISSUER, "ann")), SUBJECT, reports()),
        (ann(), "another.of.hers", reports()),
        (ann(), SUBJECT, Target::new().audience("mail")),
        (ann(), SUBJECT, Target::new().resource("reports")),
        (ann(), SUBJECT, reports().scopes(["a"])),
    ] {
        questions += 1;
        for _ in 0..2 {
            let cx = context(&exchanger, &identity, token);
            cx.exchange(&target).await.unwrap();
            assert_eq!(world.asked(), questions, "{identity:?} {target:?}");
        }
    }
}

#[tokio::test]
async fn a_token_counts_until_shortly_before_its_end() {
    // Life in seconds, and for how long it counts.
    for (life, counts) in [(300, 270), (3600, 3570), (60, 54), (10_000_000, 86_370)] {
        let world = World::saying(&with("expires_in", json!(life)));
        let exchanger = world.exchanger();
        token(&exchanger).await;
        world.later(counts - 1);
        token(&exchanger).await;
        assert_eq!(world.asked(), 1, "{life}");
        world.later(1);
        token(&exchanger).await;
        assert_eq!(world.asked(), 2, "{life}");
    }
}

#[tokio::test]
async fn nothing_is_kept_without_an_end_or_beyond_the_callers_own() {
    for answer in
        [without("expires_in"), with("expires_in", json!(0)), with("expires_in", json!(-1))]
    {
        let world = World::saying(&answer);
        let exchanger = world.exchanger();
        token(&exchanger).await;
        token(&exchanger).await;
        assert_eq!(world.asked(), 2, "{answer}");
    }
    let world = World::saying(&good("theirs"));
    let exchanger = world.exchange().memory(0).build().unwrap();
    token(&exchanger).await;
    token(&exchanger).await;
    assert_eq!(world.asked(), 2, "no memory");
    let world = World::saying(&good(&"x".repeat(8 * 1024 + 1)));
    let exchanger = world.exchanger();
    token(&exchanger).await;
    token(&exchanger).await;
    assert_eq!(world.asked(), 2, "too long to keep");
    // The caller's token ends first: what is renewed under the same name is asked for anew.
    let world = World::saying(&good("theirs"));
    let exchanger = world.exchanger();
    let until = |second: u64| ann().expires(UNIX_EPOCH + Duration::from_secs(NOW + second));
    context(&exchanger, &until(20), SUBJECT).exchange(&reports()).await.unwrap();
    world.later(20);
    context(&exchanger, &until(90), SUBJECT).exchange(&reports()).await.unwrap();
    assert_eq!(world.asked(), 2);
}

#[tokio::test]
async fn many_ask_once() {
    let world = World::saying(&good("theirs"));
    world.gate.forget_permits(Semaphore::MAX_PERMITS);
    let exchanger = world.exchanger();
    let mut all = Box::pin(join_all((0..10).map(|_| token(&exchanger))));
    assert!(all.as_mut().now_or_never().is_none());
    tokio::task::yield_now().await;
    world.gate.add_permits(1);
    assert_eq!(all.await, vec!["theirs"; 10]);
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn a_refusal_counts_for_a_moment() {
    let world = World::saying(&good("theirs"));
    world.replies(ENDPOINT, 400, &json!({"error": "consent_required"}));
    let exchanger = world.exchanger();
    assert_eq!(kind(&exchanger).await, Kind::Consent);
    world.says(&good("theirs"));
    world.later(9);
    assert_eq!((kind(&exchanger).await, world.asked()), (Kind::Consent, 1));
    let other = context(&exchanger, &ann(), "another.of.hers");
    other.exchange(&reports()).await.unwrap();
    world.later(1);
    assert_eq!(token(&exchanger).await, "theirs");
}

#[tokio::test(start_paused = true)]
async fn an_outage_ends_by_itself() {
    let world = World::saying(&good("theirs"));
    world.put(ENDPOINT, Err(FetchErrorKind::Connect));
    let exchanger = world.exchanger();
    assert_eq!(kind(&exchanger).await, Kind::Unavailable);
    let mail = Target::new().audience("mail");
    assert_eq!(ask(&exchanger, &mail).await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(world.asked(), 1, "nobody is asked where nobody was a moment ago");
    world.says(&good("theirs"));
    advance(Duration::from_secs(1)).await;
    assert_eq!(token(&exchanger).await, "theirs");
    // One that answers late keeps nobody longer than that.
    world.gate.forget_permits(Semaphore::MAX_PERMITS);
    let error = ask(&exchanger, &mail).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
}

#[tokio::test]
async fn there_is_a_bound_to_questions() {
    let world = World::saying(&good("theirs"));
    world.gate.forget_permits(Semaphore::MAX_PERMITS);
    let exchanger = world.exchanger();
    let callers: Vec<_> =
        (0..64).map(|at| Identity::new(Key::new(ISSUER, at.to_string()))).collect();
    let of =
        async |caller: &Identity| context(&exchanger, caller, SUBJECT).exchange(&reports()).await;
    let mut all = Box::pin(join_all(callers.iter().map(of)));
    assert!(all.as_mut().now_or_never().is_none());
    assert_eq!(kind(&exchanger).await, Kind::Unavailable);
    world.gate.add_permits(64);
    assert!(all.await.iter().all(Result::is_ok));
    world.gate.add_permits(1);
    assert_eq!(token(&exchanger).await, "theirs");
}

#[tokio::test(start_paused = true)]
async fn one_caller_with_many_targets_and_tokens_leaves_room_for_the_others() {
    let world = World::saying(&good("theirs"));
    world.gate.forget_permits(Semaphore::MAX_PERMITS);
    let exchanger = world.exchanger();
    let of = async |who: &Identity, token: String, target: String| {
        let target = Target::new().audience(target);
        let asked = context(&exchanger, who, &token).exchange(&target).await;
        asked.map_err(|error| error.kind())
    };
    // The clients through which they came change nothing: one gets as many as one wants.
    let through = |who: &str, client: &str| Identity::new(Key::new(ISSUER, who).client(client));
    let anns = [through("ann", "desk"), through("ann", "phone")];
    let [ann, _] = &anns;
    let bob = through("bob", "desk");
    let mut hers = Box::pin(join_all(
        (0..16)
            .map(|at| of(&anns[at % 2], format!("token{}", at % 4), format!("target{}", at / 4))),
    ));
    assert!(hers.as_mut().now_or_never().is_none());
    // Whoever stops waiting for a question has not ended it.
    let another = of(ann, "another".to_owned(), "target0".to_owned()).await;
    assert_eq!(another.unwrap_err(), Kind::Unavailable);
    let mut his = Box::pin(of(&bob, "his".to_owned(), "target0".to_owned()));
    assert!(his.as_mut().now_or_never().is_none());
    tokio::task::yield_now().await;
    assert_eq!(world.asked(), 17);
    world.gate.add_permits(17);
    assert!(his.await.is_ok() && hers.await.iter().all(Result::is_ok));
    world.gate.add_permits(1);
    assert!(of(ann, "another".to_owned(), "target0".to_owned()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn once_an_exchange_ran_out_of_time_nobody_waits_long_and_all_are_asked_for() {
    let world = World::saying(&good("theirs"));
    world.gate.forget_permits(Semaphore::MAX_PERMITS);
    let exchanger = world.exchanger();
    let waited = async |audience: &str| {
        let (begun, target) = (Instant::now(), Target::new().audience(audience));
        let kind = ask(&exchanger, &target).await.map_err(|error| error.kind());
        (kind.map(drop), begun.elapsed())
    };
    let late = Err(Kind::Unavailable);
    assert_eq!(waited("first").await, (late, Duration::from_secs(10)));
    for number in 0..3 {
        let (kind, took) = waited(&format!("t{number}")).await;
        assert!(kind == late && took <= Duration::from_millis(250), "{took:?}");
    }
    // It answers again: what was asked for meanwhile is there, and nobody has to be asked anew.
    let asked = world.asked();
    world.gate.add_permits(100);
    for number in 0..3 {
        assert_eq!(waited(&format!("t{number}")).await.0, Ok(()));
    }
    assert_eq!((world.asked(), asked), (4, 4));
    // Whoever asks now is waited for.
    world.gate.forget_permits(Semaphore::MAX_PERMITS);
    assert_eq!(waited("last").await, (late, Duration::from_secs(10)));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_gives_up_by_itself_shortens_the_waiting_too() {
    let world = World::saying(&good("theirs"));
    world.put(ENDPOINT, Err(FetchErrorKind::Timeout));
    let exchanger = world.exchanger();
    assert_eq!(kind(&exchanger).await, Kind::Unavailable);
    world.gate.forget_permits(Semaphore::MAX_PERMITS);
    let begun = Instant::now();
    assert_eq!(kind(&exchanger).await, Kind::Unavailable);
    assert_eq!(begun.elapsed(), Duration::from_millis(250));
}

#[tokio::test]
async fn who_has_logged_in_is_not_sent_to_log_in_again() {
    for code in ["invalid_grant", "invalid_token"] {
        let world = World::saying(&good("theirs"));
        let exchanger = world.exchange().memory(0).build().unwrap();
        let of = async |identity: &Identity, token: &str, target: &Target| {
            let asked = context(&exchanger, identity, token).exchange(target).await;
            asked.err().map(|error| error.kind())
        };
        let (ann, bob) = (ann(), Identity::new(Key::new(ISSUER, "bob").client("desk")));
        let mail = Target::new().audience("mail");
        for target in [reports(), mail.clone()] {
            assert_eq!(of(&ann, "first", &target).await, None);
        }
        world.replies(ENDPOINT, 400, &json!({"error": code}));
        for _ in 0..2 {
            assert_eq!(of(&ann, "first", &reports()).await, Some(Kind::Login), "{code}");
        }
        for token in ["second", "third"] {
            assert_eq!(of(&ann, token, &reports()).await, Some(Kind::Misconfigured), "{code}");
        }
        // For others, and for another target, a login may mend it.
        assert_eq!(of(&bob, "his", &reports()).await, Some(Kind::Login), "{code}");
        assert_eq!(of(&ann, "second", &mail).await, Some(Kind::Login), "{code}");
        // Once it has worked again, or some minutes later, a login may mend it again.
        world.says(&good("theirs"));
        assert_eq!(of(&ann, "third", &reports()).await, None);
        world.replies(ENDPOINT, 400, &json!({"error": code}));
        assert_eq!(of(&ann, "fourth", &reports()).await, Some(Kind::Login), "{code}");
        assert_eq!(of(&ann, "fifth", &reports()).await, Some(Kind::Misconfigured), "{code}");
        world.later(5 * 60);
        assert_eq!(of(&ann, "fifth", &reports()).await, Some(Kind::Login), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_fails_stops_no_questions_while_others_are_answered() {
    let (world, away) = (World::saying(&good("theirs")), Arc::new(Semaphore::new(0)));
    let exchange = world.exchange().memory(0).fetch(OneAway(world.clone(), away.clone()));
    let exchanger = exchange.build().unwrap();
    let target = Target::new().audience("lost");
    let mut lost = Box::pin(ask(&exchanger, &target));
    assert!((&mut lost).now_or_never().is_none());
    tokio::task::yield_now().await;
    advance(Duration::from_secs(1)).await;
    token(&exchanger).await;
    away.add_permits(1);
    assert_eq!(lost.await.unwrap_err().kind(), Kind::Unavailable);
    token(&exchanger).await;
    // Nobody was answered since this one began.
    advance(Duration::from_secs(1)).await;
    away.add_permits(1);
    assert_eq!(ask(&exchanger, &target).await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(kind(&exchanger).await, Kind::Unavailable);
    assert_eq!(world.asked(), 2);
}
