//! The client against small services.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use tokio::sync::Notify;
use toolgate_core::{
    BoxFuture, Card, Context, Denial, Error, Identity, Key, Reply, Request, Running, Scopes,
    Service,
    protocol::{LogLevel, code, discover::Implementation},
    reply::Kind,
};

use super::TestClient;

type Answer = fn(Request, Context) -> BoxFuture<'static, Result<Running, Error>>;

/// Answers with a function.
struct Double(Answer);

impl Service for Double {
    fn card(&self) -> Arc<Card> {
        Arc::new(Card::new(Implementation::new("double", "1")))
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        (self.0)(request, cx)
    }
}

fn client(answer: Answer) -> TestClient {
    TestClient::new(Double(answer)).unwrap()
}

fn done(result: Value) -> Result<Running, Error> {
    Ok(Running::Done(Reply::of(&result)?))
}

fn value(reply: &Reply) -> Value {
    reply.fields.to_object().parse().unwrap()
}

/// Says who asked, for what, and with what.
fn echo(request: Request, cx: Context) -> BoxFuture<'static, Result<Running, Error>> {
    Box::pin(async move {
        let who = cx.caller().identity().map(|one| {
            json!([
                &*one.key.issuer,
                &*one.key.subject,
                one.scopes.to_string(),
                one.roles.to_string()
            ])
        });
        let params: Value = request.parse()?;
        let notes = cx.meta().wants_notes();
        done(json!({"who": who, "method": request.method, "params": params, "notes": notes}))
    })
}

#[tokio::test]
async fn a_client_is_who_it_is_said_to_be() {
    let nobody = client(echo);
    let ann = nobody.as_user("ann", ["b", "a"]);
    let bob = ann.as_identity(Identity::new(Key::new("door", "bob")).roles(["admin"]));
    for (client, who) in [
        (&nobody, json!(null)),
        (&ann, json!(["test", "ann", "a b", ""])),
        (&bob, json!(["door", "bob", "", "admin"])),
        (&bob.anonymous(), json!(null)),
    ] {
        let reply = client.call_raw("x/y", json!({})).await.unwrap();
        assert_eq!(value(&reply)["who"], who);
    }
}

