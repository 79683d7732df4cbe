//! Addresses that fail often, and owners that ask often: who is told to come back later, and who never
//! is.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

use futures::{FutureExt, future::join_all};
use tokio::{sync::Semaphore, task::yield_now, time::advance};
use toolgate_core::{DenyList, Revocations, Standing, Whom};

use super::*;
use crate::http::{Limits, Peer, Rate};

fn from(address: &str, token: &str) -> HttpRequest<Full<Bytes>> {
    let mut request = list();
    if !token.is_empty() {
        let value = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", value);
    }
    if !address.is_empty() {
        let peer = Peer::new((address.parse::<std::net::IpAddr>().unwrap(), 7).into());
        request.extensions_mut().insert(peer);
    }
    request
}

fn forwarded(by: &str, of: &str, token: &str) -> HttpRequest<Full<Bytes>> {
    let mut request = from(by, token);
    request.headers_mut().insert("x-forwarded-for", of.parse().unwrap());
    request
}

fn bounded(failures: Option<Rate>) -> Http<Mounted> {
    mounted(echo()).auth(Tokens::default()).limits(Limits::default().failures(failures))
}

const THREE: Option<Rate> = Some(Rate::per_minute(3));

async fn status(service: &McpService, request: HttpRequest<Full<Bytes>>) -> u16 {
    ask(service, request).await.status
}

#[tokio::test(start_paused = true)]
async fn whoever_fails_too_often_is_told_to_come_back_and_the_right_ones_are_let_in() {
    let service = bounded(THREE).build().unwrap();
    for _ in 0..3 {
        assert_eq!(status(&service, from("192.0.2.1", "expired")).await, 401);
    }
    let got = ask(&service, from("192.0.2.1", "expired")).await;
    assert_eq!((got.status, got.header("retry-after")), (429, "20"));
    assert_eq!((got.header("www-authenticate"), &got.json()["id"]), ("", &json!(1)));
    // Others at the same address, as behind one NAT: with a token, without one, and refused for
    // something else.
    for (token, expected) in [("ada", 200), ("", 401), ("other", 401), ("banned", 403)] {
        assert_eq!(status(&service, from("192.0.2.1", token)).await, expected, "{token}");
    }
    assert!(ask(&service, from("192.0.2.1", "")).await.header("www-authenticate").len() > 5);
    assert_eq!(status(&service, from("192.0.2.2", "expired")).await, 401);
    advance(Duration::from_secs(20)).await;
    assert_eq!(status(&service, from("192.0.2.1", "expired")).await, 401);
    assert_eq!(status(&service, from("192.0.2.1", "expired")).await, 429);
}

#[tokio::test]
async fn only_failures_count() {
    let service = bounded(THREE).build().unwrap();
    for token in ["", "ada", "banned", "other", "down"] {
        for _ in 0..9 {
            status(&service, from("192.0.2.1", token)).await;
        }
    }
    assert_eq!(status(&service, from("192.0.2.1", "expired")).await, 401);
    let service = bounded(None).build().unwrap();
    for _ in 0..99 {
        assert_eq!(status(&service, from("192.0.2.1", "expired")).await, 401);
    }
}

#[tokio::test]
async fn an_address_is_the_callers_own_or_none() {
    let near = bounded(THREE).build().unwrap();
    let behind = bounded(THREE).trusted_proxies(["10.0.0.0/8"]).build().unwrap();
    type Row<'a> = (&'a McpService, [HttpRequest<Full<Bytes>>; 2], u16);
    let bad = "expired";
    let rows: [Row<'_>; 7] = [
        // One customer's network is one address.
        (&near, [from("2001:db8::1", bad), from("2001:db8::ffff:2", bad)], 429),
        (&near, [from("2001:db8:1::1", bad), from("2001:db8:2::1", bad)], 401),
        // Behind a proxy that nobody has named all have one address, which is nobody's.
        (&near, [forwarded("10.0.0.9", "192.0.2.3", bad), from("10.0.0.9", bad)], 401),
        // Who is far away does not get away with saying so.
        (&near, [forwarded("192.0.2.4", "1.2.3.4", bad), from("192.0.2.4", bad)], 429),
        (&near, [from("", bad), from("", bad)], 401),
        (
            &behind,
            [forwarded("10.0.0.9", "192.0.2.5", bad), forwarded("10.0.0.8", "192.0.2.5", bad)],
            429,
        ),
        (
            &behind,
            [forwarded("10.0.0.9", "192.0.2.6", bad), forwarded("10.0.0.9", "192.0.2.7", bad)],
            401,
        ),
    ];
    for (number, (service, [first, second], expected)) in rows.into_iter().enumerate() {
        for _ in 0..4 {
            let (mut again, ()) = (HttpRequest::new(first.body().clone()), ());
            *again.method_mut() = first.method().clone();
            *again.uri_mut() = first.uri().clone();
            *again.headers_mut() = first.headers().clone();
            *again.extensions_mut() = first.extensions().clone();
            status(service, again).await;
        }
        assert_eq!(status(service, second).await, expected, "row {number}");
    }
}

