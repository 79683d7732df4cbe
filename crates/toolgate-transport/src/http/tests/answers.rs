//! Answers, and the places of the calls that go on with them.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use http::HeaderValue;
use tokio::{sync::Semaphore, task::yield_now};
use toolgate_core::Kind;

use super::{
    asks::{calling, session, to},
    sockets::within,
    *,
};
use crate::http::Limits;

/// How many calls run, and ran at most at once. Each ends when it may.
struct Gauge {
    running: AtomicUsize,
    most: AtomicUsize,
    may_end: Semaphore,
}

impl Gauge {
    async fn run(&self) {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        self.may_end.acquire().await.unwrap().forget();
        self.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A tool that asks before it runs, and one that only runs.
fn asking(gauge: Arc<Gauge>) -> Arc<Double> {
    double(open_card(), move |request, cx| {
        let gauge = gauge.clone();
        async move {
            let known = Reply::of(&json!({ "supportedVersions": [], "capabilities": {} }))?;
            if request.method != "tools/call" {
                return Ok(Running::Done(known));
            }
            let params: Value = request.params.parse().unwrap();
            if params["name"] == "asks" && params["inputResponses"].is_null() {
                let asks = json!({ "inputRequests": { "a": { "method": "roots/list" } } });
                return Ok(Running::Done(Reply::of(&asks)?.kind(Kind::InputRequired)));
            }
            let end = async move {
                gauge.run().await;
                Ok(known)
            };
            Ok(Running::Open { notes: cx.streaming().1, end: Box::pin(end) })
        }
    })
}

/// A session of the revision that has batches, whose owner may have one call at a time.
struct Stage {
    gauge: Arc<Gauge>,
    service: McpService,
    session: HeaderValue,
}

impl Stage {
    async fn new() -> Self {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let gauge = Arc::new(Gauge { running, most, may_end: Semaphore::new(0) });
        let http = mounted(asking(gauge.clone()));
        let service = http.limits(Limits::default().calls_per_caller(1)).build().unwrap();
        let session = session(&service, "2025-03-26").await;
        Self { gauge, service, session }
    }

    async fn send(&self, message: &Value) -> Response<Body> {
        let mut request = to("/mcp", message);
        request.headers_mut().insert("mcp-session-id", self.session.clone());
        send(&self.service, request).await
    }

    /// A call that waits for its answer: the rest of its stream, and the answer.
    async fn asked(&self, id: usize) -> (Body, Value) {
        let mut body = self.send(&calling(id, "asks")).await.into_body();
        let event = within(body.frame()).await.unwrap().unwrap().into_data().unwrap();
        let event = String::from_utf8(event.to_vec()).unwrap();
        let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let question: Value = serde_json::from_str(data).unwrap();
        let result = json!({ "roots": [] });
        (body, json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }))
    }

    /// Lets everything run that can.
    async fn settle(&self) -> usize {
        for _ in 0..100 {
            yield_now().await;
        }
        self.gauge.running.load(Ordering::SeqCst)
    }
}

async fn text(body: Body) -> String {
    String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn calls_that_a_batch_answers_go_on_as_there_is_room() {
    let stage = Stage::new().await;
    let mut calls = Vec::new();
    for id in 1..=3 {
        calls.push(stage.asked(id).await);
    }
    let (bodies, answers): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
    assert_eq!(stage.send(&json!(answers)).await.status(), 202);
    assert_eq!(stage.settle().await, 1);
    stage.gauge.may_end.add_permits(3);
    for said in within(join_all(bodies.into_iter().map(text))).await {
        assert!(said.contains("\"result\""), "{said}");
    }
    assert_eq!(stage.gauge.most.load(Ordering::SeqCst), 1);
}

/// A client does not send an answer again that was refused.
#[tokio::test]
async fn an_answer_is_taken_though_its_callers_places_are() {
    let stage = Stage::new().await;
    let (body, answer) = stage.asked(1).await;
    let runs = calling(2, "runs");
    let running = async { text(stage.send(&runs).await.into_body()).await };
    let told = async {
        assert_eq!(stage.settle().await, 1);
        // Nothing else is let in.
        for other in [calling(3, "runs"), calling(3, "asks"), json!([calling(3, "runs")])] {
            assert_eq!(stage.send(&other).await.status(), 429, "{other}");
        }
        assert_eq!(stage.send(&answer).await.status(), 202);
        // It waits for a place to run in.
        assert_eq!(stage.settle().await, 1);
        stage.gauge.may_end.add_permits(2);
        text(body).await
    };
    let (first, second) = within(futures::future::join(running, told)).await;
    assert!(first.contains("\"result\"") && second.contains("\"result\""), "{first} {second}");
    assert_eq!(stage.gauge.most.load(Ordering::SeqCst), 1);
}
