//! The faults that this project was begun for, in both eras: each was reported against other
//! servers, and each has a test here that bears its name.

use serde_json::{Value, json};
use toolgate_core::{
    BoxFuture, Caller, Card, Context, Error, IntoService, Request, Running, Service,
    env::Env,
    legacy::{MemorySessions, introduction},
};
use toolgate_transport::http::{self, Cors};

use super::{Count, begin, bound, by_name, calling, counting, said, server, start, start_kept};
use crate::support::{
    client::{Ask, Connection, Reply},
    mcp,
    old::{self, LATEST, REVISIONS, Session},
    served::Served,
};

const APP: &str = "https://app.example";

fn modern(tool: &str) -> Ask {
    mcp::post(&mcp::call(7, tool, json!({})))
}

/// A call that nothing came before: no handshake, no session, and no revision but where one is
/// said.
fn bare(tool: &str, revision: Option<&str>) -> Ask {
    let ask = old::post(&calling(tool));
    match revision {
        Some(revision) => ask.with("MCP-Protocol-Version", revision),
        None => ask,
    }
}

/// One server that mints no sessions because code says so, one because its environment does.
async fn without_sessions() -> [Served; 2] {
    let env = Env::of([("TOOLGATE_STATELESS", "true")]);
    let (in_code, in_env) = (bound().stateless(), bound().env_from(env));
    [Served::start(server(), in_code).await, Served::start(server(), in_env).await]
}

#[tokio::test]
async fn stateless_a_call_needs_a_token_and_nothing_else() {
    for server in without_sessions().await {
        let revisions = [None].into_iter().chain(REVISIONS.map(Some));
        let asks = revisions.map(|revision| bare("who", revision)).chain([modern("who")]);
        for ask in asks {
            for name in ["ann", "bob"] {
                let reply = server.send(&ask.clone().bearer(name)).await;
                assert_eq!(said(&reply), name);
                assert_eq!(reply.field("mcp-session-id"), None);
            }
        }
    }
}

#[tokio::test]
async fn stateless_each_request_is_authenticated_anew() {
    for server in without_sessions().await {
        for ask in [bare("write", None), bare("write", Some(LATEST)), modern("write")] {
            assert_eq!(said(&server.send(&ask.clone().bearer("ann")).await), "written");
            let rows = [("ann.low", 403), ("ann.none", 403), ("refused", 401), ("banned", 403)];
            for (token, status) in rows {
                let reply = server.send(&ask.clone().bearer(token)).await;
                assert_eq!(reply.outcome(), (status, Some(-32000)), "{token}");
            }
            assert_eq!(server.send(&ask).await.outcome(), (401, Some(-32000)));
            let stale = ask.bearer("ann").with("Mcp-Session-Id", "from-another-replica");
            assert_eq!(said(&server.send(&stale).await), "written");
        }
    }
}

/// Who sent the request before on the same connection says nothing of who sends this one.
#[tokio::test]
async fn each_request_on_one_connection_is_authenticated_anew() {
    let kept = start().await;
    let session = begin(&kept, "ann").await;
    let [stateless, _] = without_sessions().await;
    let rows = [
        (&kept, session.post(&calling("write")), 404),
        (&kept, modern("write"), 200),
        (&stateless, bare("write", None), 200),
    ];
    for (server, ask, as_bob) in rows {
        let mut connection = Connection::open(server.addr).await;
        let tokens = [("ann", 200), ("bob", as_bob), ("ann.low", 403), ("ann", 200)];
        for (token, status) in tokens.into_iter().chain([("refused", 401)]) {
            connection.write(&ask.clone().bearer(token).bytes(server.addr)).await;
            assert_eq!(connection.reply("POST").await.status, status, "{token}");
        }
    }
}

/// What an authenticator may say, as whom, and how that has to be answered.
const OUTCOMES: [(Option<&str>, u16, i64, &str); 6] = [
    (None, 401, -32000, "authentication is required"),
    (Some("refused"), 401, -32000, "the door stays shut"),
    (Some("banned"), 403, -32000, "not you"),
    (Some("error"), 500, -32603, "internal error"),
    (Some("panic"), 500, -32603, "internal error"),
    (Some("down"), 503, -32000, ""),
];

fn as_whom(ask: Ask, token: Option<&str>) -> Ask {
    match token {
        Some(token) => ask.bearer(token),
        None => ask.without("Authorization"),
    }
}

