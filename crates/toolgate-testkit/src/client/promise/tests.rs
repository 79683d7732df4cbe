//! Answers against what their tools promised.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::FutureExt;
use serde_json::{Value, json};
use toolgate_core::{
    BoxFuture, Card, Context, Error, Reply, Request, Running, Service,
    protocol::discover::Implementation, reply::Kind,
};

use crate::TestClient;

/// A service with one tool, `order`: what it promises and what it answers.
struct Shop {
    tool: Value,
    answer: Value,
    kind: Kind,
    lists: Arc<AtomicUsize>,
}

impl Service for Shop {
    fn card(&self) -> Arc<Card> {
        Arc::new(Card::new(Implementation::new("shop", "1")))
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        Box::pin(async move {
            if request.method == "tools/list" {
                self.lists.fetch_add(1, Ordering::SeqCst);
                // Only somebody sees it.
                let tools = cx.identity().map_or(json!([]), |_| json!([self.tool]));
                return Ok(Running::Done(Reply::of(&json!({"tools": tools}))?));
            }
            let reply = Reply::of(&self.answer)?.kind(self.kind.clone());
            if cx.meta().wants_notes() {
                let (_, notes) = cx.streaming();
                return Ok(Running::Open { notes, end: Box::pin(async { Ok(reply) }) });
            }
            Ok(Running::Done(reply))
        })
    }
}

fn shop(schema: Value, answer: Value) -> Shop {
    let tool = json!({"name": "order", "inputSchema": {"type": "object"}, "outputSchema": schema});
    Shop { tool, answer, kind: Kind::Complete, lists: Arc::default() }
}

fn priced() -> Value {
    json!({"type": "object", "properties": {"lines": {"type": "array", "items": {
        "type": "object", "properties": {"price": {"type": "integer"}}}}}})
}

fn client(shop: Shop) -> TestClient {
    TestClient::new(shop).unwrap().as_user("ann", ["a"])
}

fn answer(data: Value) -> Value {
    json!({"content": [], "structuredContent": data})
}

/// What a call panicked with.
async fn panicked<T>(call: impl Future<Output = T>) -> Option<String> {
    let ended = AssertUnwindSafe(call).catch_unwind().await;
    ended.err().map(|panic| *panic.downcast::<String>().expect("a message"))
}

#[tokio::test]
async fn an_answer_that_breaks_its_schema_panics_by_every_way_to_call() {
    let wrong = client(shop(priced(), answer(json!({"lines": [{"price": 1}, {"price": "x"}]}))));
    let params = json!({"name": "order", "arguments": {}});
    let told = panicked(wrong.call_tool("order", json!({}))).await.expect("a panic");
    assert_eq!(
        told,
        "tool `order` breaks its output schema: at `/lines/1/price`: want integer, but got string"
    );
    assert_eq!(panicked(wrong.call_raw("tools/call", params.clone())).await, Some(told.clone()));
    for open in [
        wrong.open("tools/call", params).await.unwrap(),
        wrong.call_tool_with_progress("order", json!({})).await.unwrap(),
    ] {
        assert_eq!(panicked(open.reply()).await, Some(told.clone()));
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    for (schema, answer, part) in [
        (priced(), json!({"content": []}), "the answer has no `structuredContent`"),
        (json!({"type": "object"}), answer(json!(null)), "at the root: want object"),
        (
            json!({"properties": {"a": 1}}),
            answer(json!({})),
            "it is no JSON Schema: at `/properties",
        ),
        (json!({"$ref": "http://127.0.0.1:9/"}), answer(json!({})), "it is no JSON Schema: "),
    ] {
        let told = panicked(client(shop(schema, answer)).call_tool("order", json!({}))).await;
        assert!(told.as_ref().is_some_and(|told| told.contains(part)), "{told:?}");
    }
}

#[tokio::test]
async fn what_keeps_to_its_schema_or_has_none_passes() {
    let good = answer(json!({"lines": [{"price": 1}]}));
    client(shop(priced(), good)).call_tool("order", json!({})).await.unwrap();
    client(shop(json!(true), answer(json!(null)))).call_tool("order", json!({})).await.unwrap();

    let mut free = shop(json!(null), answer(json!({"lines": 1})));
    free.tool.as_object_mut().unwrap().remove("outputSchema");
    client(free).call_tool("order", json!({})).await.unwrap();

    // A failure has no data to keep to a schema with.
    let failed = json!({"content": [], "isError": true});
    assert!(client(shop(priced(), failed)).call_tool("order", json!({})).await.unwrap().is_error);
}

#[tokio::test]
async fn a_question_is_no_answer() {
    let mut asking = shop(priced(), json!({"inputRequests": {}, "requestState": "s"}));
    asking.kind = Kind::InputRequired;
    client(asking).call_raw("tools/call", json!({"name": "order"})).await.unwrap();
}

#[tokio::test]
async fn who_does_not_see_a_tool_was_promised_nothing() {
    let wrong = || shop(priced(), answer(json!({"lines": 1})));
    client(wrong()).anonymous().call_tool("order", json!({})).await.unwrap();
    client(wrong()).call_tool("other", json!({})).await.unwrap();
}

#[tokio::test]
async fn an_unchecked_client_takes_all_and_asks_nothing() {
    let wrong = shop(priced(), answer(json!({"lines": 1})));
    let lists = wrong.lists.clone();
    let unchecked = client(wrong).unchecked();
    unchecked.as_user("bob", ["a"]).call_tool("order", json!({})).await.unwrap();
    unchecked.call_raw("x/y", json!({"name": "order"})).await.unwrap();
    assert_eq!(lists.load(Ordering::SeqCst), 0);
}
