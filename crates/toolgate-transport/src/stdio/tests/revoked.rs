//! The one caller is shut out while their token is right: before anything is served, before a request,
//! and while one is open.

use std::time::{Duration, SystemTime};

use serde_json::json;
use toolgate_core::{
    Authenticate, BoxFuture, Card, Credentials, DenyList, Identity, Key, Verdict, Whom,
    protocol::discover::Implementation,
};

use super::kit::{Client, Lines, double, error, handshake, modern, old, with_card, within};

struct Ann;

impl Authenticate for Ann {
    fn authenticate<'a>(&'a self, _: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async { Verdict::known(Identity::new(Key::new("double", "ann"))) })
    }
}

fn closed() -> Card {
    Card::new(Implementation::new("double", "1"))
}

fn asking(denied: &DenyList) -> impl FnOnce(Lines) -> Lines {
    let denied = denied.clone();
    move |lines| lines.auth(Ann).revocations(denied)
}

fn deny(denied: &DenyList) {
    let later = SystemTime::now() + Duration::from_secs(3600);
    denied.deny(Whom::subject("double", "ann"), later).unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_request_is_refused_from_then_on() {
    let ((service, _events), denied) = (with_card(closed()), DenyList::new());
    let mut client = Client::of(&service, asking(&denied));
    client.ask(&handshake(1, "2025-11-25")).await;
    assert_eq!(client.ask(&modern(2, "")).await["result"]["who"], "ann");
    deny(&denied);
    for message in [modern(3, ""), old(4, "x", json!({})), old(5, "ping", json!({}))] {
        let told = client.ask(&message).await;
        assert_eq!(error(&told).0, -32000, "{message}");
        assert!(told.to_string().contains("the token has been revoked"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_denied_at_the_start_is_not_served() {
    let ((service, _events), denied) = (with_card(closed()), DenyList::new());
    deny(&denied);
    let client = Client::of(&service, asking(&denied));
    let told = within(client.served).await.unwrap().unwrap_err().to_string();
    assert!(told.contains("the token has been revoked"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_long_request_learns_of_it() {
    let ((service, _events), denied) = (with_card(closed()), DenyList::new());
    let mut client = Client::of(&service, asking(&denied));
    client.ask(&modern(1, "")).await;
    client.send(&modern(2, "last")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    deny(&denied);
    let told = client.line().await.unwrap();
    assert_eq!(told["result"]["ending"], "Revoked");
}

#[tokio::test(start_paused = true)]
async fn without_a_caller_there_is_nobody_to_revoke() {
    let (service, _events) = double();
    let client = Client::of(&service, |lines| lines.revocations(DenyList::new()));
    let told = within(client.served).await.unwrap().unwrap_err().to_string();
    assert!(told.contains("nobody to revoke"), "{told}");
}
