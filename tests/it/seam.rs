//! The seam carries what later work needs, proven over the in-memory transport: nothing here is
//! HTTP.

use std::{
    any::{Any, TypeId},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use toolgate_core::{
    Answer, Authenticate, Caller, Card, Context, Credentials, Ending, Error, Evidence, Identity,
    IntoService, Key, Kind, Notes, Out, Refusal, Refused, Reply, Request, Running, Service,
    Shutdown, Transport, Verdict,
    authenticate::identify,
    credentials::Field,
    protocol::{Json, code, discover::Implementation, input::InputRequest, note::Progress},
};
use toolgate_server::{Server, ToolError, ToolSpec};
use toolgate_transport::memory::{self, Client, Failure};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

/// Serves in memory, as whoever `x-user` names; its token ends when `x-expires-ms` has passed.
fn serve(server: impl IntoService) -> (Client, JoinHandle<()>) {
    let (transport, client) = memory::pair();
    let service = server.into_service().unwrap();
    let served = async move { transport.auth(ByName).serve(service, Shutdown::never()).await };
    (client, tokio::spawn(async move { served.await.unwrap() }))
}

struct ByName;

impl Authenticate for ByName {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            let Field::One(user) = with.field("x-user") else {
                return Verdict::Refused(Refusal::missing());
            };
            let identity = Identity::new(Key::new("test", String::from_utf8_lossy(&user)));
            Verdict::known(match with.field("x-expires-ms") {
                Field::One(after) => {
                    let after = String::from_utf8_lossy(&after).parse().unwrap();
                    identity.expires(SystemTime::now() + Duration::from_millis(after))
                }
                _ => identity,
            })
        })
    }
}

fn ann() -> Credentials {
    Credentials::from_fields([("x-user", "ann")])
}

fn call(name: &str) -> Request {
    request(json!({"name": name, "arguments": {}}))
}

fn request(params: Value) -> Request {
    Request::new("tools/call", Json::of(&params).unwrap())
}

fn with_progress(name: &str) -> Request {
    request(json!({"name": name, "arguments": {}, "_meta": {"progressToken": "p"}}))
}

