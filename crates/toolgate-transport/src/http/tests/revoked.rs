//! Who is shut out while their credentials are right, before a request and during one.

use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use toolgate_core::{DenyList, Ending, Revocations, Standing, Whom};

use super::*;
use crate::http::Limits;

fn with(token: &str) -> HttpRequest<Full<Bytes>> {
    let mut request = list();
    let value = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert("authorization", value);
    request
}

fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(3600)
}

#[tokio::test]
async fn whoever_is_denied_is_told_that_their_token_is_no_good() {
    let denied = DenyList::new();
    let service = mounted(echo()).auth(Tokens::default()).revocations(denied.clone());
    let service = service.build().unwrap();
    assert_eq!(ask(&service, with("ada")).await.status, 200);
    denied.deny(Whom::subject("double", "ada"), later()).unwrap();
    let got = ask(&service, with("ada")).await;
    assert_eq!(got.status, 401);
    let challenge = got.header("www-authenticate");
    assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
    assert_eq!(ask(&service, with("bob")).await.status, 200);
    assert!(denied.allow(&Whom::subject("double", "ada")));
    assert_eq!(ask(&service, with("ada")).await.status, 200);
}

struct Says(Option<Standing>);

impl Revocations for Says {
    fn standing<'a>(&'a self, _: &'a Identity) -> BoxFuture<'a, Standing> {
        let standing = self.0;
        Box::pin(async move {
            match standing {
                Some(standing) => standing,
                None => std::future::pending().await,
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_told_is_no_pass_and_starts_no_login() {
    for says in [Some(Standing::Unknown), None] {
        let service = mounted(echo()).auth(Tokens::default()).revocations(Says(says));
        let got = ask(&service.build().unwrap(), with("ada")).await;
        assert_eq!((got.status, got.header("retry-after")), (503, "1"), "{says:?}");
        assert_eq!(got.header("www-authenticate"), "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_request_learns_of_it_when_it_is_told_and_in_time_otherwise() {
    for told in [true, false] {
        let (began, begun) = oneshot::channel();
        let began = Mutex::new(Some(began));
        let double = double(open_card(), move |_, cx| {
            let inner = cx.clone();
            let began = began.lock().unwrap().take();
            let end = async move {
                let _ = began.map(|began| began.send(()));
                Reply::of(&json!({ "revoked": inner.ending().await == Ending::Revoked }))
            };
            async move { Ok(Running::Open { notes: cx.streaming().1, end: Box::pin(end) }) }
        });
        let denied = DenyList::new();
        let http = mounted(double).auth(Tokens::default());
        let http = http.limits(Limits::default().recheck(Duration::from_secs(9)));
        let service = match told {
            true => http.revocations(denied.clone()),
            false => http.revocations(Untold(denied.clone())),
        };
        let service = service.build().unwrap();
        let asking = tokio::spawn(async move { ask(&service, with("ada")).await });
        begun.await.unwrap();
        let before = tokio::time::Instant::now();
        denied.deny(Whom::subject("double", "ada"), later()).unwrap();
        assert!(asking.await.unwrap().text.contains("\"revoked\":true"));
        assert_eq!(before.elapsed().as_secs(), if told { 0 } else { 9 }, "of paused time");
    }
}

/// A list that tells nobody of its changes.
struct Untold(DenyList);

impl Revocations for Untold {
    fn standing<'a>(&'a self, who: &'a Identity) -> BoxFuture<'a, Standing> {
        self.0.standing(who)
    }
}

#[test]
fn without_callers_there_is_nobody_to_revoke() {
    let error = mounted(echo()).revocations(DenyList::new()).build().unwrap_err();
    assert!(error.to_string().contains("nobody to revoke"), "{error}");
}