#[tokio::test]
async fn an_authenticator_that_does_not_know_the_caller_lets_nobody_in() {
    let (tools, count) = counting();
    let sessions = MemorySessions::new();
    let server = Served::start(tools, bound().sessions(sessions.clone())).await;
    let session = begin(&server, "ann").await;
    let asks = [
        ("initialize", old::post(&old::handshake(LATEST))),
        ("a call in a session", session.post(&calling("count"))),
        ("a note in a session", session.post(&old::cancel(7))),
        ("the end of a session", session.delete()),
        ("a stream", session.get()),
        ("a batch", session.post(&json!([calling("count")]))),
        ("a modern call", modern("count")),
    ];
    for (token, status, code, message) in OUTCOMES {
        for (what, ask) in &asks {
            let reply = server.send(&as_whom(ask.clone(), token)).await;
            assert_eq!(reply.outcome(), (status, Some(code)), "{what} as {token:?}");
            let told = reply.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
            assert!(told.contains(message), "{what} as {token:?}: {told}");
            assert!(!reply.text().contains("s3cr3t"));
            if ["initialize", "a call in a session", "a modern call"].contains(what) {
                assert_eq!(reply.json()["id"], 7, "{what} as {token:?}");
            }
            assert_eq!(reply.field("mcp-session-id"), None);
            assert_eq!(reply.field("www-authenticate").is_some(), status == 401);
        }
    }
    assert_eq!((count.is(), sessions.len()), (0, 1), "nothing ran and nothing began");
    assert_eq!(said(&session.send(&calling("count")).await), "called 1 times");
}

/// Follows a challenge to the document that it names.
async fn document(server: &Served, reply: &Reply) -> Value {
    let challenge = reply.field("www-authenticate").expect("a challenge");
    let (_, url) = challenge.split_once("resource_metadata=\"").expect("where the metadata is");
    let (url, _) = url.split_once('"').expect("a whole URL");
    let place = url.strip_prefix(&format!("http://{}", server.addr)).expect("a place here");
    let document = server.send(&Ask::get(place)).await;
    assert_eq!(document.status, 200, "{place}");
    document.json()
}

#[tokio::test]
async fn a_401_leads_to_the_metadata_also_where_a_closure_authenticates() {
    let server = start().await;
    let session = begin(&server, "ann").await;
    let asks = [
        old::post(&old::handshake(LATEST)),
        session.post(&calling("who")),
        session.delete(),
        session.get(),
        modern("who"),
        Ask::new("POST", "/mcp"),
    ];
    for ask in asks {
        for token in [None, Some("refused")] {
            let reply = server.send(&as_whom(ask.clone(), token)).await;
            assert_eq!(reply.outcome(), (401, Some(-32000)));
            let document = document(&server, &reply).await;
            assert_eq!(document["resource"], format!("http://{}/mcp", server.addr));
            assert_eq!(document["authorization_servers"], json!(["https://issuer.example"]));
        }
    }
}

/// A browser's question whether a page may send a request of a method.
fn preflight(method: &str) -> Ask {
    let fields = "authorization, content-type, last-event-id, mcp-protocol-version, mcp-session-id";
    Ask::new("OPTIONS", "/mcp")
        .with("Origin", APP)
        .with("Access-Control-Request-Method", method)
        .with("Access-Control-Request-Headers", fields)
}

