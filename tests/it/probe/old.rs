//! The same rows in the old era: a handshake, a session, and then each request with a token of its
//! own. A scope that every request needs is no part of the example, so that row is among the tests
//! of the wire.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{Hello, Refusal, expect_greeting};
use crate::support::{
    client::{Ask, Reply},
    mcp,
    old::{self, LATEST, REVISIONS, Session},
};

const LACKS: &str = "the token lacks a scope";
const NEEDED: &str = concat!(
    r#", error="insufficient_scope", scope="mcp:hello", "#,
    r#"error_description="the token lacks a scope""#
);

impl Hello {
    /// A token of somebody's, for this server, that allows all there is.
    fn token_of(&self, subject: &str) -> String {
        let token = self.issuer.tokens().token(subject).scopes(["mcp:hello"]);
        token.audience(self.program.url()).sign()
    }

    /// A session of ada's.
    async fn session(&self) -> Session {
        Session::begin(self.program.addr, &self.token(), LATEST).await
    }
}

fn call() -> Value {
    old::call(7, "hello", json!({"greeting": "hi"}))
}

fn list() -> Value {
    old::message(7, "tools/list", json!({}))
}

/// What asks for anything: the handshake, and all that goes on in a session.
fn requests(session: &Session) -> [(&'static str, Ask); 4] {
    [
        ("initialize", old::post(&old::handshake(LATEST))),
        ("tools/list", session.post(&list())),
        ("tools/call", session.post(&call())),
        ("ping", session.post(&old::message(7, "ping", json!({})))),
    ]
}

#[track_caller]
fn greeted(reply: &Reply, whom: &str) {
    let fields = [
        "cache-control: no-store",
        "content-type: application/json",
        "x-content-type-options: nosniff",
    ];
    assert_eq!((reply.status, reply.told()), (200, fields.map(str::to_owned).to_vec()));
    let result = json!({"content": [{"type": "text", "text": format!("hi, {whom}")}]});
    assert_eq!(reply.json(), json!({"jsonrpc": "2.0", "id": 7, "result": result}));
}

/// The names that a list shows to a token.
async fn sees(session: &Session, token: &str) -> Vec<String> {
    let listed = session.with_token(token).send(&list()).await.json();
    let tools = listed["result"]["tools"].as_array().expect("a list").iter();
    tools.map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn a_good_token_gets_the_greeting_in_each_revision() {
    let server = Hello::start().await;
    for revision in REVISIONS {
        let session = Session::begin(server.program.addr, &server.token(), revision).await;
        greeted(&session.send(&call()).await, "ada");
        assert_eq!(sees(&session, &server.token()).await, ["hello"]);
    }
}

#[tokio::test]
async fn no_token_is_401_with_a_challenge_that_names_no_error() {
    let mut server = Hello::start().await;
    let session = server.session().await;
    let (message, challenge) = ("authentication is required", server.challenge(""));
    server.program.log().await;
    for (_, ask) in requests(&session) {
        let reply = server.send(&ask.without("Authorization")).await;
        let challenge = Some(&*challenge);
        let id = Some(json!(7));
        let expected = Refusal { status: 401, message, id, challenge, logged: message };
        server.expect_refusal(&reply, &expected).await;
    }
    for ask in [session.get(), session.delete()] {
        let reply = server.send(&ask.without("Authorization")).await;
        assert_eq!(reply.outcome(), (401, Some(-32000)));
        assert_eq!(reply.field("www-authenticate"), Some(&*challenge));
    }
    assert!(session.lives().await);
}

#[tokio::test]
async fn a_wrong_token_is_401_and_told_why() {
    let mut server = Hello::start().await;
    let session = server.session().await;
    let past = SystemTime::now() - Duration::from_secs(3600);
    let token = || server.issuer.tokens().token("ada").scopes(["mcp:hello"]);
    let here = || token().audience(server.program.url());
    let audience = format!("rule Audience; expected {}", server.program.url());
    let issuer = format!("rule Issuer; expected {}", server.issuer.issuer());
    let rows = [
        ("garbage".to_owned(), "the token is not a well-formed JWT", "rule Parts"),
        (
            token().audience("https://other.example/mcp").sign(),
            "the token is for another audience",
            &*audience,
        ),
        (token().without("aud").sign(), "the token is for another audience", &*audience),
        (here().expires_at(past).sign(), "the token has expired", "rule Expiry"),
        (here().without("exp").sign(), "the token has expired", "rule Expiry"),
        (
            here().header("alg", "none").sign(),
            "the token's algorithm is not accepted",
            "rule Algorithm",
        ),
        (
            here().claim("iss", "https://other.example").sign(),
            "the token is from another issuer",
            &*issuer,
        ),
    ];
    server.program.log().await;
    for (token, why, rule) in rows {
        for (_, ask) in requests(&session) {
            let reply = server.send(&ask.bearer(&token)).await;
            let challenge = server.invalid_token(why);
            let (challenge, id) = (Some(&*challenge), Some(json!(7)));
            let logged = format!("{why} ({rule})");
            let expected = Refusal { status: 401, message: why, id, challenge, logged: &logged };
            server.expect_refusal(&reply, &expected).await;
        }
        for ask in [session.get(), session.delete()] {
            let reply = server.send(&ask.bearer(&token)).await;
            assert_eq!(reply.field("www-authenticate"), Some(&*server.invalid_token(why)));
            assert_eq!(reply.status, 401);
        }
        server.program.log().await;
    }
    assert!(session.lives().await);
}

#[tokio::test]
async fn the_scheme_is_read_without_case() {
    let server = Hello::start().await;
    let session = server.session().await;
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        for (what, ask) in requests(&session) {
            let ask = ask.with("Authorization", &format!("{scheme} {}", server.token()));
            assert_eq!(server.send(&ask).await.outcome(), (200, None), "{scheme} {what}");
        }
    }
}

#[tokio::test]
async fn a_token_without_the_scope_begins_a_session_and_is_403_where_the_scope_is_needed() {
    let mut server = Hello::start().await;
    let unscoped = server.issuer.tokens().token("ada").audience(server.program.url());
    for token in [server.token_with(&["openid", "mcp:other"]), unscoped.without("scope").sign()] {
        let session = Session::begin(server.program.addr, &token, LATEST).await;
        assert!(sees(&session, &token).await.is_empty());
        server.program.log().await;
        let reply = session.send(&call()).await;
        let challenge = server.challenge(NEEDED);
        let (challenge, id) = (Some(&*challenge), Some(json!(7)));
        let expected = Refusal { status: 403, message: LACKS, id, challenge, logged: LACKS };
        server.expect_refusal(&reply, &expected).await;
    }
}

/// What a token may counts per request, whatever the one that the session began with might.
#[tokio::test]
async fn a_fresh_token_with_less_sees_and_does_less_at_once() {
    let server = Hello::start().await;
    let session = server.session().await;
    let low = server.token_with(&["openid"]);
    greeted(&session.send(&call()).await, "ada");
    for _ in 0..2 {
        assert!(sees(&session, &low).await.is_empty());
        let reply = session.with_token(&low).send(&call()).await;
        assert_eq!(reply.outcome(), (403, Some(-32000)));
        assert_eq!(reply.field("www-authenticate"), Some(&*server.challenge(NEEDED)));
        assert_eq!(sees(&session, &server.token()).await, ["hello"]);
        greeted(&session.with_token(&server.token()).send(&call()).await, "ada");
    }
}

#[tokio::test]
async fn a_session_outlives_a_token_and_goes_on_with_the_next() {
    let server = Hello::start().await;
    let session = server.session().await;
    let past = SystemTime::now() - Duration::from_secs(3600);
    let old = server.issuer.tokens().token("ada").scopes(["mcp:hello"]);
    let old = old.audience(server.program.url()).expires_at(past).sign();
    assert_eq!(session.with_token(&old).send(&call()).await.outcome(), (401, Some(-32000)));
    // Another token altogether, of the same subject.
    server.issuer.rotate();
    greeted(&session.with_token(&server.token()).send(&call()).await, "ada");
}

#[tokio::test]
async fn bob_s_token_finds_no_session_of_ada_s() {
    let server = Hello::start().await;
    let session = server.session().await;
    let as_bob = session.with_token(&server.token_of("bob"));
    let mut asks: Vec<_> = requests(&as_bob).into_iter().skip(1).map(|(_, ask)| ask).collect();
    asks.extend([as_bob.post(&old::cancel(7)), as_bob.post(&json!([call()])), as_bob.delete()]);
    asks.extend([as_bob.get(), as_bob.get().with("Last-Event-ID", &format!("{:032x}-1", 0))]);
    for ask in asks {
        let reply = server.send(&ask).await;
        assert_eq!(reply.outcome(), (404, Some(-32001)));
        assert_eq!(reply.field("www-authenticate"), None);
    }
    greeted(&session.send(&call()).await, "ada");
    // A token for another client of hers is another caller's, too.
    let elsewhere = server.issuer.tokens().token("ada").client("elsewhere").scopes(["mcp:hello"]);
    let elsewhere = session.with_token(&elsewhere.audience(server.program.url()).sign());
    assert_eq!(elsewhere.send(&call()).await.outcome(), (404, Some(-32001)));
    assert!(session.lives().await);
}

#[tokio::test]
async fn an_unknown_session_is_404_and_none_is_400() {
    let server = Hello::start().await;
    let session = server.session().await;
    let nowhere = session.called("no-such-session");
    for (what, ask) in requests(&nowhere).into_iter().skip(1) {
        let ask = ask.bearer(&server.token());
        let reply = server.send(&ask).await;
        assert_eq!(reply.outcome(), (404, Some(-32001)), "{what}");
        assert_eq!(reply.json()["id"], 7);
        let reply = server.send(&ask.without("Mcp-Session-Id")).await;
        // Not a 401, which would send the client into a login.
        assert_eq!(reply.outcome(), (400, Some(-32000)), "{what}");
    }
}

#[tokio::test]
async fn an_ended_session_is_gone() {
    let server = Hello::start().await;
    let (session, other) = (server.session().await, server.session().await);
    assert_eq!(server.send(&session.delete()).await.status, 204);
    assert_eq!(session.send(&call()).await.outcome(), (404, Some(-32001)));
    assert_eq!(server.send(&session.delete()).await.outcome(), (404, Some(-32001)));
    greeted(&other.send(&call()).await, "ada");
}

#[tokio::test]
async fn an_evil_origin_and_a_foreign_host_are_403_whoever_asks() {
    let server = Hello::start().await;
    let session = server.session().await;
    let others = [session.delete(), session.get()];
    for ask in requests(&session).map(|(_, ask)| ask).into_iter().chain(others) {
        for ask in [ask.clone().bearer(&server.token()), ask.without("Authorization")] {
            for (field, value) in [("Origin", "https://evil.example"), ("Host", "evil.example")] {
                let reply = server.send(&ask.clone().with(field, value)).await;
                assert_eq!(reply.outcome(), (403, Some(-32000)), "{field}");
                assert_eq!(reply.field("access-control-allow-origin"), None);
                assert_eq!(reply.field("mcp-session-id"), None);
            }
        }
    }
    assert!(session.lives().await);
}

#[tokio::test]
async fn both_eras_are_at_one_endpoint() {
    let server = Hello::start().await;
    let session = server.session().await;
    let modern = mcp::post(&mcp::call(7, "hello", json!({"greeting": "hi"})));
    for _ in 0..2 {
        greeted(&session.send(&call()).await, "ada");
        expect_greeting(&server.send(&modern.clone().bearer(&server.token())).await, "ada");
    }
}

#[tokio::test]
async fn stateless_by_its_environment_it_needs_a_token_and_nothing_else() {
    let server = Hello::start_with(&[("TOOLGATE_STATELESS", "true")]).await;
    let ask = old::post(&call());
    for (subject, token) in [("ada", server.token()), ("bob", server.token_of("bob"))] {
        greeted(&server.send(&ask.clone().bearer(&token)).await, subject);
        let begun = server.send(&old::post(&old::handshake(LATEST)).bearer(&token)).await;
        assert_eq!((begun.status, begun.field("mcp-session-id")), (200, None));
    }
    assert_eq!(server.send(&ask).await.outcome(), (401, Some(-32000)));
    let low = server.send(&ask.bearer(&server.token_with(&[]))).await;
    assert_eq!(low.field("www-authenticate"), Some(&*server.challenge(NEEDED)));
    assert_eq!(low.status, 403);
}

/// An id is not worth a log line, and a session's would be worth something to a reader of the log.
#[tokio::test]
async fn no_session_and_no_token_is_in_the_log() {
    let mut server = Hello::start().await;
    let session = server.session().await;
    let as_bob = session.with_token(&server.token_of("bob"));
    for ask in [session.post(&call()), as_bob.post(&call()), as_bob.delete(), session.delete()] {
        server.send(&ask).await;
    }
    let log = server.program.log().await.join("\n");
    assert!(!log.is_empty() && !log.contains(&session.id), "{log}");
    assert!(!log.contains(&server.token_of("bob")[..20]), "{log}");
}
