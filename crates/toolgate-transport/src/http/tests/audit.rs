//! What a service's sink is told of requests that never reach it.

use toolgate_core::{Audit, audit::Event};

use super::*;
use crate::http::{Limits, Peer, Rate};

/// What was told, each event as JSON.
#[derive(Default)]
struct Told(Mutex<Vec<Value>>);

impl Audit for Told {
    fn record(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(serde_json::to_value(event).unwrap());
    }
}

struct Panics;

impl Audit for Panics {
    fn record(&self, _: &Event<'_>) {
        panic!("no room");
    }
}

/// A service with a sink.
struct Watched(Arc<Double>, Arc<dyn Audit>);

impl Service for Watched {
    fn card(&self) -> Arc<Card> {
        self.0.card()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        self.0.call(request, cx)
    }

    fn audit(&self) -> Option<Arc<dyn Audit>> {
        Some(self.1.clone())
    }
}

fn asked(token: &str) -> HttpRequest<Full<Bytes>> {
    let mut request = list();
    let value = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert("authorization", value);
    request.extensions_mut().insert(Peer::new(([192, 0, 2, 1], 7).into()));
    request
}

#[tokio::test(start_paused = true)]
async fn each_request_that_is_refused_is_told_with_its_reason_and_no_token() {
    let told = Arc::new(Told::default());
    let limits = Limits::default().failures(Some(Rate::per_minute(1)));
    let watched = Watched(echo(), told.clone());
    let service = service(watched).auth(Tokens::default()).limits(limits);
    let service = service.rate(Rate::per_minute(1)).build().unwrap();
    for (token, action, decision, reason) in [
        ("ada", "", "", ""),
        ("ada", "request", "throttled", "too many requests"),
        ("banned", "authenticate", "refused", "not you"),
        ("down", "authenticate", "unavailable", "it could not be decided"),
        ("broken", "authenticate", "failed", "the authenticator failed"),
        ("expired", "authenticate", "refused", "the token expired"),
        ("expired", "authenticate", "throttled", "too many requests"),
    ] {
        ask(&service, asked(token)).await;
        let events = std::mem::take(&mut *told.0.lock().unwrap());
        let names = |event: &Value| {
            ["action", "decision", "reason", "method", "peer"].map(|name| event[name].clone())
        };
        let expected = [action, decision, reason, "POST", "192.0.2.1"].map(Value::from);
        let expected: Vec<_> = [expected].into_iter().filter(|_| !action.is_empty()).collect();
        assert_eq!(events.iter().map(names).collect::<Vec<_>>(), expected, "{token}");
        let known = events.first().is_some_and(|event| event["subject"] == "ada");
        assert_eq!(known, action == "request");
    }
}

#[tokio::test]
async fn a_sink_that_panics_changes_no_refusal() {
    let watched = Watched(echo(), Arc::new(Panics));
    let service = service(watched).auth(Tokens::default()).build().unwrap();
    let got = ask(&service, asked("expired")).await;
    assert_eq!(got.status, 401);
    assert!(got.header("www-authenticate").contains("invalid_token"));
}