/// Asks others where it may, of whom nobody knows anything; where it may not, it cannot decide.
#[derive(Clone)]
struct Asks {
    asked: Arc<AtomicUsize>,
    answers: Arc<Semaphore>,
}

impl Asks {
    fn new() -> Self {
        let answers = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        Self { asked: Arc::default(), answers }
    }

    fn service(&self) -> McpService {
        let limits = Limits::default().failures(THREE);
        mounted(echo()).auth(self.clone()).limits(limits).build().unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Authenticate for Asks {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        let retry = Duration::from_secs(9);
        Box::pin(async move {
            let Field::One(value) = with.field("authorization") else {
                return Verdict::Refused(Refusal::missing());
            };
            match &*value {
                b"Bearer ada" => return Verdict::known(Identity::new(Key::new("double", "ada"))),
                b"Bearer keyless" => return Verdict::Unavailable { retry },
                _ if !with.may_ask() => return Verdict::Unavailable { retry },
                _ => {}
            }
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.answers.acquire().await.unwrap().forget();
            match &*value {
                b"Bearer bob" => Verdict::known(Identity::new(Key::new("double", "bob"))),
                b"Bearer unclear" => Verdict::Unavailable { retry },
                b"Bearer unwelcome" => Verdict::Failed("403".into()),
                _ => Verdict::Refused(Refusal::invalid("inactive")),
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_else_is_asked_on_behalf_of_who_fails_too_often() {
    let asks = Asks::new();
    let service = asks.service();
    for _ in 0..9 {
        assert_eq!(
            status(&service, from("192.0.2.1", "bob")).await,
            200,
            "the right ones are free"
        );
    }
    for expected in [401, 401, 401, 429, 429] {
        assert_eq!(status(&service, from("192.0.2.1", "opaque")).await, expected);
    }
    assert_eq!(asks.asked(), 12);
    let keyless = ask(&service, from("192.0.2.1", "keyless")).await;
    assert_eq!((keyless.status, keyless.header("retry-after")), (503, "9"), "nobody was flooded");
    assert_eq!(status(&service, from("192.0.2.1", "ada")).await, 200);
    assert_eq!(status(&service, from("192.0.2.2", "opaque")).await, 401);
    advance(Duration::from_secs(20)).await;
    assert_eq!(status(&service, from("192.0.2.1", "opaque")).await, 401, "in turn");
}

/// Who comes through an unnamed proxy is everybody, and so is who only says so behind an SNAT.
#[tokio::test(start_paused = true)]
async fn an_address_that_many_share_asks_more_and_not_without_end() {
    let asks = Asks::new();
    let service = asks.service();
    let through = |token: &str| forwarded("10.0.0.9", "192.0.2.3", token);
    for _ in 0..99 {
        assert_eq!(status(&service, through("bob")).await, 200, "the right ones are free");
    }
    for _ in 0..3 * 16 {
        assert_eq!(status(&service, through("opaque")).await, 401);
    }
    let asked = asks.asked();
    for _ in 0..9 {
        assert_eq!(status(&service, through("opaque")).await, 429);
    }
    assert_eq!(asks.asked(), asked, "nobody is asked any more");
    for (token, expected) in [("ada", 200), ("", 401), ("keyless", 503)] {
        assert_eq!(status(&service, through(token)).await, expected, "{token}");
    }
    // Others are not concerned, nor is who has that address alone.
    assert_eq!(status(&service, forwarded("10.0.0.8", "192.0.2.3", "opaque")).await, 401);
    assert_eq!(status(&service, from("10.0.0.9", "opaque")).await, 401);
    advance(Duration::from_millis(20_000 / 16)).await;
    assert_eq!(status(&service, through("opaque")).await, 401, "in turn");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_none_was_a_question_too() {
    for (token, status_of) in [("unclear", 503), ("unwelcome", 500)] {
        let asks = Asks::new();
        let service = asks.service();
        for expected in [status_of, status_of, status_of, 429, 429] {
            assert_eq!(status(&service, from("192.0.2.1", token)).await, expected, "{token}");
        }
        assert_eq!(asks.asked(), 3, "{token}");
        assert_eq!(status(&service, from("192.0.2.1", "keyless")).await, 503);
        advance(Duration::from_secs(20)).await;
        assert_eq!(status(&service, from("192.0.2.1", token)).await, status_of, "in turn");
    }
}

#[tokio::test(start_paused = true)]
async fn questions_that_come_at_once_are_all_paid_for() {
    let asks = Asks::new();
    let service = asks.service();
    asks.answers.forget_permits(Semaphore::MAX_PERMITS);
    let at_once = join_all((0..9).map(|_| status(&service, from("192.0.2.1", "opaque"))));
    let answer = async {
        while asks.asked() < 9 {
            yield_now().await;
        }
        asks.answers.add_permits(9);
    };
    let (mut seen, ()) = tokio::join!(at_once, answer);
    seen.sort_unstable();
    assert_eq!(seen, [401, 401, 401, 429, 429, 429, 429, 429, 429]);
    asks.answers.add_permits(9);
    // One is forgiven every 20 seconds: the six that were too many, and then one more.
    advance(Duration::from_secs(20 * 6)).await;
    assert_eq!(status(&service, from("192.0.2.1", "opaque")).await, 429);
    assert_eq!(asks.asked(), 9);
    advance(Duration::from_secs(20)).await;
    assert_eq!(status(&service, from("192.0.2.1", "opaque")).await, 401);
}

#[tokio::test(start_paused = true)]
async fn whoever_hangs_up_has_asked() {
    let asks = Asks::new();
    let service = asks.service();
    asks.answers.forget_permits(Semaphore::MAX_PERMITS);
    for asked in 1..=3 {
        let mut left = Box::pin(status(&service, from("192.0.2.1", "opaque")));
        while asks.asked() < asked {
            assert!((&mut left).now_or_never().is_none());
        }
    }
    assert_eq!(status(&service, from("192.0.2.1", "opaque")).await, 429);
    assert_eq!(status(&service, from("192.0.2.1", "ada")).await, 200);
    assert_eq!(asks.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn whoever_was_shut_out_and_comes_back_fails_each_time() {
    let denied = DenyList::new();
    let later = SystemTime::now() + Duration::from_secs(3600);
    denied.deny(Whom::subject("double", "ada"), later).unwrap();
    let service = bounded(THREE).revocations(denied).build().unwrap();
    for expected in [401, 401, 401, 429, 429] {
        assert_eq!(status(&service, from("192.0.2.1", "ada")).await, expected);
    }
    let got = ask(&service, from("192.0.2.1", "ada")).await;
    assert_eq!((got.header("retry-after"), got.header("www-authenticate")), ("20", ""));
    // Nobody else pays: not at that address, and ada not at another.
    assert_eq!(status(&service, from("192.0.2.1", "bob")).await, 200);
    assert_eq!(status(&service, from("192.0.2.1", "")).await, 401);
    assert_eq!(status(&service, from("192.0.2.2", "ada")).await, 401);
    // What is wrong there has the bound that it has anyway, and with it questions about what is new.
    for expected in [401, 401, 401, 429] {
        assert_eq!(status(&service, from("192.0.2.1", "expired")).await, expected);
    }
    advance(Duration::from_secs(20)).await;
    assert_eq!(status(&service, from("192.0.2.1", "ada")).await, 401);
}

#[tokio::test]
async fn a_store_that_cannot_tell_costs_nobody_anything() {
    let service = bounded(THREE).revocations(Unclear).build().unwrap();
    for _ in 0..9 {
        assert_eq!(status(&service, from("192.0.2.1", "ada")).await, 503);
    }
    assert_eq!(status(&service, from("192.0.2.1", "expired")).await, 401);
}

/// Knows nobody's standing.
struct Unclear;

impl Revocations for Unclear {
    fn standing<'a>(&'a self, _: &'a Identity) -> BoxFuture<'a, Standing> {
        Box::pin(async { Standing::Unknown })
    }
}

#[tokio::test(start_paused = true)]
async fn each_owner_has_a_rate_of_their_own() {
    let service = mounted(echo()).auth(Tokens::default()).rate(Rate::per_minute(6).burst(2));
    let service = service.build().unwrap();
    for expected in [200, 200, 429] {
        assert_eq!(status(&service, from("192.0.2.1", "ada")).await, expected);
    }
    let got = ask(&service, from("192.0.2.2", "ada")).await;
    assert_eq!((got.status, got.header("retry-after")), (429, "10"), "wherever they are");
    assert_eq!(status(&service, from("192.0.2.1", "bob")).await, 200);
    advance(Duration::from_millis(2500)).await;
    assert_eq!(ask(&service, from("192.0.2.1", "ada")).await.header("retry-after"), "8");
    advance(Duration::from_millis(7500)).await;
    for expected in [200, 429] {
        assert_eq!(status(&service, from("192.0.2.1", "ada")).await, expected);
    }
    let open = mounted(echo()).rate(Rate::per_minute(6).burst(1)).build().unwrap();
    for (address, expected) in [("192.0.2.1", 200), ("192.0.2.1", 429), ("192.0.2.2", 200)] {
        assert_eq!(status(&open, from(address, "")).await, expected);
    }
    let error = mounted(echo()).rate(Rate::per_minute(0)).build().unwrap_err();
    assert!(error.to_string().contains("rate is 0"), "{error}");
}
