//! An authorization server's metadata at the origin of the server that takes its tokens: a copy, for
//! clients that look nowhere else.

use serde_json::Value;
use toolgate_auth::{auth_fn, chain, jwt};
use toolgate_core::{Credentials, Identity, Refusal, Verdict};
use toolgate_testkit::{AuthorizationServer, probe::probe};
use toolgate_transport::http::{self, Http, Listen};

use super::{Ask, Served, server};

const PLACE: &str = "/.well-known/oauth-authorization-server";

async fn issuer() -> AuthorizationServer {
    AuthorizationServer::start().await.expect("an issuer")
}

fn of(issuer: &AuthorizationServer) -> Http<Listen> {
    let auth = jwt(issuer.issuer()).build().expect("settings that agree");
    http::bind("127.0.0.1:0").auth(auth)
}

#[tokio::test]
async fn it_is_there_for_everybody_once_it_is_switched_on() {
    let issuer = issuer().await;
    let off = Served::start(server(), of(&issuer)).await;
    assert_eq!(off.send(&Ask::get(PLACE)).await.outcome(), (404, Some(-32000)));

    let on = Served::start(server(), of(&issuer).mirror_authorization_server()).await;
    let own = format!("http://{}", on.addr);
    for ask in [
        Ask::get(PLACE),
        Ask::get(PLACE).with("Origin", "https://any.example"),
        Ask::get(PLACE).with("MCP-Protocol-Version", "2025-03-26"),
    ] {
        let reply = on.send(&ask).await;
        assert_eq!((reply.status, reply.field("access-control-allow-origin")), (200, Some("*")));
        let text = reply.text();
        let copy = reply.json();
        assert_eq!(copy["issuer"], issuer.issuer(), "as it is, or it would be ours");
        assert_eq!(copy["jwks_uri"], issuer.jwks_uri());
        // Known to OpenID Connect alone, so not passed on.
        assert_eq!(copy.get("subject_types_supported"), None, "{text}");
        assert!(!text.contains(&own), "nothing of the authorization server is served here: {text}");
    }
    assert_eq!(on.send(&Ask::new("HEAD", PLACE)).await.status, 200);
    assert_eq!(on.send(&Ask::new("OPTIONS", PLACE)).await.status, 204);
    assert_eq!(on.send(&Ask::new("POST", PLACE)).await.status, 405);
    let elsewhere = Ask::get(PLACE).with("Host", "evil.example");
    assert_eq!(on.send(&elsewhere).await.status, 403);
    for place in ["/.well-known/openid-configuration", "/authorize", "/token", "/register"] {
        assert_eq!(on.send(&Ask::get(place)).await.status, 404, "{place}");
    }
    let found = probe(format!("{own}/mcp")).check().await;
    let old =
        found.stages.iter().find(|stage| stage.step == toolgate_testkit::probe::Step::OldRoot);
    assert!(old.is_some_and(|stage| stage.findings.is_empty()), "{found}");
}

#[tokio::test]
async fn however_many_ask_the_authorization_server_is_asked_once() {
    let issuer = issuer().await;
    let served = Served::start(server(), of(&issuer).mirror_authorization_server()).await;
    let before = issuer.metadata_requests();
    let ask = Ask::get(PLACE);
    let all = futures::future::join_all((0..20).map(|_| served.send(&ask))).await;
    assert!(all.iter().all(|reply| reply.status == 200));
    assert_eq!(issuer.metadata_requests() - before, 1);
    // What was had is good for a while, whatever becomes of its source.
    issuer.go_down();
    assert_eq!(served.send(&ask).await.status, 200);
}

#[tokio::test]
async fn while_it_cannot_be_had_it_is_503_and_nobody_is_asked_again_at_once() {
    let issuer = issuer().await;
    let served = Served::start(server(), of(&issuer).mirror_authorization_server()).await;
    issuer.go_down();
    let before = issuer.metadata_requests();
    for _ in 0..5 {
        let reply = served.send(&Ask::get(PLACE)).await;
        assert_eq!(
            (reply.outcome(), reply.field("retry-after")),
            ((503, Some(-32000)), Some("10"))
        );
        // Even that is for pages to read, and not to be kept.
        assert_eq!(reply.field("cache-control"), Some("no-store"));
    }
    assert_eq!(issuer.metadata_requests() - before, 1);
}

#[tokio::test]
async fn a_chain_has_it_of_the_member_that_names_the_issuer() {
    let (first, second) = (issuer().await, issuer().await);
    let open = |_: Credentials| async { Err::<Identity, Verdict>(Refusal::missing().into()) };
    let tokens = jwt(second.issuer()).build().expect("settings that agree");
    let auth = chain(auth_fn(open)).or(tokens).or(jwt(first.issuer()).build().expect("settings"));
    let http = http::bind("127.0.0.1:0").auth(auth).mirror_authorization_server();
    let served = Served::start(server(), http).await;
    let copy: Value = served.send(&Ask::get(PLACE)).await.json();
    assert_eq!(copy["issuer"], second.issuer());
}
