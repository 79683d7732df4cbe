//! A session's own stream: what is told on it, to whom, and when it ends.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use toolgate_auth::{auth_fn, bearer};
use toolgate_core::{
    Authenticate, Credentials, Identity, Key, Service, Verdict,
    legacy::{MemoryEvents, MemorySessions},
};
use toolgate_server::ToolSpec;
use toolgate_transport::http::{self, Limits};

use super::{
    Nothing, begin, bound,
    listening::{Change, Listener, Lists, listens, open, served, start},
};
use crate::support::{
    client::{Ask, Connection, within},
    old::{self, LATEST, REVISIONS, Session, Stream},
    served::Served,
};

fn tools_changed() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {}})
}

#[tokio::test]
async fn changes_are_told_as_the_revision_has_it() {
    let (server, listener) = start().await;
    for revision in REVISIONS {
        let session = Session::begin(server.addr, "ann", revision).await;
        let mut stream = open(&session).await;
        listener.tell(Change::Tools);
        let event = stream.event().await.expect("a change");
        assert_eq!(event.message, Some(tools_changed()), "{revision}: nothing before it");
        assert!(event.id.is_some());
    }
}

#[tokio::test]
async fn a_server_s_own_lists_are_watched() {
    let tools = super::server();
    let live = tools.live();
    let server = Served::start(tools, bound()).await;
    let session = begin(&server, "ann").await;
    let mut stream = open(&session).await;
    live.add_tool_fn(ToolSpec::new("added"), |_: Nothing, _| async { Ok(()) }).expect("a name");
    assert_eq!(stream.message().await, Some(tools_changed()));
}

/// The one before it is most often a connection that broke without a word.
#[tokio::test]
async fn the_last_to_come_has_the_stream() {
    let (server, listener) = start().await;
    let session = begin(&server, "ann").await;
    let mut first = open(&session).await;
    let mut second = open(&session).await;
    assert_eq!(first.event().await, None);
    drop(first);
    listener.tell(Change::Tools);
    assert_eq!(second.message().await, Some(tools_changed()));
    listens(&listener, 1).await;
    // Another session's is another's.
    let mut other = open(&begin(&server, "ann").await).await;
    listener.tell(Change::Tools);
    assert_eq!(second.message().await, Some(tools_changed()));
    assert_eq!(other.message().await, Some(tools_changed()));
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive() {
    let limits = Limits::default().keep_alive(Duration::from_millis(10));
    let listener = Listener::new(Lists::Told);
    let server = served(&listener, bound().limits(limits)).await;
    let session = begin(&server, "ann").await;
    let mut stream = open(&session).await;
    for _ in 0..3 {
        assert_eq!(stream.part().await.as_deref(), Some(": keep-alive"));
    }
}

#[tokio::test]
async fn it_ends_with_its_session() {
    let (server, listener) = start().await;
    let session = begin(&server, "ann").await;
    let mut stream = open(&session).await;
    assert_eq!(server.send(&session.delete()).await.status, 204);
    assert_eq!(stream.event().await, None);
    listens(&listener, 0).await;
    // Or when the session was pushed out, as soon as that is noticed.
    let (sessions, events) = (MemorySessions::new().per_owner(1), MemoryEvents::new());
    let few = bound().sessions(sessions).events(events.clone());
    let server = served(&listener, few).await;
    let session = begin(&server, "ann").await;
    let mut stream = open(&session).await;
    listener.tell(Change::Tools);
    assert!(stream.event().await.is_some() && events.used() > 0);
    begin(&server, "ann").await;
    assert!(!session.lives().await);
    assert_eq!((stream.event().await, events.used()), (None, 0));
    listens(&listener, 0).await;
}

#[tokio::test]
async fn it_ends_with_the_server() {
    let (server, listener) = start().await;
    let mut stream = open(&begin(&server, "ann").await).await;
    let (ended, stopped) = tokio::join!(stream.event(), server.stop());
    stopped.expect("it stops");
    assert_eq!(ended, None);
    listens(&listener, 0).await;
}

/// `<name>` for as long as anybody likes, `<name>.short` for a moment.
fn in_time() -> impl Authenticate {
    auth_fn(|credentials: Credentials| async move {
        let token = bearer(&credentials)?;
        let (name, short) = match token.expose().split_once('.') {
            Some((name, _)) => (name, true),
            None => (token.expose(), false),
        };
        let identity = Identity::new(Key::new("test", name));
        let soon = SystemTime::now() + Duration::from_millis(500);
        Ok::<_, Verdict>(if short { identity.expires(soon) } else { identity })
    })
}

#[tokio::test]
async fn it_ends_with_the_token_unless_its_owner_brought_another() {
    let listener = Listener::new(Lists::Told);
    let server = served(&listener, http::bind("127.0.0.1:0").auth(in_time())).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let session = begin(&server, "ann.short").await;
        let stream = open(&session).await;
        streams.push((session, stream));
    }
    let (mut left, mut renewed) = (streams.remove(0), streams.remove(0));
    let (other, mut theirs) = streams.remove(0);
    // Any request of hers in that session renews it; in another session, or of somebody else, none.
    assert!(renewed.0.with_token("ann").lives().await);
    let bob = other.with_token("bob");
    assert_eq!(server.send(&bob.get()).await.status, 404);
    assert_eq!(left.1.event().await, None, "nobody renewed it");
    assert_eq!(theirs.event().await, None, "nor this");
    listener.tell(Change::Tools);
    assert_eq!(renewed.1.message().await, Some(tools_changed()));
    // Whether or not the service ends what it tells.
    let mute = http::bind("127.0.0.1:0").auth(in_time());
    let mute = served(&Listener::new(Lists::Unserved), mute).await;
    let mut stream = open(&begin(&mute, "ann.short").await).await;
    assert_eq!(stream.event().await, None);
    // With another token it is opened again.
    let mut again = open(&left.0.with_token("ann")).await;
    listener.tell(Change::Tools);
    assert_eq!(again.message().await, Some(tools_changed()));
}

