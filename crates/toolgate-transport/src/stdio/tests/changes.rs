//! What a client of the old era is told beside its requests, and until when.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{task::yield_now, time::Instant};
use toolgate_core::{
    Authenticate, BoxFuture, Credentials, Identity, Key, Refusal, ResourceCard, Verdict,
};

use super::{
    super::Limits,
    house::{Change, house, make},
    kit::{Client, error, handshake, modern, note, old, within},
};

const LATEST: &str = "2025-11-25";
const BATCHES: &str = "2025-03-26";
const INITIALIZED: &str = "notifications/initialized";
const REVISIONS: [&str; 4] = ["2024-11-05", BATCHES, "2025-06-18", LATEST];

fn subscribe(id: i64, uri: &str) -> Value {
    old(id, "resources/subscribe", json!({ "uri": uri }))
}

fn unsubscribe(id: i64, uri: &str) -> Value {
    old(id, "resources/unsubscribe", json!({ "uri": uri }))
}

async fn done(client: &mut Client, message: &Value) {
    let reply = client.ask(message).await;
    assert_eq!((&reply["id"], &reply["result"]), (&message["id"], &json!({})), "{reply}");
}

async fn begin(client: &mut Client, revision: &str) -> Value {
    let reply = client.ask(&handshake(0, revision)).await;
    client.send(&note(INITIALIZED)).await;
    reply["result"]["capabilities"].clone()
}

/// Nothing but the answer to this comes next.
async fn nothing(client: &mut Client) {
    done(client, &old(99, "ping", json!({}))).await;
}

async fn updated(client: &mut Client, uri: &str) -> Value {
    let told = client.next().await;
    assert_eq!(told["method"], "notifications/resources/updated", "{told}");
    assert_eq!((&told["params"]["uri"], told["params"].get("_meta")), (&json!(uri), None));
    told["params"]["who"].clone()
}

