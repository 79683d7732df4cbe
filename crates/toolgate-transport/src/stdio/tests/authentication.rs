//! Who asks: judged before anything is served, and then for every request.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use serde_json::json;
use toolgate_core::{
    Audit, Authenticate, BoxFuture, Card, Context, Credentials, Error, Identity, Key, Refusal,
    Request, ResourceCard, Running, Service, Verdict,
    audit::{Action, Decision, Event},
    authenticate::identify,
    credentials::Field,
    env::Env,
    protocol::{discover::Implementation, legacy},
};

use super::{
    super::Limits,
    kit::{Client, Double, Lines, able, double, error, handshake, modern, old, with_card, within},
};

/// Judges by the token's words, `then` taking the place of the token from the second time on, or so
/// many times later.
#[derive(Clone, Default)]
struct Tokens {
    then: Option<&'static str>,
    later: usize,
    asked: Arc<AtomicUsize>,
    card: ResourceCard,
}

impl Authenticate for Tokens {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        let field = with.field("authorization");
        let first = self.asked.fetch_add(1, Ordering::SeqCst) <= self.later;
        Box::pin(async move {
            let Field::One(value) = field else { return Verdict::Refused(Refusal::missing()) };
            let text = std::str::from_utf8(&value).unwrap().strip_prefix("Bearer ").unwrap();
            let word = self.then.filter(|_| !first).unwrap_or(text);
            let identity = || Identity::new(Key::new("double", word));
            match word {
                "bad" => Refusal::invalid("the token expired").detail("it expired at noon").into(),
                "banned" => Verdict::Forbidden(Refusal::invalid("not you")),
                "broken" => Verdict::Failed("s3cr3t database".into()),
                "panic" => panic!("s3cr3t"),
                "slow" => std::future::pending().await,
                "down" => Verdict::Unavailable { retry: Duration::from_secs(9) },
                "other" => Verdict::NotMine,
                "old" => Verdict::known(identity().expires(SystemTime::now())),
                "soon" => {
                    Verdict::known(identity().expires(SystemTime::now() + Duration::from_secs(1)))
                }
                _ => Verdict::known(identity()),
            }
        })
    }

    fn card(&self) -> ResourceCard {
        self.card.clone()
    }
}

fn closed() -> Card {
    Card::new(Implementation::new("double", "1"))
}

fn token(token: &'static str) -> impl FnOnce(Lines) -> Lines {
    move |lines| lines.env_from(Env::of([("TOOLGATE_TOKEN", token)])).auth(Tokens::default())
}

/// The one caller is let in as ann, and then is whoever the word says.
fn then(word: &'static str) -> (Tokens, impl FnOnce(Lines) -> Lines) {
    let tokens = Tokens { then: Some(word), ..Tokens::default() };
    let auth = tokens.clone();
    let set = |lines: Lines| lines.env_from(Env::of([("TOOLGATE_TOKEN", "ann")])).auth(auth);
    (tokens, set)
}

async fn refused(set: impl FnOnce(Lines) -> Lines) -> String {
    let (double, _events) = with_card(closed());
    let mut client = Client::of(&double, set);
    client.send(&modern(1, "")).await;
    let mut rest = Vec::new();
    while let Some(line) = client.line().await {
        rest.push(line);
    }
    assert!(rest.is_empty(), "{rest:?}");
    assert_eq!(double.calls.load(Ordering::SeqCst), 0);
    let error = within(client.served).await.unwrap().unwrap_err().to_string();
    assert!(error.starts_with("refused to start: "), "{error}");
    assert!(!error.contains("s3cr3t"), "{error}");
    error
}