#[tokio::test]
async fn streams_are_bounded_and_their_ends_make_room() {
    let limits = Limits::default().streams_per_caller(1).streams(2);
    let listener = Listener::new(Lists::Told);
    let server = served(&listener, bound().limits(limits)).await;
    let (one, two) = (begin(&server, "ann").await, begin(&server, "ann").await);
    let stream = open(&one).await;
    let reply = server.send(&two.get()).await;
    assert_eq!((reply.outcome(), reply.field("retry-after")), ((429, Some(-32000)), Some("1")));
    // A reader in place of another is no more of them.
    let again = open(&one).await;
    drop((stream, again));
    within("room", async { while server.send(&two.delete()).await.status == 429 {} }).await;
    // And all together have a bound, too.
    let (ann, bob) = (begin(&server, "ann").await, begin(&server, "bob").await);
    let cid = begin(&server, "cid").await;
    let held = within("room", async {
        loop {
            let head = server.send(&cid.get().with("Accept", "text/html")).await;
            assert_eq!(head.status, 406);
            if listener.listens() <= 1 {
                break (open(&ann).await, open(&bob).await);
            }
        }
    });
    let held = held.await;
    assert_eq!(server.send(&cid.get()).await.outcome(), (429, Some(-32000)));
    drop(held);
}

#[tokio::test]
async fn what_was_missed_is_told_to_whoever_comes_back() {
    let (server, listener) = start().await;
    let session = begin(&server, "ann").await;
    let mut stream = open(&session).await;
    listener.tell(Change::Tools);
    let first = stream.event().await.expect("a change");
    listener.tell(Change::Tools);
    let second = stream.event().await.expect("a change");
    drop(stream);
    // While nobody reads, the service keeps what happens.
    listener.tell(Change::Tools);
    let back =
        |id: &Option<String>| session.get().with("Last-Event-ID", id.as_deref().expect("an id"));
    let mut stream = Stream::open(server.addr, &back(&first.id)).await;
    let missed = stream.event().await.expect("what was missed");
    assert_eq!(missed, second, "with the id that it had");
    let third = stream.event().await.expect("what happened meanwhile");
    assert!(third.id.is_some() && third.id != second.id && third.message == Some(tools_changed()));
    let mut stream = Stream::open(server.addr, &back(&second.id)).await;
    assert_eq!(stream.event().await, Some(third), "once, and it goes on");
    listener.tell(Change::Tools);
    assert_eq!(stream.message().await, Some(tools_changed()));
    // To nobody else.
    let reply = server.send(&back(&first.id).bearer("bob")).await;
    assert_eq!(reply.outcome(), (404, Some(-32001)));
    let hers = begin(&server, "ann").await;
    let foreign = hers.get().with("Last-Event-ID", first.id.as_deref().expect("an id"));
    assert_eq!(server.send(&foreign).await.outcome(), (400, Some(-32600)));
}

