//! Sessions: named by each request, found by their owner alone, and no credential.

use serde_json::{Value, json};
use toolgate_auth::auth_fn;
use toolgate_core::{Answer, Credentials, Identity, Key, Verdict, legacy::MemorySessions};
use toolgate_transport::http;

use super::{begin, calling, echo, ping, said, start, start_kept};
use crate::support::{
    client::{Ask, Reply},
    old::{self, BATCHES, LATEST, REVISIONS, Session},
    served::Served,
};

/// All that can be asked in a session.
fn messages() -> Vec<Value> {
    vec![
        echo(),
        ping(),
        old::message(7, "tools/list", json!({})),
        old::message(7, "logging/setLevel", json!({"level": "error"})),
        old::message(7, "no/such", json!({})),
        old::notification("notifications/initialized", json!({})),
        old::notification("notifications/roots/list_changed", json!({})),
        old::cancel(7),
        json!({"jsonrpc": "2.0", "id": 7, "result": {}}),
        json!([echo()]),
    ]
}

/// Everything that a session can be asked, its streams, and its end.
fn asks(session: &Session) -> Vec<Ask> {
    let posts = messages().into_iter().map(|message| session.post(&message));
    let back = session.get().with("Last-Event-ID", &format!("{:032x}-1", 0));
    posts.chain([session.get(), back, session.delete()]).collect()
}

fn without_date(mut reply: Reply) -> Reply {
    reply.fields.retain(|(name, _)| name != "date");
    reply
}

#[tokio::test]
async fn a_request_without_a_session_is_400() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    for ask in asks(&session) {
        let reply = server.send(&ask.without("Mcp-Session-Id")).await;
        assert_eq!(reply.outcome(), (400, Some(-32000)), "{}", reply.text());
        let message = reply.json()["error"]["message"].to_string();
        assert!(message.contains("mcp-session-id"), "{message}");
        // A login would not help.
        assert_eq!(reply.field("www-authenticate"), None);
    }
}

#[tokio::test]
async fn a_session_named_twice_is_400_even_if_it_is_the_same() {
    let server = start().await;
    let (session, other) = (begin(&server, "ann").await, begin(&server, "ann").await);
    for id in [&session.id, &other.id] {
        for ask in asks(&session) {
            let reply = server.send(&ask.adding("Mcp-Session-Id", id)).await;
            assert_eq!(reply.outcome(), (400, Some(-32000)), "{}", reply.text());
        }
    }
    assert!(session.lives().await && other.lives().await);
}

#[tokio::test]
async fn an_unknown_session_is_404_whatever_its_name_looks_like() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    let (upper, longer) = (session.id.to_ascii_uppercase(), format!("{}0", session.id));
    let long = "x".repeat(4000);
    let names = ["no-such-session", &upper, &longer, &session.id[1..], "a b", "é", "0", &long];
    for name in names {
        for ask in asks(&session) {
            let reply = server.send(&ask.with("Mcp-Session-Id", name)).await;
            assert_eq!(reply.outcome(), (404, Some(-32001)), "{name}: {}", reply.text());
        }
    }
    assert!(session.lives().await);
}

/// What nobody owns and what somebody else owns look alike to the byte, or ids could be tried.
#[tokio::test]
async fn somebody_else_s_session_is_one_that_does_not_exist() {
    let server = start().await;
    let hers = begin(&server, "ann").await;
    let as_bob = hers.with_token("bob");
    let nowhere = as_bob.called("0".repeat(hers.id.len()));
    for (ask, unknown) in asks(&as_bob).iter().zip(asks(&nowhere)) {
        let theirs = without_date(server.send(ask).await);
        assert_eq!(theirs.outcome(), (404, Some(-32001)));
        assert_eq!(theirs, without_date(server.send(&unknown).await));
    }
    assert!(hers.lives().await, "his attempts, his DELETE among them, did nothing to it");
    assert_eq!(said(&hers.send(&calling("who")).await), "ann");
}

#[tokio::test]
async fn an_ended_session_is_404_and_others_live_on() {
    let (server, sessions) = start_kept(MemorySessions::new()).await;
    let (ended, other) = (begin(&server, "ann").await, begin(&server, "ann").await);
    let reply = server.send(&ended.delete()).await;
    assert_eq!((reply.status, &*reply.body), (204, &b""[..]));
    for ask in asks(&ended) {
        assert_eq!(server.send(&ask).await.outcome(), (404, Some(-32001)));
    }
    assert!(other.lives().await);
    assert_eq!(sessions.len(), 1);
}

