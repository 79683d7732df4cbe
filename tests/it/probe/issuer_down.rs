//! An issuer that cannot be reached makes the answer "later", and never "log in".

use std::{net::SocketAddr, time::Duration};

use serde_json::json;
use tokio::{net::TcpSocket, time::interval};
use toolgate_testkit::{AuthorizationServer, JwksFault};

use super::{Refusal, expect_greeting, hello, program};
use crate::support::{
    client::{Ask, within},
    program::Program,
};

/// An address that refuses connections for as long as the socket is held and does not listen.
fn refusing() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let addr = socket.local_addr().expect("its address");
    (socket, addr)
}

fn token(issuer: &AuthorizationServer, program: &Program, named: &str) -> String {
    let token = issuer.tokens().token("ada").scopes(["mcp:hello"]);
    token.audience(program.url()).claim("iss", named).sign()
}

#[tokio::test]
async fn before_the_first_keys_a_good_token_is_503_and_a_bad_one_401() {
    let (_held, addr) = refusing();
    let named = format!("http://{addr}");
    let program = program(&[("TOOLGATE_ISSUER", &named)]).await;
    let issuer = AuthorizationServer::start().await.expect("an issuer");
    let good = token(&issuer, &program, &named);
    let mut server = super::Hello { program, issuer };
    for _ in 0..3 {
        let mut reply = server.send(&hello().bearer(&good)).await;
        let retry = reply.field("retry-after").expect("when to come back");
        let seconds: u64 = retry.parse().expect("whole seconds");
        assert!((1..=60).contains(&seconds), "{seconds}");
        reply.fields.retain(|(name, _)| name != "retry-after");
        let message = "authentication is unavailable";
        let id = Some(json!(7));
        let expected = Refusal { status: 503, message, id, challenge: None, logged: message };
        server.expect_refusal(&reply, &expected).await;
    }
    // What needs no keys to be told is told.
    assert_eq!(server.send(&hello()).await.status, 401);
    assert_eq!(server.send(&hello().bearer("garbage")).await.status, 401);
    // Nor does the server itself count as down.
    assert_eq!(server.send(&Ask::get("/ready")).await.status, 200);
}

#[tokio::test]
async fn once_the_issuer_is_back_so_are_its_tokens_and_never_a_401_between() {
    let server = super::Hello::start().await;
    let ask = hello().bearer(&server.token());
    server.issuer.go_down();
    assert_eq!(server.send(&ask).await.status, 503);
    server.issuer.come_back();
    let mut again = interval(Duration::from_millis(100));
    let back = within("the issuer's return", async {
        loop {
            let reply = server.send(&ask).await;
            if reply.status != 503 {
                break reply;
            }
            again.tick().await;
        }
    });
    expect_greeting(&back.await, "ada");
}

#[tokio::test]
async fn keys_once_had_outlive_their_issuer() {
    let server = super::Hello::start().await;
    let ask = hello().bearer(&server.token());
    expect_greeting(&server.send(&ask).await, "ada");
    server.issuer.go_down();
    expect_greeting(&server.send(&ask).await, "ada");
}

#[tokio::test]
async fn rubbish_for_keys_is_503_too() {
    for fault in [JwksFault::Status(500), JwksFault::Garbage, JwksFault::Empty] {
        let server = super::Hello::start().await;
        server.issuer.break_jwks(fault);
        let reply = server.send(&hello().bearer(&server.token())).await;
        assert_eq!(reply.outcome(), (503, Some(-32000)), "{fault:?}");
        assert_eq!(reply.field("www-authenticate"), None, "{fault:?}");
    }
}

#[tokio::test]
async fn keys_may_be_named_without_discovery_and_are_fetched_once_for_many() {
    let issuer = AuthorizationServer::start().await.expect("an issuer");
    let keys = issuer.jwks_uri();
    let variables = [("TOOLGATE_ISSUER", issuer.issuer()), ("TOOLGATE_JWKS_URI", &keys)];
    let program = program(&variables).await;
    let ask = hello().bearer(&token(&issuer, &program, issuer.issuer()));
    assert_eq!(issuer.jwks_requests(), 0, "nothing is asked before the first token");
    let all = futures::future::join_all((0..20).map(|_| program.send(&ask)));
    all.await.iter().for_each(|reply| expect_greeting(reply, "ada"));
    assert_eq!(issuer.jwks_requests(), 1);
}