#[tokio::test]
async fn without_events_they_have_no_ids_and_with_a_new_store_they_begin_anew() {
    let listener = Listener::new(Lists::Told);
    let server = served(&listener, bound().no_events()).await;
    let mut stream = open(&begin(&server, "ann").await).await;
    listener.tell(Change::Tools);
    let event = stream.event().await.expect("a change");
    assert_eq!((event.id, event.message), (None, Some(tools_changed())));
    // A stream that the store let go of goes on under another name.
    let events = MemoryEvents::new().events(1000).bytes(1000);
    let server = served(&listener, bound().events(events.clone())).await;
    let session = begin(&server, "ann").await;
    let mut stream = open(&session).await;
    let mut ids = std::collections::HashSet::new();
    for _ in 0..20 {
        listener.tell(Change::Tools);
        assert!(ids.insert(stream.event().await.expect("a change").id.expect("an id")));
        assert!(events.used() <= 1000);
    }
}

#[tokio::test]
async fn what_the_service_says_to_it_decides() {
    for (lists, status) in [(Lists::Unserved, 200), (Lists::Forbidden, 403), (Lists::Panics, 500)] {
        let listener = Listener::new(lists);
        let server = served(&listener, bound()).await;
        let session = begin(&server, "ann").await;
        if status != 200 {
            let reply = server.send(&session.get()).await;
            assert_eq!(reply.status, status, "{lists:?}");
            assert!(!reply.text().contains("s3cr3t"));
            continue;
        }
        // There is nothing to say, which is no reason to end.
        let mut stream = open(&session).await;
        listener.tell(Change::Tools);
        assert_eq!(stream.part().await.as_deref(), Some(": keep-alive"));
        assert_eq!(server.send(&session.delete()).await.status, 204);
        assert_eq!(stream.part().await, None);
    }
}

#[tokio::test]
async fn a_get_that_is_refused_takes_nothing_from_who_reads() {
    let limits = Limits::default().streams_per_caller(1);
    let listener = Listener::new(Lists::Unserved);
    let server = served(&listener, bound().limits(limits)).await;
    let session = begin(&server, "ann").await;
    let mut stream = open(&session).await;
    let subscribe = old::message(7, "resources/subscribe", json!({"uri": "a:1"}));
    assert_eq!(session.send(&subscribe).await.json()["result"], json!({}));
    for lists in [Lists::Forbidden, Lists::Panics] {
        listener.now(lists);
        assert!([403, 500].contains(&server.send(&session.get()).await.status), "{lists:?}");
        listener.tell(Change::Resource("a:1"));
        let change = stream.message().await.expect("a change");
        assert_eq!(change["method"], "notifications/resources/updated", "{lists:?}");
    }
    listener.now(Lists::Told);
    let mut again = open(&session).await;
    assert_eq!(stream.message().await, None, "one that is not refused does");
    listener.tell(Change::Tools);
    assert_eq!(again.message().await, Some(tools_changed()));
}

/// So that its client comes back, and looks again.
#[tokio::test]
async fn it_ends_where_the_service_has_lost_the_thread() {
    let (server, listener) = start().await;
    let session = begin(&server, "ann").await;
    let mut stream = open(&session).await;
    listener.tell(Change::ListsLost);
    assert_eq!(stream.event().await, None);
    let mut again = open(&session).await;
    listener.tell(Change::Tools);
    assert_eq!(again.message().await, Some(tools_changed()));
}

#[tokio::test]
async fn a_get_is_judged_by_its_head() {
    let (server, _) = start().await;
    let session = begin(&server, "ann").await;
    let get = || session.get();
    let rows = [
        (get().without("Authorization"), 401),
        (get().bearer("refused"), 401),
        (get().with("Accept", "application/json"), 406),
        (get().with("MCP-Protocol-Version", "2026-07-28"), 405),
        (get().with("MCP-Protocol-Version", "v999"), 405),
        (get().without("Mcp-Session-Id"), 400),
        (get().with("Mcp-Session-Id", "no-such"), 404),
        (get().bearer("bob"), 404),
        (get().with("Origin", "https://evil.example"), 403),
    ];
    for (ask, status) in rows {
        assert_eq!(server.send(&ask).await.status, status, "{ask:?}");
    }
    for accept in ["text/event-stream", "*/*", "application/json, text/event-stream"] {
        Stream::open(server.addr, &get().with("Accept", accept)).await;
    }
    let stateless = served(&Listener::new(Lists::Told), bound().stateless()).await;
    let reply = stateless.send(&get()).await;
    assert_eq!((reply.status, reply.field("allow")), (405, Some("POST")));
    assert_eq!(LATEST, "2025-11-25");
}