#[tokio::test]
async fn a_session_remembers_no_rights() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    let list = old::message(7, "tools/list", json!({}));
    let sees = async |token: &str| {
        let tools = session.with_token(token).send(&list).await.json();
        let tools = tools["result"]["tools"].as_array().expect("a list").clone();
        tools.iter().any(|tool| tool["name"] == "write")
    };
    let may = async |token: &str| session.with_token(token).send(&calling("write")).await.outcome();
    for _ in 0..2 {
        assert!(sees("ann").await && !sees("ann.low").await);
        assert_eq!(may("ann").await, (200, None));
        assert_eq!(may("ann.low").await, (403, Some(-32000)));
        // A renewed token is the same caller's.
        assert_eq!(may("ann.again").await, (200, None));
        assert_eq!(session.with_token("ann.none").send(&list).await.status, 403);
    }
    let low = begin(&server, "ann.low").await;
    assert_eq!(low.with_token("ann").send(&calling("write")).await.outcome(), (200, None));
}

#[tokio::test]
async fn the_revision_in_the_header_has_to_be_one() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    for header in ["v999", "1999-01-01", "", "2025-11-25 x", "2026-07-28", "2099-01-01"] {
        for message in
            [echo(), ping(), json!([echo()]), json!({"jsonrpc": "2.0", "id": 7, "result": {}})]
        {
            let ask = session.post(&message).with("MCP-Protocol-Version", header);
            let reply = server.send(&ask).await;
            assert_eq!(reply.status, 400, "{header:?} {message}: {}", reply.text());
        }
    }
    for message in [echo(), ping(), old::cancel(7)] {
        let ask = session.post(&message).adding("MCP-Protocol-Version", LATEST);
        assert_eq!(server.send(&ask).await.status, 400, "named twice: {message}");
    }
    // Clients of the first revisions send none.
    let ask = session.post(&echo()).without("MCP-Protocol-Version");
    assert_eq!(said(&server.send(&ask).await), "hi");
    assert!(session.lives().await);
}

/// What was agreed upon is what is spoken, whatever a header says later.
#[tokio::test]
async fn the_handshake_s_revision_stays() {
    let server = start().await;
    for agreed in REVISIONS {
        let session = Session::begin(server.addr, "ann", agreed).await;
        for header in REVISIONS {
            let ask = session.post(&calling("client")).with("MCP-Protocol-Version", header);
            assert_eq!(said(&server.send(&ask).await), format!("Some({agreed:?}) true {{}}"));
        }
    }
}

#[tokio::test]
async fn an_answer_to_nothing_is_taken_in_a_session() {
    let server = start().await;
    let session = Session::begin(server.addr, "ann", BATCHES).await;
    let error = json!({"code": -32601, "message": "no"});
    for answer in [
        json!({"jsonrpc": "2.0", "id": 7, "result": {}}),
        json!({"jsonrpc": "2.0", "id": "x", "error": error}),
    ] {
        let reply = session.send(&answer).await;
        assert_eq!((reply.status, &*reply.body), (202, &b""[..]));
        let modern = session.post(&answer).with("MCP-Protocol-Version", "2026-07-28");
        assert_eq!(server.send(&modern).await.outcome(), (400, Some(-32600)));
    }
}

#[tokio::test]
async fn other_notifications_are_taken() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    for method in ["notifications/roots/list_changed", "notifications/progress", "x/y"] {
        let reply = session.send(&old::notification(method, json!({}))).await;
        assert_eq!((reply.status, &*reply.body), (202, &b""[..]), "{method}");
    }
}

/// Fields that an authenticator adds to answers are its own, and a session's id is not.
#[tokio::test]
async fn nobody_but_the_transport_names_a_session() {
    let judge = |_: Credentials| async {
        let identity = Identity::new(Key::new("test", "ann")).scopes(["base"]);
        let answer = Answer::default().field("mcp-session-id", "chosen").field("x-nonce", "n");
        Verdict::Known(identity.into(), answer)
    };
    let http = http::bind("127.0.0.1:0").auth(auth_fn(judge));
    let server = Served::start(super::server(), http).await;
    let begun = server.send(&super::of_ann(&old::handshake(LATEST))).await;
    assert!(begun.field("mcp-session-id").is_some_and(|id| id != "chosen"));
    assert_eq!(begun.field("x-nonce"), Some("n"));
    let ask = super::of_ann(&echo()).with("Mcp-Session-Id", "chosen");
    let refused = server.send(&ask).await;
    assert_eq!((refused.status, refused.field("mcp-session-id")), (404, None));
}