fn text(reply: &Reply) -> String {
    let result: Value = reply.fields.to_object().parse().unwrap();
    result["content"][0]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_slow_reader_slows_the_tool_and_loses_nothing() {
    const NOTES: usize = 200;
    /// The tool's channel, the transport's, and one in each hand between them.
    const AHEAD: usize = 16 + 1 + 3;
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    let server =
        Server::new("s", "1").tool_fn(ToolSpec::new("count"), move |_: Nothing, cx: Context| {
            let sent = counter.clone();
            async move {
                for step in 1..=NOTES {
                    cx.progress(step as f64).await?;
                    sent.store(step, Ordering::SeqCst);
                }
                Ok("counted")
            }
        });
    let (client, _server) = serve(server);
    let mut exchange = client.call(ann(), with_progress("count")).await;
    for step in 1..=NOTES {
        let note = exchange.next_note().await.expect("a note per step, before the reply");
        assert_eq!(note.params.parse::<Progress>().unwrap().progress, step as f64, "in order");
        assert!(sent.load(Ordering::SeqCst) <= step + AHEAD, "the tool ran ahead of its reader");
        // Gives the tool every chance to run ahead.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }
    assert!(exchange.next_note().await.is_none());
    assert_eq!(text(&exchange.reply().await.unwrap()), "counted");
}

#[tokio::test]
async fn progress_only_grows_and_goes_nowhere_unasked() {
    let server =
        Server::new("s", "1").tool_fn(ToolSpec::new("t"), |_: Nothing, cx: Context| async move {
            for step in [1.0, 1.0, 0.5, f64::NAN, 2.0] {
                cx.progress(step).await?;
            }
            Ok("done")
        });
    let (client, _server) = serve(server);
    let mut exchange = client.call(ann(), with_progress("t")).await;
    let mut seen = Vec::new();
    while let Some(note) = exchange.next_note().await {
        seen.push(note.params.parse::<Progress>().unwrap().progress);
    }
    assert_eq!(seen, [1.0, 2.0]);
    assert!(client.call(ann(), call("t")).await.next_note().await.is_none());
}

#[tokio::test]
async fn a_tool_asks_and_the_retry_brings_the_answer() {
    let server =
        Server::new("s", "1").tool_fn(ToolSpec::new("ask"), |_: Nothing, cx: Context| async move {
            match cx.answers().input_responses.get("sure") {
                Some(answer) => {
                    let action = answer.parse::<Value>()?["action"].clone();
                    Ok(format!("{} said {action}", cx.identity()?.key.subject))
                }
                None => {
                    let params = Json::of(&json!({"message": "Sure?"}))?;
                    Err(ToolError::asks("sure", InputRequest::new("elicitation/create", params)))
                }
            }
        });
    let (client, _server) = serve(server);
    let capable = json!({"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}});
    let first = request(json!({"name": "ask", "_meta": capable}));
    let question = client.call(ann(), first).await.reply().await.unwrap();
    assert_eq!(question.kind, Kind::InputRequired);
    let asked: Value = question.fields.to_object().parse().unwrap();
    assert_eq!(asked["inputRequests"]["sure"]["method"], "elicitation/create");

    let retry = || {
        request(json!({
            "name": "ask",
            "_meta": capable,
            "inputResponses": {"sure": {"action": "accept"}},
            "requestState": asked["requestState"],
        }))
    };
    let answer = client.call(ann(), retry()).await.reply().await.unwrap();
    let said = (answer.kind.clone(), text(&answer));
    assert_eq!(said, (Kind::Complete, "ann said \"accept\"".into()));

    let bob = Credentials::from_fields([("x-user", "bob")]);
    let Err(Failure::Error(error)) = client.call(bob, retry()).await.reply().await else {
        panic!("a state belongs to whom it was given")
    };
    assert_eq!(error.code(), code::INVALID_PARAMS);

    let Err(Failure::Error(error)) = client.call(ann(), call("ask")).await.reply().await else {
        panic!("a client that cannot answer must not be asked")
    };
    assert_eq!(error.code(), code::MISSING_CLIENT_CAPABILITY);
    let data: Value = error.data().unwrap().parse().unwrap();
    assert_eq!(data, json!({"requiredCapabilities": {"elicitation": {}}}));
}

#[tokio::test]
async fn a_long_stream_ends_with_the_token_and_has_the_last_word() {
    let server = Server::new("s", "1").tool_fn(
        ToolSpec::new("watch"),
        |_: Nothing, cx: Context| async move {
            match cx.ending().await {
                Ending::Expired => Ok("the token expired"),
                _ => Ok("something else"),
            }
        },
    );
    let (client, _server) = serve(server);
    let credentials = Credentials::from_fields([("x-user", "ann"), ("x-expires-ms", "30")]);
    let reply = client.call(credentials, call("watch")).await.reply().await.unwrap();
    assert_eq!(text(&reply), "the token expired");
}

#[tokio::test]
async fn a_shutdown_lets_running_calls_have_their_last_word() {
    let server = Server::new("s", "1").tool_fn(
        ToolSpec::new("watch"),
        |_: Nothing, cx: Context| async move {
            cx.progress(1.0).await?;
            Ok(format!("{:?}", cx.ending().await))
        },
    );
    let (transport, client) = memory::pair();
    let (trigger, until) = Shutdown::new();
    let service = server.into_service().unwrap();
    let served = tokio::spawn(transport.auth(ByName).serve(service, until));
    let mut exchange = client.call(ann(), with_progress("watch")).await;
    exchange.next_note().await.unwrap();
    trigger.request();
    assert_eq!(text(&exchange.reply().await.unwrap()), "Shutdown");
    served.await.unwrap().unwrap();
    let late = client.call(ann(), call("watch")).await.reply().await;
    assert!(matches!(late, Err(Failure::Closed)));
}

/// Forwards to a server behind a client: all of a proxy that the seam has to bear.
struct Forward {
    upstream: Client,
    credentials: Credentials,
    card: Arc<Card>,
}

impl Service for Forward {
    fn card(&self) -> Arc<Card> {
        self.card.clone()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        Box::pin(async move {
            if matches!(cx.caller(), Caller::Open) {
                return Err(Error::denied(toolgate_core::Denial::Unauthenticated));
            }
            let mut exchange = self.upstream.call(self.credentials.clone(), request).await;
            let (sender, notes) = Notes::channel(1);
            let end = async move {
                while let Some(note) = exchange.next_note().await {
                    if sender.send(Out::Note(note)).await.is_err() {
                        break;
                    }
                }
                exchange.reply().await.map_err(|failure| match failure {
                    Failure::Error(error) => error,
                    _ => Error::internal(),
                })
            };
            Ok(Running::Open { notes, end: Box::pin(end) })
        })
    }
}

#[tokio::test]
async fn a_proxy_is_a_service_in_front_of_another() {
    let server =
        Server::new("up", "1").tool_fn(ToolSpec::new("t"), |_: Nothing, cx: Context| async move {
            cx.progress(1.0).await?;
            Ok(format!("for {}", cx.identity()?.key.subject))
        });
    let (upstream, _server) = serve(server);
    let credentials = Credentials::from_fields([("x-user", "proxy")]);
    let card = Arc::new(Card::new(Implementation::new("proxy", "1")));
    let (client, _proxy) = serve(Forward { upstream, credentials, card });
    let mut exchange = client.call(ann(), with_progress("t")).await;
    assert!(exchange.next_note().await.unwrap().is_progress());
    assert_eq!(text(&exchange.reply().await.unwrap()), "for proxy", "its own credentials");
    let Err(Failure::Error(error)) = client.call(ann(), call("nope")).await.reply().await else {
        panic!("unknown upstream, unknown here")
    };
    assert_eq!((error.code(), error.message()), (code::INVALID_PARAMS, "unknown tool"));
}

/// Needs more than a token: the method, the target under the public URL, and a certificate.
struct Proof;

impl Authenticate for Proof {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            let layer = with.extension::<u32>() == Some(&7);
            match (with.method(), with.target(), with.certificate(), with.peer()) {
                ("POST", "https://h/mcp?x=1", Some(b"der"), Some(_)) if layer => {
                    let identity = Identity::new(Key::new("proof", "machine"));
                    let answer = Answer::default().field("dpop-nonce", "n-1");
                    Verdict::Known(Arc::new(identity), answer)
                }
                _ => Verdict::Refused(Refusal::invalid("no proof")),
            }
        })
    }
}

struct Head {
    certificate: Option<&'static [u8]>,
    left_by_a_layer: u32,
}

impl Evidence for Head {
    fn fields(&self, _: &str, _: &mut dyn FnMut(&[u8])) {}

    fn method(&self) -> &str {
        "POST"
    }

    fn target(&self) -> &str {
        "https://h/mcp?x=1"
    }

    fn peer(&self) -> Option<IpAddr> {
        Some([127, 0, 0, 1].into())
    }

    fn certificate(&self) -> Option<&[u8]> {
        self.certificate
    }

    fn extension(&self, of: TypeId) -> Option<&(dyn Any + Send + Sync)> {
        (of == TypeId::of::<u32>()).then_some(&self.left_by_a_layer as _)
    }
}

#[tokio::test]
async fn an_authenticator_can_judge_the_whole_request_and_add_to_its_answer() {
    let head = |certificate| Credentials::new(Head { certificate, left_by_a_layer: 7 });
    let (caller, answer) = identify(&Proof, &head(Some(b"der"))).await.unwrap();
    assert_eq!(&*caller.identity().unwrap().key.subject, "machine");
    assert_eq!(answer.fields, [("dpop-nonce".to_owned(), "n-1".to_owned())]);
    let refused = identify(&Proof, &head(None)).await.unwrap_err();
    assert!(matches!(refused, Refused::Unauthenticated(_)));
}

#[tokio::test]
async fn a_panic_in_an_authenticator_is_a_failure_and_never_a_pass() {
    struct Panics(bool);
    impl Authenticate for Panics {
        fn authenticate<'a>(&'a self, _: &'a Credentials) -> BoxFuture<'a, Verdict> {
            assert!(!self.0, "before there is a future");
            Box::pin(async { panic!("inside the future") })
        }
    }
    for at_once in [true, false] {
        let refused = identify(&Panics(at_once), &ann()).await.unwrap_err();
        assert!(matches!(refused, Refused::Failed(_)));
    }
}

/// Tells when it is dropped.
struct Tells(Option<oneshot::Sender<()>>);

impl Drop for Tells {
    fn drop(&mut self) {
        if let Some(told) = self.0.take() {
            let _ = told.send(());
        }
    }
}

#[tokio::test]
async fn dropping_the_exchange_drops_the_call() {
    let (started, mut starts) = mpsc::channel(1);
    let server = Server::new("s", "1").tool_fn(ToolSpec::new("hang"), move |_: Nothing, _| {
        let started = started.clone();
        async move {
            let (tell, told) = oneshot::channel();
            let _tells = Tells(Some(tell));
            started.send(told).await?;
            std::future::pending::<()>().await;
            Ok(())
        }
    });
    let (client, _server) = serve(server);
    let exchange = client.call(ann(), call("hang")).await;
    let dropped = starts.recv().await.unwrap();
    drop(exchange);
    dropped.await.unwrap();
}

#[tokio::test]
async fn a_refused_request_reaches_nobody_and_a_panic_harms_nobody_else() {
    let ran = Arc::new(AtomicUsize::new(0));
    let counter = ran.clone();
    let server = Server::new("s", "1")
        .tool_fn(ToolSpec::new("ok"), move |_: Nothing, _| {
            counter.fetch_add(1, Ordering::SeqCst);
            async { Ok("fine") }
        })
        .tool_fn(ToolSpec::new("panics"), |_: Nothing, _| async {
            if true {
                panic!("on purpose");
            }
            Ok(())
        });
    let (client, _server) = serve(server);
    let nobody = Credentials::from_fields([("x-other", "1")]);
    let Err(Failure::Refused(refused)) = client.call(nobody, call("ok")).await.reply().await else {
        panic!("refused before the service")
    };
    assert_eq!((refused.status, ran.load(Ordering::SeqCst)), (401, 0));
    let (bad, good) =
        tokio::join!(async { client.call(ann(), call("panics")).await.reply().await }, async {
            client.call(ann(), call("ok")).await.reply().await
        },);
    assert!(matches!(bad, Err(Failure::Error(error)) if error.code() == code::INTERNAL_ERROR));
    assert_eq!(text(&good.unwrap()), "fine");
}
