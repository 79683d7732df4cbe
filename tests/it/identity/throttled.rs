//! Addresses that fail often: an authorization server is not flooded through us, and whoever is right
//! is let in.

use toolgate_auth::{chain, jwt};
use toolgate_testkit::AuthorizationServer;
use toolgate_transport::http::{Limits, Rate};

use super::{RESOURCE, Served, Session, bound, call, old, opaque::Issuer, server};

#[tokio::test]
async fn wrong_tokens_of_an_address_cost_nobody_at_it_their_right_ones() {
    let (issuer, opaque) =
        (AuthorizationServer::start().await.expect("keys"), Issuer::start().await);
    let jwt = jwt(issuer.issuer()).leave_other_tokens().build().expect("settings that agree");
    let asks = opaque.verifier().leave_jwts().build().expect("settings that agree");
    let auth = chain(jwt).or(asks);
    // Slow enough that none is forgiven while this runs.
    let limits = Limits::default().failures(Some(Rate::per_hour(6).burst(6)));
    let http = bound().auth(auth).limits(limits).trusted_proxies(["127.0.0.1"]);
    let served = Served::start(server(), http).await;
    let right = issuer.token("ann").audience(RESOURCE).sign();
    let wrong = |number: usize| match number % 2 {
        0 => format!("opaque-{number}"),
        _ => issuer.token("eve").audience("https://other.example").sign(),
    };
    let modern = |token: &str| call().bearer(token).with("X-Forwarded-For", "192.0.2.1");
    let old = |token: &str| {
        let hello = old::post(&old::handshake(old::LATEST)).bearer(token);
        hello.with("X-Forwarded-For", "192.0.2.1").with("Host", "mcp.example")
    };
    // Known before the others come.
    assert_eq!(served.send(&modern("opaque-ann")).await.status, 200);
    for number in 0..6 {
        assert_eq!(served.send(&modern(&wrong(number))).await.status, 401);
    }
    let asked = opaque.asked();
    for number in 6..20 {
        for refused in [modern(&wrong(number)), old(&wrong(number))] {
            let reply = served.send(&refused).await;
            assert_eq!((reply.status, reply.field("www-authenticate")), (429, None));
            let after = reply.field("retry-after").expect("when").parse::<u32>().expect("seconds");
            assert!((1..=600).contains(&after), "{after}");
        }
    }
    assert_eq!(opaque.asked(), asked, "nobody is asked about what is new");
    for token in [&*right, "opaque-ann"] {
        assert_eq!(served.send(&modern(token)).await.status, 200, "{token}");
        assert_eq!(served.send(&old(token)).await.status, 200, "{token}");
    }
    let missing = served.send(&call().with("X-Forwarded-For", "192.0.2.1")).await;
    assert_eq!(missing.status, 401, "a login begins with it");
    let elsewhere = call().bearer("opaque-0").with("X-Forwarded-For", "192.0.2.2");
    assert_eq!(served.send(&elsewhere).await.status, 401);
}

#[tokio::test]
async fn an_expired_token_is_no_attempt() {
    let issuer = AuthorizationServer::start().await.expect("keys");
    let auth = jwt(issuer.issuer()).build().expect("settings that agree");
    let limits = Limits::default().failures(Some(Rate::per_hour(2).burst(2)));
    let served = Served::start(server(), bound().auth(auth).limits(limits)).await;
    let past = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let expired = issuer.token("ann").audience(RESOURCE).expires_at(past).sign();
    for _ in 0..9 {
        assert_eq!(served.send(&call().bearer(&expired)).await.status, 401);
    }
    // Whoever has no key cannot say so of themselves.
    let forged = expired.rsplit_once('.').map(|(text, _)| format!("{text}.AAAA")).expect("parts");
    for expected in [401, 401, 429] {
        assert_eq!(served.send(&call().bearer(&forged)).await.status, expected);
    }
}

#[tokio::test]
async fn a_batch_counts_as_what_is_in_it() {
    let issuer = AuthorizationServer::start().await.expect("keys");
    let auth = jwt(issuer.issuer()).build().expect("settings that agree");
    // The handshake, the word that it is done, and one request more.
    let http = bound().auth(auth).rate(Rate::per_hour(60).burst(4));
    let served = Served::start(server(), http).await;
    let token = issuer.token("ann").audience(RESOURCE).sign();
    let session = Session::begin(served.addr, &token, old::BATCHES).await;
    let calls: Vec<_> = (0..5).map(|id| old::call(id, "who", serde_json::json!({}))).collect();
    assert_eq!(session.send(&calls.into()).await.status, 200);
    let reply = session.send(&old::call(9, "who", serde_json::json!({}))).await;
    let after = reply.field("retry-after").map(|it| it.parse::<u32>().expect("seconds"));
    assert_eq!(reply.status, 429);
    assert!(after.is_some_and(|after| after > 120), "four of them are still owed: {after:?}");
}