/// What a listener of ours writes by itself, and somebody else's server as it writes everything.
#[tokio::test]
async fn it_is_the_same_inside_somebody_else_s_server() {
    let listener = Listener::new(Lists::Told);
    let inner: Arc<dyn Service> = Arc::new(listener.clone());
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = socket.local_addr().expect("its address");
    let service = http::service(inner).auth(super::by_name());
    let service = service.public_url(format!("http://{addr}/mcp")).build();
    let service = service.expect("settings that agree");
    let router = axum::Router::new().nest_service("/mcp", service.clone());
    let site = tokio::spawn(async move { axum::serve(socket, router).await.expect("it serves") });
    let session = Session::begin(addr, "ann", LATEST).await;
    let mut stream = open(&session).await;
    listener.tell(Change::Tools);
    assert_eq!(stream.message().await, Some(tools_changed()));
    let (ended, ()) = tokio::join!(stream.event(), service.drain());
    assert_eq!(ended, None);
    listens(&listener, 0).await;
    site.abort();
}

#[tokio::test]
async fn its_head_is_like_any_other() {
    let (server, _) = start().await;
    let session = begin(&server, "ann").await;
    let head = async |ask: &Ask| {
        let mut connection = Connection::open(server.addr).await;
        connection.write(&ask.bytes(server.addr)).await;
        connection.head().await
    };
    let got = head(&session.get()).await;
    let fields = [
        "cache-control: no-store",
        "connection: close",
        "content-type: text/event-stream",
        "x-accel-buffering: no",
        "x-content-type-options: nosniff",
    ];
    assert_eq!((got.status, got.told()), (200, fields.map(str::to_owned).to_vec()));
    assert!(got.field("date").is_some_and(|date| date.ends_with(" GMT")));
    assert_eq!(got.field("transfer-encoding"), Some("chunked"));
}

/// The connection belongs to the stream from then on, and ends with it.
#[tokio::test]
async fn what_is_sent_behind_it_is_not_answered() {
    let (server, listener) = start().await;
    let session = begin(&server, "ann").await;
    let mut connection = Connection::open(server.addr).await;
    let more = session.post(&super::ping()).bytes(server.addr);
    connection.write(&[session.get().bytes(server.addr), more.clone()].concat()).await;
    assert_eq!(connection.head().await.status, 200);
    for _ in 0..100 {
        connection.write(&more).await;
    }
    listener.tell(Change::Tools);
    let mut text = String::new();
    while !text.contains("list_changed") {
        text += &String::from_utf8(connection.chunk().await.expect("an event")).expect("UTF-8");
    }
    assert_eq!(server.send(&session.delete()).await.status, 204);
    assert_eq!(connection.chunk().await, None);
    assert!(connection.is_closed().await, "and nothing else was answered");
    assert!(!text.contains("HTTP/1.1"));
}

/// Nobody is kept busy with reading what is not wanted.
#[tokio::test]
async fn whoever_sends_without_end_behind_it_has_no_stream() {
    let (server, listener) = start().await;
    let session = begin(&server, "ann").await;
    let mut connection = Connection::open(server.addr).await;
    connection.write(&session.get().bytes(server.addr)).await;
    assert_eq!(connection.head().await.status, 200);
    within("the end", async { while connection.try_write(&[b'x'; 4096]).await {} }).await;
    listens(&listener, 1).await;
    assert_eq!(server.send(&session.delete()).await.status, 204);
    listens(&listener, 0).await;
}

/// Though its client did not wait for an earlier answer that is still on its way.
#[tokio::test]
async fn nothing_of_an_earlier_answer_is_lost() {
    const LENGTH: usize = 32 << 20;
    let tools = super::server()
        .tool_fn(ToolSpec::new("long"), |_: Nothing, _| async { Ok("x".repeat(LENGTH)) });
    let live = tools.live();
    let server = Served::start(tools, bound()).await;
    let session = begin(&server, "ann").await;
    let mut connection = Connection::open(server.addr).await;
    let long = session.post(&old::call(1, "long", json!({}))).bytes(server.addr);
    connection.write(&[long, session.get().bytes(server.addr)].concat()).await;
    let reply = connection.reply("POST").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["result"]["content"][0]["text"].as_str().map(str::len), Some(LENGTH));
    assert_eq!(connection.head().await.status, 200);
    live.add_tool_fn(ToolSpec::new("added"), |_: Nothing, _| async { Ok(()) }).expect("a name");
    let mut text = String::new();
    while !text.contains("list_changed") {
        text += &String::from_utf8(connection.chunk().await.expect("an event")).expect("UTF-8");
    }
}