/// The names in a list, in lower case.
fn names(reply: &Reply, field: &str) -> Vec<String> {
    let names = reply.field(field).unwrap_or_else(|| panic!("no {field} in {reply:?}"));
    names.split(',').map(|name| name.trim().to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_gets_leave_and_can_read_what_it_needs() {
    let server = Served::start(server(), bound().cors(Cors::origins([APP]))).await;
    for method in ["POST", "DELETE", "GET"] {
        let reply = server.send(&preflight(method)).await;
        assert_eq!((reply.status, reply.field("access-control-allow-origin")), (204, Some(APP)));
        let methods = names(&reply, "access-control-allow-methods");
        assert!(methods.contains(&method.to_ascii_lowercase()), "{methods:?}");
        let allowed = names(&reply, "access-control-allow-headers");
        let asked = preflight(method).fields.pop().expect("the fields that it asks for").1;
        for field in asked.split(", ") {
            assert!(allowed.contains(&field.to_owned()), "{field} is not among {allowed:?}");
        }
    }
    let handshake = old::post(&old::handshake(LATEST)).with("Origin", APP);
    let begun = server.send(&handshake.clone().bearer("ann")).await;
    assert!(begun.field("mcp-session-id").is_some());
    let session = begin(&server, "ann").await;
    let rows = [
        (handshake.bearer("ann"), 200),
        (old::post(&old::handshake(LATEST)), 401),
        (session.post(&calling("who")), 200),
        (session.with_token("ann.low").post(&calling("write")), 403),
        (session.with_token("bob").post(&calling("who")), 404),
        (modern("who").bearer("ann"), 200),
        (modern("who"), 401),
        (session.with_token("refused").delete(), 401),
        (session.delete(), 204),
    ];
    for (ask, status) in rows {
        let reply = server.send(&ask.with("Origin", APP)).await;
        assert_eq!((reply.status, reply.field("access-control-allow-origin")), (status, Some(APP)));
        let exposed = names(&reply, "access-control-expose-headers");
        for name in ["mcp-session-id", "www-authenticate"] {
            assert!(exposed.contains(&name.to_owned()), "{name} is not among {exposed:?}");
        }
    }
}

/// A service behind a transport that was made to believe that it need not authenticate anybody.
struct Forgotten<S>(S);

impl<S: Service> Service for Forgotten<S> {
    fn card(&self) -> std::sync::Arc<Card> {
        let mut card = (*self.0.card()).clone();
        card.open = true;
        card.guarded = false;
        card.required = Default::default();
        card.into()
    }

    fn call(&self, request: Request, cx: Context) -> BoxFuture<'_, Result<Running, Error>> {
        self.0.call(request, cx)
    }
}

async fn forgotten(sessions: MemorySessions) -> (Served, Count) {
    let (tools, count) = counting();
    let service: std::sync::Arc<dyn Service> =
        std::sync::Arc::new(Forgotten(tools.into_service().expect("a service")));
    let http = http::bind("127.0.0.1:0").sessions(sessions);
    (Served::start(service, http).await, count)
}

#[tokio::test]
async fn the_framework_refuses_whom_its_transport_forgot_to_authenticate() {
    let sessions = MemorySessions::new();
    let (server, count) = forgotten(sessions.clone()).await;
    for ask in [old::post(&old::handshake(LATEST)), modern("count")] {
        // A token that nobody looks at is none.
        for ask in [ask.clone(), ask.bearer("ann")] {
            let reply = server.send(&ask).await;
            assert_eq!(reply.outcome(), (401, Some(-32000)), "{}", reply.text());
            assert_eq!(reply.field("mcp-session-id"), None);
        }
    }
    assert_eq!((count.is(), sessions.len()), (0, 0));
}

/// With a session, too: it could have been begun by a transport that did authenticate.
#[tokio::test]
async fn the_framework_refuses_calls_in_a_session_that_nobody_was_authenticated_for() {
    use toolgate_core::legacy::{Conversation, Owner, SessionRecord, SessionStore};
    let sessions = MemorySessions::new();
    let (server, count) = forgotten(sessions.clone()).await;
    let revision = toolgate_core::protocol::legacy::Revision::March2025;
    let record = SessionRecord::new(Owner::of(&Caller::Open), Conversation::assumed(revision));
    let id = sessions.create(record).await.expect("room");
    let here = |message: &Value| old::post(message).with("Mcp-Session-Id", id.as_str());
    let list = old::message(7, "tools/list", json!({}));
    for message in [calling("count"), list] {
        let reply = server.send(&here(&message)).await;
        assert_eq!(reply.outcome(), (401, Some(-32000)), "{}", reply.text());
        let reply = server.send(&here(&json!([message]))).await;
        assert_eq!(reply.json()[0]["error"]["code"], -32000, "{}", reply.text());
    }
    assert_eq!(count.is(), 0);
}

#[tokio::test]
async fn the_service_itself_refuses_a_caller_without_identity() {
    let (tools, count) = counting();
    let service = tools.into_service().expect("a service");
    let params = toolgate_core::protocol::Json::of(&json!({"name": "count"})).expect("JSON");
    for request in [introduction(), Request::new("tools/call", params)] {
        let refused = service.call(request, Context::new(Caller::Open)).await;
        assert!(refused.is_err_and(|error| error.denial().is_some()));
    }
    assert_eq!(count.is(), 0);
}

#[tokio::test]
async fn nothing_is_served_to_everybody_by_forgetting_a_line() {
    let service = server().into_service().expect("a service");
    let started = http::service(service).build();
    assert!(started.is_err(), "it would serve without an authenticator");
    let started = http::service(server()).auth(by_name()).public_url("https://mcp.example/mcp");
    assert!(started.build().is_ok());
}

#[tokio::test]
async fn a_session_is_no_credential() {
    let (server, sessions) = start_kept(MemorySessions::new()).await;
    let session: Session = begin(&server, "ann").await;
    let reply = server.send(&session.post(&calling("who")).without("Authorization")).await;
    assert_eq!(reply.outcome(), (401, Some(-32000)));
    let reply = server.send(&session.delete().without("Authorization")).await;
    assert_eq!(reply.outcome(), (401, Some(-32000)));
    assert_eq!(sessions.len(), 1);
}
