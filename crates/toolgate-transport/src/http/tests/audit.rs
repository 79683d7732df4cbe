//! What a service's sink is told of requests that never reach it.

use toolgate_core::{Audit, Kind, audit::Event};

use super::{
    asks::{LATEST, calling, handshake, to},
    sockets::within,
    *,
};
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

impl Told {
    /// What was told since, of requests that are served or not.
    fn taken(&self) -> Vec<[Value; 4]> {
        let events = std::mem::take(&mut *self.0.lock().unwrap());
        let names = ["action", "decision", "subject", "method"];
        events.iter().map(|event| names.map(|name| event[name].clone())).collect()
    }
}

fn one(decision: &str, method: &str) -> Vec<[Value; 4]> {
    vec![["request", decision, "ada", method].map(Value::from)]
}

fn by_ada(mut request: HttpRequest<Full<Bytes>>) -> HttpRequest<Full<Bytes>> {
    request.headers_mut().insert("authorization", "Bearer ada".parse().unwrap());
    request
}

fn stream(path: &str) -> HttpRequest<Full<Bytes>> {
    let mut request = by_ada(bare(Method::GET, path));
    request.headers_mut().insert("accept", "text/event-stream".parse().unwrap());
    request
}

#[tokio::test]
async fn what_the_old_era_refuses_for_lack_of_a_scope_is_told() {
    let told = Arc::new(Told::default());
    let mut card = open_card();
    (card.open, card.required) = (false, ["base"].into());
    let double = double(card, |_, _| async { panic!("the service is asked") });
    let service = service(Watched(double, told.clone())).auth(Tokens::default());
    let service = service.public_url("http://localhost").sse("/sse").build().unwrap();
    let call = calling(1, "it");
    for request in [
        by_ada(to("/mcp", &call)),
        by_ada(to("/mcp", &json!([call]))),
        by_ada(to("/mcp", &json!({ "jsonrpc": "2.0", "method": "notifications/x" }))),
        stream("/mcp"),
        by_ada(bare(Method::DELETE, "/mcp")),
        stream("/sse"),
        by_ada(to("/sse?sessionId=0123456789abcdef0123456789abcdef", &call)),
    ] {
        let (method, path) = (request.method().clone(), request.uri().clone());
        assert_eq!(ask(&service.app(), request).await.status, 403, "{method} {path}");
        assert_eq!(told.taken(), one("scopes", method.as_str()), "{method} {path}");
    }
}

#[tokio::test]
async fn calls_and_streams_beyond_their_bounds_are_told() {
    let told = Arc::new(Told::default());
    let (started, mut starts) = tokio::sync::mpsc::channel(1);
    let double = double(open_card(), move |request, cx| {
        let started = started.clone();
        async move {
            if request.method == "server/discover" {
                let reply = json!({ "supportedVersions": [], "capabilities": {} });
                return Reply::of(&reply).map(Running::Done);
            }
            if request.method == "tools/list" {
                started.send(()).await.unwrap();
            }
            Ok(Running::Open { notes: cx.streaming().1, end: Box::pin(std::future::pending()) })
        }
    });
    let limits = Limits::default().calls_per_caller(1).streams_per_caller(1);
    let service = service(Watched(double, told.clone())).auth(Tokens::default());
    let service = service.limits(limits).build().unwrap();
    let params = json!({
        "protocolVersion": LATEST, "capabilities": {},
        "clientInfo": { "name": "client", "version": "1" },
    });
    let begin = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    let response = within(send(&service, by_ada(to("/mcp", &begin)))).await;
    let session = response.headers()["mcp-session-id"].clone();
    drop(response);
    let own = || {
        let mut request = stream("/mcp");
        request.headers_mut().insert("mcp-session-id", session.clone());
        request
    };
    let held = within(send(&service, own())).await;
    let again = within(send(&service, own())).await;
    assert!(held.status().is_success() && again.status().is_success());
    assert_eq!(told.taken(), Vec::<[Value; 4]>::new(), "it has the place of the one before");
    let listen = || {
        let body = message("subscriptions/listen", json!({ "notifications": {} }));
        by_ada(post("subscriptions/listen").body(full(body.to_string())).unwrap())
    };
    assert_eq!(within(ask(&service, listen())).await.status, 429);
    assert_eq!(told.taken(), one("throttled", "POST"));
    let (running, asked) = (service.clone(), by_ada(list()));
    let running = tokio::spawn(async move { send(&running, asked).await });
    within(starts.recv()).await.unwrap();
    assert_eq!(within(ask(&service, by_ada(list()))).await.status, 429);
    assert_eq!(told.taken(), one("throttled", "POST"));
    running.abort();
}

#[tokio::test]
async fn questions_and_subscriptions_beyond_their_bounds_are_told() {
    let told = Arc::new(Told::default());
    let double = || {
        double(open_card(), |request, _| async move {
            if request.method != "tools/call" {
                let reply = json!({ "supportedVersions": [], "capabilities": {} });
                return Reply::of(&reply).map(Running::Done);
            }
            let roots = json!({ "method": "roots/list" });
            let questions = Reply::of(&json!({ "inputRequests": { "a": roots, "b": roots } }));
            questions.map(|reply| Running::Done(reply.kind(Kind::InputRequired)))
        })
    };
    let watch = |uri: &str| {
        let params = json!({ "uri": uri });
        json!({ "jsonrpc": "2.0", "id": 2, "method": "resources/subscribe", "params": params })
    };
    // One question too many, no room for a call that waits, and no subscription at all.
    let (few, narrow) = (Limits::default().questions(1), Limits::default().streams_per_caller(1));
    let rows = [
        (few, false, calling(1, "it"), 429),
        (narrow, true, calling(1, "it"), 429),
        (Limits::default().subscriptions(0), false, watch("notes://1"), 200),
    ];
    for (limits, streams, message, status) in rows {
        let service = service(Watched(double(), told.clone())).auth(Tokens::default());
        let service = service.limits(limits).build().unwrap();
        let response = within(send(&service, by_ada(to("/mcp", &handshake(LATEST))))).await;
        let session = response.headers()["mcp-session-id"].clone();
        let within_session = |mut request: HttpRequest<Full<Bytes>>| {
            request.headers_mut().insert("mcp-session-id", session.clone());
            send(&service, request)
        };
        let held = match streams {
            true => Some(within(within_session(stream("/mcp"))).await),
            false => None,
        };
        let got = within(within_session(by_ada(to("/mcp", &message)))).await;
        assert_eq!(got.status(), status, "{message}");
        assert_eq!(told.taken(), one("throttled", "POST"), "{message}");
        drop(held);
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
