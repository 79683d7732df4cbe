//! Who is shut out while their token is right: in both eras, though it is remembered, and while they
//! listen.

use std::time::{Duration, SystemTime};

use serde_json::json;
use toolgate_auth::{auth_fn, jwt};
use toolgate_core::{
    Credentials, DenyList, Identity, IntoService, Key, Request, Shutdown, Transport, Whom,
    protocol::Json,
};
use toolgate_server::{Live, ToolSpec};
use toolgate_testkit::AuthorizationServer;
use toolgate_transport::memory::{self, Failure};

use super::{Nothing, RESOURCE, Served, Session, asked, bound, call, mcp, old, server};
use crate::support::{
    client::{Ask, within},
    old::Stream,
};

struct Stage {
    issuer: AuthorizationServer,
    denied: DenyList,
    live: Live,
    served: Served,
}

impl Stage {
    async fn start() -> Self {
        let issuer = AuthorizationServer::start().await.expect("an issuer");
        let denied = DenyList::new();
        let auth = jwt(issuer.issuer()).build().expect("settings that agree");
        let http = bound().auth(auth).revocations(denied.clone()).sse("/sse");
        let server = server();
        let live = server.live();
        Self { issuer, denied, live, served: Served::start(server, http).await }
    }

    fn token(&self, who: &str, client: &str, id: &str) -> String {
        let token = self.issuer.token(who).audience(RESOURCE).client(client);
        token.claim("jti", id).sign()
    }

    fn whom(&self) -> [Whom; 3] {
        let issuer = self.issuer.issuer();
        [Whom::token(issuer, "t1"), Whom::subject(issuer, "ann"), Whom::client(issuer, "desk")]
    }

    fn deny(&self, whom: &Whom) {
        let end = SystemTime::now() + Duration::from_secs(300);
        self.denied.deny(whom.clone(), end).expect("room");
    }

    /// Something that everybody is told who listens.
    fn change(&self, name: &str) {
        let spec = ToolSpec::new(name.to_owned());
        self.live.add_tool_fn(spec, |_: Nothing, _| async { Ok(()) }).expect("a name");
    }
}

#[tokio::test]
async fn a_remembered_token_is_worth_nothing_once_it_is_denied() {
    let stage = Stage::start().await;
    let (ann, bob) = (stage.token("ann", "desk", "t1"), stage.token("bob", "pad", "t2"));
    for whom in stage.whom() {
        asked(&stage.served, &ann).await.unwrap();
        stage.deny(&whom);
        let refused = (401, "the token has been revoked".to_owned());
        assert_eq!(asked(&stage.served, &ann).await, Err(refused), "{whom:?}");
        let reply = stage.served.send(&call().bearer(&ann)).await;
        let challenge = reply.field("www-authenticate").expect("a challenge");
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        asked(&stage.served, &bob).await.unwrap();
        assert!(stage.denied.allow(&whom));
    }
    asked(&stage.served, &ann).await.unwrap();
}

#[tokio::test]
async fn open_streams_of_every_era_end_and_those_of_others_go_on() {
    let stage = Stage::start().await;
    let (ann, bob) = (stage.token("ann", "desk", "t1"), stage.token("bob", "pad", "t2"));
    let addr = stage.served.addr;
    let listen = json!({"notifications": {"toolsListChanged": true}});
    let listen = mcp::post(&mcp::message(1, "subscriptions/listen", listen));
    let line = Ask::get("/sse").with("Accept", "text/event-stream");
    let mut streams = Vec::new();
    for token in [&ann, &bob] {
        let mut modern = Stream::open(addr, &listen.clone().bearer(token)).await;
        modern.event().await.expect("that it listens");
        let session = Session::begin(addr, token, old::LATEST).await;
        let old = Stream::open(addr, &session.get()).await;
        let mut line = Stream::open(addr, &line.clone().bearer(token)).await;
        line.part().await.expect("an address");
        streams.push((modern, old, line));
    }
    let [(modern, old, line), (others, others_old, _)] = &mut streams[..] else { panic!("two") };
    stage.deny(&stage.whom()[0]);
    let last = modern.event().await.and_then(|event| event.message).expect("last words");
    assert_eq!(last["result"]["resultType"], "complete", "{last}");
    assert!(modern.event().await.is_none() && old.event().await.is_none());
    assert_eq!(line.part().await, None);
    stage.change("added");
    assert!(others.event().await.is_some() && others_old.event().await.is_some());
}

#[tokio::test]
async fn a_client_in_the_same_process_is_shut_out_too() {
    let denied = DenyList::new();
    let ann = || async { Identity::new(Key::new("i", "ann")) };
    let (transport, client) = memory::pair();
    let transport = transport.auth(auth_fn(move |_| ann())).revocations(denied.clone());
    let service = server().into_service().expect("settings that agree");
    let serving = tokio::spawn(transport.serve(service, Shutdown::never()));
    let ask = async || {
        let params = json!({"_meta": mcp::meta()});
        let request = Request::new("tools/list", Json::of(&params).expect("JSON"));
        let credentials = Credentials::from_fields([("a", "b")]);
        within("a reply", client.call(credentials, request).await.reply()).await
    };
    assert!(ask().await.is_ok());
    let end = SystemTime::now() + Duration::from_secs(300);
    denied.deny(Whom::subject("i", "ann"), end).expect("room");
    let refused = ask().await;
    assert!(matches!(&refused, Err(Failure::Refused(it)) if it.status == 401), "{refused:?}");
    serving.abort();
}

#[tokio::test]
async fn a_session_goes_on_with_a_token_that_counts() {
    let stage = Stage::start().await;
    let (first, second) = (stage.token("ann", "desk", "t1"), stage.token("ann", "desk", "t2"));
    let session = Session::begin(stage.served.addr, &first, old::LATEST).await;
    let mut stream = Stream::open(session.addr, &session.get()).await;
    stage.deny(&stage.whom()[0]);
    assert!(stream.event().await.is_none());
    assert_eq!(session.send(&old::message(8, "ping", json!({}))).await.status, 401);
    let session = session.with_token(&second);
    assert!(session.lives().await, "it is the owner's, and not the token's");
    let mut stream = Stream::open(session.addr, &session.get()).await;
    stage.change("added");
    assert!(stream.event().await.is_some());
}