#[tokio::test(start_paused = true)]
async fn whoever_is_refused_is_not_served_at_all() {
    let rows = [
        ("bad", "refused: it expired at noon"),
        ("banned", "refused: not you"),
        ("other", "refused: the credentials are of a kind that is not accepted here"),
        ("old", "refused: the credentials have expired"),
        ("", "refused: authentication is required"),
        ("down", "cannot be judged: authentication is unavailable"),
        ("slow", "cannot be judged: authentication is unavailable"),
        ("broken", "cannot be judged: internal error "),
        ("panic", "cannot be judged: internal error "),
    ];
    for (word, expected) in rows {
        let told = refused(token(word)).await;
        assert!(told.contains("TOOLGATE_TOKEN") && told.contains(expected), "{word}: {told}");
    }
    // Nothing but what it was told counts: not this process's environment.
    let told = refused(|lines| lines.auth(Tokens::default())).await;
    assert!(told.contains("authentication is required"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn the_caller_is_who_the_token_says() {
    let (double, _events) = with_card(closed());
    let mut client = Client::of(&double, token("ann"));
    assert_eq!(client.ask(&modern(1, "")).await["result"]["who"], "ann");
    client.ask(&handshake(2, "2025-11-25")).await;
    assert_eq!(client.ask(&old(3, "x", json!({}))).await["result"]["who"], "ann");
    // Said in code it wins over the environment.
    let bob = Credentials::from_fields([("authorization", "Bearer bob")]);
    let mut client = Client::of(&double, |lines| token("ann")(lines).credentials(bob));
    assert_eq!(client.ask(&modern(1, "")).await["result"]["who"], "bob");
}

#[tokio::test(start_paused = true)]
async fn every_request_is_judged_anew() {
    let rows =
        [("bad", -32000), ("old", -32000), ("down", -32000), ("slow", -32000), ("panic", -32603)];
    for (word, code) in rows {
        let (double, mut events) = with_card(closed());
        let (tokens, set) = then(word);
        let mut client = Client::of(&double, set);
        let batch = json!([old(1, "ping", json!({}))]);
        for message in [
            modern(1, ""),
            handshake(1, "2025-03-26"),
            old(1, legacy::PING, json!({})),
            old(1, "tools/list", json!({})),
            old(1, legacy::SET_LEVEL, json!({ "level": "error" })),
            batch,
        ] {
            let told = client.ask(&message).await;
            assert_eq!(error(&told).0, code, "{word}: {message}");
            assert!(!told.to_string().contains("s3cr3t"));
        }
        let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
        let note =
            json!({ "jsonrpc": "2.0", "method": "notifications/x", "params": { "_meta": meta } });
        client.send(&note).await;
        let (rest, ended) = client.end().await;
        assert!(rest.is_empty() && ended.is_ok());
        assert_eq!(double.calls.load(Ordering::SeqCst), 0, "{word}");
        assert!(events.try_recv().is_err(), "{word}");
        assert_eq!(tokens.asked.load(Ordering::SeqCst), 8, "{word}");
    }
}

// By the wall clock, which expiry goes by.
#[tokio::test]
async fn a_long_request_is_told_when_its_caller_expires() {
    let (double, _events) = with_card(closed());
    let (_, set) = then("soon");
    let mut client = Client::of(&double, set);
    assert_eq!(client.ask(&modern(1, "last")).await["result"]["ending"], "Expired");
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_while_it_is_judged_it_stops() {
    let (double, _events) = with_card(closed());
    let client = Client::of(&double, token("slow"));
    client.stop.request();
    within(client.served).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_served_is_told() {
    let guarded = |mut card: Card| {
        card.guarded = true;
        card
    };
    let mut open = closed();
    open.open = true;
    let needs = || {
        let mut card = ResourceCard::default();
        card.needs_resource = true;
        Tokens { card, ..Tokens::default() }
    };
    let env = |lines: Lines| lines.env_from(Env::of([("TOOLGATE_TOKEN", "ann")]));
    type Set = Box<dyn FnOnce(Lines) -> Lines>;
    let rows: Vec<(Card, Set, &str)> = vec![
        (closed(), Box::new(|it| it), "set auth"),
        (guarded(open), Box::new(|it| it), "guards something"),
        (closed(), Box::new(move |it| env(it).auth(needs())), "public_url"),
        (
            closed(),
            Box::new(|it| it.env_from(Env::of([("TOOLGATE_MAX_BODY", "many")]))),
            "TOOLGATE_MAX_BODY",
        ),
    ];
    for (card, set, expected) in rows {
        let (double, _events) = with_card(card);
        let client = Client::of(&double, set);
        let told = within(client.served).await.unwrap().unwrap_err().to_string();
        assert!(told.contains(expected), "{told}");
    }
    let (double, _events) = double();
    let mut client = Client::of(&double, |it| it);
    assert_eq!(client.ask(&modern(1, "")).await["id"], 1, "an open server needs nobody");
}

/// Tells which resource it was asked for.
struct Resource;

impl Authenticate for Resource {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async { Verdict::known(Identity::new(Key::new("double", with.resource()))) })
    }
}

/// A service with a sink, which keeps action and decision.
struct Watched(Arc<Double>, Arc<Told>);

#[derive(Default)]
struct Told(Mutex<Vec<(Action, Decision)>>);

impl Audit for Told {
    fn record(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push((event.action, event.decision));
    }
}

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

#[tokio::test(start_paused = true)]
async fn what_is_refused_without_the_service_is_told_to_its_sink() {
    let mut card = closed();
    card.required = ["base"].into();
    let (double, mut events) = with_card(card);
    let told = Arc::new(Told::default());
    let watched = Arc::new(Watched(double, told.clone()));
    let limits = Limits::default().calls(1);
    let taken = || std::mem::take(&mut *told.0.lock().unwrap());
    let mut client = Client::of(&watched, token("ann"));
    client.ask(&handshake(1, "2025-03-26")).await;
    assert!(taken().is_empty());
    for message in [
        old(1, legacy::PING, json!({})),
        old(1, "tools/list", json!({})),
        json!([old(1, legacy::PING, json!({}))]),
    ] {
        client.ask(&message).await;
        assert_eq!(taken(), [(Action::Request, Decision::Scopes)], "{message}");
    }
    client.end().await.1.unwrap();
    let mut client = Client::of(&watched, |it| token("ann")(it).limits(limits));
    client.send(&modern(1, "hang")).await;
    while within(events.recv()).await.unwrap() != "began hang" {}
    client.ask(&modern(2, "")).await;
    assert_eq!(taken(), [(Action::Request, Decision::Throttled)]);
}

#[tokio::test(start_paused = true)]
async fn what_every_request_needs_is_needed_where_the_service_is_not_asked() {
    let mut card = closed();
    card.required = ["base"].into();
    let (double, mut events) = with_card(card);
    let mut client = Client::of(&double, token("ann"));
    client.ask(&handshake(1, "2025-03-26")).await;
    assert_eq!(within(events.recv()).await.unwrap(), "introduced");
    for message in [
        old(1, legacy::PING, json!({})),
        old(1, legacy::SET_LEVEL, json!({ "level": "error" })),
        old(1, "tools/list", json!({})),
        json!([old(1, legacy::PING, json!({}))]),
    ] {
        assert_eq!(error(&client.ask(&message).await).0, -32000, "{message}");
    }
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/x" })).await;
    let (rest, _) = client.end().await;
    assert!(rest.is_empty() && events.try_recv().is_err());
    assert_eq!(double.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_for_the_resource_that_http_would_name() {
    let url = |url: &'static str| {
        move |it: Lines| it.env_from(Env::of([("TOOLGATE_PUBLIC_URL", url)])).auth(Resource)
    };
    for (set, expected) in [
        ("https://mcp.example/x", "https://mcp.example/x"),
        ("https://mcp.example", "https://mcp.example/mcp"),
        ("https://mcp.example/", "https://mcp.example/mcp"),
    ] {
        let (double, _events) = with_card(closed());
        let mut client = Client::of(&double, url(set));
        assert_eq!(client.ask(&modern(1, "")).await["result"]["who"], expected);
    }
    let none = Credentials::from_fields([("a", "b")]);
    assert!(identify(&Resource, &none).await.is_ok());
}

/// A call that was answered goes on in the name of who answers, by then.
#[tokio::test(start_paused = true)]
async fn who_answers_a_question_is_judged_anew() {
    for (word, expected) in [("bad", None), ("ann", Some("ann"))] {
        // To be let in, to begin, and to call.
        let tokens = Tokens { then: Some(word), later: 2, ..Tokens::default() };
        let set = |lines: Lines| lines.env_from(Env::of([("TOOLGATE_TOKEN", "ann")])).auth(tokens);
        let (double, _events) = with_card(closed());
        let mut client = Client::of(&double, set);
        client.ask(&able(0, "2025-11-25")).await;
        client.send(&old(1, "tools/call", json!({ "act": "ask" }))).await;
        let ids = [client.next().await["id"].clone(), client.next().await["id"].clone()];
        for id in ids {
            client.send(&json!({ "jsonrpc": "2.0", "id": id, "result": {} })).await;
        }
        let told = client.next().await;
        match expected {
            Some(who) => assert_eq!(told["result"]["who"], who, "{told}"),
            None => assert_eq!(error(&told), (-32000, Some(&json!(1)))),
        }
    }
}