#[tokio::test]
async fn requests_arrive_as_a_transport_would_hand_them_over() {
    let reply = client(echo).call_raw("x/y", json!({"a": 1})).await.unwrap();
    let expected = json!({"who": null, "method": "x/y", "notes": false, "params": {"a": 1, "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }}});
    assert_eq!(value(&reply), expected);
    let first = client(echo).open("x/y", json!({})).await.unwrap().reply().await.unwrap();
    assert_eq!(value(&first)["notes"], true);
}

#[tokio::test]
async fn what_no_transport_lets_through_is_refused_here_too() {
    let version = |text| json!({"_meta": {"io.modelcontextprotocol/protocolVersion": text}});
    for (params, code) in [
        (json!([]), code::INVALID_PARAMS),
        (json!({"_meta": []}), code::INVALID_PARAMS),
        (version(json!(1)), code::INVALID_PARAMS),
        (version(json!("v0")), code::UNSUPPORTED_VERSION),
    ] {
        let error = client(echo).call_raw("x/y", params).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
}

#[tokio::test]
async fn the_server_s_error_comes_through_with_its_denial() {
    let refused = client(|_, _| Box::pin(async { Err(Error::denied(Denial::Forbidden)) }));
    let error = refused.call_tool("t", json!({})).await.unwrap_err();
    assert_eq!(error.denial(), Some(&Denial::Forbidden));
    assert!(refused.open("x/y", json!({})).await.is_err());
}

fn two_pages(request: Request, _: Context) -> BoxFuture<'static, Result<Running, Error>> {
    Box::pin(async move {
        let params: Value = request.parse()?;
        let tool = |name| json!([{"name": name, "inputSchema": {"type": "object"}}]);
        match params["cursor"].as_str() {
            None => done(json!({"tools": tool("a"), "nextCursor": "2"})),
            Some("2") => done(json!({"tools": tool("b")})),
            Some(_) => Err(Error::invalid_params("unknown cursor")),
        }
    })
}

#[tokio::test]
async fn tools_are_listed_on_all_pages_and_no_list_goes_on_for_ever() {
    let tools = client(two_pages).list_tools().await.unwrap();
    assert_eq!(tools.iter().map(|tool| &*tool.name).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(tools[0].input_schema.as_bytes(), br#"{"type":"object"}"#);
    let endless = client(|_, _| Box::pin(async { done(json!({"tools": [], "nextCursor": "1"})) }));
    assert_eq!(endless.list_tools().await.unwrap_err().code(), code::INTERNAL_ERROR);
}

#[tokio::test]
async fn another_shape_is_an_error() {
    let odd = client(|_, _| Box::pin(async { done(json!({"content": 1, "tools": 1})) }));
    for error in [
        odd.call_tool("t", json!({})).await.unwrap_err(),
        odd.list_tools().await.unwrap_err(),
        odd.discover().await.unwrap_err(),
    ] {
        assert_eq!(error.code(), code::INTERNAL_ERROR);
    }
}

#[tokio::test]
async fn calls_and_discovery_are_typed() {
    let call = client(|request, _| {
        Box::pin(async move {
            let params: Value = request.parse()?;
            assert_eq!((&*request.method, &params["name"]), ("tools/call", &json!("add")));
            let text = params["arguments"]["a"].to_string();
            done(json!({"content": [{"type": "text", "text": text}], "isError": true}))
        })
    });
    let result = call.call_tool("add", json!({"a": 2})).await.unwrap();
    assert_eq!((result.content, result.is_error), (vec!["2".into()], true));

    let answer = |_, _| -> BoxFuture<'static, _> {
        Box::pin(async { done(json!({"supportedVersions": ["2026-07-28"], "capabilities": {}})) })
    };
    assert_eq!(client(answer).discover().await.unwrap().supported_versions, ["2026-07-28"]);
}

/// Sends more notes than the channel holds.
fn counting(_: Request, cx: Context) -> BoxFuture<'static, Result<Running, Error>> {
    Box::pin(async move {
        let (cx, notes) = cx.streaming();
        let end = Box::pin(async move {
            for step in 1..=40 {
                cx.progress(f64::from(step)).await.map_err(|_| Error::internal())?;
            }
            cx.log(LogLevel::Info, "done").await.map_err(|_| Error::internal())?;
            Reply::of(&json!({"content": []}))
        });
        Ok(Running::Open { notes, end })
    })
}

#[tokio::test]
async fn notes_come_in_order_before_the_reply() {
    let client = client(counting).log_level(LogLevel::Info);
    let mut exchange = client.call_tool_with_progress("count", json!({})).await.unwrap();
    let mut seen = Vec::new();
    while let Some(note) = exchange.next_note().await {
        let params: Value = note.params.parse().unwrap();
        seen.push(params["progress"].as_f64().map_or(note.method.to_string(), |at| at.to_string()));
    }
    let mut expected: Vec<_> = (1..=40).map(|step| step.to_string()).collect();
    expected.push("notifications/message".into());
    assert_eq!(seen, expected);
    assert!(exchange.next_note().await.is_none());
    assert_eq!(value(&exchange.reply().await.unwrap()), json!({"content": []}));
}

#[tokio::test]
async fn a_reply_does_not_need_its_notes_to_be_read() {
    let client = client(counting);
    let unread = client.open("tools/call", json!({})).await.unwrap();
    unread.reply().await.expect("the server found its reader");
    let mut half = client.open("tools/call", json!({})).await.unwrap();
    assert!(half.next_note().await.unwrap().is_progress());
    half.reply().await.expect("the server found its reader");
    client.call_tool("count", json!({})).await.expect("without progress");
}

#[tokio::test]
async fn each_request_has_its_own_progress_token() {
    let client = client(echo);
    let mut tokens = Vec::new();
    for client in [&client, &client.as_user("ann", Scopes::none())] {
        let reply = client.open("x/y", json!({})).await.unwrap().reply().await.unwrap();
        tokens.push(value(&reply)["params"]["_meta"]["progressToken"].clone());
    }
    assert!(tokens[0].is_i64() && tokens[0] != tokens[1], "{tokens:?}");
}

#[tokio::test]
async fn dropping_an_exchange_cancels_the_request() {
    static CANCELLED: AtomicBool = AtomicBool::new(false);
    struct OnDrop;
    impl Drop for OnDrop {
        fn drop(&mut self) {
            CANCELLED.store(true, Ordering::SeqCst);
        }
    }
    let waiting = client(|_, cx| {
        Box::pin(async move {
            let (cx, notes) = cx.streaming();
            let end = Box::pin(async move {
                let _guard = OnDrop;
                let _ = cx.progress(1.0).await;
                Notify::new().notified().await;
                Ok(Reply::empty())
            });
            Ok(Running::Open { notes, end })
        })
    });
    let mut exchange = waiting.open("x/y", json!({})).await.unwrap();
    assert!(exchange.next_note().await.is_some());
    assert!(!CANCELLED.load(Ordering::SeqCst));
    drop(exchange);
    assert!(CANCELLED.load(Ordering::SeqCst));
}

/// Asks for a name unless it is told one.
fn asking(request: Request, cx: Context) -> BoxFuture<'static, Result<Running, Error>> {
    Box::pin(async move {
        let params: Value = request.parse()?;
        if let Some(name) = params["inputResponses"]["who"]["name"].as_str() {
            let text = format!("{name}, {}", params["requestState"].as_str().unwrap_or("lost"));
            return done(json!({"content": [{"type": "text", "text": text}]}));
        }
        assert_eq!(
            cx.meta().client_capabilities.as_ref().unwrap().as_bytes(),
            br#"{"elicitation":{}}"#
        );
        let asks = json!({"who": {"method": "elicitation/create", "params": {}}});
        let question = json!({"inputRequests": asks, "requestState": "s"});
        Ok(Running::Done(Reply::of(&question)?.kind(Kind::InputRequired)))
    })
}

#[tokio::test]
async fn a_question_is_answered_with_the_state_that_came_with_it() {
    let client = client(asking).capabilities(json!({"elicitation": {}}));
    let error = client.call_tool("greet", json!({})).await.unwrap_err();
    assert!(error.message().contains("input_required"), "{error}");

    let params = json!({"name": "greet"});
    let question = client.call_raw("tools/call", params.clone()).await.unwrap();
    assert_eq!(question.kind, Kind::InputRequired);
    let answers = [("who", json!({"name": "ann"}))];
    let reply = client.answer("tools/call", params.clone(), &question, answers.clone()).await;
    let reply = reply.unwrap();
    assert_eq!(value(&reply)["content"][0]["text"], "ann, s");
    assert!(client.answer("tools/call", params, &reply, answers).await.is_err(), "no question");
}

#[tokio::test]
async fn a_real_server_refuses_nobody_and_serves_somebody() {
    let client = TestClient::new(toolgate_server::Server::new("empty", "1")).unwrap();
    let error = client.discover().await.unwrap_err();
    assert_eq!(error.denial(), Some(&Denial::Unauthenticated));
    let found = client.as_user("ann", ["a"]).discover().await.unwrap();
    assert_eq!(found.supported_versions, ["2026-07-28"]);
}