async fn tools_changed(client: &mut Client) {
    let told = client.next().await;
    let expected = json!({
        "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {},
    });
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn changes_of_lists_are_told_once_the_client_is_ready_and_not_before() {
    let house = house();
    for revision in REVISIONS {
        let mut client = Client::of(&house, |it| it);
        let promised = client.ask(&handshake(0, revision)).await["result"]["capabilities"].clone();
        let resources = json!({ "subscribe": true, "listChanged": true });
        let all = json!({ "tools": { "listChanged": true }, "resources": resources });
        assert_eq!(promised, all, "{revision}");
        house.listened(1).await;
        house.tell(Change::Tools);
        for _ in 0..100 {
            yield_now().await;
        }
        nothing(&mut client).await;
        // Told then, since the client may have looked before.
        client.send(&note(INITIALIZED)).await;
        tools_changed(&mut client).await;
        house.tell(Change::Tools);
        tools_changed(&mut client).await;
        let (rest, ended) = client.end().await;
        assert!(rest.is_empty() && ended.is_ok());
        house.listened(0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_says_that_it_is_ready_too_early_is_told_after_its_handshake() {
    let house = house();
    let mut client = Client::of(&house, |it| it);
    let lines = [handshake(1, LATEST), note(INITIALIZED)];
    client.raw(lines.map(|line| format!("{line}\n")).concat().as_bytes()).await;
    house.listened(1).await;
    house.tell(Change::Tools);
    assert_eq!(client.next().await["id"], 1);
    tools_changed(&mut client).await;
    // It said so after one handshake, and not after the next.
    client.ask(&handshake(2, LATEST)).await;
    house.tell(Change::Tools);
    nothing(&mut client).await;
}

#[tokio::test(start_paused = true)]
async fn nobody_else_is_told_and_where_nothing_is_promised_nothing_is_asked() {
    let house = house();
    let mut client = Client::of(&house, |it| it);
    client.ask(&modern(1, "")).await;
    client.send(&note(INITIALIZED)).await;
    house.tell(Change::Tools);
    client.ask(&modern(2, "")).await;
    assert_eq!(house.listens.load(Ordering::SeqCst), 0);
    assert_eq!(error(&client.ask(&subscribe(3, "a:1")).await).0, -32600, "no handshake");
    let quiet = make(false);
    let mut client = Client::of(&quiet, |it| it);
    assert_eq!(begin(&mut client, LATEST).await, json!({ "tools": {} }));
    assert_eq!(quiet.listens.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_watched_is_told_and_what_is_not_any_more_is_not() {
    let house = house();
    for revision in REVISIONS {
        let mut client = Client::of(&house, |it| it);
        begin(&mut client, revision).await;
        for uri in ["a:1", "a:2", "a:1"] {
            done(&mut client, &subscribe(1, uri)).await;
        }
        house.listened(3).await;
        for uri in ["a:3", "a:2"] {
            house.tell(Change::Resource(uri));
        }
        updated(&mut client, "a:2").await;
        house.tell(Change::Resource("a:1"));
        updated(&mut client, "a:1").await;
        done(&mut client, &unsubscribe(2, "a:1")).await;
        done(&mut client, &unsubscribe(2, "a:never")).await;
        house.listened(2).await;
        house.tell(Change::Resource("a:1"));
        house.tell(Change::Resource("a:2"));
        updated(&mut client, "a:2").await;
        client.end().await.1.unwrap();
        house.listened(0).await;
    }
}

/// Requests run side by side, and these are done in the order of their lines all the same.
#[tokio::test(start_paused = true)]
async fn the_last_word_on_a_resource_counts() {
    let house = house();
    let mut client = Client::of(&house, |it| it);
    begin(&mut client, LATEST).await;
    for turn in 0..20 {
        let last = if turn % 2 == 0 { subscribe(2, "a:1") } else { unsubscribe(2, "a:1") };
        let lines = [subscribe(0, "a:1"), unsubscribe(1, "a:1"), last];
        client.raw(lines.map(|line| format!("{line}\n")).concat().as_bytes()).await;
        for _ in 0..3 {
            assert_eq!(client.next().await["result"], json!({}));
        }
        house.listened(if turn % 2 == 0 { 2 } else { 1 }).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_service_refuses_or_does_not_have_is_refused() {
    let house = house();
    let mut client = Client::of(&house, |it| it);
    begin(&mut client, LATEST).await;
    let told = client.ask(&subscribe(1, "secret:1")).await;
    assert_eq!(error(&told), (-32000, Some(&json!(1))));
    let told = client.ask(&subscribe(2, "none:1")).await;
    assert_eq!(error(&told), (-32602, Some(&json!(2))));
    assert_eq!(told["error"]["data"]["uri"], "none:1");
    for params in [json!({}), json!({ "uri": 7 }), json!({ "uri": "" })] {
        for method in ["resources/subscribe", "resources/unsubscribe"] {
            let told = client.ask(&old(3, method, params.clone())).await;
            assert_eq!(error(&told).0, -32602, "{method} {params}");
        }
    }
    house.listened(1).await;
}

#[tokio::test(start_paused = true)]
async fn they_are_bounded() {
    let house = house();
    let limits = Limits::default().subscriptions(2);
    let mut client = Client::of(&house, |it| it.limits(limits));
    begin(&mut client, LATEST).await;
    for uri in ["a:1", "a:2", "a:2"] {
        done(&mut client, &subscribe(1, uri)).await;
    }
    assert_eq!(error(&client.ask(&subscribe(2, "a:3")).await), (-32000, Some(&json!(2))));
    done(&mut client, &unsubscribe(3, "a:1")).await;
    done(&mut client, &subscribe(4, "a:3")).await;
    house.listened(3).await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_watches_too() {
    let house = house();
    let mut client = Client::of(&house, |it| it);
    client.ask(&handshake(0, BATCHES)).await;
    let batch = [subscribe(1, "a:1"), subscribe(2, "none:1"), note(INITIALIZED)];
    let answers = client.ask(&json!(batch)).await;
    assert_eq!(answers[0]["result"], json!({}));
    assert_eq!(answers[1]["error"]["code"], -32602);
    house.tell(Change::Resource("a:1"));
    updated(&mut client, "a:1").await;
}

#[tokio::test(start_paused = true)]
async fn a_new_handshake_drops_what_the_one_before_it_watched() {
    let house = house();
    let mut client = Client::of(&house, |it| it);
    begin(&mut client, LATEST).await;
    done(&mut client, &subscribe(1, "a:1")).await;
    house.listened(2).await;
    begin(&mut client, BATCHES).await;
    house.listened(1).await;
    for _ in 0..1000 {
        yield_now().await;
    }
    assert_eq!(house.told_to_end.load(Ordering::SeqCst), 2);
    house.tell(Change::Resource("a:1"));
    house.tell(Change::Tools);
    tools_changed(&mut client).await;
    done(&mut client, &subscribe(2, "a:1")).await;
    house.tell(Change::Resource("a:1"));
    updated(&mut client, "a:1").await;
}

#[tokio::test(start_paused = true)]
async fn where_the_service_cannot_tell_any_more_the_client_is_told_to_look() {
    let house = house();
    let mut client = Client::of(&house, |it| it);
    begin(&mut client, LATEST).await;
    done(&mut client, &subscribe(1, "a:1")).await;
    house.tell(Change::Lost(Some("a:1")));
    updated(&mut client, "a:1").await;
    done(&mut client, &subscribe(2, "a:1")).await;
    house.tell(Change::Resource("a:1"));
    updated(&mut client, "a:1").await;
    // Lists are listened to anew, and not in a hurry.
    let before = Instant::now();
    for _ in 0..3 {
        house.tell(Change::Lost(None));
        tools_changed(&mut client).await;
        let told = client.next().await;
        assert_eq!(told["method"], "notifications/resources/list_changed");
    }
    assert!(before.elapsed() >= Duration::from_secs(3));
    house.tell(Change::Tools);
    tools_changed(&mut client).await;
}

/// Whoever has the token is who is said last, until it is nobody.
#[derive(Clone)]
struct Says(Arc<Mutex<Option<&'static str>>>, Arc<AtomicBool>);

impl Authenticate for Says {
    fn authenticate<'a>(&'a self, _: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async {
            // Once it cannot be told.
            if self.1.swap(false, Ordering::SeqCst) {
                return Verdict::Unavailable { retry: Duration::from_secs(9) };
            }
            match *self.0.lock().unwrap() {
                Some(who) => Verdict::known(Identity::new(Key::new("house", who))),
                None => Refusal::invalid("the token was revoked").into(),
            }
        })
    }

    fn card(&self) -> ResourceCard {
        ResourceCard::default()
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_not_let_in_any_more_is_told_nothing_more() {
    let house = house();
    let says = Says(Arc::new(Mutex::new(Some("ann"))), Arc::default());
    let auth = says.clone();
    let mut client = Client::of(&house, |it| it.auth(auth));
    begin(&mut client, LATEST).await;
    done(&mut client, &subscribe(1, "a:1")).await;
    done(&mut client, &subscribe(2, "a:2")).await;
    house.listened(3).await;
    // Decided with who it is by the last request.
    *says.0.lock().unwrap() = Some("ann again");
    done(&mut client, &old(3, "ping", json!({}))).await;
    house.tell(Change::Resource("a:1"));
    assert_eq!(updated(&mut client, "a:1").await, "ann again");
    // What cannot be told now is told later.
    says.1.store(true, Ordering::SeqCst);
    house.tell(Change::Resource("a:1"));
    updated(&mut client, "a:1").await;
    *says.0.lock().unwrap() = None;
    house.tell(Change::Resource("a:1"));
    house.listened(0).await;
    let (rest, ended) = client.end().await;
    assert!(rest.is_empty() && ended.is_ok(), "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn it_ends_at_once_with_the_input_or_when_told_to() {
    for told in [true, false] {
        let house = house();
        let mut client = Client::of(&house, |it| it);
        begin(&mut client, LATEST).await;
        done(&mut client, &subscribe(1, "a:1")).await;
        house.listened(2).await;
        let before = Instant::now();
        if told {
            client.stop.request();
            assert!(client.line().await.is_none());
            within(client.served).await.unwrap().unwrap();
        } else {
            let (rest, ended) = client.end().await;
            assert!(rest.is_empty() && ended.is_ok());
        }
        assert_eq!(before.elapsed(), Duration::ZERO, "a drain waits for nobody who watches");
        house.listened(0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_its_output_and_with_whoever_serves_it() {
    let house = house();
    let mut client = Client::of(&house, |it| it);
    begin(&mut client, LATEST).await;
    house.listened(1).await;
    let Client { input: _input, output, served, .. } = client;
    drop(output);
    // It learns of it with the next thing that it has to say.
    house.tell(Change::Tools);
    within(served).await.unwrap().unwrap();
    house.listened(0).await;
    let mut client = Client::of(&house, |it| it);
    begin(&mut client, LATEST).await;
    house.listened(1).await;
    client.served.abort();
    assert!(client.line().await.is_none());
    house.listened(0).await;
}

/// Changes wait for a reader, and its requests are still read.
#[tokio::test(start_paused = true)]
async fn a_reader_that_does_not_read_holds_up_nothing_but_what_it_is_told() {
    let house = house();
    let mut client = Client::of(&house, |it| it);
    begin(&mut client, LATEST).await;
    done(&mut client, &subscribe(1, "a:1")).await;
    for turn in 0..2000 {
        house.tell(Change::Resource("a:1"));
        if turn % 16 == 0 {
            yield_now().await;
        }
    }
    client.send(&handshake(2, LATEST)).await;
    // What the older conversation watched goes, though nobody reads yet.
    house.listened(1).await;
    let before = Instant::now();
    let mut told = 0;
    loop {
        let line = client.next().await;
        if line["id"] == 2 {
            break;
        }
        assert_eq!(line["params"]["uri"], "a:1");
        told += 1;
    }
    assert!((10..500).contains(&told), "{told} were told");
    assert_eq!(before.elapsed(), Duration::ZERO);
    nothing(&mut client).await;
}
