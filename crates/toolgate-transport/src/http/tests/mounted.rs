//! The service inside somebody else's server.

use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use toolgate_core::Ending;

use super::*;
use crate::http::Limits;

#[tokio::test]
async fn the_service_takes_every_path_and_the_app_its_own() {
    let service = built(echo());
    let at = |path: &str| {
        let mut request = list();
        *request.uri_mut() = path.parse().unwrap();
        request
    };
    for path in ["/", "/mcp", "/deep/down?x=1"] {
        assert_eq!(ask(&service, at(path)).await.status, 200, "{path}");
    }
    let app = service.app();
    assert_eq!(ask(&app, at("/mcp?x=1")).await.status, 200);
    for path in ["/", "/mcp/", "/other"] {
        let lost = ask(&app, at(path)).await;
        assert_eq!((lost.status, &lost.json()["id"]), (404, &json!(1)), "{path}");
    }
    for path in ["/health", "/ready"] {
        let mut probe = bare(Method::GET, path);
        probe.headers_mut().insert("host", "10.0.0.7:8080".parse().unwrap());
        assert_eq!(ask(&app, probe).await.status, 200);
        assert_eq!(ask(&app, bare(Method::POST, path)).await.status, 405);
    }
}

#[tokio::test]
async fn contradictions_are_told_by_build() {
    let mut card = open_card();
    (card.open, card.guarded) = (false, true);
    let guarded = double(card, |_, _| async { Ok(Running::Done(Reply::empty())) });
    let error = mounted(guarded).build().unwrap_err();
    assert!(error.to_string().contains("set auth"));
    let error = mounted(echo()).auth(Tokens::issued()).build().unwrap_err();
    assert!(error.to_string().contains("public_url"));
}

#[tokio::test(start_paused = true)]
async fn draining_says_no_at_once_and_waits_for_calls() {
    let (tell, told) = oneshot::channel::<()>();
    let told = Arc::new(Mutex::new(Some(told)));
    let double = double(open_card(), move |_, cx| {
        let told = told.lock().unwrap().take();
        async move {
            let (inner, notes) = cx.streaming();
            let end = async move {
                inner.send(Note::of("x", &json!({})).unwrap()).await.ok();
                assert_eq!(inner.ending().await, Ending::Shutdown);
                told.unwrap().await.ok();
                Ok(Reply::empty())
            };
            Ok(Running::Open { notes, end: Box::pin(end) })
        }
    });
    let service = built(double);
    let response = send(&service, list()).await;
    let reading = tokio::spawn(Got::from(response));
    let draining = tokio::spawn(service.drain());
    let ready = async || ask(&service.documents(), bare(Method::GET, "/ready")).await.status;
    while ready().await != 503 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&service.documents(), bare(Method::GET, "/health")).await.status, 200);
    assert!(!draining.is_finished());
    tell.send(()).unwrap();
    draining.await.unwrap();
    assert!(reading.await.unwrap().text.contains("complete"));
}

#[tokio::test(start_paused = true)]
async fn draining_has_a_bound() {
    let double = double(open_card(), |_, cx| async move {
        let (cx, notes) = cx.streaming();
        cx.send(Note::of("x", &json!({})).unwrap()).await.ok();
        Ok(Running::Open { notes, end: Box::pin(std::future::pending()) })
    });
    let limits = Limits::default().drain(Duration::from_secs(7));
    let service = mounted(double).limits(limits).build().unwrap();
    let _held = send(&service, list()).await;
    let before = tokio::time::Instant::now();
    service.drain().await;
    assert_eq!(before.elapsed().as_secs(), 7, "of paused time");
}

#[tokio::test]
async fn a_long_request_learns_that_its_token_expired() {
    struct Short;
    impl Authenticate for Short {
        fn authenticate<'a>(&'a self, _: &'a Credentials) -> BoxFuture<'a, Verdict> {
            let identity = Identity::new(Key::new("i", "ada")).expires(SystemTime::now());
            Box::pin(async { Verdict::known(identity) })
        }
    }
    let double = double(open_card(), |_, cx| async move {
        let inner = cx.clone();
        let end =
            async move { Reply::of(&json!({ "ended": inner.ending().await == Ending::Expired })) };
        Ok(Running::Open { notes: cx.streaming().1, end: Box::pin(end) })
    });
    let got = ask(&mounted(double).auth(Short).build().unwrap(), list()).await;
    assert_eq!(got.json()["result"]["ended"], true);
}
